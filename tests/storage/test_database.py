import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from storage import audit, inbox
from storage.database import Database, Session, Topic, migrate, open_database, wake
from storage.engines import sqlite_path
from storage.errors import DatabaseAway, StorageError
from storage.keyring import Keyring
from storage.tables import audit as table
from storage.tables import insert_into
from storage.unfinished import PATIENCE
from tests.database import ON_POSTGRESQL, ON_SQLITE, connections_ended
from tests.factories import NOON, accepted, received

NOWHERE = "postgresql+psycopg://gyeot@127.0.0.1:1/nowhere"


async def _record(database: Database, at: datetime = NOON) -> None:
    async with database.transaction() as session:
        await audit.record(session, staff=None, action="x", object_id=None, now=at)


async def _fail(database: Database) -> None:
    async with database.transaction() as session:
        await audit.record(session, staff=None, action="x", object_id=None, now=NOON)
        wake(session, Topic.QUEUE)
        raise RuntimeError


async def _count(database: Database) -> int:
    async with database.reading() as session:
        return len(await audit.entries(session))


async def test_a_block_that_ends_well_is_kept_and_one_that_fails_is_not(
    database: Database,
) -> None:
    await _record(database)
    with pytest.raises(RuntimeError):
        await _fail(database)
    assert await _count(database) == 1


async def test_a_cancelled_block_is_not_kept_and_the_next_one_works(database: Database) -> None:
    started = asyncio.Event()

    async def slow() -> None:
        async with database.transaction() as session:
            await audit.record(session, staff=None, action="x", object_id=None, now=NOON)
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(slow())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await _record(database)
    assert await _count(database) == 1


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, StorageError)):
        await _write_while_reading(database)
    await _record(database)
    assert await _count(database) == 1


async def _write_while_reading(database: Database) -> None:
    async with database.reading() as session:
        await audit.record(session, staff=None, action="x", object_id=None, now=NOON)


async def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.transaction() as session:
        await audit.record(session, staff=None, action="x", object_id=None, now=NOON)
        async with asyncio.timeout(2):
            assert await _count(database) == 0
    assert await _count(database) == 1


async def test_every_moment_comes_back_in_utc(database: Database) -> None:
    seoul = datetime(2026, 11, 25, 21, 0, 0, 123456, timezone(timedelta(hours=9)))
    await _record(database, seoul)
    async with database.reading() as session:
        (entry,) = await audit.entries(session)
    assert entry.at == seoul
    assert entry.at.tzinfo is UTC or entry.at.utcoffset() == timedelta()


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError):
        await _record(database, datetime(2026, 11, 25, 12))  # noqa: DTZ001 - the wrong thing, on purpose


async def test_a_bell_rings_after_the_commit_and_not_after_a_failure(
    database: Database,
) -> None:
    async with database.wakeups.subscribe(Topic.INBOX) as bell:
        await accepted(database, received(event_id="e"))
        assert await bell.wait(0)
        assert not await bell.wait(0)
        await accepted(database, received(event_id="e"))  # a repeat is no news
        assert not await bell.wait(0)
    async with database.wakeups.subscribe(Topic.QUEUE) as bell:
        with pytest.raises(RuntimeError):
            await _fail(database)
        assert not await bell.wait(0)


async def test_a_waiting_listener_is_woken_and_others_are_not(database: Database) -> None:
    async with (
        database.wakeups.subscribe(Topic.INBOX) as bell,
        database.wakeups.subscribe(Topic.OUTBOX) as other,
    ):
        waiting = asyncio.create_task(bell.wait(5))
        await asyncio.sleep(0)
        await accepted(database, received())
        assert await waiting
        assert not await other.wait(0.01)


async def test_who_stopped_listening_hears_nothing(database: Database) -> None:
    async with database.wakeups.subscribe(Topic.INBOX) as bell:
        pass
    await accepted(database, received())
    assert not await bell.wait(0)


async def test_an_error_of_the_driver_does_not_quote_what_was_written(
    database: Database,
) -> None:
    with pytest.raises(DBAPIError) as caught:
        await _write_twice(database)
    assert "canary" not in str(caught.value)


async def _write_twice(database: Database) -> None:
    async with database.transaction() as session:
        row = {"position": 1, "at": NOON, "action": "canary", "purpose": "", "result": ""}
        await session.execute(insert_into(session, table), [row])
        await session.execute(insert_into(session, table), [row])


@pytest.mark.parametrize("url", [NOWHERE, "sqlite+aiosqlite:////nowhere/at/all.db"])
async def test_a_database_that_cannot_be_reached_is_away(url: str, keyring: Keyring) -> None:
    database = open_database(url, keyring=keyring)
    with pytest.raises(DatabaseAway):
        await _record(database)
    with pytest.raises(DatabaseAway):
        await _count(database)
    with pytest.raises(DatabaseAway):
        await database.vault.data_key(keyring.id)
    await database.close()
    await connections_ended()


async def test_a_mistake_of_ours_is_not_mistaken_for_an_absent_database(
    database: Database,
) -> None:
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(text("SELECT * FROM no_such_table"))


@ON_POSTGRESQL
async def test_a_lost_connection_is_away_once_and_then_back(database: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with database.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await _record(database)
    assert await _count(database) == 1


@pytest.mark.parametrize("kind", ["reading", "transaction"])
async def test_steps_that_are_given_up_end_before_the_database_is_closed(
    database_url: str, keyring: Keyring, kind: str
) -> None:
    database = open_database(database_url, keyring=keyring)
    one, other = Step(getattr(database, kind)), Step(database.reading)
    tasks = [await step.given_up() for step in (one, other)]

    closing = asyncio.create_task(database.close())
    one.may_end.set()
    await asyncio.wait(tasks[:1])
    await asyncio.sleep(0.1)
    closed = closing.done()
    other.may_end.set()
    await asyncio.wait(tasks)
    await closing

    assert not closed


@ON_SQLITE  # of another database it would leave a connection behind
async def test_a_step_that_does_not_end_does_not_keep_a_database_open(
    database_url: str, keyring: Keyring
) -> None:
    database = open_database(database_url, keyring=keyring)
    step = Step(database.reading)
    task = await step.given_up()

    async with asyncio.timeout(5 * PATIENCE):
        await database.close()
    ended = task.done()
    step.may_end.set()
    await asyncio.wait([task])

    assert not ended


@pytest.mark.parametrize("kind", ["transaction", "reading"])
async def test_nothing_begins_on_a_closed_database(database: Database, kind: str) -> None:
    begin = {"transaction": database.transaction, "reading": database.reading}[kind]
    await database.close()

    with pytest.raises(DatabaseAway, match="database_closed"):
        async with begin():
            pass


class Step:
    """A step that is cancelled amid its transaction, and ends when it may."""

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[Session]]) -> None:
        self._begin = begin
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def given_up(self) -> asyncio.Task[None]:
        """Begin and cancel it; it goes on until it may end."""
        task = asyncio.create_task(self._run())
        await self.begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        return task

    async def _run(self) -> None:
        async with self._begin() as session:
            await session.execute(text("SELECT 1"))
            self.begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                await self.may_end.wait()


@ON_SQLITE
async def test_the_files_are_set_up_as_promised(database: Database, database_url: str) -> None:
    await accepted(database, received())
    async with database.transaction() as session:
        found = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
        trusted = (await session.execute(text("PRAGMA trusted_schema"))).scalar_one()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }
    assert trusted == 0
    files = {path.name for path in sqlite_path(database_url).parent.glob("gyeot*")}
    assert "gyeot.keys.db-wal" not in files


async def test_a_locked_file_is_away_and_not_for_ever(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'gyeot.db'}"
    await migrate(url)
    database = open_database(url, keyring=keyring)
    async with database.transaction() as session:
        await session.execute(text("PRAGMA busy_timeout=50"))  # the one writing connection
    other = sqlite3.connect(tmp_path / "gyeot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseAway, match="sqlite_5"):
        await _record(database)
    other.execute("COMMIT")
    other.close()

    await _record(database)
    await database.close()


async def test_a_key_table_elsewhere_is_used(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'gyeot.db'}"
    keys_url = f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.db'}"
    await migrate(url, keys_url)
    database = open_database(url, keys_url=keys_url, keyring=keyring)
    async with database.transaction() as session:
        await inbox.accept(session, database.vault, [received()], now=NOON)
    await database.close()

    assert not (tmp_path / "gyeot.keys.db").exists()
    assert (tmp_path / "elsewhere.db").stat().st_size > 0

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import psycopg
from sqlalchemy import make_url, text

from storage.database import Database, Subscription, Topic, open_database, wake
from storage.keyring import Keyring
from storage.typing_signs import TypingSign, Writer, read_sign
from tests.database import ON_POSTGRESQL, ON_SQLITE

PATIENCE = 5.0


@asynccontextmanager
async def _another_process(url: str, keyring: Keyring) -> AsyncGenerator[Subscription]:
    """A second open database that listens, and its bell."""
    other = open_database(url, keyring=keyring)
    assert other.listening is not None
    async with other.wakeups.subscribe(Topic.QUEUE) as bell:
        listening = asyncio.create_task(other.listening.run())
        assert await bell.wait(PATIENCE)  # rung once when it listens
        yield bell
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    await other.close()


async def _commit(database: Database, topic: Topic) -> None:
    async with database.transaction() as session:
        wake(session, topic)


@ON_POSTGRESQL
async def test_a_commit_rings_in_every_process(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    async with _another_process(database_url, keyring) as bell:
        await _commit(database, Topic.QUEUE)
        assert await bell.wait(PATIENCE)


@ON_POSTGRESQL
async def test_only_the_topic_that_changed_rings(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    async with _another_process(database_url, keyring) as bell:
        await _commit(database, Topic.INBOX)
        assert not await bell.wait(0.3)


@ON_POSTGRESQL
async def test_what_is_rolled_back_rings_nowhere(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    async with _another_process(database_url, keyring) as bell:
        with suppress(ZeroDivisionError):
            async with database.transaction() as session:
                wake(session, Topic.QUEUE)
                raise ZeroDivisionError
        assert not await bell.wait(0.3)


@ON_POSTGRESQL
async def test_a_note_that_is_not_ours_rings_nothing_and_ends_nothing(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    async with _another_process(database_url, keyring) as bell:
        async with database.transaction() as session:
            await session.execute(text("NOTIFY gyeot"))
        assert not await bell.wait(0.3)
        await _commit(database, Topic.QUEUE)
        assert await bell.wait(PATIENCE)


@ON_POSTGRESQL
async def test_a_lost_connection_is_made_again_and_rings_for_what_was_missed(
    database_url: str, keyring: Keyring
) -> None:
    async with _another_process(database_url, keyring) as bell:
        _end_listeners(database_url)
        assert await bell.wait(PATIENCE)


@ON_SQLITE
async def test_an_embedded_database_has_nobody_to_tell(database: Database) -> None:
    assert database.listening is None


def _end_listeners(url: str) -> None:
    address = make_url(url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )


@ON_POSTGRESQL
async def test_a_sign_that_somebody_writes_is_heard_in_every_process_once(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    other = open_database(database_url, keyring=keyring)
    assert other.listening is not None
    assert database.listening is not None
    tasks = [asyncio.create_task(one.listening.run()) for one in (database, other) if one.listening]
    sign = TypingSign(uuid4(), Writer.PERSON)
    async with other.wakeups.subscribe(Topic.QUEUE) as bell:
        assert await bell.wait(PATIENCE)  # both listen, or will have missed nothing but a sign
        with other.typing_signs.listen() as there, database.typing_signs.listen() as here:
            await database.show_typing(sign)
            async with asyncio.timeout(PATIENCE):
                assert await there.get() == await here.get() == sign
            await _commit(database, Topic.QUEUE)
            assert await bell.wait(PATIENCE)
            assert here.empty()  # our own note came back to us, and was not heard again
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await other.close()


def test_what_is_no_sign_of_ours_is_none() -> None:
    talk = uuid4()
    assert read_sign(f"typing:person:{talk}") == TypingSign(talk, Writer.PERSON)
    for note in ("typing", "typing:person", "typing:person:x", f"typing:else:{talk}", "queue"):
        assert read_sign(note) is None

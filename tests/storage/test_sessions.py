"""Transactions on a SQLite file, while another process holds it."""

import asyncio
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from storage import audit
from storage.database import Database
from storage.engines import sqlite_path
from tests.database import ON_SQLITE
from tests.factories import NOON

pytestmark = ON_SQLITE


async def _record(database: Database) -> None:
    async with database.transaction() as session:
        await audit.record(session, staff=None, action="x", object_id=None, now=NOON)


async def _count(database: Database) -> int:
    async with database.reading() as session:
        return len(await audit.entries(session))


@contextmanager
def _held(url: str) -> Generator[None]:
    """Hold the file's write lock, as another process would."""
    other = sqlite3.connect(sqlite_path(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("COMMIT")
        other.close()


async def test_a_writer_that_waits_for_another_process_holds_up_nobody_else(
    database: Database, database_url: str
) -> None:
    with _held(database_url):
        waiting = asyncio.create_task(_record(database))
        for _ in range(20):
            await asyncio.sleep(0.001)
            assert await _count(database) == 0
        assert not waiting.done()
    await waiting
    assert await _count(database) == 1


async def test_a_writer_that_is_cancelled_while_it_waits_leaves_nothing(
    database: Database, database_url: str
) -> None:
    with _held(database_url):
        waiting = asyncio.create_task(_record(database))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0.05)
        waiting.cancel()  # once more, while the thread is still at it
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await _record(database)
    assert await _count(database) == 1

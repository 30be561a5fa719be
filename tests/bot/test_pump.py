"""A loop that goes on."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.pump import Pump, running
from storage.database import Database, Topic, wake
from tests.factories import NOON


@dataclass
class Worker:
    """Hands out numbers; fails when told."""

    pieces: list[int]
    failing_takes: int = 0
    failing_pieces: set[int] = field(default_factory=set)
    done: list[int] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    async def take(self, now: datetime, most: int) -> list[int]:
        if self.failing_takes:
            self.failing_takes -= 1
            raise RuntimeError("canary")
        taken, self.pieces = self.pieces[:most], self.pieces[most:]
        return taken

    async def work(self, work: int, now: datetime) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        if work in self.failing_pieces:
            raise RuntimeError("canary")
        self.done.append(work)

    async def next_due(self, now: datetime) -> datetime | None:
        return None


async def run(worker: Worker, database: Database, *, wanted: int) -> None:
    loop = asyncio.create_task(Pump(worker, database, Topic.INBOX, lambda: NOON, width=3).run())
    async with asyncio.timeout(5):
        while len(worker.done) < wanted:
            await asyncio.sleep(0.005)
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


async def test_everything_due_is_done_and_never_more_at_once_than_allowed(
    database: Database,
) -> None:
    worker = Worker(list(range(20)))

    await run(worker, database, wanted=20)

    assert sorted(worker.done) == list(range(20))
    assert worker.most == 3


async def test_a_failure_stops_neither_the_loop_nor_the_others(database: Database) -> None:
    worker = Worker(list(range(10)), failing_takes=1, failing_pieces={4})

    await run(worker, database, wanted=9)

    assert sorted(worker.done) == [0, 1, 2, 3, 5, 6, 7, 8, 9]


async def test_a_commit_wakes_it_at_once(database: Database) -> None:
    worker = Worker([])
    loop = asyncio.create_task(Pump(worker, database, Topic.INBOX, lambda: NOON, width=3).run())
    await asyncio.sleep(0.05)  # it sleeps now, for a second
    worker.pieces.append(1)
    async with database.transaction() as session:
        wake(session, Topic.INBOX)

    async with asyncio.timeout(0.5):
        while not worker.done:
            await asyncio.sleep(0.005)
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


@pytest.mark.parametrize("error", [RuntimeError("canary"), None])
async def test_a_loop_that_ends_by_itself_ends_the_house(error: Exception | None) -> None:
    stopped: list[bool] = []

    async def ends() -> None:
        if error:
            raise error

    async with running([ends(), asyncio.sleep(60)], lambda: stopped.append(True)):
        await asyncio.sleep(0.01)

    assert stopped == [True]


async def test_loops_that_are_told_to_end_stop_nobody() -> None:
    stopped: list[bool] = []

    async with running([asyncio.sleep(60)], lambda: stopped.append(True)):
        await asyncio.sleep(0)

    assert stopped == []


async def test_work_in_hand_is_finished_at_the_end(database: Database) -> None:
    worker = Worker([1])
    loop = asyncio.create_task(Pump(worker, database, Topic.INBOX, lambda: NOON, width=3).run())
    async with asyncio.timeout(5):
        while not worker.under_way:
            await asyncio.sleep(0.001)

    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop

    assert worker.done == [1]

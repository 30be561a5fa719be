"""A loop that takes due work and does it, several pieces at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from storage.database import Database, Topic

log = logging.getLogger("gyeot.pump")

Work = TypeVar("Work")

NET = 1.0  # seconds: the longest sleep, in case a wake-up was missed
PAUSE = 0.5  # seconds after a failed take, so that a dead database is not hammered


class Worker(Protocol[Work]):
    """What a pump drives: lease one piece of work, do it, tell when more is due."""

    async def take(self, now: datetime) -> Work | None:
        """Lease the piece of work that is due first, or None."""
        ...

    async def work(self, work: Work, now: datetime) -> None:
        """Do one piece of work to its end, its failures included."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """Return when the next piece is due, or None when there is none."""
        ...


class Pump:
    """Drives one worker until cancelled; at most `width` pieces are under way at once."""

    def __init__(
        self,
        worker: Worker[Work],
        database: Database,
        topic: Topic,
        clock: Callable[[], datetime],
        *,
        width: int,
    ) -> None:
        self._worker: Worker[Work] = worker
        self._database = database
        self._topic = topic
        self._clock = clock
        self._places = asyncio.Semaphore(width)

    async def run(self) -> None:
        """Take, do, sleep until woken or due."""
        async with (
            self._database.wakeups.subscribe(self._topic) as news,
            asyncio.TaskGroup() as tasks,
        ):
            while True:
                try:
                    if not await self._start_one(tasks):
                        await news.wait(await self._sleep())
                except Exception:
                    log.exception("take failed", extra={"route": self._topic})
                    await asyncio.sleep(PAUSE)

    async def _start_one(self, tasks: asyncio.TaskGroup) -> bool:
        await self._places.acquire()
        try:
            work = await self._worker.take(self._clock())
        except BaseException:
            self._places.release()
            raise
        if work is None:
            self._places.release()
            return False
        tasks.create_task(self._finish(self._worker.work(work, self._clock())))
        return True

    async def _finish(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("work failed", extra={"route": self._topic})
        finally:
            self._places.release()

    async def _sleep(self) -> float:
        now = self._clock()
        due = await self._worker.next_due(now)
        if due is None:
            return NET
        return min(NET, max(0.0, (due - now).total_seconds()))

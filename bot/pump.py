"""The loops of the house: taking due work and doing it, several pieces at once."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol, TypeVar

from storage.database import Database, Subscription, Topic

log = logging.getLogger("gyeot.pump")

Work = TypeVar("Work")

NET = 1.0  # seconds: the longest sleep, in case a wake-up was missed
DRAIN = 6.0  # seconds for work in hand at the end; a provider's slow answer is not waited for

PAUSE = 0.5  # seconds after a failed take, so that a dead database is not hammered


Loop = Coroutine[None, None, None]


@asynccontextmanager
async def running(loops: Sequence[Loop], stop: Callable[[], None]) -> AsyncGenerator[None]:
    """Run loops beside the block and cancel them at its end.

    A loop that ends by itself calls `stop`: a house without one of its loops would look
    alive and answer nobody.
    """

    def end(task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            log.error("a loop ended", exc_info=task.exception())
            stop()

    tasks = [asyncio.create_task(loop) for loop in loops]
    for task in tasks:
        task.add_done_callback(end)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Worker(Protocol[Work]):
    """What a pump drives: lease pieces of work, do each, tell when more is due."""

    async def take(self, now: datetime, most: int) -> Sequence[Work]:
        """Lease the pieces of work that are due first, at most `most`, in one transaction."""
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
        self._width = width
        self._place_free = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take, do, sleep until woken or due; when cancelled, finish what is in hand."""
        try:
            async with self._database.wakeups.subscribe(self._topic) as news:
                while True:
                    await self._step(news)
        finally:
            await self._drain()

    async def _step(self, news: Subscription) -> None:
        try:
            if not await self._start_all():
                await news.wait(await self._sleep())
        except Exception:
            log.exception("take failed", extra={"route": self._topic})
            await asyncio.sleep(PAUSE)

    async def _start_all(self) -> bool:
        """Start what is due, as much as there are places; tell whether there may be more."""
        while len(self._under_way) >= self._width:
            self._place_free.clear()
            await self._place_free.wait()
        most = self._width - len(self._under_way)
        found = await self._worker.take(self._clock(), most)
        for work in found:
            task = asyncio.create_task(self._finish(self._worker.work(work, self._clock())))
            self._under_way.add(task)
            task.add_done_callback(self._end)
        return len(found) == most

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._place_free.set()

    async def _drain(self) -> None:
        """Let what is in hand end, so that no lease has to run out first."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=DRAIN)
            for task in late:
                task.cancel()

    async def _finish(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("work failed", extra={"route": self._topic})

    async def _sleep(self) -> float:
        now = self._clock()
        due = await self._worker.next_due(now)
        if due is None:
            return NET
        return min(NET, max(0.0, (due - now).total_seconds()))

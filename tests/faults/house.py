"""One process of the house for a test of its own, and people who write to it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx

from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.faults import reading
from tests.faults.cluster import Cluster
from tests.faults.driver import line_says, telegram_says
from tests.faults.history import Talk
from tests.faults.processes import Family, Process, make_process
from tests.faults.storm import World, world

PATIENCE = 60.0  # seconds for anything the house does by itself on a busy machine
ROLES = "web,worker,sender"

_people = count(1)
_updates = count(5_000_000)


@dataclass
class House:
    """A running process with everything around it."""

    world: World
    process: Process

    @property
    def url(self) -> str:
        """Where the providers call."""
        return self.process.url

    async def hears(self, channel: str, event: object) -> int:
        """Make a provider deliver one event; return what it is answered."""
        return await self.hears_raw(channel, *signed(channel, event))

    async def hears_raw(self, channel: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Make a provider deliver these bytes; return what it is answered."""
        async with httpx.AsyncClient(timeout=PATIENCE) as provider:
            address = f"{self.url}/channels/{channel}"
            answer = await provider.post(address, content=body, headers=dict(headers))
        return answer.status_code

    def seen_by(self, account: str) -> Sequence[str]:
        """Return what a person has read so far."""
        arrivals = (*self.world.line.arrivals, *self.world.telegram.arrivals)
        return [arrival.text for arrival in arrivals if arrival.recipient == account]

    async def reads(self, account: str, words: str = "", *, patience: float = PATIENCE) -> float:
        """Wait until a person reads these words; return the seconds it took."""
        began = time.monotonic()
        await until(lambda: any(words in text for text in self.seen_by(account)), patience)
        return time.monotonic() - began

    async def talks_of(self, channel: str, account: str) -> Sequence[Talk]:
        """Open what the house kept of a person."""
        database = self.world.open()
        try:
            return await reading.talks(database, [(channel, account)])
        finally:
            await database.close()

    async def heard_from(self, channel: str, account: str) -> Sequence[str]:
        """Return the words of a person in the transcripts."""
        talks = await self.talks_of(channel, account)
        return [line.text for talk in talks for line in talk.lines if line.speaker == "person"]

    async def is_well(self) -> None:
        """See that somebody new is answered, and that the process is the one that started."""
        account = somebody("line")
        assert await self.hears("line", says("line", account, "안녕하세요")) == httpx.codes.OK
        await self.reads(account)
        assert self.process.is_open


@asynccontextmanager
async def house(
    folder: Path,
    *,
    database_url: str | None = None,
    cluster: Cluster | None = None,
    extra: Mapping[str, str] | None = None,
) -> AsyncGenerator[House]:
    """Run one process that does everything; by default on a SQLite file in `folder`."""
    url = database_url or f"sqlite+aiosqlite:///{folder / 'gyeot.db'}"
    async with world(url, folder, cluster=cluster, extra=extra) as around:
        process = make_process("all", ROLES, folder, around.environment)
        async with started(process):
            yield House(around, process)


@asynccontextmanager
async def started(process: Process) -> AsyncGenerator[Process]:
    """Run a process until the block ends, then kill it."""
    process.start()
    try:
        await Family([process]).ready()
        yield process
    finally:
        process.kill()
        if process.popen is not None:
            process.popen.wait()


def somebody(channel: str) -> str:
    """Return an account nobody else has."""
    number = next(_people)
    return f"U{number:032x}" if channel == "line" else str(7_900_000_000 + number)


def says(channel: str, account: str, text: str) -> dict[str, object]:
    """What a provider delivers when a person writes a text now."""
    if channel == "line":
        return line_says(account, text)
    return telegram_says(account, text, next(_updates))


def signed(channel: str, event: object) -> tuple[bytes, Mapping[str, str]]:
    """Return an event as the body and the headers that a provider sends."""
    return line_fake.webhook(event) if channel == "line" else telegram_fake.webhook(event)


async def until(what: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(patience):
        while not what():
            await asyncio.sleep(0.02)

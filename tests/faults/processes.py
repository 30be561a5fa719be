"""The house's processes, started again whenever they end, and the hand that ends them."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx

from tests.loopback import free_port
from tests.scenarios.house import BOT, ROOT

OPEN = b'"event": "open"'  # what a process logs once it works
REST = 0.3  # seconds before a process that ended is started again
PATIENCE = 60.0  # seconds for a process to open or to end on a busy machine


@dataclass
class Process:
    """One process of the house under supervision."""

    name: str
    roles: str
    port: int
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    popen: "subprocess.Popen[bytes] | None" = None
    paused: bool = False
    starts: int = 0
    killed: bool = False  # since its last start, by us
    own_ends: int = 0  # times it ended without being killed

    @property
    def log(self) -> Path:
        """What the run under way printed; each start has a file of its own."""
        return self.folder / f"{self.name}.{self.starts}.log"

    @property
    def url(self) -> str:
        """Where it answers, if it does."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_open(self) -> bool:
        """Whether it lives and has said that it works."""
        alive = self.popen is not None and self.popen.poll() is None
        return alive and not self.killed and OPEN in self.log.read_bytes()

    def start(self) -> None:
        self.starts += 1
        self.killed = False
        self.paused = False
        words = [*BOT, "serve", *(("--roles", self.roles) if knows_roles() else ())]
        own = {**self.environment, "GYEOT_PORT": str(self.port)}
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(words, cwd=ROOT, env=own, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it between two instructions."""
        self._signal(signal.SIGKILL)
        self.killed = True

    def pause(self) -> None:
        """Stop it where it is; it does not notice."""
        self._signal(signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        self._signal(signal.SIGCONT)
        self.paused = False

    def end(self) -> None:
        """Ask it to end in good order."""
        self._signal(signal.SIGTERM)

    async def opened(self, patience: float = PATIENCE) -> None:
        """Wait until it works."""
        async with asyncio.timeout(patience):
            while not self.is_open:
                await asyncio.sleep(0.05)

    async def ended(self, patience: float = PATIENCE) -> int:
        """Wait until it has ended; return its exit code."""
        assert self.popen is not None
        async with asyncio.timeout(patience):
            while self.popen.poll() is None:
                await asyncio.sleep(0.02)
        return int(self.popen.returncode)

    def _signal(self, number: signal.Signals) -> None:
        if self.popen is not None and self.popen.poll() is None:
            os.kill(self.popen.pid, number)


@dataclass
class Family:
    """All processes of one house; `supervised` starts again what ended."""

    members: Sequence[Process]

    @property
    def web(self) -> Process:
        """The one that providers call."""
        return next(one for one in self.members if "web" in one.roles)

    def those(self, role: str) -> Sequence[Process]:
        """The processes that have a role."""
        return [one for one in self.members if role in one.roles]

    async def ready(self) -> None:
        """Wait until every process works and the house says that it is ready."""
        for one in self.members:
            await one.opened()
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while not await _is_ready(client, self.web.url):
                await asyncio.sleep(0.1)

    async def keep(self) -> None:
        """Start what ended again, until cancelled."""
        ended: dict[str, float] = {}
        while True:
            for one in self.members:
                if one.popen is None or one.popen.poll() is None:
                    continue
                since = ended.setdefault(one.name, time.monotonic())
                if time.monotonic() - since >= REST:
                    del ended[one.name]
                    one.own_ends += not one.killed
                    one.start()
            await asyncio.sleep(0.05)


@asynccontextmanager
async def supervised(members: Sequence[Process]) -> AsyncGenerator[Family]:
    """Run these processes until the block ends; then they are killed, if they still live."""
    family = Family(members)
    for one in members:
        one.start()
    keeper = asyncio.create_task(family.keep())
    try:
        yield family
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        for one in members:
            one.kill()
            if one.popen is not None:
                one.popen.wait()


async def end_in_order(family: Family) -> dict[str, int]:
    """End every process by SIGTERM; return the exit codes by name. Stop `keep` first."""
    for one in family.members:
        one.end()
    return {one.name: await one.ended() for one in family.members}


def make_process(name: str, roles: str, folder: Path, environment: Mapping[str, str]) -> Process:
    """Describe a process of the house with a port of its own."""
    return Process(name, roles, free_port(), folder, environment)


@cache
def knows_roles() -> bool:
    """Whether `serve` can be told what a process does."""
    shown = subprocess.run(
        [*BOT, "serve", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return "--roles" in shown.stdout


def set_up(environment: Mapping[str, str]) -> str:
    """Make keys and database; return what was printed, the first invitation included."""
    return _printed(environment, "setup")


def invite(environment: Mapping[str, str]) -> str:
    """Invite one more counselor; return what was printed."""
    return _printed(environment, "staff", "invite")


def _printed(environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        [*BOT, *words], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/health/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False

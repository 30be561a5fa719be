"""One run: the real house under load and under faults, then the comparison of both sides."""

import asyncio
import os
import random
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot import engine, sender
from storage.database import Database, open_database
from storage.keyring import load_keyring
from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.faults import reading
from tests.faults.cluster import Cluster
from tests.faults.counselors import Counselor, join
from tests.faults.driver import Driver, Plan
from tests.faults.history import Finding, History, Rule, check, counts, repeats
from tests.faults.processes import (
    Family,
    Process,
    invite,
    knows_roles,
    make_process,
    set_up,
    supervised,
)
from tests.faults.providers import FakeNlu, Mood, RecordingLine, RecordingTelegram, Troubles

QUIET_PATIENCE = 240.0  # seconds until everything that was accepted has been worked off
DRIVER_PATIENCE = 600.0  # seconds after the faults for what was not answered yet
KILL_EVERY = 0.3  # seconds between two kills at least
LIFE = 2.5  # seconds a process works before it is killed, on average
TURN_LEASE = engine.LEASE.total_seconds()
DELIVERY_LEASE = sender.LEASE.total_seconds()


@dataclass(frozen=True, slots=True)
class Faults:
    """What is done to the house, and how long at most."""

    kills: int
    database_stops: int = 0  # PostgreSQL only
    pauses: int = 0
    longest: float = 60.0  # seconds; then it is enough, whatever was reached
    load_ends_too: bool = False  # nothing new is written once the faults are over


@dataclass
class World:
    """Everything that takes part in a run."""

    database_url: str
    folder: Path
    line: RecordingLine
    telegram: RecordingTelegram
    nlu: FakeNlu
    rng: random.Random
    cluster: Cluster | None = None
    extra: Mapping[str, str] = field(default_factory=dict)  # settings of one test
    invitation: str = ""

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
        return own | {
            "GYEOT_HOME": str(self.folder),
            "GYEOT_DATABASE_URL": self.database_url,
            "GYEOT_NLU_URL": self.nlu.url,
            "GYEOT_LINE_SECRET": line_fake.SECRET,
            "GYEOT_LINE_TOKEN": line_fake.TOKEN,
            "GYEOT_LINE_API": self.line.url,
            "GYEOT_TELEGRAM_TOKEN": telegram_fake.TOKEN,
            "GYEOT_TELEGRAM_SECRET": telegram_fake.SECRET,
            "GYEOT_TELEGRAM_API": self.telegram.url,
            **self.extra,
        }

    def open(self) -> Database:
        """Open what the house wrote, with the house's keys."""
        keyring = load_keyring(self.folder / "keyring.json")
        return open_database(self.database_url, keyring=keyring)


@dataclass
class Outcome:
    """What was done, and what came of it."""

    name: str
    kills: int = 0
    database_stops: int = 0
    pauses: int = 0
    events: int = 0
    redeliveries: int = 0
    claims: int = 0
    own_ends: int = 0
    repeats: int = 0
    set_aside: int = 0
    seconds_to_rest: float = 0.0  # from the last fault until nothing is on its way
    findings: Sequence[Finding] = ()
    left: Mapping[str, int] = field(default_factory=dict)  # still on its way at the end

    @property
    def broken(self) -> Mapping[Rule, int]:
        return counts(self.findings)


@asynccontextmanager
async def world(
    database_url: str,
    folder: Path,
    *,
    seed: int = 1,
    cluster: Cluster | None = None,
    extra: Mapping[str, str] | None = None,
) -> AsyncGenerator[World]:
    """Set up an empty house and everybody it talks to."""
    line, telegram, nlu = RecordingLine(), RecordingTelegram(), FakeNlu()
    async with line.serving(), telegram.serving(), nlu.serving():
        rng = random.Random(seed)
        made = World(database_url, folder, line, telegram, nlu, rng, cluster, extra or {})
        printed = await asyncio.to_thread(set_up, made.environment)
        made.invitation = _token(printed)
        yield made


def processes(world: World) -> list[Process]:
    """Describe the processes of a house: one on SQLite, five on PostgreSQL."""
    if world.cluster is None:
        return [make_process("all", "web,worker,sender", world.folder, world.environment)]
    names = {"web": "web", "worker-1": "worker", "worker-2": "worker", "sender-1": "sender"}
    names |= {"sender-2": "sender"}
    if not knows_roles():
        names = dict.fromkeys(names, "web,worker,sender")
    return [
        make_process(name, roles, world.folder, world.environment) for name, roles in names.items()
    ]


async def run(name: str, world: World, plan: Plan, faults: Faults) -> Outcome:
    """Let people write while faults happen; wait for rest; compare."""
    outcome = Outcome(name)
    async with supervised(processes(world)) as family:
        await family.ready()
        rng = random.Random(world.rng.random())
        driver = Driver(lambda: family.web.url, plan, rng, world.line.open_tokens.__setitem__)
        async with _counselors(world, family) as staff:
            driving = asyncio.create_task(driver.run())
            _trouble(world, 0.03)
            await _storm(world, family, faults, outcome, driving)
            _trouble(world, 0.0)
            over = time.monotonic()
            driver.halted = faults.load_ends_too
            async with asyncio.timeout(DRIVER_PATIENCE):
                await driving
        outcome.left = await quiet(world)
        outcome.seconds_to_rest = time.monotonic() - over
        outcome.claims = sum(one.claims for one in staff)
        outcome.own_ends = sum(one.own_ends for one in family.members)
    outcome.events, outcome.redeliveries = len(driver.answered), driver.redelivered
    await _compare(world, driver, outcome)
    return outcome


async def _compare(world: World, driver: Driver, outcome: Outcome) -> None:
    database = world.open()
    try:
        talks = await reading.talks(database, driver.accounts)
        outcome.set_aside = await reading.set_aside(database)
    finally:
        await database.close()
    arrivals = (*world.line.arrivals, *world.telegram.arrivals)
    history = History(tuple(driver.answered), talks, arrivals)
    outcome.findings = check(history)
    outcome.repeats = repeats(history)


async def quiet(world: World) -> Mapping[str, int]:
    """Wait until nothing is on its way; return what still is when patience ends."""
    database = world.open()
    left: Mapping[str, int] = {}
    try:
        end = time.monotonic() + QUIET_PATIENCE
        while time.monotonic() < end:
            left = await reading.unsettled(database)
            if not left:
                return left
            await asyncio.sleep(0.25)
        return left
    finally:
        await database.close()


@asynccontextmanager
async def _counselors(world: World, family: Family) -> AsyncGenerator[list[Counselor]]:
    """Two counselors who joined in peace and stay whatever happens."""
    second = await asyncio.to_thread(invite, world.environment)
    cookies = [
        await join(family.web.url, token, name)
        for token, name in ((world.invitation, "은하"), (_token(second), "가람"))
    ]
    staff = [
        Counselor(lambda: family.web.url, cookie, random.Random(world.rng.random()))
        for cookie in cookies
    ]
    tasks = [asyncio.create_task(one.work()) for one in staff]
    try:
        yield staff
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _storm(
    world: World, family: Family, faults: Faults, outcome: Outcome, driving: "asyncio.Task[None]"
) -> None:
    """Do all faults side by side until they are done, the load is over, or it is enough."""
    with suppress(TimeoutError):
        async with asyncio.timeout(faults.longest), AsyncExitStack() as ends:
            others = [_pauses(world, family, faults, outcome), _moods(world)]
            if world.cluster is not None:
                others.append(_database_stops(world, world.cluster, faults, outcome))
            for other in others:
                ends.push_async_callback(_cancel, asyncio.create_task(other))
            await _kills(world, family, faults, outcome, driving)
    for one in family.members:
        one.resume()
    if world.cluster is not None:
        with suppress(Exception):  # it runs already, as a rule
            await world.cluster.start()
    world.nlu.mood = Mood.WELL


async def _kills(
    world: World, family: Family, faults: Faults, outcome: Outcome, driving: "asyncio.Task[None]"
) -> None:
    """Kill one process after the other, each in the middle of its work.

    One that is still starting or is paused is left alone: its death would show nothing. Each
    is given a life of random length, often short: were all killed as soon as they open,
    nothing would ever be under way that could be lost.
    """
    ends: dict[tuple[str, int], float] = {}
    while outcome.kills < faults.kills and not driving.done():
        await asyncio.sleep(KILL_EVERY)
        working = [one for one in family.members if one.is_open and not one.paused]
        for one in working:
            life = world.rng.expovariate(1 / LIFE)
            ends.setdefault((one.name, one.starts), time.monotonic() + life)
        over = [one for one in working if ends[one.name, one.starts] <= time.monotonic()]
        if over:
            world.rng.choice(over).kill()
            outcome.kills += 1


async def _pauses(world: World, family: Family, faults: Faults, outcome: Outcome) -> None:
    """Stop a worker or a sender for longer than what it holds is its own."""
    for number in range(faults.pauses):
        await asyncio.sleep(world.rng.uniform(1.0, 4.0))
        role, lease = (("worker", TURN_LEASE), ("sender", DELIVERY_LEASE))[number % 2]
        working = [one for one in family.those(role) if one.is_open]
        if not working:
            continue
        one = world.rng.choice(working)
        one.pause()
        await asyncio.sleep(lease + 1.5)
        one.resume()
        outcome.pauses += 1


async def _database_stops(world: World, cluster: Cluster, faults: Faults, outcome: Outcome) -> None:
    for _ in range(faults.database_stops):
        await asyncio.sleep(world.rng.uniform(3.0, 8.0))
        # Shielded: a stop that began is brought to its start again.
        await asyncio.shield(_stop_once(world, cluster))
        outcome.database_stops += 1


async def _stop_once(world: World, cluster: Cluster) -> None:
    await cluster.crash()
    await asyncio.sleep(world.rng.uniform(0.2, 1.5))
    await cluster.start()


async def _moods(world: World) -> None:
    """Let the language service be well most of the time, and every kind of unwell."""
    while True:
        world.nlu.mood = world.rng.choice([Mood.WELL, Mood.WELL, *Mood])
        await asyncio.sleep(world.rng.uniform(1.0, 3.0))


def _trouble(world: World, share: float) -> None:
    """Let both providers refuse, press, lose answers and fall silent, each at this share."""
    for provider in (world.line, world.telegram):
        provider.troubles = Troubles(
            random.Random(world.rng.random()),
            refusing=share,
            pressed=share / 3,
            losing=share,
            silent=share / 10,
        )


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _token(printed: str) -> str:
    found = re.search(r"/console/join#(\S+)", printed)
    assert found is not None
    return found[1]

"""That a talk never has two owners, however many consoles ask for it at one moment.

.venv/bin/python -m bench.races [--short]
"""

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.command import Options, report
from bench.figures import Run, table, verdict
from bench.ws import Socket, connect
from handoff import auth
from handoff.cookies import COOKIE_LOOPBACK
from storage.database import Database
from tests.faults import reading
from tests.faults.cluster import Cluster, running_cluster
from tests.faults.history import Finding, History, Rule, check
from tests.faults.house import ROLES, House, house, says, somebody, started
from tests.faults.processes import make_process
from tests.handoff.conftest import member

TRIES = 10_000
CONSOLES = 50  # each of a counselor of its own; so many tries make a round
PEOPLE = 8  # who wait; fewer than consoles, so that most lose every round
LONGEST = 1500.0  # seconds of rounds for one database
PATIENCE = 60.0  # for one answer
ASKS, HEARD = "상담사랑 얘기할래요", "line"
WON = "claimed"


@dataclass
class Racer:
    """One counselor's console: its answers, the epochs it was told, the queue it sees."""

    socket: Socket
    answers: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    talk: str = ""  # the one it won last
    epochs: dict[str, int] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)  # talk -> version
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, frame: bytes) -> None:
        """Take in what this console is told."""
        self._learn(json.loads(frame))
        self.told.set()

    def _learn(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "claimed":
                self.talk = frame["conversation"]
                self.answers.put_nowait(WON)
            case "refused":
                self.answers.put_nowait(frame["code"])
            case "said" | "done":
                self.answers.put_nowait(frame["type"])
            case "talks":
                self.epochs |= {one["conversation"]: one["epoch"] for one in frame["changed"]}
            case "queue":
                self.cards |= {one["conversation"]: one["version"] for one in frame["changed"]}

    async def asks(self, kind: str, **fields: object) -> str:
        """Ask for a step; return what came of it."""
        self.socket.say(json.dumps({"v": 1, "type": kind, **fields}))
        async with asyncio.timeout(PATIENCE):
            return await self.answers.get()

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait until this console was told something."""
        async with asyncio.timeout(PATIENCE):
            while not what():
                self.told.clear()
                await self.told.wait()


@dataclass
class Score:
    """What came of all tries."""

    tries: int = 0
    wins: int = 0
    twice: int = 0  # consoles beyond the first that were told in one round that a talk is theirs
    foreign: int = 0  # words of another, under the winner's epoch, that were taken
    lost: Counter[str] = field(default_factory=Counter)
    answered: list[float] = field(default_factory=list)  # ms
    seconds: float = 0.0
    findings: Sequence[Finding] = ()
    rows: int = 0  # claims by the audit log
    load: float = 0.0


async def measure(options: Options) -> str:
    """Race on both databases; return Markdown."""
    tries = options.count(TRIES)
    async with _sqlite(options.fresh("races")) as (one, ports):
        rows = [_row("SQLite, 1 process", await _race(one, ports, tries))]
    with running_cluster() as cluster:
        async with _postgresql(options.fresh("races-pg"), cluster) as (one, ports):
            rows.append(_row("PostgreSQL, 2 processes", await _race(one, ports, tries)))
    return f"{table(HEAD, rows)}\n\n{NOTE}"


HEAD = (
    "database", "tries", "won", "claims in the audit log", "won twice", "double-owned",
    "words of another taken", "", "lost, by answer", "tries/s", "p50 / p99 ms", "seconds",
    "load after",
)  # fmt: skip

NOTE = f"""\
{CONSOLES} consoles, each of a counselor of its own, ask at one moment for the same card, in turn
with rounds in which all ask for the most urgent of {PEOPLE} who wait. Who won gives back; before
that, another says something under the winner's epoch. "Double-owned" is what the rule of
`make faults` finds in the audit rows of every talk."""


def _row(name: str, score: Score) -> Sequence[object]:
    run = Run(score.answered, score.seconds)
    broken = (score.twice, len(score.findings), score.foreign)
    return (
        name, score.tries, score.wins, score.rows, *broken, verdict(sum(broken), 0, at_most=True),
        ", ".join(f"{code} {times}" for code, times in score.lost.most_common()),
        run.rate, f"{run.at(50):.0f} / {run.at(99):.0f}", f"{score.seconds:.0f}",
        f"{score.load:.1f}",
    )  # fmt: skip


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncGenerator[tuple[House, Sequence[int]]]:
    async with house(folder) as one:
        yield one, [one.process.port]


@asynccontextmanager
async def _postgresql(
    folder: Path, cluster: Cluster
) -> AsyncGenerator[tuple[House, Sequence[int]]]:
    url = await asyncio.to_thread(cluster.make, "races")
    async with AsyncExitStack() as ends:
        one = await ends.enter_async_context(house(folder, database_url=url, cluster=cluster))
        other = make_process("other", ROLES, folder, one.world.environment)
        await ends.enter_async_context(started(other))
        yield one, [one.process.port, other.port]


async def _race(one: House, ports: Sequence[int], tries: int) -> Score:
    """Open the consoles, let people wait, and race until there were enough tries."""
    database = one.world.open()
    try:
        racers = [await _sit_down(database, ports, number) for number in range(CONSOLES)]
        people = [await _asks(one) for _ in range(PEOPLE)]
        await racers[0].until(lambda: len(racers[0].cards) == PEOPLE)
        race = Race(racers)
        await race.run(tries)
        for racer in racers:
            racer.socket.close()
        await _look_up(database, people, race.score)
    finally:
        await database.close()
    return race.score


async def _sit_down(database: Database, ports: Sequence[int], number: int) -> Racer:
    """Let a new counselor open their console."""
    now = datetime.now(UTC)
    person = (await member(database, f"racer {number}", now=now)).staff
    async with database.transaction() as session:
        token = (await auth.started(session, person, "sign_in", now=now)).token
    headers = {"Cookie": f"{COOKIE_LOOPBACK}={token}"}
    early: list[bytes] = []
    socket = await connect(ports[number % len(ports)], "/console/ws", early.append, headers)
    racer = Racer(socket)
    socket.heard = racer.heard
    for frame in early:
        racer.heard(frame)
    return racer


async def _asks(one: House) -> tuple[str, str]:
    account = somebody(HEARD)
    assert await one.hears(HEARD, says(HEARD, account, ASKS)) == httpx.codes.OK
    return HEARD, account


@dataclass
class Race:
    """Rounds of tries, until there were enough or time is up."""

    racers: Sequence[Racer]
    score: Score = field(default_factory=Score)
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    epochs: dict[str, int] = field(default_factory=dict)  # talk -> the last that was seen

    async def run(self, tries: int) -> None:
        """Race."""
        began = time.perf_counter()
        while self.score.tries < tries and time.perf_counter() - began < LONGEST:
            before = dict(self.racers[0].cards)
            winners = await self._round(before)
            if self.score.twice:
                break  # it is found; who of them leads the talk is not to be told any more
            for winner in winners:
                await self._give_back(winner)
            await self._all_back(winners, before)
        self.score.seconds = time.perf_counter() - began
        self.score.load = os.getloadavg()[0]

    async def _round(self, cards: Mapping[str, int]) -> Sequence[Racer]:
        """Let every console ask at once; return those that won."""
        kind, fields = "next", {}
        if self.score.tries // CONSOLES % 2:
            talk = self.rng.choice(sorted(cards))
            kind, fields = "claim", {"conversation": talk, "version": cards[talk]}
        came = await asyncio.gather(*(self._try(one, kind, fields) for one in self.racers))
        winners = [one for one, answer in zip(self.racers, came, strict=True) if answer == WON]
        self.score.tries += len(came)
        self.score.wins += len(winners)
        self.score.twice += len(winners) - len({one.talk for one in winners})
        self.score.lost.update(answer for answer in came if answer != WON)
        return winners

    async def _try(self, racer: Racer, kind: str, fields: Mapping[str, object]) -> str:
        began = time.perf_counter()
        came = await racer.asks(kind, **fields)
        self.score.answered.append((time.perf_counter() - began) * 1000)
        return came

    async def _give_back(self, winner: Racer) -> None:
        """Let another speak under the winner's epoch, then give the talk back."""
        talk, last = winner.talk, self.epochs.get(winner.talk, 0)
        await winner.until(lambda: winner.epochs.get(talk, 0) > last)
        self.epochs[talk] = winner.epochs[talk]
        fields = {"conversation": talk, "epoch": self.epochs[talk]}
        other = self.rng.choice([one for one in self.racers if one is not winner])
        came = await other.asks("say", **fields, key=str(uuid4()), text="저 여기 있어요")
        self.score.foreign += came != "not_owner"
        assert await winner.asks("release", **fields) == "done"

    async def _all_back(self, winners: Sequence[Racer], before: Mapping[str, int]) -> None:
        """Wait until the first console sees every talk of this round wait again."""
        seen = self.racers[0].cards
        talks = {one.talk for one in winners}  # a claim and a release: two versions at least
        await self.racers[0].until(lambda: all(seen[one] >= before[one] + 2 for one in talks))


async def _look_up(database: Database, people: Sequence[tuple[str, str]], score: Score) -> None:
    """Compare what the consoles were told with what the house kept."""
    talks = await reading.talks(database, people)
    score.rows = sum(act.action == "claim" for talk in talks for act in talk.acts)
    found = check(History((), talks, ()))
    score.findings = [one for one in found if one.rule is Rule.DOUBLE_OWNED]


if __name__ == "__main__":
    report(measure, "Racing claims")

"""From a commit to the counselors' screens, with 1 and with 200 consoles.

.venv/bin/python -m bench.console [--short] [--profile FOLDER]
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bench.command import Options, report
from bench.figures import percentile, table, verdict
from bench.house import Setting, profiled
from bench.house import running as product
from bench.line_calls import account, request
from bench.load import closed
from bench.postgres import Cluster, cluster
from bench.stand_ins import Arrivals, LineProvider
from bench.wire import listening
from bench.ws import Socket, connect
from tests.fakes.line import LinePerson
from tests.scenarios.house import House, invite, join

CROWDS = (1, 200)
GOALS = {1: 10.0, 200: 50.0}  # ms, p99
STEPS = 200
LONGEST = 25.0  # seconds for one crowd
PATIENCE = 30.0
ASKS = "상담사랑 얘기할래요"


@dataclass
class Watchers:
    """Consoles that only look; each notes when a change of the queue reached it."""

    wanted: int = 0
    seen: list[float] = field(default_factory=list)
    all_saw: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, frame: bytes) -> None:
        """Note a change of the queue."""
        if frame.find(b'"queue"', 0, 60) < 0:
            return
        self.seen.append(time.perf_counter())
        if len(self.seen) >= self.wanted:
            self.all_saw.set()

    def expect(self, count: int) -> None:
        """Forget what was seen and wait for `count` changes."""
        self.wanted = count
        self.seen.clear()
        self.all_saw.clear()


@dataclass
class Actor:
    """The counselor who takes the one waiting talk and gives it back, again and again."""

    frames: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    socket: Socket | None = None

    def heard(self, frame: bytes) -> None:
        """Keep a frame."""
        self.frames.put_nowait(json.loads(frame))

    async def do(self, kind: str, answer: str, **fields: object) -> tuple[dict[str, Any], float]:
        """Do a step; return its answer and the moment the answer came."""
        assert self.socket is not None
        self.socket.say(json.dumps({"v": 1, "type": kind, **fields}))
        return await self.until(answer), time.perf_counter()

    async def until(self, kind: str) -> dict[str, Any]:
        """Read on until a frame of this kind."""
        async with asyncio.timeout(PATIENCE):
            while (frame := await self.frames.get())["type"] != kind:
                continue
        return frame


@dataclass(frozen=True, slots=True)
class Seen:
    """What one crowd of consoles saw; milliseconds."""

    name: str
    consoles: int
    after_answer: Sequence[float]
    after_step: Sequence[float]


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    with cluster() as postgres:
        found = [
            await _seen(options, where, crowd) for where in (None, postgres) for crowd in CROWDS
        ]
    rows = [
        (one.name, one.consoles, percentile(one.after_answer, 50), percentile(one.after_answer, 99),
         percentile(one.after_step, 50), percentile(one.after_step, 99),
         f"p99 ≤ {GOALS[one.consoles]:.0f}",
         verdict(percentile(one.after_answer, 99), GOALS[one.consoles], at_most=True))
        for one in found
    ]  # fmt: skip
    head = (
        "database", "consoles", "p50 ms", "p99 ms", "with the step, p50 ms",
        "with the step, p99 ms",
        "goal", "",
    )  # fmt: skip
    return f"{table(head, rows)}\n\n{NOTE}"


NOTE = """\
One counselor claims and gives back a talk; each of the other counselor's consoles must show the
queue's change. The figures count from the moment the step was answered, which is just after its
commit (0 when the change came first); "with the step" counts from the moment it was asked for."""


async def _seen(options: Options, postgres: Cluster | None, consoles: int) -> Seen:
    where = "SQLite" if postgres is None else "PostgreSQL"
    async with _house(options, postgres) as house:
        kept = options.report(f"console-{where}-{consoles}")
        server, running = house
        async with _room(running, consoles) as (actor, watchers), profiled(server, kept):
            steps = await _steps(actor, watchers, consoles, options)
    after_answer = [ms for step in steps for ms in step[0]]
    return Seen(where, consoles, after_answer, [ms for step in steps for ms in step[1]])


async def _steps(
    actor: Actor, watchers: Watchers, consoles: int, options: Options
) -> list[tuple[Sequence[float], Sequence[float]]]:
    """Take steps until there were enough, or time is up."""
    steps = []
    until = time.perf_counter() + options.seconds(LONGEST)
    for _ in range(STEPS):
        steps.append(await _step(actor, watchers, consoles))
        if time.perf_counter() > until:
            break
    return steps


async def _step(
    actor: Actor, watchers: Watchers, consoles: int
) -> tuple[Sequence[float], Sequence[float]]:
    """Claim the talk, look who saw it, and give it back."""
    watchers.expect(consoles)
    began = time.perf_counter()
    claimed, answered = await actor.do("next", "claimed")
    await asyncio.wait_for(watchers.all_saw.wait(), PATIENCE)
    seen = watchers.seen[:consoles]
    while not (talks := await actor.until("talks"))["changed"]:
        continue  # the empty list at first, and what is gone
    watchers.expect(consoles)
    epoch = talks["changed"][0]["epoch"]
    await actor.do("release", "done", conversation=claimed["conversation"], epoch=epoch)
    await asyncio.wait_for(watchers.all_saw.wait(), PATIENCE)
    return (
        [max(0.0, moment - answered) * 1000 for moment in seen],
        [(moment - began) * 1000 for moment in seen],
    )


@asynccontextmanager
async def _house(options: Options, postgres: Cluster | None) -> AsyncGenerator[tuple[Any, House]]:
    database = None if postgres is None else postgres.make("console")
    async with listening(LineProvider(Arrivals())) as provider:
        setting = Setting(options.fresh("console"), provider, options.nlu_port, database)
        async with product(setting) as (server, house):
            yield server, house


@asynccontextmanager
async def _room(house: House, consoles: int) -> AsyncGenerator[tuple[Actor, Watchers]]:
    """Sign two counselors in, let one person ask for them, and open every console."""
    port = int(house.url.rpartition(":")[2])
    acting = await join(house, "은하")
    watching = await join(replace(house, invitation=await invite(house, "counselor")), "별")
    actor, watchers = Actor(), Watchers()
    actor.socket = await connect(port, "/console/ws", actor.heard, {"Cookie": acting})
    headers = {"Cookie": watching}
    sockets = [await connect(port, "/console/ws", watchers.heard, headers) for _ in range(consoles)]
    await asyncio.sleep(1)  # what a console is told at first is no change
    watchers.expect(consoles)
    asked = request(LinePerson(account(1)).says(ASKS))
    await closed(port, [asked], connections=1, seconds=1)
    await asyncio.wait_for(watchers.all_saw.wait(), PATIENCE)
    await asyncio.sleep(0.5)
    try:
        yield actor, watchers
    finally:
        for socket in (*sockets, actor.socket):
            socket.close()


if __name__ == "__main__":
    report(measure, "Commit to console")

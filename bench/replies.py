"""From a webhook in to the reply at the provider: the product, and other people's bots.

.venv/bin/python -m bench.replies [--short] [--profile FOLDER]
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bench import peer
from bench.command import Options, report
from bench.figures import Run, percentile, table, verdict
from bench.house import Setting, profiled
from bench.house import running as product
from bench.line_calls import WORDS, account, json_post, request
from bench.load import closed
from bench.peer import PEERS_TO_RUN, Peer
from bench.postgres import Cluster, cluster
from bench.rasa_peer import rasa
from bench.running import NotStarted, Server
from bench.stand_ins import Arrivals, LineProvider
from bench.talks import Say, talk
from bench.wire import listening
from tests.fakes.line import LinePerson
from tests.rasa_process import missing, start_rasa

CLIENTS = 16
CROWD = 256  # so many that the 0.3 s of settling does not bound what a second holds
WANTED = b"text"  # a REST answer of Rasa without words is none
MOST_TURNS = 18  # of one person a minute: below what the product takes for a flood
LONG_TALK = 250  # turns of one person
HEAD = (
    "what", "replies/s, 16 clients", "p50 ms", "p99 ms", "CPU µs each", "alone p50 ms",
    "alone p99 ms", "RSS MiB", "unanswered",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One bot with 16 clients and with one."""

    name: str
    many: Run
    alone: Run
    memory: float

    def row(self) -> tuple[object, ...]:
        """Return its line of the table."""
        many, alone = self.many, self.alone
        return (
            self.name, many.rate, many.at(50), many.at(99), many.cpu_each, alone.at(50),
            alone.at(99), self.memory, many.failures + alone.failures,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Language:
    """A language service: its port and token, and its name in the table."""

    port: int
    token: str
    name: str


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    stub = _Language(options.nlu_port, "", "NLU stubbed")
    with cluster() as postgres:
        cases = [await _product(options, where, stub) for where in (None, postgres)]
        shipped = [await _shipped(options, where, stub) for where in (None, postgres)]
        peers = [case for one in PEERS_TO_RUN if (case := await _peer(options, one))]
        real: list[Case] = []
        flat = ""
        if missing() is None:
            async with _language(options) as language:
                real = [await _product(options, where, language) for where in (None, postgres)]
                flat = await _long_talk(options, language)
            real.append(await _rasa(options))
    rows = [case.row() for case in (*cases, *peers, *real)]
    parts = [table(HEAD, rows), _settled(shipped), flat, _targets(cases, peers, real), NOTE]
    return "\n\n".join(part for part in parts if part)


NOTE = """\
The first table has the product without its 0.3 s of settling (in which a burst of short messages
becomes one turn) and without its quotas a person, so that it does what the others do; the second
has it as it is. Every message
is stored, sealed, answered through the outbox and acknowledged after its commit; opsdroid,
python-telegram-bot and botbuilder store nothing; Rasa's tracker is plain text. People are known
already (their first turn, which makes keys, is not counted)."""


def line_say() -> Say:
    """Return how people on LINE say something; the answer comes by reply token or by push."""
    people: dict[str, LinePerson] = {}

    def say(name: str) -> tuple[bytes, Sequence[str]]:
        event = people.setdefault(name, LinePerson(name)).says(WORDS)
        return request(event), (event["replyToken"], name)

    return say


async def _loads(server: Server, say: Say, arrivals: Arrivals, options: Options, name: str) -> Case:
    people = [account(number) for number in range(CLIENTS)]
    seconds = options.seconds(8)
    await talk(server.port, people, say, arrivals, seconds=10, turns=2)
    before = server.cpu()
    many = await talk(server.port, people, say, arrivals, seconds=seconds)
    many = replace(many, cpu=server.cpu() - before)
    alone = await talk(server.port, people[:1], say, arrivals, seconds=seconds, turns=300)
    return Case(name, many, alone, server.resident_mib())


@asynccontextmanager
async def _house(
    options: Options, postgres: Cluster | None, language: _Language, *, settle: bool
) -> AsyncGenerator[tuple[Server, Arrivals]]:
    arrivals = Arrivals()
    database = None if postgres is None else postgres.make("replies")
    async with listening(LineProvider(arrivals)) as provider:
        setting = Setting(
            options.fresh("house"), provider, language.port, database, language.token, settle
        )
        async with product(setting) as (server, _):
            yield server, arrivals


async def _product(options: Options, postgres: Cluster | None, language: _Language) -> Case:
    where = "SQLite" if postgres is None else "PostgreSQL"
    kept = options.report(f"replies-{where}-{language.name.split()[1]}")
    async with (
        _house(options, postgres, language, settle=False) as (server, arrivals),
        profiled(server, kept),
    ):
        name = f"**the product, {where}, {language.name}**"
        return await _loads(server, line_say(), arrivals, options, name)


async def _shipped(
    options: Options, postgres: Cluster | None, language: _Language
) -> tuple[str, Run, Run]:
    """Load the product as it is, settling and all: a crowd, then one person."""
    where = "SQLite" if postgres is None else "PostgreSQL"
    people = [account(number) for number in range(CROWD)]
    async with _house(options, postgres, language, settle=True) as (server, arrivals):
        load = (server.port, people, line_say(), arrivals)
        await talk(*load, seconds=15, turns=1)
        crowd = await talk(*load, seconds=options.seconds(8), turns=MOST_TURNS)
        someone = [account(CROWD + 1)]
        await talk(server.port, someone, *load[2:], seconds=5, turns=1)
        alone = await talk(
            server.port, someone, *load[2:], seconds=options.seconds(8), turns=MOST_TURNS
        )
        return f"{where}, {language.name}", crowd, alone


def _settled(shipped: Sequence[tuple[str, Run, Run]]) -> str:
    head = (
        f"as it is, with 300 ms of settling: {CROWD} people", "replies/s", "p50 ms", "p99 ms",
        "alone p50 ms", "alone p99 ms", "unanswered",
    )  # fmt: skip
    rows = [
        (name, crowd.rate, crowd.at(50), crowd.at(99), alone.at(50), alone.at(99),
         crowd.failures + alone.failures)
        for name, crowd, alone in shipped
    ]  # fmt: skip
    return table(head, rows)


async def _peer(options: Options, one: Peer) -> Case | None:
    if not one.python.exists():
        print(f"{one.name} left out: bench/peers/prepare makes it", file=sys.stderr)
        return None
    arrivals = Arrivals()
    try:
        async with peer.running(one, arrivals, options.folder) as (server, say):
            return await _loads(server, say, arrivals, options, one.title)
    except NotStarted as error:
        print(f"{one.name} left out: {error}", file=sys.stderr)
        return None


@asynccontextmanager
async def _language(options: Options) -> AsyncGenerator[_Language]:
    process = await asyncio.to_thread(start_rasa, options.folder / "nlu.log")
    port = int(process.url.rpartition(":")[2])
    try:
        yield _Language(port, process.token, "real NLU")
    finally:
        await asyncio.to_thread(process.stop)


async def _rasa(options: Options) -> Case:
    """Load Rasa's REST channel; it answers in the response, so that is its way out."""
    seconds = options.seconds(8)
    texts = [
        json_post("/webhooks/rest/webhook", {"sender": account(number % CLIENTS), "message": WORDS})
        for number in range(int(200 * seconds) + CLIENTS)
    ]
    async with rasa(options.fresh("rasa")) as server:
        await closed(server.port, texts[:CLIENTS], connections=CLIENTS, seconds=20, wanted=WANTED)
        before = server.cpu()
        many = await closed(
            server.port, texts[CLIENTS:], connections=CLIENTS, seconds=seconds, wanted=WANTED
        )
        many = replace(many, cpu=server.cpu() - before)
        alone = await closed(server.port, texts[:40], connections=1, seconds=seconds, wanted=WANTED)
        return Case("Rasa's REST channel, SQLite tracker", many, alone, server.resident_mib())


async def _long_talk(options: Options, language: _Language) -> str:
    """Let one person write 250 turns to the product, and to Rasa; compare first and last."""
    turns = options.count(LONG_TALK)
    async with _house(options, None, language, settle=False) as (server, arrivals):
        load = (server.port, [account(1)], line_say(), arrivals)
        ours = await talk(*load, seconds=90, turns=turns)
    same = {"sender": account(1), "message": WORDS}
    texts = [json_post("/webhooks/rest/webhook", same)] * turns
    async with rasa(options.fresh("rasa-long")) as server:
        theirs = await closed(server.port, texts, connections=1, seconds=90, wanted=WANTED)
    rows = []
    for name, run in (("**the product**", ours), ("Rasa's REST channel", theirs)):
        first, last = run.latencies[1 : turns // 5 + 1], run.latencies[-turns // 5 :]
        times = percentile(last, 50) / percentile(first, 50)
        rows.append((name, percentile(first, 50), percentile(last, 50), times, len(run.latencies)))
    head = ("one person's long talk", "first fifth p50 ms", "last fifth p50 ms", "times", "turns")
    return table(head, rows)


def _targets(cases: Sequence[Case], peers: Sequence[Case], real: Sequence[Case]) -> str:
    rows: list[tuple[object, ...]] = []
    for case in cases:
        for one in peers:
            goal = {"opsdroid": 1.2, "python-telegram-bot's webhook application": 4.0}
            if one.name in goal:
                times, least = case.many.rate / one.many.rate, goal[one.name]
                verdict_ = verdict(times, least, at_most=False)
                rows.append((f"{case.name}: times {one.name}", times, f"≥ {least}", verdict_))
    for case in real[:-1]:
        times, late = case.many.rate / real[-1].many.rate, case.alone.at(50)
        rows += [
            (f"{case.name}: times Rasa's stack", times, "≥ 3", verdict(times, 3, at_most=False)),
            ("p50 alone, ms", late, "≤ 40", verdict(late, 40, at_most=True)),
            ("RSS MiB", case.memory, "≤ 120", verdict(case.memory, 120, at_most=True)),
        ]
    return table(("target", "measured", "goal", ""), rows)


if __name__ == "__main__":
    report(measure, "Message in to reply out")

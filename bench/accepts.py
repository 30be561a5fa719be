"""Durable accepts: the product beside its limits and beside the usual way, in one run.

.venv/bin/python -m bench.accepts [--short] [--profile FOLDER]
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.command import Options, report
from bench.figures import Run, table, verdict
from bench.house import Setting, profiled
from bench.house import running as product
from bench.line_calls import calls
from bench.load import closed, paced
from bench.postgres import Cluster, cluster
from bench.raw_inserts import postgres_rows, sqlite_rows
from bench.running import ROOT, Server, serving
from bench.stand_ins import Arrivals, LineProvider
from bench.wire import listening
from tests.loopback import free_port

CONNECTIONS = 64
PACE = 500.0  # requests a second of the paced load
PEOPLE = 3000  # who write in turn; nobody so much that the product's quotas ask for a pause
MOST = 12_000  # requests a second nobody here exceeds; so many are written down beforehand

HEAD = ("what", "accepts/s", "p50 ms", "p99 ms", "CPU µs each", "p99 ms at 500/s", "failures")


@dataclass(frozen=True, slots=True)
class Case:
    """One server under both loads."""

    name: str
    full: Run
    steady: Run

    def row(self) -> tuple[object, ...]:
        """Return its line of the table."""
        full, steady = self.full, self.steady
        failures = full.failures + steady.failures
        return (
            self.name, full.rate, full.at(50), full.at(99), full.cpu_each, steady.at(99), failures,
        )  # fmt: skip


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    with cluster() as postgres:
        address = postgres.make("raw")
        raw = _raw(options, address)
        cases = [
            await _small("raw ASGI hello on uvicorn", "hello", options),
            await _usual(options, None),
            await _usual(options, postgres),
            await _front_door(options, None),
            await _front_door(options, postgres),
            await _whole(options, None),
            await _whole(options, postgres),
        ]
    parts = (table(HEAD, [case.row() for case in cases]), raw, _targets(cases), NOTE)
    return "\n\n".join(parts)


async def front_door_on_sqlite(options: Options) -> Case:
    """Load the front door alone, for what is compared with it."""
    return await _front_door(options, None)


NOTE = """\
The front door is the product's webhook route, LINE adapter, sealing, intake and commit in a
process that answers nobody; the whole product answers each of these messages meanwhile, on the
same core. A latency at 500/s counts from the moment a request was due. Whatever was
acknowledged was committed: SQLite with synchronous=FULL, PostgreSQL with its defaults."""


def _raw(options: Options, address: str) -> str:
    seconds = options.seconds(3)
    path = options.folder / "raw.db"
    rows = [
        ("SQLite FULL", *(sqlite_rows(path, together=n, seconds=seconds) for n in (1, 64))),
        ("PostgreSQL", *(postgres_rows(address, together=n, seconds=seconds) for n in (1, 64))),
    ]
    return table(("insert and commit in a loop", "1 row a commit, rows/s", "64 rows, rows/s"), rows)


async def _loads(server: Server, name: str, options: Options) -> Case:
    seconds = options.seconds(8)
    requests = await asyncio.to_thread(calls, int(MOST * seconds), people=PEOPLE)
    await closed(server.port, requests[:500], connections=CONNECTIONS, seconds=5)
    del requests[:500]
    before = server.cpu()
    full = await closed(server.port, requests, connections=CONNECTIONS, seconds=seconds)
    full = Run(full.latencies, full.seconds, full.failures, server.cpu() - before)
    later = calls(int(PACE * seconds), people=PEOPLE)
    await asyncio.sleep(1)
    return Case(name, full, await paced(server.port, later, rate=PACE, connections=CONNECTIONS))


async def _small(name: str, kind: str, options: Options, *arguments: str) -> Case:
    port = free_port()
    command = [sys.executable, "-m", "bench.small_servers", kind, str(port), *arguments]
    log, kept = options.folder / f"{kind}.log", _profile(kind, name)
    async with serving(command, port, log) as server, profiled(server, options.report(kept)):
        return await _loads(server, name, options)


def _profile(kind: str, name: str) -> str:
    return f"accepts-{kind}-{'postgresql' if 'PostgreSQL' in name else 'sqlite'}"


async def _usual(options: Options, postgres: Cluster | None) -> Case:
    where = "SQLite" if postgres is None else "PostgreSQL"
    if postgres is None:
        url = f"sqlite+aiosqlite:///{options.folder / 'usual.db'}"
    else:
        url = postgres.make("usual").replace("postgresql:", "postgresql+psycopg:", 1)
    return await _small(f"FastAPI as usually written, {where}", "usual", options, url)


async def _front_door(options: Options, postgres: Cluster | None) -> Case:
    async with _installed(options, postgres, "door") as (where, url, keyring):
        name = f"**front door of the product, {where}**"
        return await _small(name, "front-door", options, url, str(keyring))


@asynccontextmanager
async def _installed(
    options: Options, postgres: Cluster | None, name: str
) -> AsyncGenerator[tuple[str, str, Path]]:
    """Make an installation of the product without serving it."""
    folder = options.fresh(name)
    environment = {"PATH": "/usr/bin:/bin", "GYEOT_HOME": str(folder)}
    where, url = "SQLite", f"sqlite+aiosqlite:///{folder / 'gyeot.db'}"
    if postgres is not None:
        where, url = "PostgreSQL", postgres.make(name).replace("sql:", "sql+psycopg:", 1)
        environment["GYEOT_DATABASE_URL"] = url
    set_up = partial(subprocess.run, env=environment, cwd=ROOT, check=True, capture_output=True)
    await asyncio.to_thread(set_up, [sys.executable, "-m", "bot", "setup"])
    yield where, url, folder / "keyring.json"


async def _whole(options: Options, postgres: Cluster | None) -> Case:
    where = "SQLite" if postgres is None else "PostgreSQL"
    database = None if postgres is None else postgres.make("whole")
    async with listening(LineProvider(Arrivals())) as provider:
        setting = Setting(options.fresh("whole"), provider, options.nlu_port, database)
        name = f"the whole product, {where}"
        kept = options.report(_profile("whole", name))
        async with product(setting) as (server, _), profiled(server, kept):
            return await _loads(server, name, options)


def _targets(cases: list[Case]) -> str:
    hello, usual, doors = cases[0].full, cases[1:3], cases[3:5]
    rows: list[tuple[object, ...]] = []
    for door, ordinary in zip(doors, usual, strict=True):
        times, share = door.full.rate / ordinary.full.rate, door.full.rate / hello.rate
        late = door.steady.at(99)
        rows += [
            (f"{door.name}: times the usual way", times, "≥ 7", verdict(times, 7, at_most=False)),
            ("share of raw ASGI", share, "≥ 0.3", verdict(share, 0.3, at_most=False)),
            ("p99 ms at 500/s", late, "≤ 100", verdict(late, 100, at_most=True)),
        ]
    return table(("target", "measured", "goal", ""), rows)


if __name__ == "__main__":
    report(measure, "Durable accepts")

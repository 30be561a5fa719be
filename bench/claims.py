"""How fast counselors take the waiting, all at once, and that nobody is taken twice.

.venv/bin/python -m bench.claims [--short]
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from bench.command import Options, report
from bench.figures import Run, table, verdict
from bench.postgres import Cluster, cluster
from bench.running import ROOT
from bot.dialogue.content import FOLDER, load_content
from bot.notices import ContentNotices
from handoff import queue
from storage.database import Database, migrate, open_database
from storage.errors import StorageError
from storage.keyring import create_keyring
from storage.records import AskReason, Staff
from tests.factories import talk_of
from tests.handoff.conftest import member

COUNSELORS = 8
WAITING = 600
JOBS = 2000
PEER = ROOT / "bench/peers/procrastinate"


@dataclass(frozen=True, slots=True)
class Claims:
    """What the counselors took."""

    run: Run
    taken: Sequence[UUID]


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    waiting = options.count(WAITING)
    with cluster() as postgres:
        ours = [(where, await _ours(options, where, waiting)) for where in (None, postgres)]
        theirs = await _theirs(postgres.make("jobs"), options.count(JOBS))
    rows: list[tuple[object, ...]] = [
        (
            f"**claim_next, {_name(where)}**", claims.run.rate, claims.run.at(50),
            claims.run.at(99), len(claims.taken), len(claims.taken) - len(set(claims.taken)),
            waiting - len(set(claims.taken)),
        )
        for where, claims in ours
    ]  # fmt: skip
    if theirs is not None:
        rows.append(("procrastinate, jobs taken and done", theirs, None, None, None, None, None))
    head = ("what", "claims/s", "p50 ms", "p99 ms", "taken", "taken twice", "left behind")
    parts = [table(head, rows), _targets(ours, theirs), NOTE]
    return "\n\n".join(part for part in parts if part)


NOTE = f"""\
{COUNSELORS} counselors claim until nobody waits. A claim is the whole step: compare-and-set of the
talk, the sentence to the young person into transcript and outbox, the audit row, one commit.
procrastinate takes an empty job and marks it done, {COUNSELORS} at a time."""


def _name(where: Cluster | None) -> str:
    return "SQLite" if where is None else "PostgreSQL"


async def _ours(options: Options, postgres: Cluster | None, waiting: int) -> Claims:
    async with _database(options, postgres) as database:
        staff = [(await member(database, f"c{n}", now=_now())).staff for n in range(COUNSELORS)]
        for number in range(waiting):
            await _ask(database, number)
        notices = ContentNotices(load_content(FOLDER))
        latencies: list[float] = []
        began = time.perf_counter()
        taken = await asyncio.gather(
            *(_claim_all(database, notices, one, latencies) for one in staff)
        )
        run = Run(latencies, time.perf_counter() - began)
        return Claims(run, [talk for one in taken for talk in one])


async def _ask(database: Database, number: int) -> None:
    talk = await talk_of(database, account=f"account-{number}", now=_now())
    async with database.transaction() as session:
        await queue.ask(session, talk, reason=AskReason.REQUESTED, now=_now())


async def _claim_all(
    database: Database, notices: ContentNotices, staff: Staff, latencies: list[float]
) -> list[UUID]:
    """Claim until nobody waits; a step that lost every race is tried again."""
    taken: list[UUID] = []
    while True:
        began = time.perf_counter()
        try:
            talk = await queue.claim_next(database, notices, staff, now=_now())
        except StorageError:
            continue
        if talk is None:
            return taken
        latencies.append((time.perf_counter() - began) * 1000)
        taken.append(talk.id)


@asynccontextmanager
async def _database(options: Options, postgres: Cluster | None) -> AsyncGenerator[Database]:
    folder = options.fresh("claims")
    if postgres is None:
        url = f"sqlite+aiosqlite:///{folder / 'gyeot.db'}"
    else:
        url = postgres.make("claims").replace("postgresql:", "postgresql+psycopg:", 1)
    await asyncio.to_thread(lambda: asyncio.run(migrate(url, None)))
    keyring = create_keyring(folder / "keyring.json", now=_now())
    database = open_database(url, keyring=keyring)
    try:
        yield database
    finally:
        await database.close()


async def _theirs(address: str, jobs: int) -> float | None:
    """Run procrastinate in its own environment; return its jobs a second."""
    python = PEER / ".venv/bin/python"
    if not python.exists():
        return None
    process = await asyncio.create_subprocess_exec(
        python, PEER / "jobs.py", address, str(jobs), str(COUNSELORS),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 180)
    return float(json.loads(said.splitlines()[-1])["rate"])


def _targets(ours: Sequence[tuple[Cluster | None, Claims]], theirs: float | None) -> str:
    if theirs is None:
        return ""
    rows = [
        (f"{_name(where)}: times procrastinate", claims.run.rate / theirs, "≥ 3",
         verdict(claims.run.rate / theirs, 3, at_most=False))
        for where, claims in ours
    ]  # fmt: skip
    return table(("target", "measured", "goal", ""), rows)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    report(measure, "Claims from the queue")

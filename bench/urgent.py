"""What must be quick whatever is down: the crisis numbers, and that everything is gone.

From a provider's delivery until the person reads the answer, through real processes.

.venv/bin/python -m bench.urgent [--short]
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from bench.command import Options, report
from bench.figures import percentile, table, verdict
from tests.faults.cluster import Cluster, running_cluster
from tests.faults.house import ROLES, House, house, says, somebody, started
from tests.faults.processes import make_process
from tests.faults.providers import Mood
from tests.loopback import free_port

CRISIS_GOAL, ERASE_GOAL = 5.0, 2.0  # seconds
PEOPLE = 20
LOCKED = 2.0  # seconds for which somebody else holds SQLite's write lock
DONE, ASKED, NUMBER, GREETED = "정리했어요", "정리할까요", "109", "챗봇"

Trouble = Callable[[House], Awaitable[None]]


async def measure(options: Options) -> str:
    """Run every bad day on SQLite, and those of processes on PostgreSQL; return Markdown."""
    people = options.count(PEOPLE)
    rows = [
        *await _on_sqlite(options, people),
        *await _on_postgresql(options, people),
    ]
    head = ("database", "what", "people", "p50, s", "longest, s", "goal, s", "")
    return table(head, rows)


async def _on_sqlite(options: Options, people: int) -> Sequence[tuple[object, ...]]:
    rows = []
    async with house(options.fresh("urgent")) as one:
        rows.append(_row("SQLite", "crisis, all well", await _crises(one, people)))
        one.world.nlu.mood = Mood.SLOW
        rows.append(_row("SQLite", "crisis, language service hangs", await _crises(one, people)))
        one.world.line.troubles.refusing = 0.5
        seconds = await _crises(one, people, at_once=False)
        rows.append(_row("SQLite", "crisis, provider refuses half", seconds))
        one.world.line.troubles.refusing = 0.0
        one.world.nlu.mood = Mood.WELL
        file = options.folder / "urgent" / "gyeot.db"
        seconds = [await _crisis_locked(one, file) for _ in range(max(people // 5, 2))]
        rows.append(_row("SQLite", f"crisis, database locked {LOCKED:.0f} s", seconds))
        rows.append(_row("SQLite", "erased, from '네'", await _erasures(one, people), ERASE_GOAL))
    nowhere = {"GYEOT_NLU_URL": f"http://127.0.0.1:{free_port()}"}
    async with house(options.fresh("urgent-dead"), extra=nowhere) as one:
        rows.append(_row("SQLite", "crisis, language service dead", await _crises(one, people)))
    return rows


async def _on_postgresql(options: Options, people: int) -> Sequence[tuple[object, ...]]:
    rows = []
    with running_cluster() as cluster:
        async with _two_processes(options.fresh("urgent-pg"), cluster) as one:
            name = "PostgreSQL, two processes"
            rows.append(_row(name, "crisis, all well", await _crises(one, people)))
            seconds = await _erasures(one, people)
            rows.append(_row(name, "erased, from '네'", seconds, ERASE_GOAL))
    return rows


@asynccontextmanager
async def _two_processes(folder: Path, cluster: Cluster) -> AsyncGenerator[House]:
    url = await asyncio.to_thread(cluster.make, "gyeot")
    async with AsyncExitStack() as ends:
        one = await ends.enter_async_context(house(folder, database_url=url, cluster=cluster))
        other = make_process("other", ROLES, folder, one.world.environment)
        await ends.enter_async_context(started(other))
        yield one


async def _crises(one: House, people: int, *, at_once: bool = True) -> list[float]:
    if at_once:
        return list(await asyncio.gather(*(_crisis(one) for _ in range(people))))
    return [await _crisis(one) for _ in range(people)]


async def _crisis(one: House) -> float:
    return await _answered(one, somebody("line"), "죽고 싶어요", NUMBER)


async def _crisis_locked(one: House, file: Path) -> float:
    """Take the write lock, let a crisis come in, and let the lock go after a while."""
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    asking = asyncio.create_task(_crisis(one))
    await asyncio.sleep(LOCKED)
    lock.execute("ROLLBACK")
    lock.close()
    return await asking


async def _erasures(one: House, people: int) -> list[float]:
    """Let each person talk first; only the last step counts, one after the other."""
    seconds = []
    for _ in range(people):
        account = somebody("line")
        await _answered(one, account, "안녕하세요", GREETED)
        await _answered(one, account, "지워줘", ASKED)
        seconds.append(await _answered(one, account, "네", DONE))
    return seconds


async def _answered(one: House, account: str, words: str, answer: str) -> float:
    """Deliver words as often as it takes; return the seconds until the answer was read."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    event = says("line", account, words)
    # A provider brings it again; there is nothing else to wait for.
    while await one.hears("line", event) != httpx.codes.OK:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    await one.reads(account, answer)
    return loop.time() - began


def _row(
    database: str, what: str, seconds: Sequence[float], goal: float = CRISIS_GOAL
) -> tuple[object, ...]:
    longest = max(seconds)
    print(f"{database}: {what}: {longest:.2f} s", file=sys.stderr)
    middle = percentile(seconds, 50)
    return (
        database, what, len(seconds), round(middle, 2), round(longest, 2), goal,
        verdict(longest, goal, at_most=True),
    )  # fmt: skip


if __name__ == "__main__":
    report(measure, "What must be quick")

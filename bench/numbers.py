"""The page of numbers over a synthetic year of 500,000 talks, on both databases.

.venv/bin/python -m bench.numbers [--short]
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import Table, func, insert, literal_column, select

from bench.command import Options, report
from bench.figures import table, verdict
from bench.postgres import cluster
from handoff.admin_page import make_admin_router
from handoff.auth import Door
from handoff.cookies import COOKIE_LOOPBACK
from storage.database import Database, Session, migrate, open_database
from storage.keyring import create_keyring
from storage.records import Role
from storage.tables import audit, contacts, conversations
from tests.handoff.conftest import CHEAP, HandClock, member, sign_in
from tests.synthetic import Counts, published, year

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TALKS = 500_000
TOGETHER = 50_000  # rows of one statement, which may take 10 s on PostgreSQL
WAITING = 30
GOAL = 1.0  # seconds
LOOKS = 20


async def measure(options: Options) -> str:
    """Fill each database with a year, and look at the page again and again."""
    talks = options.count(TALKS)
    counts = year(9, talks, first=NOW - timedelta(days=365))
    rows = []
    with cluster() as server:
        postgres = server.make("numbers").replace("postgresql://", "postgresql+psycopg://", 1)
        sqlite = f"sqlite+aiosqlite:///{options.fresh('numbers') / 'gyeot.db'}"
        for name, url in (("SQLite", sqlite), (f"PostgreSQL {server.version}", postgres)):
            folder = options.fresh(f"keys-{name.split()[0]}")
            seconds, kept, acts = await _of(url, folder, talks, counts)
            slowest = max(seconds)
            print(name, [round(one, 3) for one in seconds], file=sys.stderr)
            rows.append(
                (name, f"{kept:,}", f"{acts:,}", f"{sorted(seconds)[LOOKS // 2] * 1000:.0f} ms",
                 f"{slowest * 1000:.0f} ms", verdict(slowest, GOAL, at_most=True))
            )  # fmt: skip
    heads = ("database", "talks", "rows of the audit log", "median", f"slowest of {LOOKS}")
    return table((*heads, "under 1 s"), rows)


async def _of(url: str, folder: Path, talks: int, counts: Counts) -> tuple[list[float], int, int]:
    await migrate(url, None)
    database = open_database(url, keyring=create_keyring(folder / "keyring.json", now=NOW))
    try:
        async with database.transaction() as session:
            kept, acts = await _fill(session, talks)
        await published(database, counts, now=NOW)
        return await _looks(database), kept, acts
    finally:
        await database.close()


async def _fill(session: Session, talks: int) -> tuple[int, int]:
    """Make the talks inside the database, which is a hundred times faster than sending them."""
    people = [_person() for _ in range(WAITING + 1)]
    await session.execute(insert(contacts), people)
    await session.execute(insert(conversations), [_talk(one, waits=True) for one in people[1:]])
    await session.execute(insert(conversations), [_talk(people[0], waits=False)])
    act = {"at": NOW, "role": "bot", "action": "say", "purpose": "", "result": "ok"}
    await session.execute(insert(audit), [act])
    random = "gen_random_uuid()" if session.dialect == "postgresql" else _RANDOM
    kept = await _double(session, conversations, talks, {"id": literal_column(random)})
    return kept, await _double(session, audit, talks, {}, leave_out=("position",))


_RANDOM = "lower(hex(randomblob(16)))"


async def _double(
    session: Session,
    of: Table,
    wanted: int,
    others: dict[str, object],
    *,
    leave_out: tuple[str, ...] = (),
) -> int:
    columns = [one.name for one in of.columns if one.name not in leave_out]
    every = select(*(others.get(name, of.c[name]) for name in columns))  # type: ignore[call-overload]
    if of is conversations:
        every = every.where(of.c.state == "closed")
    count = 0
    while count < wanted:
        await session.execute(insert(of).from_select(columns, every.limit(TOGETHER)))
        count = (await session.execute(select(func.count()).select_from(of))).scalar_one()
    return int(count)


def _person() -> dict[str, object]:
    return {
        "id": uuid4(), "channel": "web", "index_key": 1, "pseudonym": uuid4().bytes * 2,
        "address_ct": b"", "first_seen": NOW, "last_seen": NOW,
    }  # fmt: skip


def _talk(person: dict[str, object], *, waits: bool) -> dict[str, object]:
    return {
        "id": uuid4(), "contact_id": person["id"], "channel": "web", "language": "ko", "risk": 0,
        "state": "queued" if waits else "closed", "version": 1, "epoch": 0, "opened_at": NOW,
        "heard_at": NOW, "queued_at": NOW, "rank_at": NOW if waits else None, "last_seq": 0,
        "closed_at": None if waits else NOW,
    }  # fmt: skip


async def _looks(database: Database) -> list[float]:
    clock, door = HandClock(NOW), Door(database, hasher=CHEAP)
    person = await member(database, role=Role.ADMINISTRATOR, now=NOW)
    token = await sign_in(door, person, clock)
    app = FastAPI()
    app.include_router(make_admin_router(database, clock, door=door))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1",
        cookies={COOKIE_LOOPBACK: token},
    )
    seconds = []
    async with client:
        for _ in range(LOOKS):
            began = time.perf_counter()
            answer = await client.get("/admin")
            seconds.append(time.perf_counter() - began)
            assert answer.status_code == 200
    return seconds


if __name__ == "__main__":
    report(measure, "The page of numbers")

"""The page of numbers over a synthetic year of 500,000 talks, on both databases.

.venv/bin/python -m bench.numbers [--short]
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import insert

from bench.command import Options, report
from bench.figures import table, verdict
from bench.postgres import cluster
from handoff.admin_page import make_admin_router
from handoff.auth import Door
from handoff.cookies import COOKIE_LOOPBACK
from storage.database import Database, migrate, open_database
from storage.keyring import create_keyring
from storage.records import Role
from storage.tables import contacts, conversations
from tests.handoff.conftest import CHEAP, HandClock, member, sign_in
from tests.synthetic import published_year

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TALKS = 500_000
TOGETHER = 5_000
GOAL = 1.0  # seconds
LOOKS = 20


async def measure(options: Options) -> str:
    """Fill each database with a year, and look at the page again and again."""
    talks = options.count(TALKS)
    rows = []
    with cluster() as server:
        postgres = server.make("numbers").replace("postgresql://", "postgresql+psycopg://", 1)
        sqlite = f"sqlite+aiosqlite:///{options.fresh('numbers') / 'gyeot.db'}"
        for name, url in (("SQLite", sqlite), (f"PostgreSQL {server.version}", postgres)):
            seconds = await _of(url, options.fresh(f"keys-{name.split()[0]}"), talks)
            slowest = max(seconds)
            rows.append(
                (name, f"{talks:,}", f"{sorted(seconds)[LOOKS // 2] * 1000:.0f} ms",
                 f"{slowest * 1000:.0f} ms", verdict(slowest, GOAL, at_most=True))
            )  # fmt: skip
    return table(("database", "talks", "median", "slowest of 20", "under 1 s"), rows)


async def _of(url: str, folder: Path, talks: int) -> list[float]:
    await migrate(url, None)
    database = open_database(url, keyring=create_keyring(folder / "keyring.json", now=NOW))
    try:
        await _fill(database, talks)
        await published_year(database, talks=talks, now=NOW)
        return await _looks(database)
    finally:
        await database.close()


async def _fill(database: Database, talks: int) -> None:
    for start in range(0, talks, TOGETHER):
        moments = [NOW - timedelta(minutes=number + 1) for number in range(start, start + TOGETHER)]
        people = [_person(moment) for moment in moments]
        async with database.transaction() as session:
            await session.execute(insert(contacts), people)
            await session.execute(
                insert(conversations),
                [_talk(one, at) for one, at in zip(people, moments, strict=True)],
            )


def _person(at: datetime) -> dict[str, object]:
    return {
        "id": uuid4(), "channel": "web", "index_key": 1, "pseudonym": uuid4().bytes * 2,
        "address_ct": b"", "first_seen": at, "last_seen": at,
    }  # fmt: skip


def _talk(person: dict[str, object], at: datetime) -> dict[str, object]:
    waits = at > NOW - timedelta(minutes=30)
    return {
        "id": uuid4(), "contact_id": person["id"], "channel": "web", "language": "ko", "risk": 0,
        "state": "queued" if waits else "closed", "version": 1, "epoch": 0, "opened_at": at,
        "heard_at": at, "queued_at": at, "rank_at": at if waits else None, "last_seq": 0,
        "closed_at": None if waits else at,
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

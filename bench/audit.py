"""How quickly the audit log is sealed and verified, and whether tampering is found in a long one.

.venv/bin/python -m bench.audit [--short]
"""

import random
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, update

from bench.command import Options, report
from bench.figures import table, verdict
from storage import audit_seal
from storage.audit_verify import verify
from storage.database import Database
from storage.notes import Note
from storage.tables import audit
from tests.factories import open_database_at

ROWS = 100_000
GOAL = 100_000.0  # rows a second
TAMPERINGS = 5
BEGAN = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    rows = options.count(ROWS)
    database = await open_database_at(options.folder)
    try:
        await _write(database, rows)
        sealing = await _seal(database)
        outside = await _checkpoint(database)
        seconds, cpu = await _verify(database, outside)
        found = await _tampered(database, rows, outside)
    finally:
        await database.close()
    speed = rows / seconds
    return table(
        ("what", "measured", "goal", ""),
        [
            ("rows in the log", rows, None, None),
            ("sealed, rows/s", rows / sealing, None, None),
            ("verified, rows/s", speed, GOAL, verdict(speed, GOAL, at_most=False)),
            ("verified, rows a second of the processor", rows / cpu, None, None),
            (
                f"tampering with one row found, of {TAMPERINGS}",
                found, TAMPERINGS, verdict(found, TAMPERINGS, at_most=False),
            ),
        ],
    )  # fmt: skip


async def _write(database: Database, rows: int) -> None:
    chance = random.Random(1)
    people = [UUID(int=chance.getrandbits(128)) for _ in range(20)]
    for first in range(0, rows, 5000):
        async with database.transaction() as session:
            acts = [
                {
                    "at": BEGAN + timedelta(seconds=number),
                    "staff_id": chance.choice(people),
                    "role": "counselor",
                    "action": chance.choice(("read", "say", "claim", "close")),
                    "object_id": UUID(int=chance.getrandbits(128)),
                    "purpose": "lines 1-2",
                    "result": "ok",
                }
                for number in range(first, min(first + 5000, rows))
            ]
            await session.execute(insert(audit), acts)


async def _seal(database: Database) -> float:
    began = time.perf_counter()
    count = 1
    while count:
        async with database.transaction() as session:
            count = await audit_seal.seal(session, database.vault, now=BEGAN)
    return time.perf_counter() - began


async def _checkpoint(database: Database) -> Note:
    async with database.reading() as session:
        newest = await audit_seal.newest(session, database.vault)
    if newest is None:
        raise RuntimeError
    return newest.note


async def _verify(database: Database, outside: Note) -> tuple[float, float]:
    """Return the seconds and the processor's seconds of one walk, the best of two."""
    best: list[tuple[float, float]] = []
    for _ in range(2):
        began, worked = time.perf_counter(), time.process_time()
        if not (await verify(database, [outside])).sound:
            raise RuntimeError
        best.append((time.perf_counter() - began, time.process_time() - worked))
    return min(one for one, _ in best), min(one for _, one in best)


async def _tampered(database: Database, rows: int, outside: Note) -> int:
    """Edit or delete one row at a time, and put it back; return how often it was named."""
    chance = random.Random(2)
    found = 0
    for turn in range(TAMPERINGS):
        position = chance.randint(1, rows)
        query = audit.select().where(audit.c.position == position)
        async with database.transaction() as session:
            row = (await session.execute(query)).one()
            edit = update(audit).where(audit.c.position == position).values(result="x")
            gone = delete(audit).where(audit.c.position == position)
            await session.execute(edit if turn % 2 else gone)
        findings = (await verify(database, [outside])).findings
        found += [one.position for one in findings] == [position]
        async with database.transaction() as session:
            await session.execute(delete(audit).where(audit.c.position == position))
            await session.execute(insert(audit).values(**row._asdict()))
    return found


if __name__ == "__main__":
    report(measure, "The audit log")

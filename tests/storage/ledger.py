"""A generated audit log, sealed, and ways to look at it."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from storage import audit_seal
from storage.audit import record
from storage.audit_verify import Report, verify
from storage.database import Database
from storage.notes import Note
from storage.records import Role, Staff
from tests.factories import NOON

ACTIONS = ("read", "claim", "say", "release", "close", "sign_in")
MEMBERS = [Staff(UUID(int=number), f"별{number}", Role.COUNSELOR, True) for number in range(1, 4)]


async def written(database: Database, rows: int, *, at: datetime = NOON, seed: int = 1) -> None:
    """Acts of three counselors, and of the service itself, a second apart."""
    chance = random.Random(seed)
    async with database.transaction() as session:
        for number in range(rows):
            await record(
                session,
                staff=chance.choice([*MEMBERS, None]),
                action=chance.choice(ACTIONS),
                object_id=UUID(int=chance.getrandbits(128)),
                now=at + timedelta(seconds=number),
            )


async def sealed(database: Database, *, at: datetime = NOON) -> int:
    """Seal once, at most a batch."""
    async with database.transaction() as session:
        return await audit_seal.seal(session, database.vault, now=at)


async def log_of(database: Database, *batches: int) -> None:
    """A log with batches of these sizes."""
    for number, rows in enumerate(batches):
        await written(database, rows, at=NOON + timedelta(minutes=number), seed=number)
        assert await sealed(database) == rows


async def checkpoint(database: Database) -> Note:
    """The newest checkpoint, as somebody outside has kept it."""
    async with database.reading() as session:
        batch = await audit_seal.newest(session, database.vault)
    assert batch is not None
    return batch.note


async def faults(database: Database, *outside: Note) -> list[tuple[str, int | None]]:
    """What verifying finds, each with its row."""
    return told(await verify(database, outside))


def told(report: Report) -> list[tuple[str, int | None]]:
    return [(one.fault.value, one.position) for one in report.findings]

"""Keys that change day after day under load, the process that changes them killed at any moment."""

import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import insert

from storage import rotation
from storage.database import Database, open_database
from storage.errors import StorageError
from storage.keyring import Purpose
from storage.keyring_file import KeyringFile
from storage.seal import DataKey
from storage.tables import data_keys
from tests.factories import NOON

ROOT = Path(__file__).resolve().parent.parent.parent
WINDOW = timedelta(days=1)
DAY = timedelta(days=1)
READY = b"ready\n"


@dataclass(slots=True)
class Outcome:
    """What was seen while the keys changed."""

    reads: int = 0
    made: int = 0
    errors: list[str] = field(default_factory=list)
    kills: int = 0
    passes: int = 0
    seconds: list[float] = field(default_factory=list)  # of each day until nothing was left to do
    slowest_read: float = 0.0
    lost: int = 0
    destroyed: int = 0


def opened(url: str, path: Path) -> Database:
    """One more process's view: its own keyring, its own connections."""
    return open_database(url, keyring=KeyringFile(path))


async def fill(database: Database, count: int) -> Sequence[UUID]:
    """Store many wrapped data keys at once, half of them of contacts."""
    vault = database.vault
    owners = [uuid4() for _ in range(count)]
    rows = []
    for number, owner in enumerate(owners):
        purpose = (Purpose.WRAP, Purpose.WRAP_CONTACT)[number % 2]
        key = vault._wrap(owner, DataKey(1, os.urandom(32)), purpose, made_at=NOON)
        rows.append(
            {
                "owner": owner,
                "generation": 1,
                "purpose": key.purpose,
                "wrap_key": key.wrap_key,
                "wrapped": key.wrapped,
                "made_at": NOON,
            }
        )
    async with vault._keystore._engine.begin() as connection:
        for start in range(0, count, 5000):
            await connection.execute(insert(data_keys), rows[start : start + 5000])
    return owners


async def rotate_for_days(
    url: str, path: Path, owners: Sequence[UUID], *, days: int, kills: int, seed: int
) -> Outcome:
    """Let a child rotate each day and kill it, while this process reads and makes keys."""
    chance = random.Random(seed)
    outcome = Outcome()
    database = opened(url, path)
    await database.prove_keyring()
    before = {key.number for key in database.keys.current.keys}
    expected = {owner: (await database.vault.data_key(owner)).secret for owner in owners[:200]}
    stop = asyncio.Event()
    reading = asyncio.create_task(_read(database, owners, outcome, chance, stop))
    for day in range(1, days + 1):
        began = time.monotonic()
        await _finish_a_day(url, path, NOON + day * DAY, outcome, chance, kills=kills)
        outcome.seconds.append(time.monotonic() - began)
    stop.set()
    await reading
    database.vault._cache.clear()
    for owner, secret in expected.items():
        outcome.lost += (await database.vault.data_key(owner)).secret != secret
    outcome.destroyed = len(before - {key.number for key in database.keys.current.keys})
    await database.close()
    return outcome


async def _finish_a_day(
    url: str, path: Path, now: datetime, outcome: Outcome, chance: random.Random, *, kills: int
) -> None:
    for left in range(kills, -1, -1):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.rotating", url, str(path), now.isoformat(),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout is not None
        assert await child.stdout.readline() == READY
        outcome.passes += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.uniform(0, 0.4) if left else 600):
                assert await child.wait() == 0
                continue
        child.kill()
        await child.wait()
        outcome.kills += 1


async def _read(
    database: Database,
    owners: Sequence[UUID],
    outcome: Outcome,
    chance: random.Random,
    stop: asyncio.Event,
) -> None:
    while not stop.is_set():
        began = time.monotonic()
        try:
            database.vault._cache.clear()
            await database.vault.data_key(chance.choice(owners))
            outcome.reads += 1
            if outcome.reads % 20 == 0:
                owner = uuid4()
                made = await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
                database.vault._cache.clear()
                assert await database.vault.data_key(owner) == made
                outcome.made += 1
        except StorageError as error:
            outcome.errors.append(error.code)
        outcome.slowest_read = max(outcome.slowest_read, time.monotonic() - began)
        await asyncio.sleep(0.001)


async def _rotate(url: str, path: Path, now: datetime) -> None:
    """Work as a worker does, until nothing is left to do."""
    database = opened(url, path)
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    while await rotation.has_work(database, window=WINDOW, now=now):
        # A killed one leaves its lease; the clock of a pass is later each time, as in life.
        await rotation.rotate(database, window=WINDOW, now=now, notice=timedelta(0))
        now += rotation.LEASE
    await database.close()


if __name__ == "__main__":
    asyncio.run(_rotate(sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])))

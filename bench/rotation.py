"""A night's rotation: 100,000 data keys moved, undisturbed and with the rotating process killed.

.venv/bin/python -m bench.rotation [--short]
"""

import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url

from bench.command import Options, report
from bench.figures import table, verdict
from bench.postgres import cluster
from storage import rotation
from storage.database import migrate
from storage.keyring import create_keyring
from tests.factories import NOON
from tests.faults.rotating import DAY, Outcome, fill, opened, rotate_for_days

KEYS = 100_000
KILLS = 4
GOAL = 30.0  # seconds, shared/security.md P7


async def measure(options: Options) -> str:
    """Run both databases; return Markdown."""
    count = options.count(KEYS)
    sqlite = options.fresh("rotation")
    rows = [await _one("SQLite", f"sqlite+aiosqlite:///{sqlite / 'gyeot.db'}", sqlite, count)]
    with cluster() as server:
        address = make_url(server.make("gyeot")).set(drivername="postgresql+psycopg")
        url = address.render_as_string(hide_password=False)
        folder = options.fresh("rotation-keyring")
        rows.append(await _one(f"PostgreSQL {server.version}", url, folder, count))
    head = (
        "database", "data keys", "quiet pass, s", "goal", "", "kills", "killed pass, s",
        "reads meanwhile", "read errors", "slowest read, ms", "lost",
    )  # fmt: skip
    return table(head, rows)


async def _one(name: str, url: str, folder: Path, count: int) -> tuple[object, ...]:
    path = folder / "keyring.json"
    create_keyring(path, now=NOON)
    await migrate(url)
    database = opened(url, path)
    owners = await fill(database, count)
    began = time.monotonic()
    done = await rotation.rotate(database, now=NOON + DAY, notice=timedelta(0))
    quiet = time.monotonic() - began
    await database.close()
    assert done is not None
    assert done.rewrapped == count
    seen = await rotate_for_days(url, path, owners, days=2, kills=KILLS, seed=1)
    return (name, count, quiet, GOAL, verdict(quiet, GOAL, at_most=True), *_seen(seen))


def _seen(seen: Outcome) -> tuple[object, ...]:
    """Return the figures of the disturbed night; it includes the starts of the processes."""
    slowest = seen.slowest_read * 1000
    return seen.kills, seen.seconds[-1], seen.reads, len(seen.errors), slowest, seen.lost


if __name__ == "__main__":
    report(measure, "A night's rotation")

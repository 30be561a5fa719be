"""The long run: `python -m tests.faults.long [seed]` prints a table, and fails if a rule broke."""

# ruff: noqa: T201 - a command; what it prints is its result

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.cluster import running_cluster
from tests.faults.driver import Plan
from tests.faults.report import table
from tests.faults.storm import Faults, Outcome, run, world

POSTGRESQL = Plan(senders=240, events=12_000, per_second=12.0)
SQLITE = Plan(senders=120, events=6_000, per_second=8.0)
STORM = Faults(kills=220, database_stops=12, pauses=12, longest=600.0, load_ends_too=True)
SMALL_STORM = Faults(kills=40, pauses=3, longest=240.0, load_ends_too=True)


async def postgresql(folder: Path, seed: int) -> Outcome:
    """Five processes on a cluster of their own."""
    with running_cluster() as cluster:
        url = await asyncio.to_thread(cluster.make, "gyeot")
        async with world(url, folder, seed=seed, cluster=cluster) as one:
            return await run("PostgreSQL, 5 processes", one, POSTGRESQL, STORM)


async def sqlite(folder: Path, seed: int) -> Outcome:
    """One process on a file."""
    url = f"sqlite+aiosqlite:///{folder / 'gyeot.db'}"
    async with world(url, folder, seed=seed) as one:
        return await run("SQLite, 1 process", one, SQLITE, SMALL_STORM)


def main() -> int:
    """Run both; exit code 1 when a rule was broken or too little happened."""
    logging.disable(logging.ERROR)  # the fakes' server tells of every caller that was killed
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261125
    outcomes = []
    for name, one in (("postgresql", postgresql), ("sqlite", sqlite)):
        folder = Path(tempfile.mkdtemp(prefix=f"gyeot-faults-{name}-"))
        began = time.monotonic()
        outcomes.append(asyncio.run(one(folder, seed)))
        print(f"{name}: {time.monotonic() - began:.0f} s, seed {seed}, logs in {folder}")
    print()
    print(table(outcomes))
    for outcome in outcomes:
        for finding in outcome.findings[:50]:
            print(f"{outcome.name}: {finding.rule}: {finding.where}", file=sys.stderr)
        if outcome.left:
            print(f"{outcome.name}: still on its way: {outcome.left}", file=sys.stderr)
    broken = any(outcome.findings or outcome.left for outcome in outcomes)
    enough = sum(outcome.kills for outcome in outcomes) >= 200
    return int(broken or not enough)


if __name__ == "__main__":
    sys.exit(main())

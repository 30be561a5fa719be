"""The short run: nothing is lost, doubled or out of order while everything is being killed."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.cluster import running_cluster
from tests.faults.driver import Plan
from tests.faults.storm import Faults, Outcome, run, world


def nothing_broke(outcome: Outcome) -> None:
    assert outcome.findings == ()
    assert outcome.left == {}
    assert outcome.events > 0


@pytest.mark.postgres
async def test_nothing_is_lost_on_postgresql_while_processes_and_the_database_die(
    tmp_path: Path,
) -> None:
    with running_cluster() as cluster:
        url = await asyncio.to_thread(cluster.make, "gyeot")
        async with world(url, tmp_path, seed=7, cluster=cluster) as one:
            plan = Plan(senders=60, events=240, per_second=12.0)
            faults = Faults(kills=20, database_stops=2, pauses=1, longest=25.0)
            outcome = await run("postgresql", one, plan, faults)

    nothing_broke(outcome)
    assert outcome.events == plan.events
    assert outcome.kills >= 5
    assert outcome.database_stops >= 1
    assert outcome.redeliveries > 0


async def test_nothing_is_lost_on_sqlite_while_the_process_dies(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'gyeot.db'}"
    async with world(url, tmp_path, seed=8) as one:
        plan = Plan(senders=60, events=160, per_second=12.0)
        outcome = await run("sqlite", one, plan, Faults(kills=8, longest=45.0))

    nothing_broke(outcome)
    assert outcome.events == plan.events
    assert outcome.kills >= 2

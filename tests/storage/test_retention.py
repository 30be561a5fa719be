"""What is done with goes after its time, in small bites, and nothing else does."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Table, func, insert, select, update

from storage import crossings, inbox
from storage.database import Database
from storage.inbox import EventState
from storage.records import DeliveryState
from storage.retention import (
    BATCH,
    DEAD_BODIES,
    IDLE_ROUTES,
    PROCESSES,
    TOMBSTONES,
    Swept,
    sweep,
)
from storage.tables import crossings as references
from storage.tables import inbox as events
from storage.tables import outbox as deliveries
from storage.tables import processes, routes
from tests.database import ON_POSTGRESQL
from tests.factories import DUE, NOON, accepted, received, sent_out, talk_of, turn_taken

SECOND = timedelta(seconds=1)
NOTHING = Swept(tombstones=0, bodies=0, routes=0, crossings=0, processes=0)


async def _sweep(database: Database, now: datetime) -> Swept:
    async with database.transaction() as session:
        return await sweep(session, now=now)


async def _count(database: Database, table: Table) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def _finished(database: Database, *, account: str = "a") -> None:
    await accepted(database, received(account=account))
    turn = await turn_taken(database)
    assert turn is not None
    async with database.transaction() as session:
        await inbox.finish_turn(session, turn, now=DUE)


async def _set_aside(database: Database) -> None:
    await accepted(database, received())
    turn = await turn_taken(database)
    assert turn is not None
    async with database.transaction() as session:
        await inbox.bury_turn(session, turn, "crash", now=DUE)


async def _processes(database: Database, seen: Iterable[datetime]) -> None:
    rows = [{"id": uuid4(), "roles": "web", "started_at": NOON, "seen_at": at} for at in seen]
    async with database.transaction() as session:
        await session.execute(insert(processes), rows)


async def test_nothing_is_swept_from_an_empty_house(database: Database) -> None:
    assert await _sweep(database, NOON) == NOTHING


async def test_a_tombstone_outlives_every_repeat_and_goes_then(database: Database) -> None:
    await _finished(database)

    assert (await _sweep(database, NOON + TOMBSTONES)).tombstones == 0
    assert (await _sweep(database, NOON + TOMBSTONES + SECOND)).tombstones == 1

    assert await _count(database, events) == 0


async def test_what_is_pending_is_never_swept(database: Database) -> None:
    await accepted(database, received())

    assert await _sweep(database, NOON + timedelta(days=400)) == NOTHING

    assert await turn_taken(database) is not None


async def test_what_was_set_aside_loses_its_body_first_and_its_row_later(
    database: Database,
) -> None:
    await _set_aside(database)
    assert (await _sweep(database, DUE + DEAD_BODIES)).bodies == 0

    assert (await _sweep(database, DUE + DEAD_BODIES + SECOND)).bodies == 1

    async with database.reading() as session:
        row = (await session.execute(select(events))).one()
    assert (row.state, row.code, row.body_ct) == (EventState.DEAD, "crash", None)
    assert (await _sweep(database, DUE + DEAD_BODIES + SECOND)).bodies == 0
    assert (await _sweep(database, DUE + TOMBSTONES + SECOND)).tombstones == 1


async def test_what_died_late_is_kept_as_long_from_then(database: Database) -> None:
    late = NOON + TOMBSTONES
    await accepted(database, received())
    turn = await turn_taken(database)
    assert turn is not None
    async with database.transaction() as session:
        await inbox.bury_turn(session, turn, "crash", now=late)

    assert await _sweep(database, late + DEAD_BODIES) == NOTHING

    assert (await _sweep(database, late + DEAD_BODIES + SECOND)).bodies == 1
    assert (await _sweep(database, late + TOMBSTONES + SECOND)).tombstones == 1


async def test_a_message_that_never_arrived_loses_its_body_and_keeps_its_row(
    database: Database,
) -> None:
    await sent_out(database, await talk_of(database), "답")
    async with database.transaction() as session:
        died = update(deliveries).values(state=DeliveryState.DEAD, settled_at=NOON)
        await session.execute(died)
    assert (await _sweep(database, NOON + DEAD_BODIES)).bodies == 0

    assert (await _sweep(database, NOON + DEAD_BODIES + SECOND)).bodies == 1

    assert await _count(database, deliveries) == 1


async def test_a_message_on_its_way_keeps_its_body(database: Database) -> None:
    await sent_out(database, await talk_of(database), "답")
    async with database.transaction() as session:
        await session.execute(update(deliveries).values(settled_at=NOON))

    await _sweep(database, NOON + timedelta(days=400))

    async with database.reading() as session:
        assert (await session.execute(select(deliveries.c.body_ct))).scalar_one() is not None


async def test_a_route_goes_when_it_was_idle_for_long(database: Database) -> None:
    await _finished(database)

    assert (await _sweep(database, DUE + IDLE_ROUTES)).routes == 0
    assert (await _sweep(database, DUE + IDLE_ROUTES + SECOND)).routes == 1

    await _finished(database)  # they write again, and are heard


@pytest.mark.parametrize("column", ["due_at", "lease_until"])
async def test_a_route_that_is_due_or_leased_stays(database: Database, column: str) -> None:
    await _finished(database)
    later = DUE + IDLE_ROUTES + timedelta(days=1)
    async with database.transaction() as session:
        await session.execute(update(routes).values({column: later + SECOND}))

    assert (await _sweep(database, later)).routes == 0


@ON_POSTGRESQL
async def test_a_route_that_becomes_due_while_it_is_looked_at_stays(database: Database) -> None:
    await _finished(database)
    later = DUE + IDLE_ROUTES + timedelta(days=1)

    async with database.transaction() as session:
        again = received(account="a", text="다시")
        await inbox.accept(session, database.vault, [again], now=later)
        swept = await _sweep(database, later)  # before the commit

    assert swept.routes == 0
    assert await turn_taken(database, now=later + SECOND) is not None


async def test_a_reference_goes_when_it_cannot_be_used_any_more(database: Database) -> None:
    talk = await talk_of(database)
    async with database.transaction() as session:
        await crossings.offer(session, talk, now=NOON)
    assert (await _sweep(database, NOON + crossings.LIFETIME - SECOND)).crossings == 0

    assert (await _sweep(database, NOON + crossings.LIFETIME)).crossings == 1

    assert await _count(database, references) == 0


async def test_a_process_that_is_long_gone_is_forgotten(database: Database) -> None:
    await _processes(database, [NOON, NOON + PROCESSES])

    assert (await _sweep(database, NOON + PROCESSES + SECOND)).processes == 1

    assert await _count(database, processes) == 1


async def test_a_sweep_takes_one_bite_and_says_that_there_is_more(database: Database) -> None:
    await _processes(database, [NOON] * (BATCH + 1))
    now = NOON + timedelta(days=1)

    first, second = await _sweep(database, now), await _sweep(database, now)

    assert (first.processes, first.more) == (BATCH, True)
    assert (second.processes, second.more) == (1, False)

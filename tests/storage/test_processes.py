from datetime import datetime, timedelta
from uuid import UUID, uuid4

from storage import contacts, inbox, outbox, processes
from storage.database import Database
from storage.processes import LIVE, Holding
from storage.records import Delivery
from tests.factories import (
    DUE,
    LEASE,
    NOON,
    accepted,
    delivery_claimed,
    received,
    sent_out,
    talk_of,
    turn_taken,
)

MINE, OTHER = uuid4(), uuid4()


async def _beat(
    database: Database, process: UUID, roles: str = "web", *, now: datetime = NOON
) -> bool:
    async with database.transaction() as session:
        return await processes.beat(session, process, roles=roles, now=now)


async def _hold(
    database: Database, contact_id: UUID, process: UUID, *, at: datetime = NOON
) -> None:
    async with database.transaction() as session:
        await contacts.hold(session, contact_id, process, at=at)


async def _held_by(database: Database, process: UUID) -> None:
    """A talk with one message out, whose person is connected to `process`."""
    talk = await talk_of(database)
    await _hold(database, talk.contact_id, process)
    await sent_out(database, talk, "하나")


async def _claim(database: Database, *, after: timedelta = timedelta(0)) -> Delivery | None:
    holding = Holding(MINE, frozenset({"fake"}))
    async with database.transaction() as session:
        return await outbox.claim(
            session,
            database.vault,
            now=NOON + after,
            lease=LEASE,
            channels=("fake",),
            holding=holding,
        )


async def test_who_has_the_connection_sends(database: Database) -> None:
    await _held_by(database, MINE)
    assert await _claim(database) is not None


async def test_what_a_living_process_holds_is_left_to_it(database: Database) -> None:
    await _beat(database, OTHER)
    await _held_by(database, OTHER)

    assert await _claim(database) is None
    async with database.reading() as session:
        holding = Holding(MINE, frozenset({"fake"}))
        assert await outbox.next_due(session, ("fake",), holding, now=NOON) is None


async def test_what_a_silent_process_held_is_taken_over(database: Database) -> None:
    await _beat(database, OTHER)
    await _held_by(database, OTHER)

    assert await _claim(database, after=LIVE) is not None


async def test_what_a_process_that_left_held_is_taken_over_at_once(database: Database) -> None:
    await _beat(database, OTHER)
    await _held_by(database, OTHER)
    async with database.transaction() as session:
        await processes.leave(session, OTHER)

    assert await _claim(database) is not None


async def test_an_older_hold_never_replaces_a_newer_one(database: Database) -> None:
    await _beat(database, OTHER)
    talk = await talk_of(database)
    await sent_out(database, talk, "하나")
    await _hold(database, talk.contact_id, MINE, at=NOON + timedelta(seconds=1))

    await _hold(database, talk.contact_id, OTHER, at=NOON)

    assert await _claim(database) is not None


async def test_a_newer_hold_replaces_an_older_one(database: Database) -> None:
    await _beat(database, OTHER)
    talk = await talk_of(database)
    await sent_out(database, talk, "하나")
    await _hold(database, talk.contact_id, MINE, at=NOON)

    await _hold(database, talk.contact_id, OTHER, at=NOON + timedelta(seconds=1))

    assert await _claim(database) is None


async def test_on_other_channels_it_does_not_matter_who_holds(database: Database) -> None:
    await _beat(database, OTHER)
    await _held_by(database, OTHER)
    assert await delivery_claimed(database) is not None


async def test_only_living_processes_of_a_role_are_counted(database: Database) -> None:
    await _beat(database, MINE, "web,sender")
    await _beat(database, OTHER, "worker")

    async with database.reading() as session:
        assert await processes.count_live(session, "sender", now=NOON) == 1
        assert await processes.count_live(session, "sender", now=NOON + LIVE) == 0


async def test_a_process_learns_from_its_beat_that_others_took_it_for_dead(
    database: Database,
) -> None:
    second = timedelta(seconds=1)
    await _beat(database, MINE)

    assert not await _beat(database, MINE, now=NOON + LIVE - second)
    assert await _beat(database, MINE, now=NOON + 2 * LIVE - second)


async def test_a_process_that_was_forgotten_counts_as_taken_for_dead(database: Database) -> None:
    assert await _beat(database, MINE)


async def _is_elsewhere(database: Database, contact_id: UUID, now: datetime = NOON) -> bool:
    async with database.transaction() as session:
        holding = Holding(MINE, frozenset({"fake"}))
        return await processes.held_elsewhere(session, holding, contact_id, now=now)


async def test_a_person_is_elsewhere_only_while_another_living_process_holds_them(
    database: Database,
) -> None:
    await _beat(database, MINE)
    await _beat(database, OTHER)
    talk = await talk_of(database)

    free = await _is_elsewhere(database, talk.contact_id)
    await _hold(database, talk.contact_id, OTHER)
    held = await _is_elsewhere(database, talk.contact_id)
    dead = await _is_elsewhere(database, talk.contact_id, NOON + LIVE)
    await _hold(database, talk.contact_id, MINE)
    mine = await _is_elsewhere(database, talk.contact_id)

    assert (free, held, dead, mine) == (False, True, False, False)


async def test_a_start_alone_takes_over_what_was_under_way(database: Database) -> None:
    await accepted(database, received())
    await sent_out(database, await talk_of(database), "하나")
    assert await turn_taken(database) is not None
    assert await delivery_claimed(database) is not None

    async with database.transaction() as session:
        await processes.start_alone(session, now=DUE)
        free = await inbox.next_due(session)

    assert free is not None
    assert free <= DUE
    assert await turn_taken(database) is not None
    assert await delivery_claimed(database, now=DUE) is not None


async def test_a_start_alone_lets_what_was_put_off_wait_on(database: Database) -> None:
    await sent_out(database, await talk_of(database), "하나")
    delivery = await delivery_claimed(database)
    assert delivery is not None
    later = DUE + timedelta(minutes=5)
    async with database.transaction() as session:
        await outbox.retry(session, delivery, due_at=later, code="rate_limit")

    async with database.transaction() as session:
        await processes.start_alone(session, now=DUE)

    assert await delivery_claimed(database, now=DUE) is None
    assert await delivery_claimed(database, now=later) is not None

"""A turn over which worker after worker dies holds up nobody for long."""

from sqlalchemy import select

from storage import inbox
from storage.database import Database
from storage.inbox import CRASH_TRIES, LONGEST_LEASE, TURN_EVENTS, EventState
from storage.leases import TRUSTED_TRIES
from storage.records import PendingTurn
from storage.tables import inbox as table
from tests.factories import DUE, accepted, received, turn_taken


def _texts(turn: PendingTurn | None) -> list[str]:
    assert turn is not None
    return [event.body for event in turn.events]


async def _finish(database: Database, turn: PendingTurn | None) -> None:
    assert turn is not None
    async with database.transaction() as session:
        await inbox.finish_turn(session, turn, now=DUE)


async def _first_outcome(database: Database) -> tuple[str, str, bool]:
    """State, code and whether the body is kept of the event that came first."""
    async with database.reading() as session:
        row = (await session.execute(select(table).order_by(table.c.position).limit(1))).one()
        return row.state, row.code, row.body_ct is not None


async def test_a_turn_holds_fifty_events_and_the_rest_is_the_next_one(database: Database) -> None:
    words = [str(number) for number in range(TURN_EVENTS + 7)]
    await accepted(database, *(received(text=word) for word in words))

    first = await turn_taken(database)
    await _finish(database, first)

    assert _texts(first) == words[:TURN_EVENTS]
    assert _texts(await turn_taken(database)) == words[TURN_EVENTS:]


async def _dies(database: Database, times: int) -> PendingTurn:
    """The turn after this many workers died over it."""
    for number in range(times):
        turn = await turn_taken(database, now=DUE + number * LONGEST_LEASE)
        assert turn is not None
    last = await turn_taken(database, now=DUE + times * LONGEST_LEASE)
    assert last is not None
    return last


async def test_leases_without_an_end_are_counted_and_an_end_forgets_them(
    database: Database,
) -> None:
    await accepted(database, received(text="하나"))
    third = await _dies(database, 2)
    await _finish(database, third)
    await accepted(database, received(text="둘"))

    again = await turn_taken(database)

    assert third.tries == 3
    assert again is not None
    assert again.tries == 1


async def test_when_workers_die_over_a_turn_its_events_are_taken_one_by_one(
    database: Database,
) -> None:
    await accepted(database, *(received(text=word) for word in "가나다"))

    turn = await _dies(database, TRUSTED_TRIES)
    await _finish(database, turn)
    following = await turn_taken(database)

    assert _texts(turn) == ["가"]
    assert _texts(following) == ["나"]


async def test_an_event_over_which_worker_after_worker_dies_is_set_aside(
    database: Database,
) -> None:
    await accepted(database, *(received(text=word) for word in "가나다"))

    turn = await _dies(database, CRASH_TRIES)

    assert _texts(turn) == ["나"]
    assert turn.tries == TRUSTED_TRIES + 1
    assert await _first_outcome(database) == (EventState.DEAD, "crash", True)


async def test_the_only_event_that_kills_is_set_aside_and_the_person_is_heard_again(
    database: Database,
) -> None:
    await accepted(database, received(text="가"))
    for number in range(CRASH_TRIES):
        await turn_taken(database, now=DUE + number * LONGEST_LEASE)

    assert await turn_taken(database, now=DUE + CRASH_TRIES * LONGEST_LEASE) is None

    await accepted(database, received(text="나"))
    turn = await turn_taken(database)
    assert _texts(turn) == ["나"]
    assert turn is not None
    assert turn.tries == 1

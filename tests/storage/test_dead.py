"""Dead letters: seen without their content, and put back on their road."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from storage import audit, dead, inbox, outbox
from storage.database import Database
from storage.dead import DeadLetter, LetterKind
from storage.errors import NotFound, NothingToReplay
from storage.records import DeliveryState
from storage.tables import inbox as events
from storage.tables import outbox as deliveries
from storage.tables import routes
from tests.factories import (
    DUE,
    accepted,
    delivery_claimed,
    received,
    sent_out,
    talk_of,
    turn_taken,
)

HOUR = timedelta(hours=1)


async def _letters(database: Database) -> tuple[DeadLetter, ...]:
    async with database.reading() as session:
        return await dead.letters(session)


async def _replay(database: Database, letter_id: UUID) -> DeadLetter:
    async with database.transaction() as session:
        return await dead.replay(session, letter_id, now=DUE + HOUR)


async def _dead_event(database: Database, text: str = "하나") -> None:
    await accepted(database, received(text=text))
    turn = await turn_taken(database)
    assert turn is not None
    async with database.transaction() as session:
        await session.execute(update(events).values(attempts=7))
        await inbox.bury_turn(session, turn, "not_given", now=DUE)


async def _dead_delivery(database: Database, text: str = "답") -> None:
    """A delivery that its provider refused for ever; its body is kept for a while."""
    await sent_out(database, await talk_of(database), text)
    delivery = await delivery_claimed(database)
    assert delivery is not None
    async with database.transaction() as session:
        kept = select(deliveries.c.body_ct).where(deliveries.c.id == delivery.id)
        body = (await session.execute(kept)).scalar_one()
        await outbox.settle(session, delivery, DeliveryState.DEAD, now=DUE, code="refused")
        of_it = update(deliveries).where(deliveries.c.id == delivery.id)
        await session.execute(of_it.values(body_ct=body))


async def test_what_was_set_aside_is_listed_without_what_it_says(database: Database) -> None:
    await _dead_event(database)
    await _dead_delivery(database)

    letters = await _letters(database)

    told = {(one.kind, one.channel, one.code, one.attempts, one.replayable) for one in letters}
    assert told == {
        (LetterKind.EVENT, "fake", "not_given", 7, True),
        (LetterKind.DELIVERY, "fake", "refused", 1, True),
    }
    assert [one.died_at for one in letters] == [DUE, DUE]
    assert "하나" not in repr(letters)
    assert "답" not in repr(letters)


async def test_what_is_pending_or_done_is_no_dead_letter(database: Database) -> None:
    await accepted(database, received())
    await sent_out(database, await talk_of(database), "답")

    assert await _letters(database) == ()


async def test_the_newest_letters_are_listed_when_there_are_many(database: Database) -> None:
    for text in ("하나", "둘", "셋"):
        await _dead_event(database, text)
    async with database.reading() as session:
        newest = select(events.c.id).order_by(events.c.position.desc())
        ids = (await session.execute(newest)).scalars().all()
        letters = await dead.letters(session, limit=2)

    assert [letter.id for letter in letters] == list(ids[:2])


async def test_one_letter_is_found_by_its_id(database: Database) -> None:
    await _dead_event(database)
    await _dead_delivery(database)

    for letter in await _letters(database):
        async with database.reading() as session:
            assert await dead.find(session, letter.id) == letter


async def test_an_event_that_is_replayed_is_a_turn_of_its_sender_again(database: Database) -> None:
    await _dead_event(database, "하나")
    (letter,) = await _letters(database)

    assert await _replay(database, letter.id) == letter

    turn = await turn_taken(database, now=DUE + HOUR)
    assert turn is not None
    assert [event.body for event in turn.events] == ["하나"]
    assert await _letters(database) == ()
    async with database.reading() as session:
        assert (await session.execute(select(events.c.attempts))).scalar_one() == 0


async def test_an_event_is_replayed_before_what_came_after_it(database: Database) -> None:
    await _dead_event(database, "하나")
    await accepted(database, received(text="둘"), now=DUE + HOUR)
    (letter,) = await _letters(database)

    await _replay(database, letter.id)

    turn = await turn_taken(database, now=DUE + 2 * HOUR)
    assert turn is not None
    assert [event.body for event in turn.events] == ["하나", "둘"]


async def test_a_message_that_is_replayed_goes_out_again(database: Database) -> None:
    await _dead_delivery(database, "답")
    (letter,) = await _letters(database)

    await _replay(database, letter.id)

    delivery = await delivery_claimed(database, now=DUE + HOUR)
    assert delivery is not None
    assert (delivery.body, delivery.attempt) == ("body:답", 1)
    assert await _letters(database) == ()


async def test_a_replay_is_written_down(database: Database) -> None:
    await _dead_event(database)
    (letter,) = await _letters(database)

    await _replay(database, letter.id)

    async with database.reading() as session:
        entries = await audit.entries(session, object_id=letter.id)
    assert [(one.action, one.purpose, one.at) for one in entries] == [
        ("replay", "event", DUE + HOUR)
    ]


@pytest.mark.parametrize("make", [_dead_event, _dead_delivery])
async def test_what_is_erased_cannot_be_replayed(
    database: Database, make: Callable[[Database], Awaitable[None]]
) -> None:
    await make(database)
    (letter,) = await _letters(database)
    async with database.transaction() as session:
        await session.execute(update(events).values(body_ct=None))
        await session.execute(update(deliveries).values(body_ct=None))

    with pytest.raises(NothingToReplay):
        await _replay(database, letter.id)

    (still,) = await _letters(database)
    assert not still.replayable


async def test_a_letter_that_was_replayed_is_not_found_again(database: Database) -> None:
    await _dead_event(database)
    (letter,) = await _letters(database)
    await _replay(database, letter.id)

    with pytest.raises(NotFound):
        await _replay(database, letter.id)


async def test_an_unknown_id_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await _replay(database, uuid4())


async def test_a_letter_of_long_ago_is_replayed_though_its_route_was_swept(
    database: Database,
) -> None:
    await _dead_event(database, "하나")
    (letter,) = await _letters(database)
    async with database.transaction() as session:
        await session.execute(delete(routes))

    await _replay(database, letter.id)

    assert await turn_taken(database, now=DUE + HOUR) is not None

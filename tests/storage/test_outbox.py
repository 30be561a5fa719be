from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from storage import outbox
from storage.crashes import CRASH_TRIES, LONGEST_LEASE
from storage.database import Database, Topic
from storage.errors import DatabaseAway, LeaseLost
from storage.records import Delivery, DeliveryState
from storage.tables import contacts
from storage.tables import outbox as table
from tests.factories import LEASE, NOBODY, NOON, delivery_claimed, sent_out, talk_of

SECOND = timedelta(seconds=1)
LATER = NOON + timedelta(minutes=5)
FINAL = [DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED]


async def _settle(
    database: Database, delivery: Delivery | None, state: DeliveryState = DeliveryState.SENT
) -> None:
    assert delivery is not None
    async with database.transaction() as session:
        await outbox.settle(session, delivery, state, now=NOON, code="ok")


async def _retry(database: Database, delivery: Delivery | None, due_at: datetime) -> None:
    assert delivery is not None
    async with database.transaction() as session:
        await outbox.retry(session, delivery, due_at=due_at, code="rate_limit")


async def _next_due(database: Database) -> datetime | None:
    async with database.reading() as session:
        return await outbox.next_due(session, ("fake",), NOBODY, now=NOON)


def _body(delivery: Delivery | None) -> str | None:
    return None if delivery is None else delivery.body


async def test_a_message_leaves_with_its_address_and_where_it_belongs(database: Database) -> None:
    talk = await talk_of(database, account="a")
    line = await sent_out(database, talk, "하나")

    delivery = await delivery_claimed(database)

    assert delivery is not None
    assert (delivery.address, delivery.body) == ("to-a", "body:하나")
    assert (delivery.conversation_id, delivery.contact_id) == (talk.id, talk.contact_id)
    assert (delivery.seq, delivery.attempt, delivery.channel) == (line.seq, 1, "fake")
    assert not delivery.from_counselor


async def test_only_the_first_pending_message_of_a_talk_is_given_out(database: Database) -> None:
    talk = await talk_of(database)
    for text in ("하나", "둘", "셋"):
        await sent_out(database, talk, text)

    sent = []
    while (delivery := await delivery_claimed(database)) is not None:
        sent.append(delivery.body)
        assert await delivery_claimed(database) is None
        await _settle(database, delivery)
    assert sent == ["body:하나", "body:둘", "body:셋"]


async def test_one_slow_talk_does_not_hold_up_another(database: Database) -> None:
    await sent_out(database, await talk_of(database, account="a"), "하나")
    await sent_out(database, await talk_of(database, account="b"), "둘")

    bodies = {_body(await delivery_claimed(database)) for _ in range(2)}

    assert bodies == {"body:하나", "body:둘"}


async def test_a_message_that_waits_holds_the_line(database: Database) -> None:
    talk = await talk_of(database)
    await sent_out(database, talk, "하나")
    await sent_out(database, talk, "둘")
    await _retry(database, await delivery_claimed(database), LATER)

    assert await delivery_claimed(database) is None
    assert await _next_due(database) == LATER
    again = await delivery_claimed(database, now=LATER)
    assert again is not None
    assert (again.body, again.attempt) == ("body:하나", 2)


@pytest.mark.parametrize("state", [*FINAL, DeliveryState.WAITING_FOR_USER])
async def test_a_settled_message_lets_the_next_one_go(
    database: Database, state: DeliveryState
) -> None:
    talk = await talk_of(database)
    await sent_out(database, talk, "하나")
    await sent_out(database, talk, "둘")

    await _settle(database, await delivery_claimed(database), state)

    assert _body(await delivery_claimed(database)) == "body:둘"


@pytest.mark.parametrize("state", [one for one in DeliveryState if one is not DeliveryState.HELD])
async def test_a_body_is_kept_only_as_long_as_it_may_be_sent_or_replayed(
    database: Database, state: DeliveryState
) -> None:
    await sent_out(database, await talk_of(database), "하나")
    await _settle(database, await delivery_claimed(database), state)

    async with database.reading() as session:
        body = (await session.execute(select(table.c.body_ct))).scalar_one()
    over = state in (DeliveryState.SENT, DeliveryState.CANCELLED)
    assert (body is None) == over


async def test_a_lapsed_sender_can_write_nothing(database: Database) -> None:
    await sent_out(database, await talk_of(database), "하나")
    first = await delivery_claimed(database)
    second = await delivery_claimed(database, now=NOON + LEASE)

    assert _body(second) == "body:하나"
    with pytest.raises(LeaseLost):
        await _settle(database, first)
    with pytest.raises(LeaseLost):
        await _retry(database, first, LATER)
    await _settle(database, second)


async def test_a_message_is_settled_once(database: Database) -> None:
    await sent_out(database, await talk_of(database), "하나")
    delivery = await delivery_claimed(database)
    await _settle(database, delivery)

    with pytest.raises(LeaseLost):
        await _settle(database, delivery, DeliveryState.DEAD)
    assert await _next_due(database) is None


async def test_other_channels_are_left_to_other_senders(database: Database) -> None:
    await sent_out(database, await talk_of(database, channel="other"), "하나")

    assert await delivery_claimed(database) is None
    async with database.transaction() as session:
        given = await outbox.claim(
            session,
            database.vault,
            now=NOON,
            lease=LEASE,
            channels={"fake", "other"},
            holding=NOBODY,
        )
        none = await outbox.claim(
            session, database.vault, now=NOON, lease=LEASE, channels=(), holding=NOBODY
        )
    assert _body(given) == "body:하나"
    assert none is None


async def test_a_cancelled_talk_sends_nothing_more(database: Database) -> None:
    talk, other = await talk_of(database, account="a"), await talk_of(database, account="b")
    await sent_out(database, talk, "하나")
    on_its_way = await delivery_claimed(database)
    await sent_out(database, talk, "둘")
    await sent_out(database, other, "셋")

    async with database.transaction() as session:
        await outbox.cancel(session, talk.id)

    assert _body(await delivery_claimed(database)) == "body:셋"
    assert await delivery_claimed(database, now=LATER + LEASE) is not None  # the other's, again
    with pytest.raises(LeaseLost):
        await _settle(database, on_its_way)


async def test_what_already_arrived_stays_arrived(database: Database) -> None:
    talk = await talk_of(database)
    await sent_out(database, talk, "하나")
    await _settle(database, await delivery_claimed(database))

    async with database.transaction() as session:
        await outbox.cancel(session, talk.id)
        state = (await session.execute(select(table.c.state))).scalar_one()

    assert state == DeliveryState.SENT


@pytest.mark.parametrize("what", ["body", "address", "key"])
async def test_a_message_that_does_not_open_is_dead_and_the_next_one_goes(
    database: Database, what: str
) -> None:
    broken = await talk_of(database, account="a")
    line = await sent_out(database, broken, "하나")
    if what == "body":
        await sent_out(database, broken, "둘")
    await sent_out(database, await talk_of(database, account="b"), "셋")
    async with database.transaction() as session:
        if what == "body":
            wrong = update(table).where(table.c.line_id == line.id)
            await session.execute(wrong.values(body_ct=b"x" * 300))
        elif what == "address":
            person = update(contacts).where(contacts.c.id == broken.contact_id)
            await session.execute(person.values(address_ct=b"x" * 300))
    if what == "key":
        await database.vault.destroy_data_key(broken.id)

    bodies = {_body(await delivery_claimed(database)) for _ in range(3)}

    expected = {"body:셋", None} | ({"body:둘"} if what == "body" else set())
    assert bodies == expected
    async with database.reading() as session:
        row = (await session.execute(select(table).where(table.c.line_id == line.id))).one()
    assert row.state == DeliveryState.DEAD
    assert row.code == ("key_missing" if what == "key" else "seal_broken")


async def test_an_outage_of_the_keys_is_no_try_of_a_message(
    database: Database, keyless: Database
) -> None:
    await sent_out(database, await talk_of(database), "하나")

    with pytest.raises(DatabaseAway):
        await delivery_claimed(keyless)

    delivery = await delivery_claimed(database)
    assert delivery is not None
    assert delivery.attempt == 1


async def _given_up(database: Database, *channels: str, before: datetime) -> int:
    async with database.transaction() as session:
        return await outbox.give_up(session, channels, before=before, now=LATER)


async def test_what_no_channel_takes_any_more_is_dead_when_it_was_due_long_enough(
    database: Database,
) -> None:
    line = await sent_out(database, await talk_of(database, channel="off"), "하나")

    early = await _given_up(database, "fake", before=NOON)
    late = await _given_up(database, "fake", before=NOON + SECOND)

    async with database.reading() as session:
        row = (await session.execute(select(table).where(table.c.line_id == line.id))).one()
    assert (early, late) == (0, 1)
    assert (row.state, row.code, row.settled_at) == (DeliveryState.DEAD, "channel_off", LATER)
    assert row.body_ct is not None


async def test_what_is_given_up_rings_for_consoles(database: Database) -> None:
    await sent_out(database, await talk_of(database, channel="off"), "하나")

    async with database.wakeups.subscribe(Topic.QUEUE) as consoles:
        await _given_up(database, "fake", before=LATER)
        assert await consoles.wait(0)


async def test_what_a_channel_still_takes_is_never_given_up(database: Database) -> None:
    await sent_out(database, await talk_of(database), "하나")

    assert await _given_up(database, "fake", "web", before=LATER) == 0


async def _dies(database: Database, times: int, *, since: datetime = NOON) -> datetime:
    """When a message is due again over which this many senders died."""
    for number in range(times):
        given = await delivery_claimed(database, now=since + number * LONGEST_LEASE)
        assert _body(given) == "body:하나"
    return since + times * LONGEST_LEASE


async def test_a_message_over_which_sender_after_sender_dies_is_dead_and_the_next_one_goes(
    database: Database,
) -> None:
    talk = await talk_of(database)
    line = await sent_out(database, talk, "하나")
    await sent_out(database, talk, "둘")
    due = await _dies(database, CRASH_TRIES)

    async with database.wakeups.subscribe(Topic.QUEUE) as consoles:
        assert _body(await delivery_claimed(database, now=due)) == "body:둘"
        assert await consoles.wait(0)

    async with database.reading() as session:
        row = (await session.execute(select(table).where(table.c.line_id == line.id))).one()
    assert (row.state, row.code) == (DeliveryState.DEAD, "crash")
    assert row.body_ct is not None


async def test_a_message_that_was_given_back_was_not_what_killed_its_senders(
    database: Database,
) -> None:
    await sent_out(database, await talk_of(database), "하나")
    due = await _dies(database, CRASH_TRIES - 1)
    await _retry(database, await delivery_claimed(database, now=due), due + LONGEST_LEASE)

    again = await _dies(database, CRASH_TRIES, since=due + LONGEST_LEASE)

    assert await delivery_claimed(database, now=again) is None


async def test_a_message_that_may_kill_its_senders_rests_longer_each_time(
    database: Database,
) -> None:
    await sent_out(database, await talk_of(database), "하나")
    due = await _dies(database, CRASH_TRIES - 2)
    assert await delivery_claimed(database, now=due) is not None

    assert await delivery_claimed(database, now=due + LEASE) is None
    assert await delivery_claimed(database, now=due + LONGEST_LEASE) is not None


async def test_a_settled_delivery_rings_for_senders_and_consoles(database: Database) -> None:
    await sent_out(database, await talk_of(database), "하나")
    delivery = await delivery_claimed(database)

    async with (
        database.wakeups.subscribe(Topic.OUTBOX) as senders,
        database.wakeups.subscribe(Topic.QUEUE) as consoles,
    ):
        await _settle(database, delivery)
        assert await senders.wait(0)
        assert await consoles.wait(0)


async def test_a_delivery_shows_neither_address_nor_body(database: Database) -> None:
    await sent_out(database, await talk_of(database, account="a"), "하나")
    shown = repr(await delivery_claimed(database))
    assert "to-a" not in shown
    assert "하나" not in shown

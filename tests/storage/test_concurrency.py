import asyncio
from collections import Counter
from uuid import UUID

from storage import inbox, outbox
from storage.database import Database
from storage.records import DeliveryState
from tests.factories import (
    DUE,
    NOON,
    accepted,
    delivery_claimed,
    received,
    sent_out,
    talk_of,
    turn_taken,
)

WORKERS = 8


async def test_eight_workers_answer_every_event_once_and_in_order(database: Database) -> None:
    answered: list[tuple[UUID, str]] = []

    async def work() -> None:
        while (turn := await turn_taken(database)) is not None:
            async with database.transaction() as session:
                await inbox.finish_turn(session, turn, now=DUE)
            answered.extend((event.id, event.body) for event in turn.events)

    events = [received(account=f"a{n % 40}", text=f"a{n % 40}:{n:03}") for n in range(120)]
    for start in range(0, 120, 30):
        await accepted(database, *events[start : start + 30])
    await asyncio.gather(*(work() for _ in range(WORKERS)))

    assert max(Counter(event_id for event_id, _ in answered).values()) == 1
    assert sorted(body for _, body in answered) == sorted(event.body for event in events)
    for account in {event.account for event in events}:
        own = [body for _, body in answered if body.startswith(f"{account}:")]
        assert own == sorted(own)


async def test_nothing_is_lost_while_events_arrive_during_the_work(database: Database) -> None:
    answered: list[str] = []
    arriving = True

    async def work() -> None:
        while True:
            last_look = not arriving
            turn = await turn_taken(database)
            if turn is None:
                if last_look:
                    return
                await asyncio.sleep(0)
                continue
            async with database.transaction() as session:
                await inbox.finish_turn(session, turn, now=DUE)
            answered.extend(event.body for event in turn.events)

    async def arrive() -> None:
        nonlocal arriving
        for number in range(60):
            await accepted(database, received(account=f"a{number % 3}", text=str(number)))
        arriving = False

    await asyncio.gather(arrive(), *(work() for _ in range(4)))

    assert sorted(answered, key=int) == [str(number) for number in range(60)]


async def test_the_same_deliveries_accepted_by_many_at_once_count_once(
    database: Database,
) -> None:
    events = [received(account=f"a{number}") for number in range(20)]

    counts = await asyncio.gather(*(accepted(database, *events) for _ in range(WORKERS)))

    assert sum(counts) == 20


async def test_eight_senders_send_every_message_once_and_in_order(database: Database) -> None:
    sent: list[tuple[UUID, int]] = []

    async def send() -> None:
        for _ in range(200):
            delivery = await delivery_claimed(database)
            if delivery is None:
                if len(sent) == 40:
                    return
                await asyncio.sleep(0.005)  # the head of a line is with another sender
                continue
            sent.append((delivery.conversation_id, delivery.seq))
            async with database.transaction() as session:
                await outbox.settle(session, delivery, DeliveryState.SENT, now=NOON)

    for number in range(10):
        talk = await talk_of(database, account=f"a{number}")
        for text in "1234":
            await sent_out(database, talk, text)
    await asyncio.gather(*(send() for _ in range(WORKERS)))

    assert len(sent) == len(set(sent)) == 40
    for talk_id in {talk_id for talk_id, _ in sent}:
        assert [seq for own, seq in sent if own == talk_id] == [1, 2, 3, 4]

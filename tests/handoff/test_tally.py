"""What happens to talks, counted: every talk ends once, every wait ends once."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from handoff import passing, queue
from storage import contacts
from storage.database import Database
from storage.metric_tables import NEVER
from storage.records import Conversation, ConversationState, Outcome, Risk, Staff
from storage.tables import conversations, metric_counts
from tests.factories import NOON
from tests.handoff.conftest import NOTICES, claimed, counselor, row_of, waiting

Tables = dict[str, Counter[tuple[str, str]]]


async def counted(database: Database) -> Tables:
    """Table -> row, column -> count, over all periods."""
    found: Tables = {}
    async with database.reading() as session:
        for one in await session.execute(select(metric_counts)):
            found.setdefault(one.name, Counter())[one.row, one.column] += one.amount
    return found


async def closed(
    database: Database, owner: Staff, talk: Conversation, outcome: Outcome | None = None
) -> Conversation:
    return await queue.close(
        database, NOTICES, owner, talk.id, epoch=talk.epoch, seen=99, now=NOON, outcome=outcome
    )


async def released(database: Database, owner: Staff, talk: Conversation) -> Conversation:
    return await queue.release(database, NOTICES, owner, talk.id, epoch=talk.epoch, now=NOON)


async def cancelled(database: Database, talk: Conversation) -> Conversation:
    async with database.transaction() as session:
        return await queue.cancel(session, talk, now=NOON)


async def back_to_bot_and_gone(database: Database, owner: Staff, talk: Conversation) -> None:
    await passing.give_to_bot(
        database, NOTICES, owner, talk.id, epoch=talk.epoch, seen=99, now=NOON
    )
    bot = await row_of(database, talk)
    async with database.transaction() as session:
        await queue.leave(session, database.vault, bot, now=NOON)


async def erased(database: Database, talk: Conversation) -> None:
    async with database.transaction() as session:
        await queue.erase(session, talk.contact_id, now=NOON)


async def test_a_wait_that_a_counselor_ends_is_counted_by_its_length(database: Database) -> None:
    owner = await counselor(database)
    talk = await waiting(database, risk=Risk.HIGH, now=NOON - timedelta(minutes=4))
    await claimed(database, owner, talk)
    found = await counted(database)
    assert found["handoffs"] == {("high", "requested"): 1}
    assert found["waits"] == {("high", "to_5"): 1}
    assert "never_by_hour" not in found


async def test_a_wait_that_ends_with_nobody_is_the_headline(database: Database) -> None:
    await cancelled(database, await waiting(database, "a"))
    await erased(database, await waiting(database, "b", risk=Risk.IMMINENT))
    found = await counted(database)
    assert found["waits"] == {("none", NEVER): 1, ("high", NEVER): 1}
    assert found["never_by_hour"] == {("none", "h21"): 1, ("high", "h21"): 1}


async def test_a_counselor_who_comes_after_the_person_left_came_too_late(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await waiting(database)
    async with database.transaction() as session:
        await contacts.mark_gone(session, talk.contact_id, now=NOON)
    await claimed(database, owner, talk)
    assert (await counted(database))["waits"] == {("none", NEVER): 1}


async def test_a_second_wait_for_a_counselor_who_was_gone_is_counted_as_that(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database))
    await claimed(database, owner, await released(database, owner, talk))
    found = await counted(database)
    assert found["handoffs"] == {("none", "requested"): 2}
    assert found["waits"] == {("none", "to_1"): 1, ("none", "returned"): 1}


async def test_how_a_talk_ended_is_counted_in_every_table_of_ends(database: Database) -> None:
    owner = await counselor(database)
    await closed(database, owner, await claimed(database, owner, await waiting(database, "a")))
    talk = await claimed(database, owner, await waiting(database, "b"))
    await closed(database, owner, talk, Outcome.ACCOMPANIED)
    found = await counted(database)
    assert found["ends"] == {("none", "unsaid"): 1, ("none", "referred"): 1}
    assert found["ends_by_topic"] == {("none", "other"): 2}


async def test_erasing_a_talk_that_is_over_ends_nothing_again(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database))
    await closed(database, owner, talk)
    before = await counted(database)
    await erased(database, talk)
    assert await counted(database) == before


async def test_arrivals_are_ends_and_open_talks_and_handoffs_are_waits_and_who_waits(
    database: Database,
) -> None:
    """Every way through the life of a talk, counted against what is in the database."""
    owner = await counselor(database)
    await waiting(database, "stays in line")
    await cancelled(database, await waiting(database, "changes their mind"))
    await erased(database, await waiting(database, "erases while waiting", risk=Risk.HIGH))
    led = [
        await claimed(database, owner, await waiting(database, f"led-{way}", risk=Risk(way % 4)))
        for way in range(5)
    ]
    await closed(database, owner, led[0], Outcome.HEARD)
    await released(database, owner, led[1])
    await back_to_bot_and_gone(database, owner, led[2])
    await erased(database, led[3])
    await queue.dismiss(database, NOTICES, owner.id, now=NOON)
    found = await counted(database)
    async with database.reading() as session:
        states = Counter((await session.execute(select(conversations.c.state))).scalars())
    open_now = sum(states[one] for one in ("bot", "queued", "active"))
    assert found["arrivals_by_hour"].total() == found["ends"].total() + open_now == 8
    assert found["handoffs"].total() == found["waits"].total() + states[ConversationState.QUEUED]
    assert rows(found["ends_by_topic"]) == rows(found["ends"])
    assert found["never_by_hour"].total() == sum(
        count for (_, column), count in found["waits"].items() if column == NEVER
    )


def rows(counts: Counter[tuple[str, str]]) -> Counter[str]:
    made: Counter[str] = Counter()
    for (row, _), count in counts.items():
        made[row] += count
    return made

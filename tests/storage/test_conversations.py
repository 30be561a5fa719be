import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from storage import contacts, conversations
from storage.database import Database, Topic
from storage.errors import ConversationChanged, KeyMissing, NotFound, SealBroken
from storage.records import (
    OPEN_STATES,
    AskReason,
    Contact,
    Conversation,
    ConversationState,
    Language,
    Risk,
)
from storage.tables import conversations as table
from tests.factories import NOON, talk_of

MINUTE = timedelta(minutes=1)


async def _save(database: Database, before: Conversation, after: Conversation) -> Conversation:
    async with database.transaction() as session:
        return await conversations.save(session, before, after)


async def _get(database: Database, talk: Conversation) -> Conversation:
    async with database.reading() as session:
        return await conversations.get(session, talk.id)


async def _queued(database: Database, account: str, risk: Risk, minutes: int) -> Conversation:
    talk = await talk_of(database, account=account)
    waiting = replace(
        talk, state=ConversationState.QUEUED, risk=risk, queued_at=NOON + minutes * MINUTE
    )
    return await _save(database, talk, waiting)


async def test_a_new_talk_is_with_the_bot(database: Database) -> None:
    talk = await talk_of(database)

    assert await _get(database, talk) == talk
    assert (talk.state, talk.risk, talk.version, talk.epoch) == ("bot", Risk.NONE, 1, 0)


async def test_every_change_is_kept(database: Database) -> None:
    talk = await talk_of(database)
    changed = replace(
        talk,
        state=ConversationState.ACTIVE,
        language=Language.EN,
        risk=Risk.IMMINENT,
        topic="ask_police",
        reason=AskReason.CRISIS,
        epoch=4,
        owner_id=uuid4(),
        queued_at=NOON,
        lease_until=NOON + MINUTE,
        closed_at=NOON + 2 * MINUTE,
    )

    saved = await _save(database, talk, changed)

    assert saved == replace(changed, version=2)
    assert await _get(database, talk) == saved


async def test_a_change_of_an_outdated_state_is_refused_and_changes_nothing(
    database: Database,
) -> None:
    talk = await talk_of(database)
    saved = await _save(database, talk, replace(talk, risk=Risk.HIGH))

    with pytest.raises(ConversationChanged):
        await _save(database, talk, replace(talk, risk=Risk.LOW))

    assert await _get(database, talk) == saved


async def test_of_many_who_claim_at_once_one_wins(database: Database) -> None:
    talk = await _queued(database, "a", Risk.HIGH, 0)
    owners = [uuid4() for _ in range(8)]

    results = await asyncio.gather(
        *(
            _save(
                database,
                talk,
                replace(talk, state=ConversationState.ACTIVE, owner_id=owner, epoch=1),
            )
            for owner in owners
        ),
        return_exceptions=True,
    )

    won = [result for result in results if isinstance(result, Conversation)]
    assert len(won) == 1
    assert [type(result) for result in results].count(ConversationChanged) == 7
    assert await _get(database, talk) == won[0]


async def test_the_queue_is_by_risk_then_by_waiting_time(database: Database) -> None:
    for account, risk, minutes in (
        ("a", Risk.LOW, 0),
        ("b", Risk.HIGH, 5),
        ("c", Risk.IMMINENT, 9),
        ("d", Risk.HIGH, 4),
    ):
        await _queued(database, account, risk, minutes)
    await talk_of(database, account="not waiting")

    async with database.reading() as session:
        waiting = await conversations.queue(session)

    order = [(talk.risk, talk.queued_at) for talk in waiting]
    assert order == [
        (Risk.IMMINENT, NOON + 9 * MINUTE),
        (Risk.HIGH, NOON + 4 * MINUTE),
        (Risk.HIGH, NOON + 5 * MINUTE),
        (Risk.LOW, NOON),
    ]


async def test_equal_waits_keep_one_order(database: Database) -> None:
    made = [await _queued(database, f"a{number}", Risk.LOW, 0) for number in range(6)]

    async with database.reading() as session:
        waiting = await conversations.queue(session)

    assert [talk.id for talk in waiting] == sorted(talk.id for talk in made)


async def test_counselors_see_their_own_led_talks(database: Database) -> None:
    me, other = uuid4(), uuid4()
    made = []
    for account, owner, state in (
        ("a", me, ConversationState.ACTIVE),
        ("b", other, ConversationState.ACTIVE),
        ("c", me, ConversationState.CLOSED),
    ):
        talk = await talk_of(database, account=account)
        made.append(await _save(database, talk, replace(talk, state=state, owner_id=owner)))

    async with database.reading() as session:
        assert await conversations.owned_by_any(session, [me, uuid4()]) == (made[0],)


async def test_a_lease_lapses_after_its_last_moment(database: Database) -> None:
    talk = await talk_of(database)
    led = replace(talk, state=ConversationState.ACTIVE, owner_id=uuid4(), lease_until=NOON)
    led = await _save(database, talk, led)

    async with database.reading() as session:
        assert await conversations.lapsed(session, now=NOON) == ()
        late = NOON + timedelta(microseconds=1)
        assert await conversations.lapsed(session, now=late) == (led,)


@pytest.mark.parametrize("state", ConversationState)
async def test_a_new_message_belongs_to_an_open_talk_only(
    database: Database, state: ConversationState
) -> None:
    talk = await talk_of(database)
    saved = await _save(database, talk, replace(talk, state=state))

    async with database.reading() as session:
        found = await conversations.open_talk(session, talk.contact_id)

    assert found == (saved if state in OPEN_STATES else None)


async def test_a_person_has_one_open_talk_at_most(database: Database) -> None:
    talk = await talk_of(database)
    with pytest.raises(ConversationChanged):
        await talk_of(database)

    await _save(database, talk, replace(talk, state=ConversationState.CLOSED))
    again = await talk_of(database)
    assert again.contact_id == talk.contact_id
    assert again.id != talk.id


async def test_a_talk_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        async with database.reading() as session:
            await conversations.get(session, uuid4())


async def test_the_dialogue_remembers_its_own_talk(database: Database) -> None:
    talk = await talk_of(database)
    async with database.transaction() as session:
        assert await conversations.memory(session, database.vault, talk) == ""
        for memory in ('{"step": 1}', '{"step": 2}'):
            talk = await conversations.advance(session, database.vault, talk, talk, memory=memory)

    async with database.reading() as session:
        assert await conversations.memory(session, database.vault, talk) == '{"step": 2}'


async def test_a_memory_moved_to_another_talk_does_not_open(database: Database) -> None:
    one, other = await talk_of(database, account="a"), await talk_of(database, account="b")
    async with database.transaction() as session:
        await conversations.advance(session, database.vault, one, one, memory="하나")
        moved = (await session.execute(table.select().where(table.c.id == one.id))).one()
        values = {"memory_ct": moved.memory_ct}
        await session.execute(table.update().where(table.c.id == other.id).values(values))

    with pytest.raises(SealBroken):
        async with database.reading() as session:
            await conversations.memory(session, database.vault, other)


async def test_without_its_key_a_talk_remembers_nothing_readable(database: Database) -> None:
    talk = await talk_of(database)
    async with database.transaction() as session:
        await conversations.advance(session, database.vault, talk, talk, memory="하나")
    await database.vault.destroy_data_key(talk.id)

    with pytest.raises(KeyMissing):
        async with database.reading() as session:
            await conversations.memory(session, database.vault, talk)


async def test_a_saved_change_rings_for_consoles_after_the_commit(database: Database) -> None:
    talk = await talk_of(database)
    async with database.wakeups.subscribe(Topic.QUEUE) as bell:
        async with database.transaction() as session:
            await conversations.save(session, talk, replace(talk, risk=Risk.HIGH))
            assert not await bell.wait(0)
        assert await bell.wait(0)


async def _meet(database: Database, account: str = "a", address: str = "x") -> Contact:
    async with database.transaction() as session:
        return await contacts.find_or_make(
            session,
            database.vault,
            channel="fake",
            account=account,
            address=address,
            now=NOON,
        )


async def test_the_same_account_is_the_same_person(database: Database) -> None:
    first, again, other = [await _meet(database, account) for account in ("a", "a", "b")]
    assert first == again
    assert first.id != other.id


async def test_who_is_met_by_many_workers_at_once_is_one_person(database: Database) -> None:
    met = await asyncio.gather(*(_meet(database) for _ in range(8)))
    assert len(set(met)) == 1


async def test_who_left_is_gone_until_they_write_again(database: Database) -> None:
    person = await _meet(database)
    async with database.transaction() as session:
        await contacts.mark_gone(session, person.id, now=NOON)
        row = await session.execute(table.metadata.tables["contacts"].select())
        assert row.one().gone_at == NOON

    assert not (await _meet(database)).gone


async def test_a_heartbeat_keeps_the_own_led_talks_and_changes_nothing_else(
    database: Database,
) -> None:
    me, other = uuid4(), uuid4()
    led = []
    for account, owner in (("a", me), ("b", other)):
        talk = await talk_of(database, account=account)
        claimed = replace(talk, state=ConversationState.ACTIVE, owner_id=owner, lease_until=NOON)
        led.append(await _save(database, talk, claimed))

    async with database.wakeups.subscribe(Topic.QUEUE) as bell:
        async with database.transaction() as session:
            kept = await conversations.extend_leases(session, me, lease_until=NOON + MINUTE)
        assert not await bell.wait(0)

    assert kept == 1
    assert await _get(database, led[0]) == replace(led[0], lease_until=NOON + MINUTE)
    assert await _get(database, led[1]) == led[1]


async def test_who_is_before_one_in_line_is_counted_as_the_queue_stands(
    database: Database,
) -> None:
    for number, risk in enumerate((Risk.NONE, Risk.IMMINENT, Risk.NONE, Risk.HIGH)):
        await _queued(database, f"a-{number}", risk, number)
    await talk_of(database, account="with-the-bot")

    async with database.reading() as session:
        queue = await conversations.queue(session)
        counted = [await conversations.ahead(session, talk) for talk in queue]

    assert counted == [0, 1, 2, 3]


async def test_of_two_who_came_at_once_one_is_before_the_other(database: Database) -> None:
    for account in ("a", "b"):
        await _queued(database, account, Risk.LOW, 0)

    async with database.reading() as session:
        queue = await conversations.queue(session)
        assert [await conversations.ahead(session, talk) for talk in queue] == [0, 1]

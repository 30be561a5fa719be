"""The line in front of the counselors, on both databases."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from handoff import queue
from handoff.errors import (
    AsksForTooMuch,
    IllegalTransition,
    NotOwner,
    StaleEpoch,
    TextRefused,
    Unread,
)
from storage import audit, conversations, outbox
from storage.database import Database
from storage.records import AskReason, Conversation, ConversationState, Risk, Speaker, Staff
from tests.factories import NOON, delivery_claimed, said, talk_of
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    claimed,
    counselor,
    lines_of,
    row_of,
    waiting,
)

State = ConversationState
LATER = NOON + timedelta(minutes=5)
TOO_LATE = NOON + queue.LEASE + timedelta(seconds=1)


async def say(
    database: Database, owner: Staff, talk: Conversation, text: str = "괜찮아요?", **changed: object
) -> object:
    key = changed.get("key", uuid4())
    assert isinstance(key, UUID)
    epoch = changed.get("epoch", talk.epoch)
    assert isinstance(epoch, int)
    return await queue.say(
        database, NOTICES, owner, talk.id, epoch=epoch, text=text, key=key, now=NOON
    )


async def test_what_nobody_may_ask_does_not_leave_and_is_noted_without_a_word(
    database: Database,
) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))
    before = await lines_of(database, talk)

    with pytest.raises(AsksForTooMuch) as stopped:
        await say(database, me, talk, "사진 한 장만 보내줄래?")

    assert stopped.value.code == "guard_photo"
    assert await lines_of(database, talk) == before
    assert await acts_on(database, talk) == ["ask", "claim", "guard_stop"]


async def test_a_stop_is_noted_for_the_owner_only(database: Database) -> None:
    me, other = await counselor(database), await counselor(database, "달")
    talk = await claimed(database, me, await waiting(database))

    with pytest.raises(NotOwner):
        await say(database, other, talk, "이름이 뭐야?")

    assert await acts_on(database, talk) == ["ask", "claim"]


async def test_asking_twice_is_asking_once(database: Database) -> None:
    talk = await waiting(database)

    async with database.transaction() as session:
        again = await queue.ask(session, talk, reason=AskReason.REQUESTED, now=LATER)

    assert again == talk == await row_of(database, talk)
    assert await acts_on(database, talk) == ["ask"]


async def test_the_young_person_can_go_back_to_the_bot(database: Database) -> None:
    talk = await waiting(database)

    async with database.transaction() as session:
        await queue.cancel(session, talk, now=LATER)

    assert (await row_of(database, talk)).state is State.BOT
    assert await acts_on(database, talk) == ["ask", "cancel"]


async def test_a_counselors_words_are_in_the_transcript_and_on_their_way(
    database: Database,
) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))
    joined = await delivery_claimed(database)
    assert joined is not None
    async with database.transaction() as session:
        await outbox.cancel(session, talk.id)

    await say(database, me, talk, "  여기 있어요  ")

    line = (await lines_of(database, talk))[-1]
    delivery = await delivery_claimed(database)
    assert (line.speaker, line.text) == (Speaker.COUNSELOR, "여기 있어요")
    assert delivery is not None
    assert (delivery.body, delivery.from_counselor) == ("body:ko:여기 있어요", True)
    assert await acts_on(database, talk) == ["ask", "claim", "say"]


async def test_the_same_key_is_the_same_message(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))
    key = uuid4()

    tries = [say(database, me, talk, key=key) for _ in range(5)]
    first, *others = await asyncio.gather(*tries)

    assert {getattr(one, "seq", None) for one in (first, *others)} == {2}
    assert [line.id for line in await lines_of(database, talk)][1:] == [key]
    assert (await acts_on(database, talk)).count("say") == 1


async def test_a_key_is_for_one_message_only(database: Database) -> None:
    me, key = await counselor(database), uuid4()
    one, other = [await claimed(database, me, await waiting(database, a)) for a in ("a", "b")]
    of_person = await said(database, one.id, "네")
    await say(database, me, one, "괜찮아요?", key=key)
    before = [
        (await row_of(database, talk), await lines_of(database, talk)) for talk in (one, other)
    ]

    for talk, text, used in (
        (other, "괜찮아요?", key),
        (one, "다른 말", key),
        (one, "네", of_person.id),
    ):
        with pytest.raises(TextRefused) as caught:
            await say(database, me, talk, text, key=used)
        assert caught.value.code == "key_used"

    after = [
        (await row_of(database, talk), await lines_of(database, talk)) for talk in (one, other)
    ]
    assert after == before


async def test_only_the_owner_under_the_last_claim_can_do_anything(database: Database) -> None:
    me, colleague = await counselor(database), await counselor(database, "달")
    first = await claimed(database, me, await waiting(database))
    await queue.release(database, NOTICES, me, first.id, epoch=1, now=NOON)
    talk = await claimed(database, me, await row_of(database, first))
    before = (await row_of(database, talk), await lines_of(database, talk))

    for who, epoch, error in ((colleague, 2, NotOwner), (me, 1, StaleEpoch), (me, 3, StaleEpoch)):
        with pytest.raises(error):
            await say(database, who, talk, epoch=epoch)
        with pytest.raises(error):
            await queue.release(database, NOTICES, who, talk.id, epoch=epoch, now=NOON)
        with pytest.raises(error):
            await queue.close(database, NOTICES, who, talk.id, epoch=epoch, seen=99, now=NOON)
        with pytest.raises(error):
            await queue.open_transcript(database, who, talk.id, epoch=epoch, last=1, now=NOON)

    assert (await row_of(database, talk), await lines_of(database, talk)) == before


async def test_nobody_can_speak_where_nobody_owns(database: Database) -> None:
    me = await counselor(database)
    for talk in (await talk_of(database, account="bot"), await waiting(database)):
        with pytest.raises(NotOwner):
            await say(database, me, talk)
        assert await lines_of(database, talk) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        (" \n\t　", "text_empty"),
        ("가" * 1001, "text_too_long"),
        ("a" * 100_000, "text_too_long"),
        ("a\0b", "text_unreadable"),
        ("a\ud800b", "text_unreadable"),
        ("\udfff", "text_unreadable"),
    ],
)
def test_a_text_no_channel_can_carry_is_refused(text: str, code: str) -> None:
    with pytest.raises(TextRefused) as caught:
        queue.checked(text)
    assert caught.value.code == code


def test_a_thousand_characters_can_be_sent() -> None:
    assert queue.checked("😀" * 1000) == "😀" * 1000


async def test_a_talk_given_back_keeps_its_place_and_the_person_is_told(
    database: Database,
) -> None:
    me = await counselor(database)
    card = await waiting(database, risk=Risk.HIGH)
    talk = await claimed(database, me, card)

    back = await queue.release(database, NOTICES, me, talk.id, epoch=1, now=LATER)

    assert (back.state, back.queued_at, back.risk) == (State.QUEUED, card.queued_at, Risk.HIGH)
    assert back.owner_id is None
    assert [line.text for line in await lines_of(database, talk)] == ["joined-ko", "returned-ko"]


async def test_a_counselor_who_is_gone_loses_the_talk_and_the_person_keeps_the_place(
    database: Database,
) -> None:
    me = await counselor(database)
    first = await claimed(database, me, await waiting(database, "first"))
    await waiting(database, "second", now=NOON + timedelta(seconds=1))

    assert await queue.lapse(database, NOTICES, now=NOON + queue.LEASE) == 0
    assert await queue.lapse(database, NOTICES, now=TOO_LATE) == 1
    assert await queue.lapse(database, NOTICES, now=TOO_LATE) == 0

    async with database.reading() as session:
        line = await conversations.queue(session)
    assert line[0].id == first.id
    assert (line[0].queued_at, line[0].epoch) == (first.queued_at, 1)
    assert [one.text for one in await lines_of(database, first)] == ["joined-ko", "returned-ko"]
    assert await acts_on(database, first) == ["ask", "claim", "lapse"]
    with pytest.raises(NotOwner):
        await say(database, me, first)


async def test_a_heartbeat_keeps_all_talks_of_that_counselor_and_no_others(
    database: Database,
) -> None:
    me, colleague = await counselor(database), await counselor(database, "달")
    mine = [await claimed(database, me, await waiting(database, f"m{n}")) for n in range(2)]
    theirs = await claimed(database, colleague, await waiting(database, "theirs"))

    assert await queue.heartbeat(database, me, now=NOON + timedelta(seconds=30)) == 2
    assert await queue.lapse(database, NOTICES, now=TOO_LATE) == 1

    assert [(await row_of(database, talk)).state for talk in mine] == [State.ACTIVE] * 2
    assert (await row_of(database, theirs)).state is State.QUEUED


async def test_a_heartbeat_is_no_change_that_others_must_look_at(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))

    await queue.heartbeat(database, me, now=LATER)

    assert (await row_of(database, talk)).version == talk.version


async def test_closing_says_goodbye_and_ends_it(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))

    over = await queue.close(database, NOTICES, me, talk.id, epoch=1, seen=99, now=LATER)

    assert (over.state, over.closed_at) == (State.CLOSED, LATER)
    said = [(one.speaker, one.text) for one in await lines_of(database, talk)]
    assert said[-2:] == [(Speaker.BOT, "goodbye-ko"), (Speaker.BOT, "way-back-ko")]
    assert (await acts_on(database, talk))[-1] == "close"
    with pytest.raises(NotOwner):
        await say(database, me, talk)


async def test_a_block_ends_a_talk_with_the_bot(database: Database) -> None:
    talk = await talk_of(database)
    async with database.transaction() as session:
        await queue.leave(session, database.vault, talk, now=LATER)
    assert (await row_of(database, talk)).state is State.CLOSED


async def test_a_block_leaves_a_wait_in_place_and_tells_the_counselor(database: Database) -> None:
    talk = await waiting(database)

    async with database.transaction() as session:
        await queue.leave(session, database.vault, talk, now=LATER)

    assert await row_of(database, talk) == talk
    notice = (await lines_of(database, talk))[-1]
    assert (notice.speaker, notice.text, notice.delivery) == (Speaker.SYSTEM, queue.LEFT, None)


async def test_what_is_over_cannot_be_asked_for(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))
    over = await queue.close(database, NOTICES, me, talk.id, epoch=1, seen=99, now=LATER)
    async with database.transaction() as session:
        with pytest.raises(IllegalTransition):
            await queue.ask(session, over, reason=AskReason.REQUESTED, now=LATER)


async def test_reading_is_written_down(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))

    await queue.open_transcript(database, me, talk.id, epoch=1, last=1, now=LATER)

    async with database.reading() as session:
        entry = (await audit.entries(session, object_id=talk.id))[-1]
    assert (entry.action, entry.staff_id, entry.at) == ("read", me.id, LATER)


async def test_no_goodbye_before_the_last_words_were_read(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))
    seen = (await lines_of(database, talk))[-1].seq
    line = await said(database, talk.id, "잠깐만요, 하나만 더요")

    with pytest.raises(Unread):
        await queue.close(database, NOTICES, me, talk.id, epoch=1, seen=seen, now=LATER)
    still = await row_of(database, talk)
    over = await queue.close(database, NOTICES, me, talk.id, epoch=1, seen=line.seq, now=LATER)

    assert still.state is State.ACTIVE
    assert over.state is State.CLOSED

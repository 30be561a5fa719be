"""Somebody watches: nothing leaves but homework, nothing is lost, and a person decides after."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bot.channels.base import TemporarySendError
from bot.notices import ContentNotices
from handoff import held, queue
from handoff.errors import Covered
from storage.database import Database
from storage.records import Conversation, ConversationState, DeliveryState, Language, Risk, Staff
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu
from tests.handoff.conftest import counselor

NOTICES = ContentNotices(CONTENT_FILES)
MINUTE = timedelta(minutes=1)
NEUTRAL = {
    CONTENT_FILES.sentence(name, language)
    for group in ("watched", "back")
    for name in CONTENT_FILES.groups[group]
    for language in Language
}


@pytest.fixture
def road(database: Database) -> Road:
    """A house whose language service is dead: nothing here may need it."""
    return Road(database, nlu(away))


async def led(road: Road, database: Database) -> tuple[Conversation, Staff]:
    """A talk that a counselor leads, with everything delivered."""
    await road.talk("상담사랑 얘기하고 싶어요")
    me = await counselor(database)
    waiting = await road.conversation()
    await queue.claim(database, NOTICES, me, waiting.id, version=waiting.version, now=SOON + MINUTE)
    while await road.deliver(SOON + MINUTE):
        pass
    return await road.conversation(), me


async def say(database: Database, me: Staff, talk: Conversation, text: str, minute: int) -> int:
    line = await queue.say(
        database, NOTICES, me, talk.id, epoch=talk.epoch, text=text, key=uuid4(),
        now=SOON + minute * MINUTE,
    )  # fmt: skip
    return line.seq


async def state_of(road: Road, seq: int) -> DeliveryState | None:
    lines = await road.lines(await road.conversation())
    return next(line.delivery for line in lines if line.seq == seq)


async def test_a_counselor_sends_nothing_while_somebody_watches(
    road: Road, database: Database
) -> None:
    talk, me = await led(road, database)
    (answer,) = await road.talk("누가 보고 있어", now=SOON + 2 * MINUTE)
    talk = await road.conversation()

    with pytest.raises(Covered):
        await say(database, me, talk, "괜찮아요?", 3)

    assert answer in NEUTRAL
    assert talk.covered_at is not None
    assert talk.state is ConversationState.ACTIVE
    assert not await road.deliver(SOON + 4 * MINUTE)


async def test_what_was_on_its_way_waits_until_a_counselor_decides(
    road: Road, database: Database
) -> None:
    talk, me = await led(road, database)
    first = await say(database, me, talk, "그 사람이 뭐라고 했어요?", 2)
    second = await say(database, me, talk, "천천히 말해도 돼요.", 2)

    assert set(await road.talk("누가 보고 있어", now=SOON + 3 * MINUTE)) <= NEUTRAL
    assert await state_of(road, first) is DeliveryState.HELD
    assert set(await road.talk("이제 갔어요", now=SOON + 4 * MINUTE)) <= NEUTRAL
    talk = await road.conversation()
    where = (database, me, talk.id)
    await held.decide(*where, epoch=talk.epoch, act="send", seq=first, now=SOON + 5 * MINUTE)
    await held.decide(*where, epoch=talk.epoch, act="drop", seq=second, now=SOON + 5 * MINUTE)
    while await road.deliver(SOON + 5 * MINUTE):
        pass

    assert [reply.text for _, reply, _ in road.channel.sent][-1] == "그 사람이 뭐라고 했어요?"
    assert await state_of(road, first) is DeliveryState.SENT
    assert await state_of(road, second) is DeliveryState.CANCELLED


async def test_nothing_held_is_sent_while_it_goes_on(road: Road, database: Database) -> None:
    talk, me = await led(road, database)
    seq = await say(database, me, talk, "그 사람이 뭐라고 했어요?", 2)
    await road.talk("누가 보고 있어", now=SOON + 3 * MINUTE)
    talk = await road.conversation()

    with pytest.raises(Covered):
        await held.decide(
            database, me, talk.id, epoch=talk.epoch, act="send", seq=seq, now=SOON + 4 * MINUTE
        )


async def test_a_message_that_failed_is_held_as_well(road: Road, database: Database) -> None:
    talk, me = await led(road, database)
    seq = await say(database, me, talk, "그 사람이 뭐라고 했어요?", 2)
    road.channel.failures.append(TemporarySendError("fake", "busy"))
    await road.deliver(SOON + 2 * MINUTE)

    assert set(await road.talk("누가 보고 있어", now=SOON + 9 * MINUTE)) <= NEUTRAL
    assert await state_of(road, seq) is DeliveryState.HELD
    assert not await road.deliver(SOON + timedelta(hours=1))


async def test_what_the_house_says_of_a_change_of_hands_is_held(
    road: Road, database: Database
) -> None:
    await road.talk("상담사랑 얘기하고 싶어요")
    await road.talk("누가 보고 있어", now=SOON + MINUTE)
    waiting = await road.conversation()
    me = await counselor(database)
    talk = await queue.claim(
        database, NOTICES, me, waiting.id, version=waiting.version, now=SOON + 2 * MINUTE
    )
    await queue.release(database, NOTICES, me, talk.id, epoch=talk.epoch, now=SOON + 2 * MINUTE)

    assert not await road.deliver(SOON + 3 * MINUTE)
    said = [line.delivery for line in await road.lines(await road.conversation())]
    assert said.count(DeliveryState.HELD) == 2


async def test_a_counselor_cannot_close_and_may_end_the_cover(
    road: Road, database: Database
) -> None:
    talk, me = await led(road, database)
    await road.talk("누가 보고 있어", now=SOON + 2 * MINUTE)
    talk = await road.conversation()

    with pytest.raises(Covered):
        await queue.close(
            database, NOTICES, me, talk.id, epoch=talk.epoch, seen=99, now=SOON + 3 * MINUTE
        )
    await held.decide(
        database, me, talk.id, epoch=talk.epoch, act="uncover", seq=0, now=SOON + 3 * MINUTE
    )
    assert await road.talk("저 왔어요 선생님", now=SOON + 4 * MINUTE) == []
    assert (await road.conversation()).covered_at is None


async def test_danger_meanwhile_reaches_the_queue_and_not_the_phone(road: Road) -> None:
    await road.talk("안녕하세요")
    await road.talk("누가 보고 있어", now=SOON + MINUTE)

    answers = await road.talk("지금 죽고 싶어", now=SOON + 2 * MINUTE)

    talk = await road.conversation()
    assert set(answers) <= NEUTRAL
    assert talk.state is ConversationState.QUEUED
    assert talk.risk >= Risk.HIGH


async def test_a_way_to_another_channel_is_not_offered_meanwhile(database: Database) -> None:
    road = Road(database, nlu(away), crossing=("fake",))
    await road.talk("누가 보고 있어")

    await road.talk("지금 죽고 싶어", now=SOON + MINUTE)

    assert all(reply.reference is None for _, reply, _ in road.channel.sent)


async def test_once_watched_nothing_goes_unasked_and_all_goes_when_they_write(
    road: Road, database: Database
) -> None:
    talk, me = await led(road, database)
    await road.talk("누가 보고 있어", now=SOON + 2 * MINUTE)
    await road.talk("이제 갔어요", now=SOON + 3 * MINUTE)
    road.channel.sent.clear()

    await say(database, me, talk, "여기 있어요.", 12)
    assert await road.deliver(SOON + 12 * MINUTE)
    late = await say(database, me, talk, "아직 있나요?", 14)
    assert await road.deliver(SOON + 14 * MINUTE)

    assert [reply.text for _, reply, _ in road.channel.sent] == ["여기 있어요."]
    assert await state_of(road, late) is DeliveryState.WAITING_FOR_USER
    await road.talk("네 있어요", now=SOON + 60 * MINUTE)
    assert [reply.text for _, reply, _ in road.channel.sent] == ["여기 있어요.", "아직 있나요?"]


async def test_an_open_page_is_no_word_of_somebody_who_was_watched(
    road: Road, database: Database
) -> None:
    talk, me = await led(road, database)
    road.channel.present = True
    await road.talk("누가 보고 있어", now=SOON + 2 * MINUTE)
    await road.talk("이제 갔어요", now=SOON + 3 * MINUTE)
    road.channel.sent.clear()
    late = await say(database, me, talk, "아직 있나요?", 14)

    assert [await road.deliver(SOON + 14 * MINUTE) for _ in range(3)] == [True, False, False]
    assert road.channel.sent == []
    assert await state_of(road, late) is DeliveryState.WAITING_FOR_USER

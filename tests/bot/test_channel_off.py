"""A channel that staff switched off: who writes there is told where help is; nothing is lost."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.dialogue.off import AGAIN, Doors
from bot.notices import ContentNotices
from handoff import queue
from storage.database import Database
from storage.records import ConversationState, Language, Speaker
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu, understood
from tests.handoff.conftest import counselor

NOTICES = ContentNotices(CONTENT_FILES)
OFF = Doors(shut=["fake"], open=["telegram"], address="https://gyeot.example")
OFF_1, OFF_2 = (CONTENT_FILES.sentence(f"channel_off.{n}", Language.KO) for n in (1, 2))
SECOND = timedelta(seconds=1)


@pytest.fixture
def road(database: Database) -> Road:
    """A house that knows what is said, on a channel that is off."""
    return Road(database, nlu(lambda _: understood("loneliness")), doors=OFF)


async def test_who_writes_is_told_the_numbers_and_where_to_write_and_the_words_are_kept(
    road: Road,
) -> None:
    [answer] = await road.talk("요즘 학교에서 혼자예요")

    assert answer.startswith(OFF_1)
    assert answer.endswith("웹 페이지 https://gyeot.example, 텔레그램")
    talk = await road.conversation()
    kept = [line.text for line in await road.lines(talk) if line.speaker is Speaker.PERSON]
    assert kept == ["요즘 학교에서 혼자예요"]
    assert talk.state is ConversationState.BOT


async def test_it_is_said_again_only_after_a_while_and_in_other_words(road: Road) -> None:
    first = await road.talk("안녕하세요")
    soon = await road.talk("저기요", now=SOON + AGAIN - SECOND)
    later = await road.talk("저기요?", now=SOON + AGAIN)

    assert (len(first), soon, len(later)) == (1, [], 1)
    assert later[0].startswith(OFF_2)


async def test_a_person_is_not_promised_where_none_can_answer(database: Database) -> None:
    road = Road(database, nlu(away), doors=OFF)

    [answer] = await road.talk("상담사랑 얘기하고 싶어요")

    assert answer.startswith(OFF_1)
    assert (await road.conversation()).state is ConversationState.BOT


async def test_danger_is_answered_as_ever_and_brings_a_person(database: Database) -> None:
    there = Road(database, nlu(away), doors=OFF)

    answers = await there.talk("지금 죽고 싶어요")

    assert not any(text.startswith(OFF_1) for text in answers)
    assert any("109" in text for text in answers)
    assert (await there.conversation()).state is ConversationState.QUEUED


async def test_who_waits_keeps_the_place_and_who_has_a_counselor_goes_on(
    database: Database,
) -> None:
    road, me = Road(database, nlu(away)), await counselor(database)
    await road.talk("상담사랑 얘기하고 싶어요")
    before = await road.conversation()
    road.doors = OFF

    [answer] = await road.talk("아직 여기 있어요", now=SOON + 5 * SECOND)
    waiting = await road.conversation()
    now = SOON + 9 * SECOND
    talk = await queue.claim(database, NOTICES, me, waiting.id, version=waiting.version, now=now)
    await queue.say(
        database,
        NOTICES,
        me,
        talk.id,
        epoch=talk.epoch,
        text="저 여기 있어요.",
        key=uuid4(),
        now=now,
    )
    while await road.deliver(now):
        pass

    assert not answer.startswith(OFF_1)
    assert (waiting.state, waiting.queued_at) == (ConversationState.QUEUED, before.queued_at)
    assert road.channel.sent[-1][1].text == "저 여기 있어요."
    assert await road.talk("고마워요", now=now + SECOND) == []


async def test_who_is_watched_and_who_wants_everything_gone_are_answered_as_ever(
    road: Road,
) -> None:
    watched = await road.talk("누가 보고 있어")
    asked = await road.talk("지워줘", now=SOON + 5 * SECOND)

    assert not any(text.startswith((OFF_1, OFF_2)) for text in (*watched, *asked))
    assert len(asked) == 1


async def test_on_again_it_begins_as_on_the_first_day(road: Road) -> None:
    await road.talk("안녕하세요")
    road.doors = Doors()

    answers = await road.talk("안녕하세요", now=SOON + 5 * SECOND)

    assert answers[0] == CONTENT_FILES.sentence("intro.1", Language.KO)


async def test_where_nothing_else_is_open_the_numbers_stand_alone(road: Road) -> None:
    road.doors = replace(OFF, open=[], address="")

    assert await road.talk("안녕하세요") == [OFF_1]

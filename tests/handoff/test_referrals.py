"""Help with removal and reports to the police are counted when they happen, without anybody."""

from uuid import uuid4

import pytest

from bot.dialogue.content import FOLDER, load_content
from handoff import queue, reporting
from handoff.errors import NotOwner
from handoff.referrals import names_removal
from storage.database import Database
from storage.records import TRAINING, AskReason, Conversation, Language, Staff
from tests.bot.road import Road, nlu, understood
from tests.factories import NOON, talk_of
from tests.handoff.conftest import NOTICES, claimed, counselor, waiting
from tests.handoff.test_reporting import asked_for, led, supervisor
from tests.handoff.test_tally import counted


async def say(database: Database, owner: Staff, talk: Conversation, text: str) -> None:
    await queue.say(
        database, NOTICES, owner, talk.id, epoch=talk.epoch, text=text, key=uuid4(), now=NOON
    )


@pytest.mark.parametrize(
    "text",
    [
        "d4u.stop.or.kr 에서 도와줘요",
        "1366에 전화하면 사진을 지우는 걸 도와줘요",
        "Take It Down helps if you were under 18",
        "02-735-8994 여기는 24시간이에요",
    ],
)
def test_words_that_name_help_with_removal_are_known(text: str) -> None:
    assert names_removal(text)


@pytest.mark.parametrize(
    "text", ["1366에 전화할 수 있어요", "지워줘", "사진을 삭제했어요", "21366 지우기", ""]
)
def test_other_words_are_not_counted_as_help_with_removal(text: str) -> None:
    assert not names_removal(text)


def test_the_bots_own_steps_for_removal_name_that_help_in_both_languages() -> None:
    content = load_content(FOLDER)
    for language in Language:
        assert names_removal(content.reply("removal.1", language).text)
        assert names_removal(content.reply("removal.3", language).text)


async def test_a_counselors_word_of_help_with_removal_is_counted_once(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database))
    key = uuid4()
    for _ in range(2):  # sent again after a lost connection
        await queue.say(
            database, NOTICES, owner, talk.id, epoch=talk.epoch, text="d4u.stop.or.kr", key=key,
            now=NOON,
        )  # fmt: skip
    await say(database, owner, talk, "오늘은 어땠어요?")
    assert (await counted(database))["deletions"] == {("all", "by_counselor"): 1}


async def test_the_bots_way_to_help_with_removal_is_counted(database: Database) -> None:
    road = Road(database, nlu(lambda _: understood("removal")))
    answers = await road.talk("사진을 지우고 싶어요")
    assert any(names_removal(one) for one in answers)
    assert (await counted(database))["deletions"] == {("all", "by_bot"): 1}


async def test_a_practice_talk_counts_no_help(database: Database) -> None:
    owner = await counselor(database)
    practice = await talk_of(database, channel=TRAINING)
    async with database.transaction() as session:
        asked = await queue.ask(session, practice, reason=AskReason.REQUESTED, now=NOON)
    talk = await claimed(database, owner, asked)
    await say(database, owner, talk, "d4u.stop.or.kr")
    assert "deletions" not in await counted(database)


async def test_each_step_of_a_report_is_counted_as_it_is_taken(database: Database) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    await asked_for(database, owner, talk)
    await reporting.notice(database, owner, talk.id, now=NOON)  # again: it changes nothing
    assert (await counted(database))["reports"] == {("begun", "all"): 1}
    await reporting.decide(database, above, talk.id, sign=False, now=NOON)
    await reporting.ask(database, owner, talk.id, now=NOON)
    await reporting.decide(database, above, talk.id, sign=True, now=NOON)
    await reporting.file(database, owner, talk.id, receipt="2026-123", now=NOON)
    assert (await counted(database))["reports"] == {
        ("begun", "all"): 1, ("signed", "all"): 1, ("filed", "all"): 1,
    }  # fmt: skip


async def test_a_step_that_is_refused_counts_nothing(database: Database) -> None:
    _, talk = await led(database)
    stranger = await counselor(database, "이슬")
    with pytest.raises(NotOwner):
        await reporting.notice(database, stranger, talk.id, now=NOON)
    assert "reports" not in await counted(database)

"""What a supervisor sees and decides, from the young person's message to the console's frame."""

import json
from datetime import timedelta

from bot.dialogue.service import Service
from bot.notices import ContentNotices
from handoff import look, queue, supervising
from handoff.summaries import nothing
from handoff.view import View
from storage.database import Database
from storage.records import ConversationState, Risk, Role
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu
from tests.handoff.conftest import counselor, member

NOTICES = ContentNotices(CONTENT_FILES)
MINUTE = timedelta(minutes=1)


async def test_danger_written_in_a_led_talk_alarms_its_owner_and_every_supervisor(
    database: Database,
) -> None:
    road = Road(database, nlu(away))
    owner = await counselor(database)
    chief = (await member(database, "솔", role=Role.SUPERVISOR)).staff
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await queue.claim_next(database, NOTICES, owner, now=SOON)
    assert talk is not None
    watched = {"counselors": {owner.id, chief.id}, "sessions": set[object](), "supervised": True}
    before = await look.take(database, {}, None, now=SOON, **watched)  # type: ignore[arg-type]
    mine, theirs = View(database, owner, nothing), View(database, chief, nothing)
    mine.heads(before)
    theirs.heads(before)

    answers = await road.talk("지금 죽으려고 약을 먹었어요", now=SOON + MINUTE)

    after = await look.take(database, {}, before, now=SOON + MINUTE, **watched)  # type: ignore[arg-type]
    told = [json.loads(one) for one in theirs.heads(after)]
    alarms = [one for one in told if one["type"] == "alarm"]
    changed = [json.loads(one) for one in mine.heads(after)]
    # Only what was said before is sent now: the bot is silent, the counselor answers.
    assert answers == [CONTENT_FILES.sentence("joined.1", talk.language)]
    assert [(one["conversation"], one["risk"], one["owner"]) for one in alarms] == [
        (str(talk.id), Risk.IMMINENT, str(owner.id))
    ]
    assert "죽" not in json.dumps(told, ensure_ascii=False)
    assert [one["changed"][0]["risk"] for one in changed if one["type"] == "talks"] == [3]


async def test_who_was_ended_as_abuse_still_reaches_the_crisis_path(database: Database) -> None:
    road = Road(database, nlu(away))
    owner = await counselor(database)
    chief = (await member(database, "솔", role=Role.SUPERVISOR)).staff
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await queue.claim_next(database, NOTICES, owner, now=SOON)
    assert talk is not None
    ended = await supervising.close_abuse(
        database, NOTICES, chief, talk.id, epoch=talk.epoch, seen=99, now=SOON
    )

    answers = await road.talk("죽고 싶어요", now=SOON + MINUTE)

    again = await road.conversation()
    assert ended.state is ConversationState.CLOSED
    assert again.id != talk.id
    assert again.state is ConversationState.QUEUED
    assert any("109" in one for one in answers)
    assert "112" in NOTICES.stopped(again.language).text


async def test_who_asks_while_nobody_is_here_is_told_and_waits_all_the_same(
    database: Database,
) -> None:
    road = Road(database, nlu(away), service=Service(hours="{}"))

    answers = await road.talk("상담사랑 얘기하고 싶어요")

    talk = await road.conversation()
    assert talk.state is ConversationState.QUEUED
    assert CONTENT_FILES.sentence("away_long.1", talk.language) in answers

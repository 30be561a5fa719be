"""What cannot be answered: a person, or set aside with an alarm; nobody else waits for it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from bot import event_body
from bot.channels.web.frames import TEXT_LIMIT
from bot.messages import MessageKind
from storage import crashes, inbox, tables
from storage.database import Database
from storage.inbox import EventState
from storage.keyring import Purpose
from storage.records import AskReason, ConversationState, InboxEvent, Risk, Speaker
from tests.bot.road import CONTENT_FILES, SOON, Road, nlu, said, understood
from tests.factories import NOON

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=15)


def greeting(_: httpx.Request) -> httpx.Response:
    return understood("greet")


def broken(_: httpx.Request) -> httpx.Response:
    raise RuntimeError("not what a service does")


async def _outcomes(database: Database) -> list[tuple[str, str, bool]]:
    """State, code and whether the body is gone of each event, in order of arrival."""
    table = tables.inbox
    async with database.reading() as session:
        rows = await session.execute(select(table).order_by(table.c.position))
        return [(row.state, row.code, row.body_ct is None) for row in rows]


async def _heard_raw(database: Database, *bodies: str) -> None:
    """Deliveries with bodies that no version of ours wrote."""
    account = said("").account
    events = [InboxEvent("fake", f"raw-{n}", account, body) for n, body in enumerate(bodies)]
    async with database.transaction() as session:
        await inbox.accept(session, database.vault, events, now=NOON)


async def _spoken(road: Road) -> Sequence[str]:
    lines = await road.lines(await road.conversation())
    return [line.text for line in lines if line.speaker is Speaker.PERSON]


async def _tried(road: Road, times: int, *, since: datetime = SOON) -> None:
    for number in range(times):
        await road.answer(since + number * timedelta(minutes=2))


@pytest.mark.parametrize(
    "body",
    ["", "{}", "[]", "null", '{"kind": "unheard of"}', "[" * 100_000],
    ids=["empty", "object", "list", "null", "kind", "deep"],
)
async def test_an_event_that_cannot_be_read_is_set_aside_and_the_rest_is_answered(
    database: Database, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("안녕"))
    await _heard_raw(database, body)
    await road.hear(said("저기요"))

    await road.answer()

    assert await _spoken(road) == ["안녕", "저기요"]
    assert await road.deliver()
    done = (EventState.DONE, "", True)
    assert await _outcomes(database) == [done, (EventState.DEAD, "body", False), done]
    assert "event is dead" in caplog.messages


@pytest.mark.parametrize(
    ("name", "value"),
    [("text", 5), ("text", None), ("reply_token", 7), ("sent_at", "2026-11-25T12:00:00")],
)
async def test_an_event_of_wrong_types_is_set_aside(
    database: Database, name: str, value: object
) -> None:
    fields = json.loads(event_body.dump(said("안녕")))
    await _heard_raw(database, json.dumps({**fields, name: value}))

    await Road(database, nlu(greeting)).answer()

    assert await _outcomes(database) == [(EventState.DEAD, "body", False)]


async def test_a_person_with_nothing_but_unreadable_events_is_heard_again(
    database: Database,
) -> None:
    road = Road(database, nlu(greeting))
    await _heard_raw(database, "{}")
    await road.answer()

    assert await road.talk("안녕하세요", now=SOON + HOUR)


async def test_a_turn_given_to_a_person_is_done_with_and_in_the_transcript_once(
    database: Database,
) -> None:
    road = Road(database, nlu(broken))
    await road.hear(said("하나"))
    await _tried(road, inbox.MAX_ATTEMPTS - 1)
    await road.hear(said("둘"), now=SOON)  # has not failed eight times itself
    await _tried(road, 1, since=SOON + HOUR)

    await _tried(road, 9, since=SOON + 2 * HOUR)

    assert await _spoken(road) == ["하나", "둘"]
    assert await _outcomes(database) == [(EventState.DONE, "given", True)] * 2


async def test_what_not_even_a_person_can_be_given_is_set_aside_and_what_follows_is_answered(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("안녕")
    person = (await road.conversation()).contact_id
    await database.vault.destroy_data_key(person)
    await road.hear(said("하나"))
    await _tried(road, inbox.MAX_ATTEMPTS, since=SOON + HOUR)
    await database.vault.make_data_key(person, Purpose.WRAP_CONTACT, now=NOON)

    answers = await road.talk("안녕하세요", now=SOON + 3 * HOUR)

    assert answers
    states = [(state, code) for state, code, _ in await _outcomes(database)]
    assert states[-2:] == [(EventState.DEAD, "not_given"), (EventState.DONE, "")]
    assert "not given to a person" in caplog.messages
    assert "canary" not in caplog.text


async def test_an_outage_of_the_keys_is_no_failure_of_a_turn(
    database: Database, keyless: Database
) -> None:
    road, away = Road(database, nlu(greeting)), Road(keyless, nlu(greeting))
    await road.hear(said("안녕하세요"))
    await _tried(away, 2 * inbox.MAX_ATTEMPTS)

    await road.answer(SOON + 3 * HOUR)

    assert (await road.conversation()).state is ConversationState.BOT
    assert await _outcomes(database) == [(EventState.DONE, "", True)]


async def test_a_turn_that_waits_for_the_keys_is_tried_within_a_minute_of_their_return(
    database: Database, keyless: Database
) -> None:
    road, away = Road(database, nlu(greeting)), Road(keyless, nlu(greeting))
    await road.hear(said("안녕하세요"))
    soon, late = SOON + timedelta(seconds=2), SOON + HOUR
    assert await away.answer(SOON)
    assert await away.answer(soon)
    assert await away.answer(late)

    assert not await road.answer(late + timedelta(seconds=59))
    assert await road.answer(late + timedelta(seconds=60))


async def _died_over(road: Road, times: int) -> datetime:
    """Workers that take the turn and are killed; returns when it is free again."""
    for number in range(times):
        assert await road.engine.take(SOON + number * crashes.LONGEST_LEASE, 1)
    return SOON + times * crashes.LONGEST_LEASE


async def test_a_turn_that_kills_its_workers_goes_to_a_person_without_the_dialogue(
    database: Database,
) -> None:
    asked: list[httpx.Request] = []

    def listening(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return understood("greet")

    road = Road(database, nlu(listening))
    await road.hear(said("이상한 말"), said("그 다음 말"))
    free = await _died_over(road, 6)

    await road.answer(free)
    while await road.deliver(free):
        pass

    talk = await road.conversation()
    assert asked == []
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.FAILURE)
    assert await _spoken(road) == ["이상한 말"]
    sorry = CONTENT_FILES.reply("failure.1", talk.language).text
    assert [reply.text for _, reply, _ in road.channel.sent] == [sorry]
    await road.answer(free)
    assert await _spoken(road) == ["이상한 말", "그 다음 말"]


async def test_a_worker_that_died_twice_is_followed_by_a_usual_answer(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("안녕하세요"))
    free = await _died_over(road, 2)

    await road.answer(free)

    assert (await road.conversation()).state is ConversationState.BOT


async def test_a_turn_that_kills_even_then_is_set_aside(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("이상한 말"), said("안녕하세요"))
    free = await _died_over(road, crashes.CRASH_TRIES)

    await road.answer(free)

    assert await _spoken(road) == ["안녕하세요"]
    assert (await _outcomes(database))[0] == (EventState.DEAD, "crash", False)


async def test_danger_in_a_turn_that_fails_is_seen(database: Database) -> None:
    road = Road(database, nlu(broken))
    message = said("지금 죽고 싶은데 이것도 들어 주세요 그리고 딴 얘기도요")
    await road.hear(message)

    await _tried(road, 9)

    assert (await road.conversation()).risk >= Risk.HIGH


async def test_danger_at_the_end_of_the_longest_message_that_fails_is_seen(
    database: Database,
) -> None:
    road, danger = Road(database, nlu(broken)), " 지금 죽고 싶은데 이것도 들어 주세요"
    talk = "오늘 급식 맛있었어 " * TEXT_LIMIT
    await road.hear(said(talk[: TEXT_LIMIT - len(danger)] + danger))

    await _tried(road, 9)

    assert (await road.conversation()).risk >= Risk.HIGH


async def test_words_taken_back_are_blank_in_a_turn_given_to_a_person(database: Database) -> None:
    road = Road(database, nlu(greeting))
    spoken = replace(said("이건 지울래"), message_id="m1")
    await road.hear(spoken)
    await road.answer()
    await road.hear(replace(said("", kind=MessageKind.UNSEND), refers_to="m1"))
    free = await _died_over(road, 6)

    await road.answer(free)

    assert "이건 지울래" not in await _spoken(road)


async def test_who_left_in_a_turn_given_to_a_person_is_noted_as_gone(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("안녕하세요"))
    await road.answer()
    await road.hear(said("", kind=MessageKind.LEAVE))
    free = await _died_over(road, 6)

    await road.answer(free)

    async with database.reading() as session:
        gone_at = (await session.execute(select(tables.contacts.c.gone_at))).scalar_one()
    assert gone_at is not None

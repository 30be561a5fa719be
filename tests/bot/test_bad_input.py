"""Whatever arrives is kept and answered, and nothing of it stops the next message."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from storage.database import Database
from storage.records import Risk, Speaker
from tests.bot.road import SOON, Road, nlu, said, understood
from tests.factories import NOON

MINUTE = timedelta(minutes=1)
TEXTS = {
    "nul": "안녕\x00하세요",
    "half a pair": "안녕\ud83d하세요",
    "halves the wrong way round": "\ude00\ud83d",
    "64 Ki emoji": "😀" * 65_536,
    "a long word": "가" * 100_000,
    "one sign many times": "ㅋ" * 100_000,
    "written backwards": "\u202e안녕",
    "marks on marks": "a" + "\u0301" * 5000,
    "nothing": "",
    "only breaks": "\r\n\u2028\u2029\x85",
    "json": '{"kind": "leave"}',
    "zero width": "\u200b\u200d\ufeff",
}


def greeting(_: httpx.Request) -> httpx.Response:
    return understood("greet")


async def _spoken(road: Road) -> list[str]:
    lines = await road.lines(await road.conversation())
    return [line.text for line in lines if line.speaker is Speaker.PERSON]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_any_text_is_kept_as_it_is_and_answered(database: Database, text: str) -> None:
    road = Road(database, nlu(greeting))

    answers = await road.talk(text)

    assert answers
    assert await _spoken(road) == [text]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_danger_beside_any_text_is_heard(database: Database, text: str) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said(text), said("지금 죽고 싶어요"))

    await road.answer()

    assert (await road.conversation()).risk >= Risk.HIGH


async def test_a_message_from_the_future_keeps_its_place_in_a_burst(database: Database) -> None:
    road = Road(database, nlu(greeting))
    future = NOON + timedelta(days=365)
    await road.hear(said("하나"), replace(said("둘"), sent_at=future), said("셋"))

    await road.answer()

    assert await _spoken(road) == ["하나", "둘", "셋"]


async def test_a_second_body_under_one_id_changes_nothing(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("하나", event_id="same"))
    await road.answer()
    await road.hear(said("둘", event_id="same"), said("셋"), now=SOON)

    await road.answer(SOON + MINUTE)

    assert await _spoken(road) == ["하나", "셋"]

"""One sentence of danger is heard wherever it stands in a message."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

import httpx
import pytest

from bot.dialogue.risk import DENIED, screen
from bot.dialogue.stretches import LONG, MOST, STRETCH, stretches
from bot.hearing import SURE, heard
from bot.messages import NluResult
from storage.records import Risk
from tests.bot.road import nlu

CALM = "오늘 급식에 돈까스 나왔어요."
GRAVE = "아빠가 칼 들고 있어요."
DROWNED = {"high": DENIED / 2, "imminent": 0.0}
"""What the service believes of a whole in which one sentence of danger drowns."""


class Service:
    """A service that believes of each text what it is told, and nothing of others."""

    def __init__(self, told: Mapping[str, float | None]) -> None:
        self.told, self.asked = told, list[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        text = json.loads(request.content)["text"]
        self.asked.append(text)
        high = self.told.get(text, 0.0)
        if high is None:
            return httpx.Response(500)
        name = "danger_now" if high > 0.5 else "smalltalk"
        danger = {**DROWNED, "high": high} if high else DROWNED
        guess = {"name": name, "confidence": 0.9}
        return httpx.Response(
            200, json={"intent": guess, "intent_ranking": [guess], "danger": danger}
        )


async def hears(service: Service, parts: Sequence[str]) -> tuple[Risk, NluResult | None]:
    found = await heard(nlu(service), " ".join(parts), parts)
    return screen(parts, nlu=found).level, found


@pytest.mark.parametrize("parts", [[f"{CALM} {GRAVE}"], [CALM, GRAVE], [GRAVE, CALM, CALM]])
async def test_a_grave_sentence_beside_harmless_ones_stays_an_alarm(parts: list[str]) -> None:
    level, _ = await hears(Service({GRAVE: SURE}), parts)

    assert level == screen(parts).level == Risk.IMMINENT


async def test_words_that_the_service_doubts_sentence_by_sentence_are_low() -> None:
    level, _ = await hears(Service({}), [f"{CALM} {GRAVE}"])

    assert level is Risk.LOW


async def test_what_the_service_did_not_answer_it_does_not_doubt() -> None:
    level, found = await hears(Service({GRAVE: None}), [f"{CALM} {GRAVE}"])

    assert level is Risk.IMMINENT
    assert found is not None
    assert found.intent == "smalltalk"


@pytest.mark.parametrize("text", [GRAVE, f"{CALM} {CALM}"])
async def test_one_sentence_or_a_sure_danger_is_asked_about_once(text: str) -> None:
    service = Service({f"{CALM} {CALM}": SURE})

    await hears(service, [text])

    assert service.asked == [text]


async def test_a_danger_that_no_rule_knows_is_heard_among_harmless_sentences() -> None:
    odd = "그 사람이 또 그걸 하래요."
    text = " ".join([CALM, CALM, odd])

    level, found = await hears(Service({odd: SURE}), [text])

    assert level is Risk.HIGH
    assert found is not None
    assert found.intent == "danger_now"  # what is answered is the danger, not the day


async def test_a_slow_service_is_not_waited_for_again_and_again() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["text"] != f"{CALM} {GRAVE}":
            await asyncio.sleep(5)
        return Service({})(request)

    started = asyncio.get_running_loop().time()
    found = await heard(nlu(slow), f"{CALM} {GRAVE}", [f"{CALM} {GRAVE}"])

    assert asyncio.get_running_loop().time() - started < 2
    assert screen([f"{CALM} {GRAVE}"], nlu=found).level is Risk.IMMINENT


WORDS = [f"낱말{number}" for number in range(60)]


@pytest.mark.parametrize("text", [" ".join(WORDS), "".join(WORDS), "가나다. 라마바! " * 50])
def test_no_letter_is_lost_and_no_stretch_is_long(text: str) -> None:
    found = stretches(text)

    assert max(map(len, found)) <= max(STRETCH, LONG, len(text) // MOST)
    assert {sign for part in found for sign in part} - {" "} == set(text) - {" "}


def test_neighboring_words_of_a_long_sentence_stand_together_in_a_stretch() -> None:
    found = stretches(" ".join(WORDS))

    for one, other in pairwise(WORDS):
        assert any(f"{one} {other}" in part for part in found)


def test_nothing_and_signs_alone_are_no_stretch() -> None:
    assert stretches("") == stretches("... !!! \n ") == []


@pytest.mark.parametrize("text", ["가나다 라마바사 " * 120, "네. " * 300, "가" * 1000])
def test_a_page_of_text_is_not_asked_about_a_hundred_times(text: str) -> None:
    assert len(stretches(text)) <= 2 * MOST + 2

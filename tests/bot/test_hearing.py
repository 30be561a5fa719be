"""One sentence of danger is heard wherever it stands in a message."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

import httpx
import pytest

from bot.dialogue.risk import screen
from bot.dialogue.stretches import LONG, MOST, STRETCH, stretches
from bot.hearing import SURE, WAIT, closely, heard
from bot.messages import NluResult
from storage.records import Risk
from tests.bot.road import nlu

CALM = "오늘 급식에 돈까스 나왔어요."
GRAVE = "아빠가 칼 들고 있어요."
ODD = "그 사람이 또 그걸 하래요."
"""What no rule knows."""
DROWNED = {"high": 0.01, "imminent": 0.0}
"""What the service believes of a whole in which one sentence of danger drowns."""


class Service:
    """A service that believes of each text what it is told, and nothing of others."""

    def __init__(
        self, told: Mapping[str, float | None], names: Mapping[str, str] | None = None
    ) -> None:
        self.told, self.names, self.asked = told, names or {}, list[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        text = json.loads(request.content)["text"]
        self.asked.append(text)
        high = self.told.get(text, 0.0)
        if high is None:
            return httpx.Response(500)
        name = self.names.get(text, "danger_now" if high > 0.5 else "smalltalk")
        danger = {**DROWNED, "high": high} if high else DROWNED
        guess = {"name": name, "confidence": 0.9}
        return httpx.Response(
            200, json={"intent": guess, "intent_ranking": [guess], "danger": danger}
        )


async def hears(service: Service, parts: Sequence[str]) -> tuple[Risk, NluResult | None]:
    found = await heard(nlu(service), parts)
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


async def test_what_was_heard_before_the_service_failed_counts() -> None:
    service = Service({ODD: SURE, CALM: None})

    level, _ = await hears(service, [f"{ODD} {CALM} {CALM}"])

    assert level is Risk.HIGH
    assert service.asked[1:] == [ODD, CALM]  # who fails is left alone


async def test_a_filler_that_says_nothing_is_not_asked_about() -> None:
    service = Service({ODD: SURE})

    level, _ = await hears(service, [f"\u3164. {ODD} {CALM}"])

    assert level is Risk.HIGH
    assert "\u3164." not in service.asked


@pytest.mark.parametrize("place", [f"{CALM} {ODD}", ODD])
async def test_who_says_that_somebody_watches_is_answered_so(place: str) -> None:
    text = f"{CALM} {ODD}"

    _, found = await hears(Service({ODD: SURE}, {place: "watched"}), [text])

    assert found is not None
    assert found.danger is not None
    assert found.danger.high == DROWNED["high"]  # no number on a screen that somebody else sees


async def test_a_friend_who_worries_is_answered_as_a_friend() -> None:
    text = f"{CALM} {ODD}"

    level, found = await hears(Service({ODD: SURE}, {text: "worried_friend"}), [text])

    assert level is Risk.HIGH
    assert found is not None
    assert found.intent == "worried_friend"


async def test_in_a_hurry_nothing_more_is_asked_and_nothing_doubted() -> None:
    service = Service({})
    text = f"{CALM} {GRAVE}"

    whole = await nlu(service).parse(text)
    found = await closely(nlu(service), whole, [text], hurried=True)

    assert service.asked == [text]
    assert screen([text], nlu=found).level is Risk.IMMINENT


@pytest.mark.parametrize("text", [GRAVE, f"{CALM} {CALM}"])
async def test_one_sentence_or_a_sure_danger_is_asked_about_once(text: str) -> None:
    service = Service({f"{CALM} {CALM}": SURE})

    await hears(service, [text])

    assert service.asked == [text]


async def test_a_danger_that_no_rule_knows_is_heard_among_harmless_sentences() -> None:
    level, found = await hears(Service({ODD: SURE}), [" ".join([CALM, CALM, ODD])])

    assert level is Risk.HIGH
    assert found is not None
    assert found.intent == "danger_now"  # what is answered is the danger, not the day


async def test_a_slow_service_is_not_waited_for_again_and_again() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["text"] != f"{CALM} {GRAVE}":
            await asyncio.sleep(5)
        return Service({})(request)

    started = asyncio.get_running_loop().time()
    found = await heard(nlu(slow), [f"{CALM} {GRAVE}"])

    assert asyncio.get_running_loop().time() - started < 2
    assert screen([f"{CALM} {GRAVE}"], nlu=found).level is Risk.IMMINENT


async def test_where_nobody_waits_all_stretches_are_heard_however_slow() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["text"] != f"{CALM} {CALM}":
            await asyncio.sleep(WAIT * 0.7)
        return Service({})(request)

    in_a_turn = await heard(nlu(slow), [f"{CALM} {CALM}"])
    unhurried = await heard(nlu(slow), [f"{CALM} {CALM}"], wait=30)

    doubts = [one and one.danger and one.danger.doubts for one in (in_a_turn, unhurried)]
    assert doubts == [False, True]


WORDS = [f"낱말{number}" for number in range(60)]


@pytest.mark.parametrize("text", [" ".join(WORDS), "".join(WORDS), "가나다. 라마바! " * 50])
def test_no_stretch_is_long(text: str) -> None:
    assert max(map(len, stretches(text))) <= max(STRETCH, LONG, len(text) // MOST)


def test_no_word_is_lost() -> None:
    assert {word for part in stretches(" ".join(WORDS)) for word in part.split()} == set(WORDS)
    assert stretches("가나다. 라마바! 사아") == ["가나다.", "라마바!", "사아"]


def test_stretches_of_a_text_without_spaces_overlap() -> None:
    found = [part.split() for part in stretches("".join(WORDS))]

    assert all(one[-1] == other[0] for one, other in pairwise(found))


@pytest.mark.parametrize("end", ["요", "요.", "ㅋㅋ", "ㅠㅠㅠ", "。"])
def test_a_sentence_ends_where_children_end_it(end: str) -> None:
    assert stretches(f"밥 먹었어{end} 아빠가 때려") == [f"밥 먹었어{end}", "아빠가 때려"]


def test_neighboring_words_of_a_long_sentence_stand_together_in_a_stretch() -> None:
    found = stretches(" ".join(WORDS))

    for one, other in pairwise(WORDS):
        assert any(f"{one} {other}" in part for part in found)


def test_nothing_and_signs_alone_are_no_stretch() -> None:
    assert stretches("") == stretches("... !!! \n ") == []


@pytest.mark.parametrize("text", ["가나다 라마바사 " * 120, "네. " * 300, "가" * 1000])
def test_a_page_of_text_is_not_asked_about_a_hundred_times(text: str) -> None:
    assert len(stretches(text)) <= 2 * MOST + 2

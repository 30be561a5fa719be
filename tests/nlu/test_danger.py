"""Floors of the risk screen with the real language service; first-sight figures: docs/risk.md."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from bot.dialogue.risk import screen
from bot.hearing import heard
from bot.messages import NluResult
from bot.nlu_client import NluClient, says_something
from storage.records import Risk
from tests.rasa_process import NLU, RasaProcess

pytestmark = pytest.mark.rasa

UNHURRIED = 60.0  # seconds for the stretches of one message
SETS = ("stranger", "everyday")

Found = list[tuple[Risk, Risk]]
"""How soon a person must look, and what the screen says, for each sentence."""


@pytest.fixture(scope="module", params=SETS)
def found(rasa_service: RasaProcess, request: pytest.FixtureRequest) -> Found:
    return asyncio.run(screened(rasa_service, told_in(NLU / f"tests/{request.param}.jsonl")))


@pytest.fixture(scope="module")
def of_strangers(rasa_service: RasaProcess) -> Found:
    return asyncio.run(screened(rasa_service, told_in(NLU / "tests/stranger.jsonl")))


def told_in(path: Path) -> list[dict[str, str]]:
    """Return the sentences of a file, one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def screened(rasa: RasaProcess, told: Sequence[Mapping[str, str]]) -> Found:
    """Return for each sentence how soon a person must look, and what the screen says."""
    return judged(told, await answers(rasa, told))


async def answers(
    rasa: RasaProcess, told: Sequence[Mapping[str, str]]
) -> Sequence[NluResult | None]:
    """Return what the service says of each sentence."""
    async with httpx.AsyncClient(base_url=rasa.url) as http:
        client = NluClient(http, rasa.token, patient=True)
        return [await _heard(client, one["text"]) for one in told]


def judged(
    told: Sequence[Mapping[str, str]],
    answered: Sequence[NluResult | None],
    *,
    after: Sequence[str] = (),
) -> Found:
    """Return how soon a person must look, and what the screen says after earlier messages."""
    return [
        (Risk[one["risk"].upper()], screen([one["text"]], nlu=nlu, recent=after).level)
        for one, nlu in zip(told, answered, strict=True)
    ]


async def _heard(client: NluClient, text: str) -> NluResult | None:
    """Ask without haste: what is understood is measured here, not when."""
    return await heard(client, [text], wait=UNHURRIED) if says_something(text) else None


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def test_strangers_in_danger_raise_the_alarm(found: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in found if risk >= Risk.HIGH]) >= 0.95


def test_imminent_danger_of_strangers_is_imminent(found: Found) -> None:
    assert share([said is Risk.IMMINENT for risk, said in found if risk is Risk.IMMINENT]) >= 0.9


def test_half_of_the_alarms_are_right(found: Found) -> None:
    assert share([risk >= Risk.HIGH for risk, said in found if said >= Risk.HIGH]) >= 0.5


def test_few_harmless_sentences_of_strangers_raise_the_alarm(of_strangers: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in of_strangers if risk is Risk.NONE]) <= 0.05


def test_harmless_sentences_with_words_of_danger_seldom_do(found: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in found if risk is Risk.NONE]) <= 0.10


CALM = [
    "오늘 급식에 돈까스 나왔어요.",
    "수학 시간에 졸다가 걸렸어요.",
    "집에 와서 강아지 산책시켰어요.",
]
GRAVE = [
    "아빠가 칼 들고 있어요.",
    "손목 그었어요.",
    "저 죽으려고 약 모으고 있어요.",
    "밖에 그 사람이 와 있어요.",
    "사진 안 보내면 다 뿌린대요.",
    "가출했는데 어떤 오빠가 재워준대요.",
]


UNKNOWN = "아는 언니가 소개해준 일인데 밤에 나가야 하고 돈을 먼저 줬어요."


@pytest.mark.parametrize("before", range(len(CALM) + 1))
@pytest.mark.parametrize("grave", GRAVE)
def test_one_sentence_of_danger_is_heard_among_harmless_ones(
    rasa_service: RasaProcess, grave: str, before: int
) -> None:
    text = " ".join([*CALM[:before], grave, *CALM[before:]])

    assert asyncio.run(_closely_screened(rasa_service, text)) >= Risk.HIGH


@pytest.mark.parametrize("before", range(len(CALM) + 1))
def test_a_danger_that_no_rule_knows_is_heard_among_harmless_sentences(
    rasa_service: RasaProcess, before: int
) -> None:
    text = " ".join([*CALM[:before], UNKNOWN, *CALM[before:]])
    assert screen([text]).level < Risk.HIGH

    assert asyncio.run(_closely_screened(rasa_service, text)) >= Risk.HIGH


def test_a_message_about_a_day_is_no_danger(rasa_service: RasaProcess) -> None:
    assert asyncio.run(_closely_screened(rasa_service, " ".join(CALM * 3))) is Risk.NONE


async def _closely_screened(rasa: RasaProcess, text: str) -> Risk:
    async with httpx.AsyncClient(base_url=rasa.url) as http:
        found = await _heard(NluClient(http, rasa.token, patient=True), text)
    assert found is not None
    return screen([text], nlu=found).level

"""The issue's own goals for the risk screen, over the sets of all hands that nobody learned from.

Of the sentences that are not imminent, which are most, every fourth is asked: it takes minutes.
First-sight figures of each set, and by hand: docs/risk.md.
"""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from bot.messages import NluResult
from storage.records import Risk
from tests.nlu.test_danger import Found, answers, judged, share, told_in
from tests.rasa_process import NLU, RasaProcess

pytestmark = pytest.mark.rasa

HANDS = sorted((NLU.parent / "tests/risk/lookalikes").glob("*.jsonl"))
EVERY = 4
SAID = ("안녕하세요", "오늘 급식 돈까스 나왔어요", "내일 비 온대요")

Asked = tuple[Sequence[Mapping[str, str]], Sequence[NluResult | None]]
"""Sentences, and what the service says of each."""


@pytest.fixture(scope="module")
def asked(rasa_service: RasaProcess) -> Asked:
    told = [one for path in HANDS for one in told_in(path)]
    imminent = [one for one in told if one["risk"] == "imminent"]
    others = [one for one in told if one["risk"] != "imminent"]
    chosen = [*imminent, *others[::EVERY]]
    return chosen, asyncio.run(answers(rasa_service, chosen))


@pytest.fixture(scope="module")
def found(asked: Asked) -> Found:
    return judged(*asked)


def test_imminent_danger_of_any_hand_is_imminent(found: Found) -> None:
    assert share([said is Risk.IMMINENT for risk, said in found if risk is Risk.IMMINENT]) >= 0.98


def test_danger_of_any_hand_raises_the_alarm(found: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in found if risk >= Risk.HIGH]) >= 0.95


def test_few_harmless_sentences_of_any_hand_raise_the_alarm(found: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in found if risk is Risk.NONE]) <= 0.03


def test_few_harmless_sentences_in_a_talk_raise_the_alarm(asked: Asked) -> None:
    found = judged(*asked, after=SAID)

    assert share([said >= Risk.HIGH for risk, said in found if risk is Risk.NONE]) <= 0.03


def test_danger_in_a_talk_raises_the_alarm(asked: Asked) -> None:
    found = judged(*asked, after=SAID)

    assert share([said >= Risk.HIGH for risk, said in found if risk >= Risk.HIGH]) >= 0.95

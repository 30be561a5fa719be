"""The issue's own goals for the risk screen, over the sets of all hands that nobody learned from.

Of the sentences that are not imminent, which are most, every fourth is asked: it takes minutes.
First-sight figures of each set, and by hand: docs/risk.md.
"""

import asyncio

import pytest

from storage.records import Risk
from tests.nlu.test_danger import Found, screened, share, told_in
from tests.rasa_process import NLU, RasaProcess

pytestmark = pytest.mark.rasa

HANDS = sorted((NLU.parent / "tests/risk/lookalikes").glob("*.jsonl"))
EVERY = 4


@pytest.fixture(scope="module")
def found(rasa_service: RasaProcess) -> Found:
    told = [one for path in HANDS for one in told_in(path)]
    imminent = [one for one in told if one["risk"] == "imminent"]
    others = [one for one in told if one["risk"] != "imminent"]
    return asyncio.run(screened(rasa_service, [*imminent, *others[::EVERY]]))


def test_imminent_danger_of_any_hand_is_imminent(found: Found) -> None:
    assert share([said is Risk.IMMINENT for risk, said in found if risk is Risk.IMMINENT]) >= 0.98


def test_danger_of_any_hand_raises_the_alarm(found: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in found if risk >= Risk.HIGH]) >= 0.95


def test_few_harmless_sentences_of_any_hand_raise_the_alarm(found: Found) -> None:
    assert share([said >= Risk.HIGH for risk, said in found if risk is Risk.NONE]) <= 0.03

"""When an intent is believed, and when a question costs less."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.abstain import STAKES, Belief, Stakes, believe, cost, stakes_of

DOMAIN = Path(__file__).resolve().parents[3] / "nlu/domain.yml"
INTENTS = ("self_harm", "sextortion", "loneliness", "erase", "smalltalk", "greet")


def test_a_sure_intent_is_believed() -> None:
    assert believe([("erase", 0.9), ("watched", 0.05)]) == Belief("erase")


def test_nothing_known_is_nothing_believed() -> None:
    assert believe([]) == Belief()


def test_a_flat_ranking_calls_for_an_open_question() -> None:
    assert believe([("erase", 0.2), ("greet", 0.15), ("sextortion", 0.15)]) == Belief()


def test_two_that_share_the_weight_call_for_a_choice() -> None:
    ranking = [("erase", 0.49), ("sextortion", 0.48)]

    assert believe(ranking) == Belief(between=("erase", "sextortion"))


def test_the_same_confidence_answers_small_talk_but_not_a_harm_that_may_be_a_crisis() -> None:
    assert believe([("smalltalk", 0.6), ("greet", 0.4)]) == Belief("smalltalk")
    assert believe([("smalltalk", 0.6), ("self_harm", 0.4)]).intent != "smalltalk"


def test_a_crisis_in_second_place_keeps_a_feeling_from_being_believed() -> None:
    assert believe([("loneliness", 0.8), ("self_harm", 0.2)]).intent != "loneliness"
    assert believe([("loneliness", 0.8), ("scared", 0.2)]) == Belief("loneliness")


def test_a_likely_crisis_is_believed_with_less_than_certainty() -> None:
    assert believe([("self_harm", 0.7), ("loneliness", 0.2)]) == Belief("self_harm")


def test_a_right_belief_costs_nothing_and_a_missed_crisis_most() -> None:
    assert cost(Belief("erase"), "erase") == 0
    for meant in INTENTS[1:]:
        assert cost(Belief("greet"), "self_harm") > max(
            cost(Belief(said), meant) for said in INTENTS
        )


@pytest.mark.parametrize(
    ("belief", "least", "most"),
    [
        (Belief(between=("erase", "greet")), "erase", "sextortion"),
        (Belief(), "erase", "self_harm"),
    ],
)
def test_a_question_costs_more_where_it_helps_less(belief: Belief, least: str, most: str) -> None:
    assert cost(belief, least) < cost(belief, most)


def test_every_intent_that_is_named_stands_in_the_domain() -> None:
    domain = set(re.findall(r"^  - (\w+)$", DOMAIN.read_text(encoding="utf-8"), re.MULTILINE))

    assert {intent for intents in STAKES.values() for intent in intents} <= domain
    assert stakes_of("erase") is Stakes.SERVICE


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=len(INTENTS)))
def test_no_other_belief_is_expected_to_cost_less(weights: list[float]) -> None:
    total = sum(weights)
    ranking = sorted(
        ((intent, w / total) for intent, w in zip(INTENTS, weights, strict=False)),
        key=lambda found: -found[1],
    )

    def expected(belief: Belief) -> float:
        return sum(p * cost(belief, meant) for meant, p in ranking)

    others = [Belief(intent) for intent, _ in ranking] + [Belief()]
    assert expected(believe(ranking)) <= min(map(expected, others)) + 1e-9

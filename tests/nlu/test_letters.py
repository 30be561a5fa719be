"""Letters alone tell a word that is merely unknown from one that is mistyped."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.nlu.conftest import component

KNOWN = (
    *("night", "light", "might", "sight", "fright", "tonight", "right", "bright"),
    *("ing", "going", "doing", "being", "seeing", "taking"),
)


@pytest.fixture(scope="module")
def letters() -> Iterator[Any]:
    with component("letters") as loaded:
        yield loaded.Letters(KNOWN)


@pytest.mark.parametrize(
    ("plausible", "mistyped"),
    [("flight", "flgiht"), ("lighting", "lightnig"), ("seeing", "seenig")],
)
def test_what_looks_like_known_words_costs_less(
    letters: Any, plausible: str, mistyped: str
) -> None:
    assert letters.surprise(plausible) < letters.surprise(mistyped)


def test_a_known_word_costs_less_than_the_same_one_cut_short(letters: Any) -> None:
    assert letters.surprise("tonight") < letters.surprise("tonigh")


@pytest.fixture(scope="module")
def few() -> Iterator[Any]:
    with component("letters") as loaded:
        yield loaded.Letters((*9 * ("ba",), "bo"))


def test_a_letter_costs_minus_the_logarithm_of_its_share_after_those_before_it(few: Any) -> None:
    assert few.surprise("ba") == pytest.approx(math.log(10 / 9), abs=1 / 16)


def test_where_four_letters_were_seen_once_three_tell_and_cost_more(few: Any) -> None:
    twice = 2 * math.log(2.5)  # Brants's 0.4, for the letter and for the end of the word

    assert few.surprise("bo") == pytest.approx(math.log(10) + twice, abs=1 / 16)


def test_a_letter_that_no_word_has_costs_more_than_the_rarest_that_one_has(few: Any) -> None:
    assert few.surprise("q") > few.surprise("o")


def test_each_letter_that_was_never_seen_costs_more(letters: Any) -> None:
    costs = [letters.surprise("q" * size) for size in range(1, 6)]

    assert costs == sorted(set(costs))


def test_who_knows_no_word_tells_nothing_apart() -> None:
    with component("letters") as loaded:
        letters = loaded.Letters([])

    assert letters.surprise("night") == letters.surprise("thgin")

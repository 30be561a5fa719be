"""The arithmetic behind the report and the gate, on numbers worked out by hand."""

from pathlib import Path
from typing import Any

import pytest

from tests.rasa_process import NLU, PYTHON, printed

pytestmark = pytest.mark.rasa

FIGURES = """
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import figures
from floors import Outcome, below
yes, no = np.array([True] * 10), np.array([True] * 4 + [False] * 6)
floors = {
    "set": {"a": {"file": "", "accuracy_ko": 0.7, "accuracy_en": 0.5}},
    "recall": {"default": {"least": 0.5}, "x": {"least": 0.9}},
}
told = [("ko", "x", "x"), ("ko", "x", "y"), ("ko", "y", "y"), ("en", "y", "y")]
print(json.dumps({
    "mcnemar": figures.mcnemar(yes, no),
    "even": figures.mcnemar(no, ~no),
    "interval": figures.interval(np.zeros(50), np.repeat([0, 1], 25)),
    "sure": figures.interval(np.zeros(50), np.zeros(50)),
    "reliability": figures.reliability(np.array([0.95, 0.95, 0.15, 1.0]), yes[:4] & no[2:6]),
    "error": figures.calibration_error([(0.9, 0.7, 1), (0.5, 0.5, 3)]),
    "f1": figures.macro_f1(np.array(["a", "a", "b"]), np.array(["a", "b", "b"])),
    "below": below(floors, [Outcome("a", *outcome) for outcome in told]),
    "nothing": below(floors, []),
}))
"""


@pytest.fixture(scope="module")
def worked() -> dict[str, Any]:
    if not PYTHON.exists():
        pytest.skip("nlu/.venv is missing: run make nlu")
    return printed(FIGURES, 120)


def test_six_against_none_is_what_the_binomial_says(worked: dict[str, Any]) -> None:
    assert worked["mcnemar"] == pytest.approx(2 / 2**6)
    assert worked["even"] == pytest.approx(2 * (1 + 10 + 45 + 120 + 210) / 2**10)


def test_an_interval_holds_the_share_and_a_sure_thing_has_none(worked: dict[str, Any]) -> None:
    low, high = worked["interval"]
    assert low < 0.5 < high
    assert worked["sure"] == [1.0, 1.0]


def test_confidence_is_compared_with_the_share_right(worked: dict[str, Any]) -> None:
    assert worked["reliability"] == [
        [pytest.approx(0.15), 0.0, 1],
        [pytest.approx((0.95 + 0.95 + 1.0) / 3), pytest.approx(2 / 3), 3],
    ]
    assert worked["error"] == pytest.approx(0.05)


def test_f1_is_the_mean_over_intents(worked: dict[str, Any]) -> None:
    assert worked["f1"] == pytest.approx(2 / 3)


def test_every_floor_that_is_missed_is_named(worked: dict[str, Any]) -> None:
    assert worked["below"] == ["a ko: 0.667 of 3, floor 0.70", "x: 0.500 of 2, floor 0.90"]


def test_a_set_that_nobody_answered_is_below_its_floor(worked: dict[str, Any]) -> None:
    assert worked["nothing"] == ["a ko: 0.000 of 0, floor 0.70", "a en: 0.000 of 0, floor 0.50"]


def test_the_page_shows_pictures_that_exist() -> None:
    docs = Path(NLU).parent / "docs"
    page = (docs / "nlu.md").read_text(encoding="utf-8")

    pictures = [part.partition(")")[0] for part in page.split("](images/")[1:]]
    assert len(pictures) == 3
    assert [name for name in pictures if not (docs / "images" / name).is_file()] == []

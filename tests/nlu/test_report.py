"""The arithmetic behind the report and the gate, on numbers worked out by hand, and the page."""

import re
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
    "danger": {"sets": ["b"], "alarms": 0.0, "at_once": 0.0, "false_alarms": 1.0},
}
strict = {"alarms": 0.7, "at_once": 0.6, "false_alarms": 0.4}
grave, empty = ({**floors, "danger": {"sets": sets, **strict}} for sets in (["a"], []))
heard = [
    ("high", True, True), ("high", False, True), ("imminent", True, False), ("low", True, True),
    ("none", True, False), ("none", False, True), ("", True, True),
]
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
    "misjudged": below(grave, [Outcome("a", "ko", "y", "y", *each) for each in heard]),
    "elsewhere": below(empty, [Outcome("a", "ko", "y", "y", *each) for each in heard]),
}))
"""

PAGE = """
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import candidates, report

def refused(page, parts):
    try:
        return report.filled(page, parts)
    except (KeyError, ValueError) as error:
        return type(error).__name__

stored = json.loads(candidates.STORED.read_text(encoding="utf-8"))
meant, langs = np.array(list("aabb" * 5)), np.array(["ko", "en"] * 10)
found = {"other": np.array(list("abba" * 5)), candidates.SERVED: meant}
print(json.dumps({
    "compared": list(candidates.CANDIDATES),
    "served": candidates.SERVED,
    "stored": stored,
    "part": report.candidates_part(stored),
    "made": candidates.rows(meant, langs, found),
    "written": json.loads(candidates._written({"model": "m"}, [{"p": None}, {"p": 0.1}])),
    "losses": [report.with_losses([1.0, 0.98, 0.94]), report.with_losses([0.9, 0.879, 0.839])],
    "scope": [
        report.scope_cells(7, 100, inside=True),
        report.scope_cells(30, 408, inside=True),
        report.scope_cells(340, 400, inside=False),
        report.scope_cells(300, 400, inside=False),
    ],
    "filled": report.filled("{a}, {b}", {"a": "{b}", "b": "x"}),
    "refused": [refused("{a} {b}", {"a": "x"}), refused("{a}", {"a": "x", "b": "y"})],
}))
"""


@pytest.fixture(scope="module")
def worked() -> dict[str, Any]:
    if not PYTHON.exists():
        pytest.skip("nlu/.venv is missing: run make nlu")
    return printed(FIGURES, 120)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """Return what the report makes of stored figures; no model is loaded."""
    if not PYTHON.exists():
        pytest.skip("nlu/.venv is missing: run make nlu")
    return printed(PAGE, 120)


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


def test_danger_that_is_missed_and_false_alarms_are_below_their_floors(
    worked: dict[str, Any],
) -> None:
    assert worked["misjudged"][-3:] == [
        "danger: 0.667 of 3, floor 0.70",
        "imminent danger: 0.000 of 1, floor 0.60",
        "no danger: 0.500 of 2, floor 0.60",
    ]


def test_where_nobody_spoke_of_danger_its_floors_are_missed(worked: dict[str, Any]) -> None:
    assert [line.partition(",")[0] for line in worked["elsewhere"][-3:]] == [
        "danger: 0.000 of 0",
        "imminent danger: 0.000 of 0",
        "no danger: 0.000 of 0",
    ]


def test_the_table_of_candidates_shows_each_stored_row_and_when_it_was_measured(
    page: dict[str, Any],
) -> None:
    stored, lines = page["stored"], page["part"].splitlines()

    assert len(lines) == 2 + len(stored["rows"]) + 2
    assert lines[2] == (
        "| n-grams, complement naive Bayes | 0.533 (0.520 to 0.545) | 0.534 | 0.327 | 2e-99 |"
    )
    assert lines[-3].endswith("| 0.669 (0.658 to 0.682) | 0.636 | 0.656 |  |")
    assert all(said in lines[-1] for said in (stored["date"], stored["model"], "6,111 sentences"))


def test_the_stored_candidates_are_those_that_would_be_measured(page: dict[str, Any]) -> None:
    rows = page["stored"]["rows"]

    assert [row["candidate"] for row in rows] == page["compared"]
    assert [row["candidate"] for row in rows if row["p"] is None] == [page["served"]]


def test_measuring_makes_rows_as_they_are_stored(page: dict[str, Any]) -> None:
    other, served = page["made"]

    assert other.keys() == served.keys() == page["stored"]["rows"][0].keys()
    assert other["accuracy"][0] == pytest.approx(0.5)
    assert other["p"] == pytest.approx(0.002)  # ten against none
    assert (served["accuracy"], served["macro_f1_ko"], served["p"]) == ([1.0, 1.0, 1.0], 1.0, None)
    assert page["written"] == {"model": "m", "rows": [{"p": None}, {"p": 0.1}]}


def test_a_loss_of_the_target_itself_is_met_and_one_beyond_is_missed(page: dict[str, Any]) -> None:
    assert page["losses"] == [
        "1.000 | 0.980 (-2.0, met) | 0.940 (-6.0, met)",
        "0.900 | 0.879 (-2.1, missed) | 0.839 (-6.1, missed)",
    ]


def test_each_share_stands_beside_what_was_wanted_of_its_kind(page: dict[str, Any]) -> None:
    assert page["scope"] == [
        "100 | 0.070 | 0.930 | let in 0.93: met",
        "408 | 0.074 | 0.926 | let in 0.93: missed",
        "400 | 0.850 | 0.150 | kept out 0.85: met",
        "400 | 0.750 | 0.250 | kept out 0.85: missed",
    ]


def test_no_place_stays_empty_and_no_part_is_lost(page: dict[str, Any]) -> None:
    assert page["filled"] == "{b}, x"
    assert page["refused"] == ["KeyError", "ValueError"]


def test_the_page_is_its_template_and_nothing_was_put_in_by_hand(page: dict[str, Any]) -> None:
    template = (NLU / "report.md").read_text(encoding="utf-8")
    made = (NLU.parent / "docs/nlu.md").read_text(encoding="utf-8")

    texts = re.split(r"\{[a-z_]+\}", template.replace("{candidates}", page["part"]))
    # What was measured of the model may stand between them; make nlu-report writes it.
    assert re.fullmatch(".+?".join(map(re.escape, texts)), made, re.DOTALL) is not None


def test_the_page_shows_pictures_that_exist() -> None:
    docs = Path(NLU).parent / "docs"
    page = (docs / "nlu.md").read_text(encoding="utf-8")

    pictures = [part.partition(")")[0] for part in page.split("](images/")[1:]]
    assert len(pictures) == 3
    assert [name for name in pictures if not (docs / "images" / name).is_file()] == []

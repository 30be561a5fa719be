"""Floors of the risk screen on sentences of many hands; first-sight figures: docs/risk.md."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.dialogue.lexicon import CATEGORIES
from bot.dialogue.risk import screen
from bot.dialogue.wording import fold_tails
from storage.records import Risk

FOLDER = Path(__file__).resolve().parents[2] / "risk"
FILES = sorted(FOLDER.glob("*.jsonl"))
ITEMS = [json.loads(line) for file in FILES for line in file.read_text("utf-8").splitlines()]
DANGERS = [item for item in ITEMS if item["level"] in ("high", "imminent")]
IMMINENT = [item for item in ITEMS if item["level"] == "imminent"]
COERCIVE = {"sextortion", "exploitation", "grooming", "runaway", "threat", "filming"}
COERCION = [item for item in DANGERS if item["category"] in COERCIVE]
EVERYDAY = [item for item in ITEMS if item["level"] in ("none", "low")]


def level(item: dict[str, str]) -> Risk:
    return screen([item["text"]]).level


def share(items: list[dict[str, str]], holds: Callable[[Risk], bool]) -> float:
    return sum(holds(level(item)) for item in items) / len(items)


def test_the_sets_are_large_and_whole() -> None:
    assert len(FILES) >= 4
    assert len(EVERYDAY) >= 150
    assert all(sum(item in DANGERS for item in read(file)) >= 60 for file in FILES)
    assert len({item["id"] for item in ITEMS}) == len({item["text"] for item in ITEMS})
    assert {item["category"] for item in DANGERS} <= set(CATEGORIES)


def read(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_imminent_danger_is_imminent() -> None:
    assert share(IMMINENT, lambda found: found is Risk.IMMINENT) >= 0.98


def test_exploitation_and_coercion_raise_the_alarm() -> None:
    assert share(COERCION, lambda found: found >= Risk.HIGH) >= 0.95


def test_every_other_danger_raises_the_alarm() -> None:
    assert share(DANGERS, lambda found: found >= Risk.HIGH) >= 0.97


def test_what_only_looks_like_danger_rarely_does() -> None:
    assert share(EVERYDAY, lambda found: found >= Risk.HIGH) <= 0.03


@pytest.mark.parametrize("change", [fold_tails, lambda text: "".join(text.split())])
def test_hurried_and_unspaced_spellings_raise_the_alarm_as_well(
    change: Callable[[str], str],
) -> None:
    korean = [{**item, "text": change(item["text"])} for item in DANGERS if item["lang"] == "ko"]

    assert share(korean, lambda found: found >= Risk.HIGH) >= 0.95

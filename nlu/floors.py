"""What a model must reach before it may serve: the floors of `floors.toml`, and what is below."""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from components.noise import noised  # noqa: E402 -- this folder is no package

DANGERS = ("high", "imminent")
NOISE_SEED = 104  # neither that of the training noise nor one of the report's


@dataclass(frozen=True)
class Outcome:
    """One sentence of a test set, and what a model made of it."""

    test_set: str
    lang: str
    meant: str
    found: str
    risk: str = ""  # none, low, high, imminent, as its reader said; "" where nobody did
    is_alarm: bool = False
    is_at_once: bool = False

    @property
    def right(self) -> bool:
        """Tell whether the model found what was meant."""
        return self.found == self.meant


def read_floors(path: Path = ROOT / "floors.toml") -> dict[str, Any]:
    """Read the floors; tables `set`, `recall`, `danger` and `known`."""
    return tomli.loads(path.read_text(encoding="utf-8"))


def sentences(floors: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name of a test set and one of its examples, for every set with a floor.

    A set that names a level of noise is typed so.
    """
    for name, table in floors["set"].items():
        chance = random.Random(NOISE_SEED)  # noqa: S311 -- no secret
        for line in (ROOT / table["file"]).read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            if "noise" in table:
                example["text"] = noised(example["text"], table["noise"], chance)
            yield name, example


def below(floors: Mapping[str, Any], outcomes: Iterable[Outcome]) -> list[str]:
    """Return one line for every floor that is not reached, in the order of the file."""
    told = list(outcomes)
    return [*_misunderstood(floors, told), *_misjudged(floors["danger"], told)]


def _misunderstood(floors: Mapping[str, Any], outcomes: Iterable[Outcome]) -> list[str]:
    by_set, by_intent = defaultdict(list), defaultdict(list)
    for outcome in outcomes:
        by_set[f"{outcome.test_set} {outcome.lang}"].append(outcome.right)
        if floors["set"][outcome.test_set].get("recall", True):
            by_intent[outcome.meant].append(outcome.right)
    least = {
        f"{name} {key.removeprefix('accuracy_')}": floor
        for name, table in floors["set"].items()
        for key, floor in table.items()
        if key.startswith("accuracy_")
    }
    default = floors["recall"]["default"]
    recalls = {name: floors["recall"].get(name, default)["least"] for name in by_intent}
    return [*_below(least, by_set), *_below(recalls, by_intent)]


def _misjudged(danger: Mapping[str, Any], outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield what is below the floors of danger, over all its sets together."""
    told = [outcome for outcome in outcomes if outcome.test_set in danger["sets"]]
    found = {
        "danger": [each.is_alarm for each in told if each.risk in DANGERS],
        "imminent danger": [each.is_at_once for each in told if each.risk == "imminent"],
        "no danger": [not each.is_alarm for each in told if each.risk == "none"],
    }
    quiet = 1 - danger["false_alarms"]
    least = dict(zip(found, (danger["alarms"], danger["at_once"], quiet), strict=True))
    return _below(least, found)


def _below(floors: Mapping[str, float], found: Mapping[str, list[bool]]) -> Iterator[str]:
    for name, least in floors.items():
        right = found.get(name, [])
        share = sum(right) / len(right) if right else 0.0
        if share < least:
            yield f"{name}: {share:.3f} of {len(right)}, floor {least:.2f}"

"""What the model page tells, worked out of files beside the model and of weekly sums."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from storage.periods import is_over
from storage.suppression import LEAST, rounded

FEWEST = LEAST  # texts of a week, or of a kind in a comparison; with fewer, it is not shown
RISKS = ("crisis", "harm", "feeling", "service", "talk")
MAIN = "held_out"
ALARMS = ("both", "serving", "candidate")  # which of two models raised them
ASKED = "shadow_asked:"  # begins the name of a sum of bot/shadow.py; a candidate ends it


@dataclass(frozen=True, slots=True)
class Row:
    """One intent, or one kind of risk: how much of it is found, and how often a find is right."""

    name: str
    meant: int
    recall: int | None  # percent; None: nothing to divide by
    precision: int | None


@dataclass(frozen=True, slots=True)
class SetOf:
    """One set of sentences the model never learned."""

    name: str
    sentences: int
    right: int  # percent
    abstained: int  # percent


@dataclass(frozen=True, slots=True)
class Week:
    """How the model did in a week of real use, as sums."""

    week: str
    asked: int
    confidence: int | None  # mean, percent
    abstained: int | None
    unknown: int | None  # words of a kind the model never learned, percent
    away: int | None  # percent


@dataclass(frozen=True, slots=True)
class Beside:
    """How a candidate did beside the served model in a week of real use, as sums."""

    week: str
    candidate: str
    asked: int
    same: int | None  # percent
    both: int | None  # alarms; None: few
    served: int | None  # alarms of the served model alone
    alone: int | None  # alarms of the candidate alone


@dataclass(frozen=True, slots=True)
class Shadow:
    """The last comparison of two models on the same messages, as sums."""

    candidate: str
    on: str
    sentences: int
    agree: int
    differ: Sequence[tuple[str, str, int]]  # what each took them for, and how many
    other: int  # different answers that are too rare to be told apart
    alarms: Mapping[str, int | None] | None  # None: nobody counted them, or few


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the page tells of the served model; empty where nothing is known."""

    model: str = ""
    sets: Sequence[SetOf] = ()
    risks: Mapping[str, Sequence[Row]] | None = None  # by set
    intents: Mapping[str, Sequence[Row]] | None = None
    misses: Sequence[tuple[str, str, int]] = ()
    shadow: Shadow | None = None


def read(current: Path | None) -> Facts:
    """Read what files say of the model that is served; what is not there is left out."""
    served = _json(current)
    name = str(served.get("model", "")).partition(".")[0]
    if current is None or not name:
        return Facts()
    found = _json(current.parent / f"{name}.facts.json")
    shadow = _shadow(_json(current.parent / "shadow.json"))
    try:
        return _facts(name, found, shadow)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Facts(model=name, shadow=shadow)


def _shadow(found: Mapping[str, Any]) -> Shadow | None:
    try:
        return _compared(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _compared(found: Mapping[str, Any]) -> Shadow:
    """Read a comparison; older files name rare pairs and count no alarms."""
    pairs = [(str(now), str(other), int(count)) for now, other, count in found["differ"]]
    alarms = found.get("alarms")
    return Shadow(
        candidate=str(found["candidate"]),
        on=str(found["on"]),
        sentences=int(found["sentences"]),
        agree=int(found["agree"]),
        differ=[pair for pair in pairs if pair[2] >= FEWEST],
        other=int(found.get("other", 0)) + sum(n for *_, n in pairs if n < FEWEST),
        alarms={name: _many(alarms[name]) for name in ALARMS} if alarms else None,
    )


def _many(count: int | None) -> int | None:
    return count if count is not None and count >= FEWEST else None


def _facts(name: str, found: Mapping[str, Any], shadow: Shadow | None) -> Facts:
    if found.get("model") != name:
        return Facts(model=name, shadow=shadow)
    sets = found["sets"]
    order = sorted(sets, key=lambda one: (one != MAIN, one))
    return Facts(
        model=name,
        sets=[_set(one, sets[one]) for one in order],
        risks={one: _rows(sets[one]["risks"], RISKS) for one in order},
        intents={one: _rows(sets[one]["intents"], sorted(sets[one]["intents"])) for one in order},
        misses=[(str(a), str(b), int(count)) for a, b, count in found["misses"]],
        shadow=shadow,
    )


def weeks(sums: Mapping[str, Mapping[str, int]], *, now: datetime) -> Sequence[Week]:
    """Work out the weeks that are over; one with few texts is left out.

    A share of few tells of one, and so does a share that is looked at before and after a text.
    """
    return [
        _week(name, one)
        for name, one in sums.items()
        if is_over(name, now=now) and one.get("asked", 0) >= FEWEST
    ]


def _week(name: str, sums: Mapping[str, int]) -> Week:
    asked, away = sums["asked"], sums.get("away", 0)
    answered = asked - away
    return Week(
        week=name,
        asked=asked - asked % FEWEST,
        confidence=_share(sums.get("percent", 0), 100 * answered) if answered >= FEWEST else None,
        abstained=_told(sums.get("abstained", 0), answered),
        unknown=_told(sums.get("unknown", 0), sums.get("words", 0)),
        away=_told(away, asked),
    )


def beside(sums: Mapping[str, Mapping[str, int]], *, now: datetime) -> Sequence[Beside]:
    """Work out what candidates did in weeks that are over; one with few texts is left out."""
    return [
        _beside(week, name.removeprefix(ASKED), one)
        for week, one in sums.items()
        for name in sorted(one)
        if is_over(week, now=now) and name.startswith(ASKED) and one[name] >= FEWEST
    ]


def _beside(week: str, candidate: str, sums: Mapping[str, int]) -> Beside:
    asked, same, both, served, alone = (
        sums.get(f"shadow_{kind}:{candidate}", 0)
        for kind in ("asked", "same", "both", "served", "candidate")
    )
    return Beside(
        week=week,
        candidate=candidate,
        asked=asked - asked % FEWEST,
        same=_told(same, asked),
        both=_some(both),
        served=_some(served),
        alone=_some(alone),
    )


def _some(count: int) -> int | None:
    return rounded(count) if count >= FEWEST else None


def _told(part: int, whole: int) -> int | None:
    """Return a share of rounded counts; None where few are in it, or few are not."""
    if part < FEWEST or whole - part < FEWEST:
        return None
    return min(100, round(100 * rounded(part) / rounded(whole)))


def _set(name: str, one: Mapping[str, Any]) -> SetOf:
    total = int(one["sentences"])
    right, abstained = _share(one["right"], total), _share(one["abstained"], total)
    return SetOf(name, total, right or 0, abstained or 0)


def _rows(counts: Mapping[str, Sequence[int]], names: Sequence[str]) -> Sequence[Row]:
    return [_row(name, *counts[name]) for name in names if name in counts]


def _row(name: str, right: int, meant: int, found: int) -> Row:
    return Row(name, meant, _share(right, meant), _share(right, found))


def _share(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _json(path: Path | None) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

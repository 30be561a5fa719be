"""What the forms of the settings page mean; pure, but for one file that is read once."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from handoff.audit_sheet import SEOUL
from storage.errors import SettingRefused
from storage.setting_names import DAYS
from storage.settings import Set

SERVICES = Path(__file__).parent / "web" / "static" / "resources.json"
JUNE = 6
MOST = 12  # changes of one setting that the page shows; all of them are kept


@dataclass(frozen=True, slots=True)
class Surge:
    """A prepared text for a time with too many people, as both languages say it."""

    key: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change as the page shows it: what was before and what came after."""

    at: datetime
    by: str
    before: str
    after: str


def value_of(name: str, fields: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Return what a form asks a setting to be.

    Raises:
        SettingRefused: what was typed cannot be read.
    """
    match name:
        case "hours":
            return _week(fields)
        case "resources.hidden":
            hidden = [one["id"] for one in services() if f"show_{one['id']}" not in fields]
            return json.dumps(hidden)
        case "authority_requests":
            return _with_requests(values["authority_requests"], fields)
    return fields.get("value", "").strip()


def _week(fields: Mapping[str, str]) -> str:
    week = {}
    for day in DAYS:
        typed = fields.get(day, "").strip()
        if typed:
            week[day] = [_span(part) for part in typed.split(",")]
    return json.dumps(week) if week else ""


def _span(typed: str) -> Sequence[str]:
    times = re.split(r"\s*[-–~]\s*", typed.strip())
    if len(times) != len(("from", "until")):
        raise SettingRefused("bad_value")
    return times


def _with_requests(before: str, fields: Mapping[str, str]) -> str:
    try:
        pair = [int(fields.get("came", "")), int(fields.get("answered", ""))]
    except ValueError:
        raise SettingRefused("bad_value") from None
    counts = {**json.loads(before), fields.get("half", ""): pair}
    return json.dumps(dict(sorted(counts.items())))


def typed_day(hours: str, day: str) -> str:
    """Return the opening hours of a weekday as the form takes them."""
    spans = (json.loads(hours) if hours else {}).get(day, ())
    return ", ".join("-".join(span) for span in spans)


def steps(name: str, sets: Sequence[Set]) -> Sequence[Step]:
    """Return the newest changes of a setting, newest first, each with what was before."""
    befores = ("", *(one.value for one in sets))
    made = [
        Step(one.at, one.by, readable(name, before), readable(name, one.value))
        for before, one in zip(befores, sets, strict=False)
    ]
    return made[::-1][:MOST]


def readable(name: str, value: str) -> str:
    """Return a value in words a person reads."""
    if name == "hours" and value:
        return "; ".join(f"{day} {typed_day(value, day)}" for day in json.loads(value))
    if name == "resources.hidden" and value:
        return ", ".join(json.loads(value))
    if name == "authority_requests" and value:
        return "; ".join(f"{half}: {a} / {b}" for half, (a, b) in json.loads(value).items())
    return value


def halves(now: datetime, most: int) -> Sequence[str]:
    """Return the names of the newest half-years, the running one first."""
    local = now.astimezone(SEOUL)
    running = 2 * local.year + (1 if local.month > JUNE else 0)
    return [f"{number // 2}-{number % 2 + 1}" for number in range(running, running - most, -1)]


@cache
def services() -> Sequence[Mapping[str, Any]]:
    """Return the help services that are confirmed; others are offered to nobody."""
    every = json.loads(SERVICES.read_text("utf-8"))
    return tuple(one for one in every if one["offered"])

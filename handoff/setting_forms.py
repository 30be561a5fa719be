"""What the forms of the settings page mean; pure, but for one file that is read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from handoff.audit_sheet import SEOUL
from handoff.form_faults import FormWrong
from handoff.opening_hours import hours_of, typed_day
from storage.setting_names import ALWAYS_IN_USE, RESOURCE
from storage.setting_names import MOST as MOST_REQUESTS
from storage.settings import Set

SERVICES = Path(__file__).parent / "web" / "static" / "resources.json"
JUNE = 6
MOST = 12  # changes of one setting that the page shows; all of them are kept


@dataclass(frozen=True, slots=True)
class Step:
    """One change as the page shows it: what was before and what came after."""

    at: datetime
    by: str
    before: str
    after: str


def value_of(name: str, fields: Mapping[str, str], values: Mapping[str, str], today: date) -> str:
    """Return what a form asks a setting to be.

    Raises:
        FormWrong: what was typed cannot be read.
    """
    if name.startswith(RESOURCE):
        return _use(name, fields, today)
    match name:
        case "hours":
            return hours_of(fields, today)
        case "authority_requests":
            return _with_requests(values["authority_requests"], fields)
    return fields.get("value", "").strip()


def _use(name: str, fields: Mapping[str, str], today: date) -> str:
    if name.removeprefix(RESOURCE) not in {one["id"] for one in services()}:
        raise FormWrong({"use": "unknown_setting"})
    use = fields.get("use", "")
    if use == "out" and name in ALWAYS_IN_USE:
        raise FormWrong({"use": "always_needed"})
    try:
        day = date.fromisoformat(fields.get("day", ""))
    except ValueError:
        raise FormWrong({"day": "bad_date"}) from None
    if day > today:
        raise FormWrong({"day": "day_ahead"})
    return f"{use} {day}"


def _with_requests(before: str, fields: Mapping[str, str]) -> str:
    try:
        pair = [int(fields.get("came", "")), int(fields.get("answered", ""))]
    except ValueError:
        raise FormWrong({"came": "bad_count"}) from None
    if not 0 <= pair[1] <= pair[0] <= MOST_REQUESTS:
        raise FormWrong({"came": "bad_count"})
    counts = {**json.loads(before), fields.get("half", ""): pair}
    return json.dumps(dict(sorted(counts.items())))


def steps(
    name: str, sets: Sequence[Set], words: Mapping[str, str], surges: Mapping[str, str]
) -> Sequence[Step]:
    """Return the newest changes of a setting, newest first, each with what was before."""
    said = ["", *(readable(name, one.value, words, surges) for one in sets)]
    made = [Step(one.at, one.by, said[at], said[at + 1]) for at, one in enumerate(sets)]
    return made[::-1][:MOST]


def readable(name: str, value: str, words: Mapping[str, str], surges: Mapping[str, str]) -> str:
    """Return a value in words a person reads."""
    if name.startswith("channel."):
        return words[f"set_{value}"]
    if name.startswith(RESOURCE) and value:
        use, _, day = value.partition(" ")
        return words[f"set_use_{use}"].format(day=day)
    match name:
        case "surge":
            return surges.get(value, value)
        case "hours" if value:
            return "; ".join(
                f"{words.get(f'set_day_{day}', day)} {typed_day(value, day) or words['set_closed']}"
                for day in json.loads(value)
            )
        case "authority_requests" if value:
            return "; ".join(f"{half}: {a} / {b}" for half, (a, b) in json.loads(value).items())
    return value


def halves(now: datetime, most: int) -> Sequence[str]:
    """Return the names of the newest half-years, the running one first."""
    local = now.astimezone(SEOUL)
    running = 2 * local.year + (1 if local.month > JUNE else 0)
    return [f"{number // 2}-{number % 2 + 1}" for number in range(running, running - most, -1)]


@cache
def every_service() -> Sequence[Mapping[str, Any]]:
    """Return the help services of the directory, those that nobody is sent to included."""
    return tuple(json.loads(SERVICES.read_text("utf-8")))


@cache
def services() -> Sequence[Mapping[str, Any]]:
    """Return the help services that are confirmed; others are offered to nobody."""
    return tuple(one for one in every_service() if one["offered"])


def is_out(values: Mapping[str, str], service: str) -> bool:
    """Say whether staff said of a help service that it is out of use."""
    return values.get(f"{RESOURCE}{service}", "").startswith("out")


def in_use(values: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Return the help services that may be shown to anybody."""
    return [one for one in services() if not is_out(values, one["id"])]

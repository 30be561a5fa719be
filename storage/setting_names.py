"""The settings there are: what each may be, who may set it, and what holds until somebody does."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from storage.records import Role

CHANNELS = (
    "web", "telegram", "line", "kakao", "kakao-consult", "messenger", "instagram", "x",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_ALSO_SUPERVISOR = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,59}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_USE = re.compile(r"(in|out) (\d{4}-\d\d-\d\d)", re.ASCII)
RESOURCE = "resource."  # and the id of a help service
POLICE = "resource.police-112"  # stands in for every other number, so it is always in use
ALWAYS_IN_USE = frozenset({POLICE, "resource.ambulance-119"})  # for the ambulance nothing stands in
_HALF = re.compile(r"20\d\d-[12]", re.ASCII)
MOST = 9999  # requests in half a year


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting: its check, the roles that set it, and what holds before anybody did."""

    good: Callable[[str], bool]
    roles: frozenset[Role]
    default: str = ""


def _between(low: int, high: int) -> Callable[[str], bool]:
    def good(value: str) -> bool:
        return bool(re.fullmatch(r"\d{1,4}", value, re.ASCII)) and low <= int(value) <= high

    return good


def is_switch(value: str) -> bool:
    """Say whether a value is "on" or "off"."""
    return value in ("on", "off")


def is_key_or_empty(value: str) -> bool:
    """Say whether a value is empty or names a prepared sentence."""
    return value == "" or _KEY.fullmatch(value) is not None


def is_week(value: str) -> bool:
    """Say whether a value is empty (always open) or a table of opening hours by weekday.

    `{"mon": [["09:00", "12:00"], ["13:00", "24:00"]]}`: times of Seoul, in order, no overlap;
    a day that is left out is closed. A date (`2026-12-25`) stands for its day of the week.
    """
    if value == "":
        return True
    found = _json(value)
    return isinstance(found, dict) and all(
        (day in DAYS or _is_date(day)) and _is_day(spans) for day, spans in found.items()
    )


def is_use(value: str) -> bool:
    """Say whether a value tells that a help service was confirmed, or is out of use since, a day.

    `in 2026-11-28` or `out 2026-11-28`.
    """
    found = _USE.fullmatch(value)
    return value == "" or (found is not None and _is_date(found[2]))


def _is_in_use(value: str) -> bool:
    return is_use(value) and not value.startswith("out")


def is_requests(value: str) -> bool:
    """Say whether a value counts the requests of authorities by half-year.

    `{"2026-1": [3, 0]}`: how many came, and how many were answered with anything.
    """
    found = _json(value)
    return isinstance(found, dict) and all(
        _HALF.fullmatch(half) is not None and _is_pair(pair) for half, pair in found.items()
    )


def _is_date(day: str) -> bool:
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _is_day(spans: object) -> bool:
    if not isinstance(spans, list) or not all(_is_span(span) for span in spans):
        return False
    times: Sequence[str] = [time for span in spans for time in span]
    return all(a < b for a, b in zip(times[::2], times[1::2], strict=True)) and all(
        a <= b for a, b in zip(times[1::2], times[2::2], strict=False)
    )


def _is_span(span: object) -> bool:
    return (
        isinstance(span, list)
        and len(span) == len(("from", "until"))
        and all(isinstance(time, str) and _TIME.fullmatch(time) for time in span)
    )


def _is_pair(pair: object) -> bool:
    if not isinstance(pair, list) or len(pair) != len(("came", "answered")):
        return False
    if not all(type(count) is int and 0 <= count <= MOST for count in pair):
        return False
    return bool(pair[1] <= pair[0])


def _json(value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


NAMES: Mapping[str, Declared] = {
    **{f"channel.{name}": Declared(is_switch, _ADMINISTRATOR, "on") for name in CHANNELS},
    "surge": Declared(is_key_or_empty, _ALSO_SUPERVISOR),  # which prepared text is on
    "hours": Declared(is_week, _ALSO_SUPERVISOR),
    "days.transcripts": Declared(_between(7, 365), _ADMINISTRATOR),
    "days.contacts": Declared(_between(1, 90), _ADMINISTRATOR),
    "authority_requests": Declared(is_requests, _ADMINISTRATOR, "{}"),
}


def declared(name: str) -> Declared | None:
    """Return what a setting may be, or None where there is none of this name."""
    if name.startswith(RESOURCE) and _KEY.fullmatch(name.removeprefix(RESOURCE)):
        return Declared(_is_in_use if name in ALWAYS_IN_USE else is_use, _ALSO_SUPERVISOR)
    return NAMES.get(name)

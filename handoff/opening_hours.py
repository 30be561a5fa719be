"""Opening hours as a form takes them: weekdays, and single days that are different. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from handoff.form_faults import FormWrong
from storage.setting_names import DAYS

ROWS = 8  # single days that one form takes
SPARE = 3  # of them empty, to write new ones
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_BETWEEN = re.compile(r"\s*[-–~]\s*")

Spans = Sequence[Sequence[str]]


def hours_of(fields: Mapping[str, str], today: date) -> str:
    """Return the hours that a form asks for, as they are stored; "" when nothing is set.

    Raises:
        FormWrong: a time, a span or a date cannot be.
    """
    faults: dict[str, str] = {}
    week = {day: _spans(day, fields, faults) for day in DAYS if fields.get(day, "").strip()}
    single = _single(fields, today, faults)
    if single and not week:  # else everything between two of them would be closed
        faults["mon"] = "days_needed"
    if faults:
        raise FormWrong(faults)
    return json.dumps({**week, **single}) if week else ""


def typed_day(hours: str, day: str) -> str:
    """Return the opening hours of a day as the form takes them."""
    spans = (json.loads(hours) if hours else {}).get(day, ())
    return ", ".join("-".join(span) for span in spans)


def typed(hours: str, today: date) -> Mapping[str, str]:
    """Return the fields of a form that asks for what is set; single days that are over are not."""
    week = {day: typed_day(hours, day) for day in DAYS}
    to_come = sorted(day for day in (json.loads(hours) if hours else {}) if day not in DAYS)
    for row, day in enumerate(one for one in to_come if one >= today.isoformat()):
        week |= {f"date_{row}": day, f"open_{row}": typed_day(hours, day)}
    return week


def rows(fields: Mapping[str, str]) -> Sequence[int]:
    """Return the numbers of the rows for single days that the form shows."""
    used = [row for row in range(ROWS) if fields.get(f"date_{row}") or fields.get(f"open_{row}")]
    return range(min(ROWS, len(used) + SPARE))


def _single(fields: Mapping[str, str], today: date, faults: dict[str, str]) -> dict[str, Spans]:
    found: dict[str, Spans] = {}
    for row in range(ROWS):
        day, hours = (fields.get(f"{name}_{row}", "").strip() for name in ("date", "open"))
        if not day and not hours:
            continue
        code = _date_fault(day, today, found)
        if code:
            faults[f"date_{row}"] = code
        else:
            found[day] = _spans(f"open_{row}", fields, faults) if hours else ()
    return found


def _date_fault(day: str, today: date, before: Mapping[str, Spans]) -> str:
    try:
        if date.fromisoformat(day).isoformat() != day:
            return "bad_date"
    except ValueError:
        return "bad_date"
    if day < today.isoformat():
        return "day_over"
    return "date_twice" if day in before else ""


def _spans(field: str, fields: Mapping[str, str], faults: dict[str, str]) -> Spans:
    spans = [_BETWEEN.split(part.strip()) for part in fields.get(field, "").split(",")]
    padded = [[time.rjust(5, "0") for time in span] for span in spans]
    if code := _fault(padded):
        faults[field] = code
    return padded


def _fault(spans: Spans) -> str:
    if not all(len(span) == len(("from", "until")) for span in spans):
        return "no_span"
    if not all(_TIME.fullmatch(time) for span in spans for time in span):
        return "no_time"
    if not all(since < until for since, until in spans):
        return "ends_first"
    return "overlap" if any(one[1] > other[0] for one, other in pairwise(spans)) else ""

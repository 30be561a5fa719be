"""Weeks, months and hours of the day as they are in Korea, whatever the machine's zone."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

SEOUL = timezone(timedelta(hours=9))  # no summer time since 1988; needs no zone files
GRACE = timedelta(days=1)
"""How long after its end a period is left alone, so that what was begun in it is in it."""

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Span(StrEnum):
    """How long the periods of a family of tables are."""

    WEEK = "week"  # ISO 8601: Monday to Sunday; "2026-W48"
    MONTH = "month"  # "2026-11"


def period_of(span: Span, moment: datetime) -> str:
    """Name the period that a moment is in."""
    day = moment.astimezone(SEOUL).date()
    return _week_of(day) if span is Span.WEEK else f"{day:%Y-%m}"


def hour_of(moment: datetime) -> str:
    """Name the three hours of the day that a moment is in: h00, h03, … h21."""
    hour = moment.astimezone(SEOUL).hour
    return f"h{hour - hour % 3:02}"


def end_of(period: str) -> datetime:
    """Return the first moment after a period.

    Raises:
        ValueError: this names no period.
    """
    return datetime(*_days(period)[1].timetuple()[:3], tzinfo=SEOUL).astimezone(UTC)


def is_over(period: str, *, now: datetime) -> bool:
    """Tell whether a period ended long enough ago to be published."""
    return end_of(period) + GRACE <= now


def last_over(span: Span, *, now: datetime) -> str:
    """Name the newest period that is over."""
    current = period_of(span, now - GRACE)
    first = _days(current)[0]
    return _week_of(first - timedelta(days=1)) if span is Span.WEEK else _month_before(first)


def through(span: Span, first: str, last: str) -> tuple[str, ...]:
    """Name every period from one to another, both with it; empty when the first is later."""
    found, period = [], first
    while period <= last:
        found.append(period)
        period = period_of(span, end_of(period))
    return tuple(found)


def weeks_of(month: str) -> tuple[str, ...]:
    """Name the weeks of a month: those whose Thursday is in it, as ISO 8601 does for years.

    Raises:
        ValueError: this names no month.
    """
    if not _MONTH.fullmatch(month):
        raise ValueError("month")
    first, after = _days(month)
    days = (first + timedelta(days=count) for count in range((after - first).days))
    return tuple(_week_of(day) for day in days if day.isoweekday() == 4)


def _days(period: str) -> tuple[date, date]:
    """Return the first day of a period and the first one after it."""
    if week := _WEEK.fullmatch(period):
        first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return first, first + timedelta(days=7)
    if month := _MONTH.fullmatch(period):
        first = date(int(month[1]), int(month[2]), 1)
        return first, (first + timedelta(days=31)).replace(day=1)
    raise ValueError("period")


def _week_of(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _month_before(first: date) -> str:
    return f"{first - timedelta(days=1):%Y-%m}"

from datetime import UTC, datetime

import pytest

from storage.periods import Span, end_of, hour_of, is_over, last_over, period_of, weeks_of


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "week", "month", "hour"),
    [
        ("2026-11-29T14:59:59", "2026-W48", "2026-11", "h21"),  # Sunday, 23:59:59 in Seoul
        ("2026-11-29T15:00:00", "2026-W49", "2026-11", "h00"),  # Monday, midnight in Seoul
        ("2026-12-31T14:59:59", "2026-W53", "2026-12", "h21"),
        ("2026-12-31T15:00:00", "2026-W53", "2027-01", "h00"),  # a new month in an old week
        ("2028-02-28T15:00:00", "2028-W09", "2028-02", "h00"),  # 29 February in Seoul
        ("2028-02-29T15:00:00", "2028-W09", "2028-03", "h00"),
        (
            "2026-03-29T01:30:00",
            "2026-W13",
            "2026-03",
            "h09",
        ),  # clocks change elsewhere
    ],
)
def test_periods_are_those_of_korea(moment: str, week: str, month: str, hour: str) -> None:
    when = at(moment)
    assert (period_of(Span.WEEK, when), period_of(Span.MONTH, when), hour_of(when)) == (
        week, month, hour,
    )  # fmt: skip


def test_a_period_is_over_a_day_after_its_end_in_korea() -> None:
    assert end_of("2026-11") == at("2026-11-30T15:00:00")
    assert not is_over("2026-11", now=at("2026-12-01T14:59:59"))
    assert is_over("2026-11", now=at("2026-12-01T15:00:00"))


@pytest.mark.parametrize(
    ("now", "week", "month"),
    [
        ("2026-12-01T15:00:00", "2026-W48", "2026-11"),
        ("2026-12-01T14:59:59", "2026-W48", "2026-10"),
        ("2027-01-02T00:00:00", "2026-W52", "2026-12"),
        ("2027-01-05T00:00:00", "2026-W53", "2026-12"),
    ],
)
def test_the_newest_period_that_is_over_is_known(now: str, week: str, month: str) -> None:
    when = at(now)
    assert (last_over(Span.WEEK, now=when), last_over(Span.MONTH, now=when)) == (week, month)
    assert is_over(week, now=when)
    assert is_over(month, now=when)


def test_every_week_of_a_year_belongs_to_one_month() -> None:
    weeks = [week for month in range(1, 13) for week in weeks_of(f"2026-{month:02}")]
    assert weeks == [f"2026-W{week:02}" for week in range(1, 54)]


@pytest.mark.parametrize("typed", ["", "2026", "2026-13", "2026-W48", "2026-1", "x" * 500])
def test_what_names_no_month_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"month|period"):
        weeks_of(typed)

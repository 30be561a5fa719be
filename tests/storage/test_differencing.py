"""A year of published numbers, attacked with everything that was ever given out."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot import report
from handoff import numbers_sheet
from storage import metrics
from storage.database import Database
from storage.metric_tables import FAMILIES
from storage.records import Language
from storage.suppression import LEAST, TOTAL, Cell
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.storage.differencing import Attack, Number, all_of, rows_of, ways_of_talks
from tests.synthetic import OFFERED, published_year

TOWNS = [(400, 1), (1_500, 2), (6_000, 3)]  # talks a year; a seed

Figures = Mapping[Number, int | None]
True_ = Mapping[Number, int]


async def given_out(database: Database) -> Figures:
    """Every figure of every month's export."""
    async with database.reading() as session:
        published = await metrics.published(session, numbers_sheet.NAMES)
    figures: dict[Number, int | None] = {}
    for month in numbers_sheet.months(published):
        for one in csv.DictReader(io.StringIO(numbers_sheet.file(published, month))):
            column = TOTAL if one["column"] == "total" else one["column"]
            count = int(one["count"]) if one["count"] else None
            figures[one["table"], one["period"], one["row"], column] = count
    return figures


def with_totals(counts: True_) -> True_:
    made = Counter(counts)
    for (name, period, row, _), count in counts.items():
        made[name, period, row, TOTAL] += count
    return made


def attack_on(figures: Figures, true: True_, *, rounding: bool) -> Attack:
    """Everything that was given out, and how many there were in each family and period.

    Who was told that there were three in all knows already that each number is three or less.
    """
    attack = Attack(figures, None if rounding else true)
    periods = sorted({period for _, period, _, _ in figures})
    weeks = [one for one in periods if "W" in one]
    months = [one for one in periods if "W" not in one]
    for family in FAMILIES.values():
        for period in weeks if family.span == "week" else months:
            rows_of(attack, family, period)
            first = family.tables[0].name
            everything = sum(true[first, period, row, TOTAL] for row in family.rows.codes)
            if everything >= LEAST:
                all_of(attack, family, period, everything)
    attack.empty(number for number in figures if not was_offered(number))
    ways_of_talks(attack, weeks, months)
    return attack


def was_offered(number: Number) -> bool:
    name, _, row, _ = number
    return name != "arrivals_by_hour" or row in OFFERED


@ON_SQLITE
@pytest.mark.parametrize("rounding", [True, False], ids=["rounded", "exact"])
@pytest.mark.parametrize(("talks", "seed"), TOWNS)
async def test_a_year_of_weeks_months_and_exports_tells_of_no_hidden_number_what_it_is(
    database: Database, talks: int, seed: int, rounding: bool
) -> None:
    """Each may be nothing and may be ten or more, unless it is known to be ten or more."""
    true = with_totals(await published_year(database, seed=seed, talks=talks, now=NOON))
    figures = await given_out(database)
    assert None in figures.values()
    found = attack_on(figures, true, rounding=rounding).run()
    pinned = []
    for number, (low, high) in found.items():
        assert low <= true[number] <= high, "the attack itself is wrong"
        if was_offered(number) and (0 < low < LEAST or high < LEAST):
            pinned.append((number, low, high))
    assert not pinned


@ON_SQLITE
async def test_the_report_says_nothing_that_the_exports_do_not(
    database: Database, tmp_path: Path
) -> None:
    await published_year(database, talks=1_500, now=NOON)
    known: dict[str, dict[Cell, int | None]] = {}
    for (name, period, row, column), count in (await given_out(database)).items():
        known.setdefault(period, {})[name, row, column] = count
    for month in numbers_sheet.months(known)[:3]:
        await report.written(database, month, Language.KO, tmp_path, now=NOON)
        page = (tmp_path / f"gyeot-{month}-ko.html").read_text("utf-8")
        assert page == report.page(known, month, Language.KO)


def test_talks_by_channel_in_weeks_and_in_months_would_pin_a_small_number() -> None:
    """Why no second table counts channels: twelve came by one, ten of them ended harmlessly."""
    came = ("arrivals_by_hour", "2026-W45", "kakao", TOTAL)
    harmless, high = (("ends_by_channel", "2026-11", tier, "kakao") for tier in ("none", "high"))
    attack = Attack({came: 10, harmless: 10, high: None})
    attack.learn([(1, came), (-1, harmless), (-1, high)], 0)
    assert attack.run()[high] == (0, 2)


def test_the_same_ends_by_who_answered_would_pin_a_small_number() -> None:
    """Why bot-only talks are a column among the outcomes, and no table beside them."""
    alone = ("ends_by_answer", "2026-11", "low", "bot_only")
    left, heard = (("ends", "2026-11", "low", one) for one in ("bot_ended", "heard"))
    attack = Attack({alone: 60, left: None, heard: None})
    attack.learn([(1, left), (1, heard)], 63, 63)
    attack.learn([(1, left), (-1, alone)], 0)
    assert attack.run()[heard] == (0, 5)

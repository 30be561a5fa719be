"""The page of numbers: who may see it, what it shows, what it writes down itself."""

import asyncio
import csv
import io
import re
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert

from bot import report
from handoff import numbers_sheet, pages
from handoff.headers import HEADERS
from storage import audit, metrics
from storage.database import Database
from storage.metric_tables import FAMILIES
from storage.periods import weeks_of
from storage.records import Language, Role
from storage.suppression import LEAST, STEP, Cell
from storage.tables import metric_published
from tests.factories import NOON
from tests.handoff.conftest import House, audit_log_full, member, waiting
from tests.synthetic import published_year

ALLOWED = [Role.ADMINISTRATOR, Role.SUPERVISOR]
OTHERS = [role for role in Role if role not in ALLOWED]
WAYS = [("GET", "/admin"), ("POST", "/admin/export")]


async def signed_in(house: House, role: Role = Role.ADMINISTRATOR) -> str:
    return await house.signed_in(await member(house.database, "바람", role=role))


async def csrf_of(browser: httpx.AsyncClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/admin")).text)
    assert found is not None
    return found[1]


async def exports(database: Database) -> list[audit.Entry]:
    async with database.reading() as session:
        return [one for one in await audit.entries(session) if one.action == "export_numbers"]


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize(("method", "path"), WAYS)
async def test_nobody_but_administrators_and_supervisors_sees_the_numbers(
    house: House, role: Role, method: str, path: str
) -> None:
    async with house.browser(await signed_in(house, role)) as browser:
        answer = await browser.request(method, path, data={"month": "2026-10"})
    assert answer.status_code == 403
    assert "<td" not in answer.text


@pytest.mark.parametrize(("method", "path"), WAYS)
async def test_without_a_session_there_is_the_sign_in(house: House, method: str, path: str) -> None:
    async with house.browser() as browser:
        answer = await browser.request(method, path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


@pytest.mark.parametrize("role", ALLOWED)
async def test_an_empty_installation_has_a_page_that_says_that_there_is_nothing(
    house: House, role: Role
) -> None:
    async with house.browser(await signed_in(house, role), **{"accept-language": "en"}) as browser:
        answer = await browser.get("/admin")
    assert answer.status_code == 200
    assert HEADERS.items() <= {name: answer.headers.get(name) for name in HEADERS}.items()
    assert "Nothing to show" in answer.text
    assert "nobody" in answer.text


async def test_the_page_tells_how_many_wait_now_and_how_long(house: House) -> None:
    await waiting(house.database, "a", now=NOON - timedelta(minutes=7))
    await waiting(house.database, "b")
    async with house.browser(await signed_in(house), **{"accept-language": "en"}) as browser:
        page = (await browser.get("/admin")).text
    assert re.search(r"People waiting</dt><dd class=\"big\">2<", page)
    assert re.search(r"Longest wait</dt><dd class=\"big\">7 min<", page)


async def test_an_export_holds_published_numbers_only_and_is_written_down_first(
    house: House,
) -> None:
    await published_year(house.database, talks=3_000, now=NOON)
    async with house.browser(await signed_in(house)) as browser:
        form = {"csrf": await csrf_of(browser), "month": "2026-10"}
        answer = await browser.post("/admin/export", data=form)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {one["period"] for one in rows} == {"2026-10", *weeks_of("2026-10")}
    shown = [int(one["count"]) for one in rows if one["count"]]
    assert shown
    assert all(count >= LEAST and count % STEP == 0 for count in shown)
    assert [one.purpose for one in await exports(house.database)] == ["2026-10"]


async def test_what_cannot_be_written_down_is_not_exported(house: House) -> None:
    async with house.browser(await signed_in(house)) as browser:
        form = {"csrf": await csrf_of(browser), "month": "2026-10"}
        async with audit_log_full(house.database):
            answer = await browser.post("/admin/export", data=form)
    assert answer.status_code == 503
    assert "text/csv" not in answer.headers["content-type"]


async def test_a_form_from_elsewhere_exports_nothing(house: House) -> None:
    async with house.browser(await signed_in(house)) as browser:
        assert (await browser.post("/admin/export", data={"csrf": "x"})).status_code == 403
    assert await exports(house.database) == []


async def test_an_export_during_publishing_is_of_one_moment(house: House) -> None:
    async with house.browser(await signed_in(house)) as browser:
        form = {"csrf": await csrf_of(browser), "month": "2026-10"}
        answer, _ = await asyncio.gather(
            browser.post("/admin/export", data=form),
            published_year(house.database, talks=300, now=NOON),
        )
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    per_table = {(one["table"], one["period"]) for one in rows}
    # A period is there with all of its tables or not at all; those that follow may come later.
    tables = Counter(period for _, period in per_table)
    assert {p: m for p, m in tables.items() if m != (2 if "W" in p else 7)} == {}, tables


@pytest.mark.parametrize("month", ["", "2026", "x" * 3000, "2026-13", "2026-W10", "<b>", "1999-01"])
async def test_a_month_that_is_not_there_shows_the_newest(house: House, month: str) -> None:
    async with house.browser(await signed_in(house)) as browser:
        answer = await browser.get("/admin", params={"month": month})
    assert answer.status_code == 200
    assert "<b>" not in answer.text


async def test_the_report_is_a_page_that_needs_nothing_beside_itself(database: Database) -> None:
    await published_year(database, talks=3_000, now=NOON)
    async with database.reading() as session:
        published = await metrics.published(session, numbers_sheet.NAMES)
    for language in Language:
        page = report.page(published, "2026-10", language)
        assert "2026-10" in page
        assert "<script" not in page
        assert "<link" not in page
        assert "<td" in page


def test_a_category_that_was_renamed_is_shown_as_it_was_counted() -> None:
    words = pages.Pages().words_in(Language.EN)
    assert numbers_sheet.word(words, "channel", "kakao") == "KakaoTalk"
    assert numbers_sheet.word(words, "channel", "carrier_pigeon") == "carrier_pigeon"


async def test_a_month_without_a_week_has_a_page_and_an_export(house: House) -> None:
    async with house.database.transaction() as session:
        one = {"name": "waits", "period": "2026-10", "row": "high", "column": "", "amount": 40}
        await session.execute(insert(metric_published).values(one))
    async with house.browser(await signed_in(house), **{"accept-language": "en"}) as browser:
        page = await browser.get("/admin")
        form = {"csrf": await csrf_of(browser), "month": "2026-10"}
        answer = await browser.post("/admin/export", data=form)
    assert "Weeks: –" in page.text
    assert answer.text.splitlines()[1:] == ["waits,2026-10,high,total,40"]


def test_the_headline_tells_of_each_tier_and_its_hours_come_next() -> None:
    cells: dict[Cell, int | None] = {
        ("waits", "high", "never"): 15, ("waits", "low", "never"): None,
        ("waits", "none", "never"): 40, ("never_by_hour", "high", "h21"): 15,
    }  # fmt: skip
    words = pages.Pages().words_in(Language.EN)
    made = numbers_sheet.sheet({"2026-10": cells}, "2026-10", words)
    assert made.nevers == (("high", 15), ("low", None), ("none", 40))
    assert made.grids[0].name == "never_by_hour"
    assert made.grids[0].drawn


def test_a_chart_without_a_bar_is_not_drawn() -> None:
    words = pages.Pages().words_in(Language.EN)
    cells: dict[Cell, int | None] = {("never_by_hour", "high", ""): 15}
    hours = numbers_sheet.sheet({"2026-10": cells}, "2026-10", words).grids[0]
    assert not hours.empty
    assert not hours.drawn


def test_what_was_published_under_an_old_name_stays_on_the_page() -> None:
    cells: dict[Cell, int | None] = {
        ("ends", "high", "bot_ended"): 40, ("ends", "high", "heard"): 20, ("ends", "high", ""): 60,
    }  # fmt: skip
    words = pages.Pages().words_in(Language.EN)
    made = numbers_sheet.sheet({"2026-10": cells}, "2026-10", words)
    ends = next(one for one in made.grids if one.name == "ends")
    assert dict(zip(ends.columns, ends.lines[0][1], strict=True))["Ended with bot"] == 40
    assert ("Ended with bot", 40) in [(bar.label, bar.number) for bar in ends.bars]


def test_every_category_has_a_word_in_both_languages() -> None:
    for language in Language:
        words = pages.Pages().words_in(language)
        for family in FAMILIES.values():
            for one in (family.rows, *(table.columns for table in family.tables)):
                assert [code for code in one.codes if f"count_{one.name}_{code}" not in words] == []


def test_waits_are_told_as_the_column_in_which_half_and_95_percent_fall() -> None:
    cells: dict[Cell, int | None] = {
        ("waits", "high", "to_1"): 50, ("waits", "high", "to_3"): 40, ("waits", "high", "to_5"): 10,
        ("waits", "high", "never"): 25, ("waits", "high", ""): 125,
    }  # fmt: skip
    words = pages.Pages().words_in(Language.EN)
    high, low, _ = numbers_sheet.sheet({"2026-10": cells}, "2026-10", words).waits
    assert (high.answered, high.median, high.most, high.met) == ((80, 80), 1, 5, True)
    assert (low.answered, low.median, low.most, low.met) == (None, None, None, None)


def test_what_is_hidden_makes_a_share_a_range_and_a_wait_unknown() -> None:
    cells: dict[Cell, int | None] = {
        ("waits", "high", "to_1"): 60, ("waits", "high", "to_3"): 25,
        ("waits", "high", "to_5"): None, ("waits", "high", "never"): None,
        ("waits", "high", ""): 100,
    }  # fmt: skip
    words = pages.Pages().words_in(Language.EN)
    made = numbers_sheet.sheet({"2026-10": cells}, "2026-10", words)
    high = made.waits[0]
    assert (high.answered, high.median, high.most, high.met) == ((85, 100), 1, None, None)
    assert made.never is None
    assert made.never_share == (0, 15)

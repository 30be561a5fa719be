"""What the model page shows of the last comparison of two language models."""

import json
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from handoff import model_facts
from storage import weekly
from storage.database import Database
from storage.records import Role
from tests.factories import NOON
from tests.handoff.conftest import HandClock, House, member
from tests.handoff.steered import MODEL, models, steered

COMPARED = {"serving": "a", "candidate": "b", "on": "2026-11-30", "sentences": 90, "agree": 60}


async def signed_in(house: House) -> str:
    return await house.signed_in(await member(house.database, "별", role=Role.SUPERVISOR))


async def shadow_page(database: Database, clock: HandClock, tmp_path: Path, said: object) -> str:
    current = models(tmp_path)
    (tmp_path / "shadow.json").write_text(json.dumps(said), "utf-8")
    async with (
        steered(database, clock, current) as house,
        house.browser(await signed_in(house)) as browser,
    ):
        browser.timeout = httpx.Timeout(60)  # checks take a second each, more beside other tests
        shown = await browser.get("/admin/model?lang=en")
    assert shown.status_code == 200
    return shown.text.partition('id="shadow"')[2]


async def test_the_model_page_shows_which_alarms_another_model_would_raise(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    alarms = {"both": 12, "serving": None, "candidate": 10}
    said = {**COMPARED, "differ": [["greet", "thanks", 23]], "other": 7, "alarms": alarms}

    shown = await shadow_page(database, clock, tmp_path, said)

    assert re.search(r"greet</td><td>thanks</td>\D*23<", shown)
    assert re.search(r"All rare pairs together</td>\D*7<", shown)
    assert re.search(r"of both models</dt><dd>12<", shown)
    assert re.search(r"in use only</dt><dd>fewer than ten<", shown)
    assert re.search(r"compared model only</dt><dd>10<", shown)


async def test_an_older_comparison_is_shown_without_what_one_child_wrote_about(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    said = {**COMPARED, "differ": [["greet", "thanks", 10], ["grooming", "scared", 1]]}

    shown = await shadow_page(database, clock, tmp_path, said)

    assert re.search(r"greet</td><td>thanks</td>\D*10<", shown)
    assert re.search(r"All rare pairs together</td>\D*1<", shown)
    assert "grooming" not in shown
    assert "Alarms" not in shown


@pytest.mark.parametrize("said", [{"differ": 3}, {**COMPARED, "differ": [["greet"]]}, ["no"]])
def test_a_comparison_that_nobody_can_read_counts_as_none(tmp_path: Path, said: object) -> None:
    current = models(tmp_path)
    (tmp_path / "shadow.json").write_text(json.dumps(said), "utf-8")

    assert model_facts.read(current).shadow is None


OTHER, RARE = "fedcba9876543210", "00112233445566ff"
IN_USE = {
    f"shadow_asked:{OTHER}": 129,
    f"shadow_same:{OTHER}": 98,
    f"shadow_both:{OTHER}": 13,
    f"shadow_served:{OTHER}": 9,
    f"shadow_candidate:{OTHER}": 10,
    f"shadow_asked:{MODEL}": 44,
    f"shadow_same:{MODEL}": 36,
    f"shadow_asked:{RARE}": 9,
    "shadow_away": 30,
}


async def page_of(database: Database, clock: HandClock, tmp_path: Path, language: str) -> str:
    async with (
        steered(database, clock, models(tmp_path)) as house,
        house.browser(await signed_in(house)) as browser,
    ):
        browser.timeout = httpx.Timeout(60)
        shown = await browser.get(f"/admin/model?lang={language}")
    assert shown.status_code == 200
    return shown.text.partition('id="beside"')[2].partition("</section>")[0]


async def counted(database: Database, *weeks: str) -> None:
    async with database.transaction() as session:
        await weekly.add(
            session, {(week, name): count for week in weeks for name, count in IN_USE.items()}
        )


async def test_a_candidate_is_shown_by_weeks_that_are_over_without_what_is_few(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    await counted(database, "2026-W47", "2026-W48")  # the second is still running at NOON

    shown = await page_of(database, clock, tmp_path, "en")

    rows = [re.findall(r"<td[^>]*>(?:<code>)?([^<]*)", row) for row in shown.split("<tr>")[2:]]
    few = "fewer than ten"
    assert rows == [
        ["2026-W47", MODEL, "40+", "–", few, few, few],  # eight answers differ: few, too
        ["2026-W47", OTHER, "120+", "77 %", "15", few, "10"],
    ]


async def test_every_week_that_is_over_is_shown_newest_first(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    await counted(database, "2026-W47", "2026-W48")
    clock.now = NOON + timedelta(days=6)

    shown = await page_of(database, clock, tmp_path, "ko")

    assert re.findall(r"2026-W\d\d", shown) == ["2026-W48"] * 2 + ["2026-W47"] * 2


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "비교한 글이 없거나"), ("en", "Nothing, or fewer than ten")]
)
async def test_where_nothing_was_compared_the_page_says_so(
    database: Database, clock: HandClock, tmp_path: Path, language: str, words: str
) -> None:
    await counted(database, "2026-W48")

    shown = await page_of(database, clock, tmp_path, language)

    assert words in shown
    assert OTHER not in shown
    assert "<table" not in shown

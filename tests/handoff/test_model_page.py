"""What the model page shows of the last comparison of two language models."""

import json
import re
from pathlib import Path

import httpx
import pytest

from handoff import model_facts
from storage.database import Database
from storage.records import Role
from tests.handoff.conftest import HandClock, House, member
from tests.handoff.steered import models, steered

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

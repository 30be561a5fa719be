"""The steering pages in a real browser, and a word from its proposal to every process."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.dialogue.content import FOLDER
from bot.dialogue.risk import screen
from bot.drift import Drift
from bot.lexicon_file import LexiconFile
from bot.messages import NluResult
from bot.steering import Steering
from bot.weekly_sums import WeeklySums
from handoff.cookies import COOKIE_LOOPBACK
from storage import drafts, sentences, settings
from storage.database import Database
from storage.records import Risk, Role, Staff
from tests.accessible import violations
from tests.chromium import headless_chromium
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.handoff.conftest import HandClock, House, member
from tests.handoff.steered import MODEL, models, steered

pytestmark = pytest.mark.browser

PAGES = [
    "/admin/settings",
    "/admin/words",
    "/admin/sentences",
    "/admin/sentences/greet.1",
    "/admin/model",
    "/transparency",
]
SLANG = "나 뿌뿌당하다니"


@asynccontextmanager
async def page_of(
    browser: Browser, house: House, role: Role, name: str, **look: Any
) -> AsyncGenerator[Page]:
    person = await member(house.database, name, role=role)
    cookie = {"name": COOKIE_LOOPBACK, "value": await house.signed_in(person), "url": house.origin}
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, **look)
    await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
    page = await context.new_page()
    page.set_default_timeout(60_000)
    yield page
    await context.close()


def _word(phrase: str) -> str:
    examples = {"fires": [phrase], "quiet": ["뿌듯하다"], "level": "high", "category": "threat"}
    return json.dumps({"phrases": [phrase], **examples})


async def _lived_in(database: Database) -> None:
    """A house in which things were set, proposed, approved, declined and counted."""
    sun = (await member(database, "해", role=Role.SUPERVISOR)).staff
    admin = (await member(database, "산", role=Role.ADMINISTRATOR)).staff
    star = (await member(database, "새", role=Role.COUNSELOR)).staff
    async with database.transaction() as session:
        await settings.put(session, "channel.line", "off", staff=admin, now=NOON)
        await settings.put(session, "days.contacts", "20", staff=admin, now=NOON)
        week = '{"mon": [["09:00", "18:00"]]}'
        await settings.put(session, "hours", week, staff=sun, now=NOON)
        counts = '{"2026-1": [3, 1]}'
        await settings.put(session, "authority_requests", counts, staff=admin, now=NOON)
        for phrase, then in (("뿌뿌당", ""), ("숙제", ""), ("쿠쿠당", "live"), ("두두당", "no")):
            body = _word(phrase)
            made = await drafts.propose(session, drafts.WORD, body, staff=star, now=NOON)
            if then:
                draft = await drafts.get(session, made)
                await drafts.decide(session, draft, approve=then == "live", staff=sun, now=NOON)
    await _changed_sentences(database, star, sun)
    sums = WeeklySums()
    drift = Drift(sums)
    for _ in range(30):
        drift.note("안녕", NluResult("greet", 0.7), NOON)
        sums.add("2026-W47", f"shadow_asked:{MODEL}")  # a week that is over
    await sums.write(database)


async def _changed_sentences(database: Database, star: Staff, sun: Staff) -> None:
    """One is approved, another does not fit the files, and one waits."""
    first = sentences.Wording(
        "greet.1", "", "어서 와요.", "Welcome.", "", "", "더 짧게", 0, 1, "안녕하세요.", "Hello."
    )
    async with database.transaction() as session:
        for wording in (first, replace(first, ko="왜 그랬어요?", base=1)):
            made = await sentences.propose(session, wording, staff=star, now=NOON)
            await sentences.approve(session, await drafts.get(session, made), staff=sun, now=NOON)
        waits = replace(first, ko="반가워요.", base=2)
        await sentences.propose(session, waits, staff=star, now=NOON)


@ON_SQLITE  # what is drawn is the same on both
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_every_steering_page_can_be_used_by_everybody(
    database: Database, clock: HandClock, tmp_path: Path, language: str, scheme: Any
) -> None:
    await _lived_in(database)
    async with (
        steered(database, clock, models(tmp_path)) as house,
        headless_chromium() as browser,
    ):
        for role in (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.COUNSELOR):
            async with page_of(browser, house, role, f"별{role}", color_scheme=scheme) as page:
                for path in PAGES:
                    await page.goto(f"{house.origin}{path}?lang={language}")
                    await page.evaluate(
                        "document.querySelectorAll('details').forEach(one => one.open = true)"
                    )
                    assert await violations(page) == [], (role, path)
                    for width in (1280, 360):
                        await page.set_viewport_size({"width": width, "height": 800})
                        wide = "document.documentElement.scrollWidth"
                        assert await page.evaluate(wide) == width, (role, path)


async def test_a_word_that_one_proposes_and_another_approves_is_live_and_is_taken_back(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    lexicon = LexiconFile(FOLDER, None)
    steering = Steering(database, lexicon)
    running = asyncio.create_task(steering.run())

    async def level() -> Risk:
        return screen([SLANG], lexicon=lexicon.current(NOON)).level

    async def until(wanted: Risk) -> None:
        async with asyncio.timeout(60):
            while await level() is not wanted:
                await asyncio.sleep(0.05)

    async with (
        steered(database, clock, models(tmp_path)) as house,
        headless_chromium() as browser,
        page_of(browser, house, Role.COUNSELOR, "별") as star,
        page_of(browser, house, Role.SUPERVISOR, "해") as sun,
    ):
        await star.goto(f"{house.origin}/admin/words?lang=en")
        await star.get_by_label("Words (a word or a short phrase)").fill("뿌뿌당하다")
        await star.get_by_label("Examples that must alarm").fill(SLANG)
        await star.get_by_label("Examples that must not alarm").fill("뿌듯하다")
        await star.get_by_label("Level").select_option("high")
        await star.get_by_label("What is it about").select_option("threat")
        await star.get_by_role("button", name="Propose", exact=True).press("Enter")
        await expect(star.get_by_role("status")).to_have_text("Saved.", timeout=60_000)
        await expect(star.get_by_role("button", name="Approve")).to_have_count(0)
        assert await level() is Risk.NONE

        await sun.goto(f"{house.origin}/admin/words?lang=en")
        await expect(sun.get_by_text("All checks pass.")).to_be_visible(timeout=60_000)
        await sun.get_by_role("button", name="Approve").press("Enter")
        await until(Risk.HIGH)

        await sun.get_by_role("button", name="Take back").press("Enter")
        await until(Risk.NONE)
        await expect(sun.get_by_text("taken back", exact=True)).to_be_visible(timeout=60_000)
        assert await violations(sun) == []
    running.cancel()

"""The page of numbers in a real browser, over a synthetic year."""

import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import expect

from handoff.cookies import COOKIE_LOOPBACK
from storage.records import Role
from tests.accessible import violations
from tests.chromium import headless_chromium
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.handoff.conftest import House, member, waiting
from tests.synthetic import published_year

pytestmark = [pytest.mark.browser, ON_SQLITE]

STATES: list[tuple[str, int, Literal["light", "dark"]]] = [
    ("ko", 1280, "light"), ("en", 820, "dark"), ("ko", 390, "dark"), ("en", 1280, "light"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "width", "scheme"), STATES)
async def test_the_numbers_fit_the_screen_and_everybody_can_read_them(
    house: House, language: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    await published_year(house.database, now=NOON)
    await waiting(house.database)
    person = await member(house.database, "바람", role=Role.ADMINISTRATOR)
    cookie = {"name": COOKIE_LOOPBACK, "value": await house.signed_in(person), "url": house.origin}
    async with headless_chromium() as browser:
        context = await browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        page = await context.new_page()
        await page.goto(f"{house.origin}/admin?lang={language}")
        if folder := os.environ.get("GYEOT_SCREENSHOTS"):
            name = f"numbers-{language}-{width}-{scheme}.png"
            await page.screenshot(path=Path(folder) / name, full_page=False)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await expect(page.locator("svg.chart").first).to_be_visible()
        assert not await violations(page)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"


async def test_an_empty_page_of_numbers_can_be_read_by_everybody(house: House) -> None:
    person = await member(house.database, "바람", role=Role.SUPERVISOR)
    cookie = {"name": COOKIE_LOOPBACK, "value": await house.signed_in(person), "url": house.origin}
    async with headless_chromium() as browser:
        context = await browser.new_context()
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        page = await context.new_page()
        await page.goto(f"{house.origin}/admin")
        assert not await violations(page)

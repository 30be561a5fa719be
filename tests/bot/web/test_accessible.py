"""axe-core finds nothing on any page or state a young person can see."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bot.channels.web import TEXTS
from tests.accessible import violations
from tests.bot.web.conftest import Site
from tests.chromium import headless_chromium

PHONE: ViewportSize = {"width": 360, "height": 640}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with headless_chromium() as opened:
        yield opened


async def opened(browser: Browser, site: Site, path: str, *, locale: str, dark: bool) -> Page:
    # A message that is just fading in has too little contrast for a moment.
    context = await browser.new_context(
        viewport=PHONE,
        locale=locale,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(site.url + path)
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ["/privacy", "/privacy/en"])
async def test_the_privacy_page(browser: Browser, site: Site, path: str, dark: bool) -> None:
    page = await opened(browser, site, path, locale="ko-KR", dark=dark)

    assert await violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
async def test_the_chat(browser: Browser, site: Site, locale: str, dark: bool) -> None:
    page = await opened(browser, site, "/", locale=locale, dark=dark)
    texts = TEXTS[locale[:2]]
    await expect(page.locator("#status")).to_have_text(texts.online)
    assert await violations(page) == []

    await page.fill("#words", "hello")
    await page.click("#send")
    await expect(page.locator(".mine .state")).to_have_text(texts.stored)
    assert await violations(page) == []

    await page.click("#danger summary")
    assert await violations(page) == []


async def test_reading_about_it_and_coming_back_leaves_one_entry_in_the_history(
    browser: Browser, site: Site
) -> None:
    page = await opened(browser, site, "/", locale="ko-KR", dark=False)
    before = await page.evaluate("history.length")

    await page.click("#privacy")
    await page.wait_for_url("**/privacy")
    await page.click(".quiet")
    await page.wait_for_url("**/privacy/en")
    await page.click(".back")
    await expect(page.locator("#status")).to_have_text(TEXTS["ko"].online)

    assert await page.evaluate("history.length") == before

"""axe-core finds nothing on the counselor's page, in any state, language or light."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.accessible import violations
from tests.database import ON_SQLITE
from tests.factories import said
from tests.handoff.conftest import House, waiting
from tests.handoff.desks import TABLET, Wire, browser, leading, seated, shown

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]

DIALOGS = {"r": "release", "t": "offer", "b": "to_bot", "c": "close", "j": "ask_along", "h": "all"}
LIGHTS = [("ko-KR", "light"), ("en-US", "dark")]


async def sound(page: Page, state: str) -> None:
    assert not await violations(page), state


@pytest.mark.parametrize(("locale", "light"), LIGHTS)
async def test_nothing_on_the_page_shuts_anybody_out(
    house: House, browser: Browser, locale: str, light: str
) -> None:
    wire = Wire()
    empty, _ = await seated(browser, house, "달", locale=locale, color_scheme=light)
    await sound(empty, "empty")
    page, talk, _ = await leading(browser, house, locale=locale, color_scheme=light, wire=wire)
    await waiting(house.database, "who waits")
    await expect(page.locator("#queue li")).to_have_count(1)
    await said(house.database, talk.id, "여기 누구 있어요?")
    await expect(page.locator("#lines")).to_contain_text("여기 누구 있어요?")
    await page.locator("#note").fill("쪽지")
    await page.locator("#note-save").click()
    await expect(page.locator("#notes .note time, #notes .note .meta")).to_have_count(1)
    await page.locator("#text").fill("가" * 1001)
    await sound(page, "a talk, a note and too long a text")
    await shown(page, f"room-access-{light}-1280")
    for key, name in DIALOGS.items():
        await page.keyboard.press(f"Alt+{key}")
        await expect(page.locator("#confirm")).to_be_visible()
        await sound(page, name)
        await page.keyboard.press("Escape")
        await expect(page.locator("#confirm")).to_be_hidden()
    await page.keyboard.press("Alt+p")
    await sound(page, "prepared sentences")
    await page.keyboard.press("Alt+p")
    await page.locator("#lines").focus()
    await page.keyboard.press("?")
    await sound(page, "keys")
    await page.keyboard.press("Escape")
    await page.set_viewport_size(TABLET)  # type: ignore[arg-type]  # a TypedDict
    await page.locator("#beside-toggle").click()
    await sound(page, "tablet with what stands beside")
    await shown(page, f"room-access-{light}-820")
    await wire.cut()
    await expect(page.locator("#banner")).to_be_visible()
    await sound(page, "disconnected")


async def test_every_key_of_the_page_is_in_its_help(house: House, browser: Browser) -> None:
    page, _, _ = await leading(browser, house)
    await page.locator("#lines").focus()
    await page.keyboard.press("?")
    shown_keys = set(await page.locator("#help-keys dt").all_text_contents())
    named = await page.locator("#help-keys dd").all_text_contents()
    assert {f"Alt+{key.upper()}" for key in DIALOGS} <= shown_keys
    assert {
        "Alt+N",
        "Alt+W",
        "Alt+L",
        "Alt+Q",
        "Alt+I",
        "Alt+P",
        "Alt+E",
        "Enter",
        "?",
    } <= shown_keys
    assert all(one and "_" not in one for one in named)  # a word of ours for each

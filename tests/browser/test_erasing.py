"""지워줘 on the web page, with the console beside it, in real browsers."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_two_people import PHONE, browser, opened, say, shown, signed_in
from tests.database import ON_SQLITE
from tests.scenarios.house import House, running_house

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]


@pytest.fixture
async def deaf(tmp_path: Path, database_url: str) -> AsyncGenerator[House]:
    """The house without its language service."""
    environment = {"GYEOT_DATABASE_URL": database_url, "GYEOT_NLU_URL": "http://127.0.0.1:1"}
    async with running_house(tmp_path, environment) as running:
        yield running


async def test_what_was_said_vanishes_from_the_console(deaf: House, browser: Browser) -> None:
    child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), deaf, "/")
    desk = await signed_in(browser, deaf, deaf.invitation, "은하")
    await say(child, "어제 있었던 일이에요")
    await desk.locator("#queue li").get_by_role("button").first.click()
    await expect(desk.locator("#lines")).to_contain_text("어제 있었던 일이에요")
    await shown(desk, "erase-console-before")

    await say(child, "지워줘")
    await expect(child.locator("#log")).to_contain_text("정리할까요?")
    await expect(child.locator(".choices button")).to_have_count(2)
    await shown(child, "erase-asked")
    await child.locator(".choices button").first.click()

    await expect(desk.locator("#toasts")).to_contain_text("사용자가 기록을 지웠습니다")
    await expect(desk.locator("#mine li")).to_have_count(0)
    await expect(desk.locator("body")).not_to_contain_text("어제 있었던 일이에요")
    await shown(desk, "erase-console-after")
    await expect(child.locator("#log")).to_contain_text("정리했어요.")
    await shown(child, "erase-done")

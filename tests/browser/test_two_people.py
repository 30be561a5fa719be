"""A young person at phone size and counselors at their desks, in real browsers."""

import os
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.chromium import headless_chromium
from tests.scenarios.house import House, invite

pytestmark = [pytest.mark.rasa, pytest.mark.browser]

PHONE: ViewportSize = {"width": 360, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}
PASSWORD = "열두 글자보다 긴 암호"


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with headless_chromium() as running:
        yield running


async def test_a_young_person_and_a_counselor_talk(house: House, browser: Browser) -> None:
    child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), house, "/")
    await say(child, "안녕하세요")
    await expect(child.locator(".message.bot .bubble").first).to_contain_text("챗봇")
    await expect(child.locator(".choices button").first).to_be_visible()
    await shown(child, "chat-phone")

    desk = await signed_in(browser, house, house.invitation, "은하")
    await say(child, "상담사랑 얘기하고 싶어요")
    card = desk.locator("#queue li")
    await expect(card).to_have_count(1)
    await card.get_by_role("button").first.click()
    await expect(desk.locator("#lines")).to_contain_text("상담사랑 얘기하고 싶어요")

    await desk.locator("#text").fill("저 여기 있어요. 천천히 이야기해요.")
    await desk.locator("#send").click()
    await expect(child.locator("#log")).to_contain_text("저 여기 있어요. 천천히 이야기해요.")
    await say(child, "고마워요")
    await expect(desk.locator("#lines")).to_contain_text("고마워요")
    await shown(desk, "console-desktop")
    await shown(child, "chat-phone-counselor")

    await desk.locator("#close").click()
    await desk.locator("#confirm-outcome").select_option("heard")
    await desk.locator("#confirm-yes").click()
    await expect(desk.locator("#mine li")).to_have_count(0)
    assert await words_after(child, "고마워요")


async def test_one_of_two_counselors_gets_the_card_and_the_other_sees_it_go(
    house: House, browser: Browser
) -> None:
    first = await signed_in(browser, house, house.invitation, "은하")
    second = await signed_in(browser, house, await invite(house, "counselor"), "바다")
    child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), house, "/")
    await say(child, "상담사랑 얘기하고 싶어요")
    await expect(first.locator("#queue li")).to_have_count(1)
    await expect(second.locator("#queue li")).to_have_count(1)

    await first.locator("#queue li").get_by_role("button").first.click()

    await expect(first.locator("#mine li")).to_have_count(1)
    await expect(second.locator("#queue li")).to_have_count(0)
    await expect(second.locator("#mine li")).to_have_count(0)


async def opened(context: BrowserContext, house: House, path: str) -> Page:
    page = await context.new_page()
    await page.goto(house.url + path)
    return page


async def say(child: Page, text: str) -> None:
    await child.locator("#words").fill(text)
    await child.locator("#send").click()
    await expect(child.locator("#log")).to_contain_text(text)


async def signed_in(browser: Browser, house: House, invitation: str, name: str) -> Page:
    """Join by the one-time link, as a new counselor does."""
    context = await browser.new_context(viewport=DESK, locale="ko-KR")
    page = await opened(context, house, f"/console/join#{invitation}")
    await expect(page.locator("#join-secret")).not_to_be_empty()
    secret = await page.locator("#join-secret").inner_text()
    await page.locator("#name").fill(name)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#code").fill(pyotp.TOTP(re.sub(r"\s", "", secret)).now())
    await page.get_by_role("button").click()
    await expect(page.locator("#queue-title")).to_be_visible()
    return page


async def words_after(child: Page, text: str) -> str:
    """What stands in the chat after the last place of `text`, once there is something."""
    await expect(child.locator("#log")).to_have_text(re.compile(re.escape(text) + r".*\S.*", re.S))
    return (await child.locator("#log").inner_text()).rpartition(text)[2].strip()


async def shown(page: Page, name: str) -> None:
    """Keep a picture where GYEOT_SCREENSHOTS says, for people to look at."""
    await page.wait_for_timeout(600)  # movements end
    if folder := os.environ.get("GYEOT_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")

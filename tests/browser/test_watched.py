"""Somebody watches, somebody comes back, somebody checks: in real browsers, without Rasa."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.accessible import violations
from tests.browser.test_two_people import PHONE, browser, opened, say, shown, signed_in
from tests.database import ON_SQLITE
from tests.scenarios.house import House, running_house

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]
SECRET = "어제 그 오빠가 기다렸어요"


@pytest.fixture
async def deaf(tmp_path: Path, database_url: str) -> AsyncGenerator[House]:
    """The house without its language service."""
    environment = {"GYEOT_DATABASE_URL": database_url, "GYEOT_NLU_URL": "http://127.0.0.1:1"}
    async with running_house(tmp_path, environment) as running:
        yield running


async def test_a_watched_talk_is_homework_until_it_is_safe(deaf: House, browser: Browser) -> None:
    child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), deaf, "/")
    desk = await signed_in(browser, deaf, deaf.invitation, "은하")
    await say(child, SECRET)
    await desk.locator("#queue li").get_by_role("button").first.click()
    await expect(desk.locator("#lines")).to_contain_text(SECRET)
    await desk.locator("#text").fill("그 사람이 뭐라고 했어요?")

    await child.locator("#words").fill("누가 보고 있어")
    await child.locator("#send").click()
    await expect(child.locator("#log")).to_contain_text("오늘 숙제는")
    await expect(desk.locator("#covered")).to_be_visible()
    await expect(desk.locator("#send")).to_be_disabled()
    await expect(desk.locator("#text")).to_have_value("그 사람이 뭐라고 했어요?")
    await expect(child.locator("#log")).not_to_contain_text(SECRET)
    await expect(child.locator("#log .message")).to_have_count(1)
    await expect(child.locator("#danger")).to_be_hidden()
    await shown(child, "watched-phone-360")
    await shown(desk, "watched-console-1280")
    assert not await violations(desk)
    assert not await violations(child)

    await say(child, "숙제 다 했어요")
    await expect(desk.locator("#covered")).to_be_hidden()
    await desk.locator("#send").click()
    await expect(child.locator("#log")).to_contain_text("그 사람이 뭐라고 했어요?")
    await expect(child.locator("#danger")).to_be_visible()


async def test_three_words_lead_back_and_the_phone_is_shown_nothing(
    deaf: House, browser: Browser
) -> None:
    child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), deaf, "/")
    desk = await signed_in(browser, deaf, deaf.invitation, "은하")
    await say(child, SECRET)
    await desk.locator("#queue li").get_by_role("button").first.click()
    await expect(desk.locator("#lines")).to_contain_text(SECRET)
    await desk.locator("#close").click()
    await desk.locator("#confirm-outcome").select_option("heard")
    await desk.locator("#confirm-yes").click()
    await expect(child.locator("#log")).to_contain_text("세 낱말")
    words = (await child.locator(".bubble").last.inner_text()).strip().splitlines()[-1]
    await shown(child, "return-words-phone-360")

    again = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), deaf, "/")
    await say(again, words)
    await expect(again.locator("#log")).to_contain_text("네, 확인했어요.")
    await say(again, "상담사랑 얘기하고 싶어요")
    await desk.locator("#queue li").get_by_role("button").first.click()
    await desk.locator("#earlier summary").click()

    await expect(desk.locator("#earlier-lines")).to_contain_text(SECRET)
    await expect(desk.locator("body")).not_to_contain_text(words)
    await expect(again.locator("#log")).not_to_contain_text(SECRET)
    await shown(desk, "return-console-1280")
    assert not await violations(desk)


async def test_digits_from_the_chat_are_checked_on_our_page(deaf: House, browser: Browser) -> None:
    phone = await browser.new_context(viewport=PHONE, locale="ko-KR")
    child = await opened(phone, deaf, "/")
    await say(child, "진짜 곁이에요?")
    await expect(child.locator("#log")).to_contain_text("/verify")
    told = re.findall(r"\b\d{4} \d{4}\b", await child.locator("#log").inner_text())
    page = await opened(phone, deaf, "/verify")
    assert not await violations(page)

    await page.locator("#code").fill(told[-1])
    await page.get_by_role("button").click()
    await expect(page.locator(".result")).to_contain_text("맞아요")
    await shown(page, "verify-phone-360")
    assert not await violations(page)
    await page.locator("#code").fill(told[-1])
    await page.get_by_role("button").click()
    await expect(page.locator(".result")).to_contain_text("확인되지 않았어요")
    await shown(page, "verify-wrong-phone-360")
    assert not await violations(page)
    assert not await phone.cookies()

    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "leave"

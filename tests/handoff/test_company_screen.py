"""A colleague reads along, in two real browsers."""

import pytest
from playwright.async_api import Browser, expect

from storage.records import Role
from tests.accessible import violations
from tests.database import ON_SQLITE
from tests.factories import said
from tests.handoff.conftest import House
from tests.handoff.desks import TABLET, browser, counselors_words, leading, seated, shown

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]


async def test_a_supervisor_reads_along_and_can_send_nothing(
    house: House, browser: Browser
) -> None:
    owner, talk, _ = await leading(browser, house)
    chief, _ = await seated(browser, house, "솔", role=Role.SUPERVISOR)
    await said(house.database, talk.id, "학교 가기가 무서워요")

    await owner.keyboard.press("Alt+j")
    await owner.locator("#confirm-colleague").select_option("")
    await shown(owner, "room-ask-along-1280")
    assert not await violations(owner)
    await owner.locator("#confirm-yes").press("Enter")
    await expect(owner.locator("#company")).to_contain_text("슈퍼바이저 누구나")

    await expect(chief.locator("#offers li")).to_contain_text("함께 읽어 달라고")
    await expect(chief.locator("#offers .chip")).to_have_text("보통")
    assert not await violations(chief)
    await chief.locator("#offers button").first.press("Enter")
    await expect(chief.locator("#lines")).to_contain_text("학교 가기가 무서워요")
    await expect(owner.locator("#company")).to_contain_text("솔 님이 함께 읽고 있어요")
    await expect(chief.locator("#company")).to_contain_text("별 님의 상담을 함께 읽고")
    for hidden in ("#text", "#send", "#close", "#release", "#offer", "#to_bot", "#release-all"):
        await expect(chief.locator(hidden)).to_be_hidden()

    await chief.locator("#note").fill("안전한 곳인지 먼저 물어봐요.")
    await chief.locator("#note-save").click()
    await expect(owner.locator("#notes")).to_contain_text("안전한 곳인지 먼저 물어봐요.")
    for page, name in ((owner, "room-along-owner-1280"), (chief, "room-along-1280")):
        await expect(page.locator(".toast")).to_have_count(0, timeout=10_000)
        await shown(page, name)
        assert not await violations(page)
    await chief.set_viewport_size(TABLET)  # type: ignore[arg-type]  # a TypedDict
    await shown(chief, "room-along-820")
    assert not await violations(chief)

    await chief.keyboard.press("Alt+e")
    await expect(chief.locator("#mine li")).to_have_count(0)
    await expect(chief.locator("body")).not_to_contain_text("학교 가기가 무서워요")
    await expect(owner.locator("#company")).to_be_hidden()
    assert await counselors_words(house, talk) == []

"""A console that nobody touched for a quarter of an hour: covered, the draft kept."""

import pytest
from playwright.async_api import Browser, expect

from handoff.cookies import COOKIE_LOOPBACK
from storage.records import ConversationState
from tests.accessible import violations
from tests.database import ON_SQLITE
from tests.factories import said
from tests.handoff.conftest import House, row_of
from tests.handoff.desks import browser, counselors_words, leading, shown

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]

DRAFT = "천천히 말해도 괜찮아"
SECRET = "아무한테도 말 안 했어요"


async def test_a_console_untouched_for_a_quarter_hour_is_covered_and_goes_on_with_the_draft(
    house: House, browser: Browser
) -> None:
    page, talk, who = await leading(browser, house)
    await said(house.database, talk.id, SECRET)
    await expect(page.locator("#lines")).to_contain_text(SECRET)
    await page.locator("#text").fill(DRAFT)

    house.clock.pass_(minutes=16)
    await expect(page.locator("#covered-page")).to_be_visible()
    await expect(page.locator("#columns")).to_be_hidden()
    assert SECRET not in await page.content()
    assert not await violations(page)
    await shown(page, "room-covered-1280")
    assert (await row_of(house.database, talk)).state is ConversationState.ACTIVE

    token = await house.signed_in(who)
    cookie = {"name": COOKIE_LOOPBACK, "value": token, "url": house.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
    other = await page.context.new_page()  # the window that the covered page offers
    await other.goto(f"{house.origin}/console")

    await expect(page.locator("#covered-page")).to_be_hidden()
    await expect(page.locator("#lines")).to_contain_text(SECRET)
    await expect(page.locator("#text")).to_have_value(DRAFT)
    assert await counselors_words(house, talk) == []
    await page.locator("#send").dblclick()
    await expect(page.locator("#lines .line.counselor time")).to_have_count(1)
    assert await counselors_words(house, talk) == [DRAFT]

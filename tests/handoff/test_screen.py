"""The console in a real browser, on a desk and on a phone."""

import pytest
from playwright.async_api import expect

from handoff.cookies import COOKIE_LOOPBACK
from storage import transcript
from storage.records import Speaker
from tests.chromium import headless_chromium
from tests.factories import NOON
from tests.handoff.conftest import House, claimed, member, waiting

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
async def test_words_that_were_too_much_are_a_notice_and_the_page_fits(
    house: House, width: int
) -> None:
    person = await member(house.database)
    talk = await claimed(house.database, person.staff, await waiting(house.database))
    async with house.database.transaction() as session:
        await transcript.append(
            session, house.database.vault, talk.id, speaker=Speaker.PERSON, text="", kind="flood",
            at=NOON,
        )  # fmt: skip
    cookie = {"name": COOKIE_LOOPBACK, "value": await house.signed_in(person), "url": house.origin}
    async with headless_chromium() as browser:
        context = await browser.new_context(viewport={"width": width, "height": 800})
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        page = await context.new_page()
        await page.goto(f"{house.origin}/console")
        await page.locator("#mine button").click()

        await expect(page.locator(".line.system .bubble")).to_be_visible()
        await expect(page.locator(".line.person")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        send = await page.locator("#send").bounding_box()
        assert send is not None
        assert send["x"] + send["width"] <= width

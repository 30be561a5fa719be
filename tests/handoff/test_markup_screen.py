"""What others wrote is text, wherever the counselor's page shows it."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from handoff import passing
from tests.database import ON_SQLITE
from tests.factories import said
from tests.handoff.conftest import House, claimed, member, waiting
from tests.handoff.desks import browser, opened
from tests.markup import CORPUS, WATCH, nothing_ran

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]


async def test_every_text_of_the_corpus_is_shown_as_it_was_written(
    house: House, browser: Browser
) -> None:
    colleague = await member(house.database, "<img src=x onerror=window.ran=1>")
    who = await member(house.database, "별")
    talk = await claimed(house.database, who.staff, await waiting(house.database))
    for text in CORPUS:
        await said(house.database, talk.id, text)
        await passing.write_note(
            house.database, who.staff, talk.id, epoch=1, key=uuid4(), text=text, now=house.clock.now
        )
    page = await opened(browser, house, await house.signed_in(who), script=WATCH)
    other = await opened(browser, house, await house.signed_in(colleague), script=WATCH)
    await page.locator("#mine button").click()

    bubbles = page.locator("#lines .line.person .bubble")
    await expect(bubbles).to_have_count(len(CORPUS))
    assert await bubbles.all_text_contents() == list(CORPUS)
    notes = page.locator("#notes .note p:last-child")
    assert sorted(await notes.all_text_contents()) == sorted(CORPUS)

    await page.locator("#text").fill("\n".join(CORPUS)[:900])
    await page.keyboard.press("Alt+t")
    await page.locator("#confirm-note").fill(CORPUS[0])
    await page.locator("#confirm-yes").click()
    await expect(page.locator("#offered")).to_contain_text(colleague.staff.name)
    await other.locator("#offers button").first.click()
    await other.locator("#mine button").click()
    await expect(other.locator("#notes .note.hand_over")).to_contain_text(CORPUS[0])
    await expect(other.locator("#lines .line.person .bubble")).to_have_count(len(CORPUS))
    for one in (page, other):
        await one.locator("#language").click()  # everything is drawn again
        await nothing_ran(one, "main")
        await nothing_ran(one, "nav")

"""The counselor's page when the line breaks, the clock is wrong, or somebody else was quicker."""

import asyncio
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import delete

from handoff import queue
from handoff.cookies import COOKIE_LOOPBACK
from storage.tables import staff_sessions
from tests.accessible import violations
from tests.database import ON_SQLITE
from tests.handoff.conftest import NOTICES, House, row_of, waiting
from tests.handoff.desks import Wire, browser, counselors_words, leading, seated, shown

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, ON_SQLITE]

FIRST = "저 여기 있어요."
DRAFT = "천천히 말해도 괜찮아"


async def test_a_message_whose_answer_was_lost_is_not_sent_twice_and_the_draft_stays(
    house: House, browser: Browser
) -> None:
    wire = Wire()
    page, talk, _ = await leading(browser, house, wire=wire)
    wire.deaf = True
    await page.locator("#text").fill(FIRST)
    await page.locator("#send").click()
    async with asyncio.timeout(10):
        while not await counselors_words(house, talk):
            await asyncio.sleep(0.05)
    await wire.cut()

    await expect(page.locator("#banner")).to_be_visible()
    await page.locator("#text").fill(DRAFT)
    await shown(page, "room-disconnected-1280")
    wire.up, wire.deaf = True, False
    await page.locator("#banner-reconnect").click()

    await expect(page.locator("#link")).to_have_class("link online")
    await expect(page.locator("#banner")).to_be_hidden()
    await expect(page.locator("#lines .line.counselor time")).to_have_count(1)
    await expect(page.locator("#lines .line.counselor")).to_have_count(1)
    await expect(page.locator("#text")).to_have_value(DRAFT)
    assert await counselors_words(house, talk) == [FIRST]


async def test_what_is_sent_while_the_line_is_away_goes_out_once_when_it_is_back(
    house: House, browser: Browser
) -> None:
    wire = Wire()
    page, talk, _ = await leading(browser, house, wire=wire)
    await wire.cut()
    await expect(page.locator("#banner")).to_be_visible()
    await page.locator("#text").fill(FIRST)
    await page.locator("#send").dblclick()
    await expect(page.locator("#lines .line.counselor")).to_contain_text("보내는 중")
    wire.up = True
    await page.locator("#banner-reconnect").dblclick()
    await expect(page.locator("#lines .line.counselor time")).to_have_count(1)
    assert await counselors_words(house, talk) == [FIRST]


async def test_who_closes_the_laptop_loses_the_talk_keeps_the_words_and_sends_nothing(
    house: House, browser: Browser
) -> None:
    wire = Wire()
    page, talk, _ = await leading(browser, house, wire=wire)
    await page.locator("#text").fill(DRAFT)
    await wire.cut()
    house.clock.pass_(seconds=46)
    await queue.lapse(house.database, NOTICES, now=house.clock.now)
    other, who = await seated(browser, house, "달")
    await other.locator("#queue li button").click()
    await expect(other.locator("#mine li")).to_have_count(1)

    wire.up = True
    await page.locator("#banner-reconnect").click()

    await expect(page.locator("#toasts")).to_contain_text("내 손을 떠났어요")
    await expect(page.locator("#mine li")).to_have_count(0)
    assert (await row_of(house.database, talk)).owner_id == who.staff.id
    assert await counselors_words(house, talk) == []
    await other.keyboard.press("Alt+r")
    await other.locator("#confirm-yes").click()
    await page.locator("#queue li button").click()
    await expect(page.locator("#text")).to_have_value(DRAFT)
    assert await counselors_words(house, talk) == []


async def test_of_two_who_click_at_once_one_gets_the_talk_and_the_other_is_told(
    house: House, browser: Browser
) -> None:
    (one, first), (two, second) = [await seated(browser, house, name) for name in ("별", "달")]
    talk = await waiting(house.database)
    for page in (one, two):
        await expect(page.locator("#queue li")).to_have_count(1)
    click = "document.querySelector('#queue li button').click()"

    await asyncio.gather(*(page.evaluate(click) for page in (one, two)))

    for page in (one, two):
        await expect(page.locator("#queue li")).to_have_count(0)
    owner = (await row_of(house.database, talk)).owner_id
    assert owner in (first.staff.id, second.staff.id)
    winner, loser = (one, two) if owner == first.staff.id else (two, one)
    await expect(winner.locator("#mine li")).to_have_count(1)
    await expect(loser.locator("#mine li")).to_have_count(0)
    await expect(loser.locator("#toasts")).to_contain_text("다른 상담사가 먼저 받았어요")


async def test_a_talk_passed_to_a_colleague_goes_with_its_note_and_leaves_the_first_page(
    house: House, browser: Browser
) -> None:
    one, talk, _ = await leading(browser, house)
    two, who = await seated(browser, house, "달")
    await one.locator("#text").fill(DRAFT)
    await one.keyboard.press("Alt+t")
    await one.locator("#confirm-note").fill("조심스러운 분이에요")
    await one.locator("#confirm-yes").click()
    await expect(two.locator("#offers li")).to_have_count(1)
    await two.locator("#offers button").first.click()

    await expect(two.locator("#notes")).to_contain_text("조심스러운 분이에요")
    await expect(one.locator("#mine li")).to_have_count(0)
    await expect(one.locator("#text")).to_be_hidden()
    await two.locator("#text").fill(FIRST)
    await two.locator("#send").click()
    await expect(two.locator("#lines .line.counselor time")).to_have_count(1)
    assert (await row_of(house.database, talk)).owner_id == who.staff.id
    assert await counselors_words(house, talk) == [FIRST]


@pytest.mark.parametrize("skew", [timedelta(days=-2), timedelta(hours=7)])
async def test_a_wrong_clock_on_the_desk_changes_no_waiting_time(
    house: House, browser: Browser, skew: timedelta
) -> None:
    await waiting(house.database)
    house.clock.pass_(minutes=5)
    there: datetime = house.clock.now + skew
    page, _ = await seated(browser, house, clock=there)
    await expect(page.locator("#queue .wait")).to_have_text("대기 05:00")
    await expect(page.locator("#link")).to_have_class("link online")


async def test_who_is_signed_out_in_mid_sentence_signs_in_again_and_goes_on(
    house: House, browser: Browser
) -> None:
    page, talk, who = await leading(browser, house)
    await page.locator("#text").fill(DRAFT)
    async with house.database.transaction() as session:
        await session.execute(delete(staff_sessions))
    await expect(page.locator("#banner-text")).to_contain_text("쓰던 글은 그대로 있어요")
    await expect(page.locator("#lines")).to_be_hidden()
    await shown(page, "room-signed-out-1280")
    assert not await violations(page)

    house.clock.pass_(seconds=30)  # a code is good once
    token = await house.signed_in(who)
    cookie = {"name": COOKIE_LOOPBACK, "value": token, "url": house.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
    await page.locator("#banner-reconnect").click()

    await expect(page.locator("#text")).to_have_value(DRAFT)
    await page.locator("#send").click()
    await expect(page.locator("#lines .line.counselor time")).to_have_count(1)
    assert await counselors_words(house, talk) == [DRAFT]

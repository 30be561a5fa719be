"""The board, guard release, take-over and reassigning in real browsers."""

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from handoff import along, passing, queue
from handoff.cookies import COOKIE_LOOPBACK
from storage.records import Presence, Risk, Role
from tests.accessible import violations
from tests.chromium import headless_chromium
from tests.factories import NOON, said
from tests.handoff.conftest import NOTICES, House, Member, claimed, lines_of, member, waiting

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1280, "height": 800}
TABLET: ViewportSize = {"width": 820, "height": 1180}
ASKING = "학교가 어디인지 알려 줄 수 있어요?"


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with headless_chromium() as running:
        yield running


@dataclass(frozen=True)
class Shift:
    """A running house, a browser, and who works there."""

    house: House
    browser: Browser
    one: Member
    two: Member
    chief: Member

    async def page(self, who: Member, path: str, size: ViewportSize = DESK) -> Page:
        token = await self.house.signed_in(who)
        cookie = {"name": COOKIE_LOOPBACK, "value": token, "url": self.house.origin}
        context = await self.browser.new_context(viewport=size, locale="ko-KR")
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        page = await context.new_page()
        await page.goto(self.house.origin + path)
        return page


@pytest.fixture
async def shift(house: House, browser: Browser) -> Shift:
    return Shift(
        house,
        browser,
        await member(house.database, "별"),
        await member(house.database, "달"),
        await member(house.database, "솔", role=Role.SUPERVISOR),
    )


async def test_a_stopped_text_is_released_and_goes_when_its_counselor_presses_again(
    shift: Shift,
) -> None:
    database = shift.house.database
    talk = await claimed(database, shift.one.staff, await waiting(database))
    desk = await shift.page(shift.one, "/console")
    board = await shift.page(shift.chief, "/console/board")
    await desk.locator("#mine button").click()
    await desk.locator("#text").fill(ASKING)
    await desk.locator("#send").click()
    await desk.get_by_role("button", name="보내게 해 달라고 부탁").click()
    await desk.locator("#confirm-reason").fill("119가 어느 학교로 가야 하는지 물어요")
    assert not await violations(desk)
    await desk.locator("#confirm-yes").click()
    await expect(desk.locator(".line.stopped")).to_contain_text("기다려요")

    await board.locator(".asked a.button").click()  # came without a reload
    await expect(board.locator(".quote").first).to_have_text(ASKING)
    assert not await violations(board)
    await shown(board, "board-stopped-1280")
    await board.locator("#answer").fill("119에 알릴 때만 물어 주세요")
    await board.get_by_role("button", name="보내도 좋아요").click()

    await expect(desk.locator(".line.stopped")).to_contain_text("119에 알릴 때만 물어 주세요")
    assert ASKING not in [line.text for line in await lines_of(database, talk)]
    assert not await violations(desk)
    await shown(desk, "room-released-1280")
    await desk.get_by_role("button", name="이 글 그대로 보내기").click()

    await expect(desk.locator(".line.stopped")).to_have_count(0)
    await expect(desk.locator(".line.counselor time")).to_have_count(1)  # it is stored
    await expect(desk.locator(".line.counselor .bubble")).to_have_text(ASKING)
    assert [line.text for line in await lines_of(database, talk)].count(ASKING) == 1


async def test_a_supervisor_reads_along_in_sight_and_takes_over(shift: Shift) -> None:
    database = shift.house.database
    talk = await claimed(database, shift.one.staff, await waiting(database))
    await said(database, talk.id, "<b>안녕하세요</b>")
    desk = await shift.page(shift.one, "/console")
    await desk.locator("#mine button").click()
    board = await shift.page(shift.chief, "/console/board")
    await board.get_by_role("link", name="함께 읽기").click()
    await expect(board.locator("#lines .person .bubble")).to_have_text("<b>안녕하세요</b>")
    await expect(desk.locator("#along")).to_contain_text("솔")
    assert not await violations(desk)
    assert not await violations(board)

    await said(database, talk.id, "새로 온 말")
    await expect(board.locator("#lines")).to_contain_text("새로 온 말")
    await shown(board, "board-along-1280")
    await board.get_by_role("button", name="이어받기").click()

    await expect(board.locator("#told")).to_contain_text("이어받았어요")
    await expect(desk.locator("#mine li")).to_have_count(0)
    await expect(desk.locator(".toast")).to_contain_text("솔")
    await board.goto(f"{shift.house.origin}/console")
    await expect(board.locator("#mine li")).to_have_count(1)


async def test_a_talk_is_assigned_to_a_named_counselor_and_both_see_it(shift: Shift) -> None:
    database = shift.house.database
    await claimed(database, shift.one.staff, await waiting(database))
    first = await shift.page(shift.one, "/console")
    second = await shift.page(shift.two, "/console")
    await expect(second.locator("#link")).to_have_class("link online")
    board = await shift.page(shift.chief, "/console/board")
    await board.locator("#led summary").press("Enter")
    await board.locator("#led select").select_option(label="달 · 받을 수 있음 · 상담 0")
    assert not await violations(board)
    await board.get_by_role("button", name="바로 맡기기").click()

    await expect(second.locator("#mine li")).to_have_count(1)
    await expect(first.locator("#mine li")).to_have_count(0)
    await expect(first.locator(".toast")).to_contain_text("달")


@pytest.mark.parametrize("size", [DESK, TABLET], ids=["desk", "tablet"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_board_shows_at_once_who_waits_too_long(
    shift: Shift, size: ViewportSize, language: str
) -> None:
    database, clock = shift.house.database, shift.house.clock
    board = await shift.page(shift.chief, f"/console/board?lang={language}", size)
    await expect(board.locator("#waiting .card")).to_have_count(0)
    assert not await violations(board)
    for number, (risk, minutes) in enumerate(
        [(Risk.IMMINENT, 4), (Risk.NONE, 4), (Risk.HIGH, 1), (Risk.LOW, 7)]
    ):
        at = NOON - timedelta(minutes=minutes)
        await waiting(database, f"account-{number}", risk=risk, now=at)
    for who in (shift.one, shift.two, shift.chief):
        await queue.heartbeat(database, who.staff, now=clock.now)
    await passing.choose_presence(database, shift.two.staff, Presence.PAUSING, now=clock.now)
    led = await queue.claim_next(database, NOTICES, shift.one.staff, now=clock.now)
    assert led is not None
    await along.read_along(database, shift.chief.staff, led.id, now=clock.now)

    await expect(board.locator("#waiting .card")).to_have_count(3)
    await expect(board.locator("#waiting .card.late")).to_have_count(1)
    await expect(board.locator("#led .card")).to_have_count(1)
    assert not await violations(board)
    assert await board.evaluate("document.documentElement.scrollWidth") == size["width"]
    await shown(
        board, f"board-{size['width']}" if language == "ko" else f"board-{size['width']}-en"
    )
    await board.goto(f"{shift.house.origin}/console/board/handover")
    assert not await violations(board)
    if language == "ko":
        await shown(board, f"board-handover-{size['width']}")


async def shown(page: Page, name: str) -> None:
    """Keep a picture where GYEOT_SCREENSHOTS says, for people to look at."""
    if folder := os.environ.get("GYEOT_SCREENSHOTS"):
        await page.wait_for_timeout(400)  # movements end
        await page.screenshot(path=Path(folder) / f"{name}.png")

"""The duties' pages in two real browsers, a counselor's and a supervisor's."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from handoff.cookies import COOKIE_LOOPBACK
from storage import conversations
from storage.database import Database
from storage.records import TRAINING, Conversation, Risk, Role
from tests.accessible import violations
from tests.chromium import headless_chromium
from tests.database import ON_SQLITE
from tests.handoff.conftest import House, Member, claimed, lines_of, member, waiting

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1280, "height": 800}
TABLET: ViewportSize = {"width": 820, "height": 1180}
DUTIES = "/console/duties"


async def opened(house: House, browser: Browser, person: Member, size: ViewportSize = DESK) -> Page:
    cookie = {"name": COOKIE_LOOPBACK, "value": await house.signed_in(person), "url": house.origin}
    context = await browser.new_context(viewport=size, locale="ko-KR")
    await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
    page = await context.new_page()
    await page.goto(house.origin + DUTIES)
    return page


async def sound(page: Page, name: str) -> None:
    """No rule is broken and nothing runs out of the screen; keep a picture where one is wanted."""
    assert await violations(page) == [], name
    width = await page.evaluate("innerWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
    if folder := os.environ.get("GYEOT_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).first.click()


async def pair(house: House) -> tuple[Member, Member, Conversation]:
    owner = await member(house.database, "별")
    above = await member(house.database, "숲", role=Role.SUPERVISOR)
    talk = await claimed(house.database, owner.staff, await waiting(house.database, risk=Risk.HIGH))
    return owner, above, talk


@ON_SQLITE
async def test_an_address_is_seen_after_a_second_person_in_another_browser_said_yes(
    house: House, database: Database
) -> None:
    owner, above, talk = await pair(house)
    async with headless_chromium() as browser:
        desk = await opened(house, browser, owner)
        await sound(desk, "duties-home")
        await desk.goto(f"{house.origin}{DUTIES}/talks/{talk.id}")
        await desk.locator("#reason").select_option("unmask_danger")
        await desk.locator("#why").fill("지금 위험하다고 했어요")
        await press(desk, "승인 요청")
        await sound(desk, "duties-talk")

        other = await opened(house, browser, above, TABLET)
        await sound(other, "duties-supervisor-tablet")
        await other.get_by_role("link", name="살펴보기").first.click()
        await expect(other.locator("main")).to_contain_text("지금 위험하다고 했어요")
        await sound(other, "duties-unmask-decide-tablet")
        await press(other, "승인")
        await expect(other.locator("#asked-title + p")).to_be_visible()

        await desk.reload()
        assert "to-account-1" not in await desk.content()
        await press(desk, "주소 보기")
        await expect(desk.locator(".id")).to_have_text("to-account-1")
        await sound(desk, "duties-unmasked")

        house.clock.pass_(minutes=14)
        await desk.goto(f"{house.origin}{DUTIES}/talks/{talk.id}")
        house.clock.pass_(minutes=14)
        await desk.reload()
        button = desk.get_by_role("button", name="주소 보기")
        await expect(button).to_be_visible()
        house.clock.pass_(minutes=2)
        await button.click()
        await expect(desk.locator("main")).to_contain_text("볼 수 없어요")
        await sound(desk, "duties-refused")


@ON_SQLITE
async def test_a_report_is_told_written_signed_by_another_and_filed_by_hand(
    house: House, database: Database
) -> None:
    owner, above, talk = await pair(house)
    async with headless_chromium() as browser:
        desk = await opened(house, browser, owner, TABLET)
        await desk.get_by_role("link", name="열기").click()
        await press(desk, "신고해야 할 수 있어요")
        await desk.locator("#category").select_option("grooming")
        await desk.locator("#recipient").select_option("police_112")
        await desk.locator("#duty").select_option("art_34")
        await desk.locator("#learned").fill("오늘 낮")
        await desk.locator("#known").fill("온라인에서 만나자는 말을 들었다고 해요.")
        await press(desk, "저장")
        await sound(desk, "duties-report-draft-tablet")
        await expect(desk.get_by_role("button", name="서명 요청")).to_have_count(0)
        await press(desk, "준비된 문장 보내기")
        await press(desk, "서명 요청")
        assert "report-ko" in [line.text for line in await lines_of(database, talk)]

        other = await opened(house, browser, above)
        await other.get_by_role("link", name="살펴보기").first.click()
        await sound(other, "duties-report-sign")
        await press(other, "서명")
        await other.get_by_role("link", name="인쇄용 보기").click()
        await sound(other, "duties-report-print")

        await desk.reload()
        await desk.locator("#receipt").fill("2026-77")
        await press(desk, "접수됨으로 남기기")
        await expect(desk.locator("main")).to_contain_text("2026-77")
        await sound(desk, "duties-report-filed-tablet")


@ON_SQLITE
async def test_a_debrief_is_read_by_a_supervisor_in_another_browser(
    house: House, database: Database
) -> None:
    owner, above, talk = await pair(house)
    async with database.transaction() as session:
        await conversations.save(session, talk, replace(talk, channel=TRAINING))
    async with headless_chromium() as browser:
        desk = await opened(house, browser, owner)
        await desk.locator("#debrief").fill("무거운 하루였어요")
        await press(desk, "남기기")
        other = await opened(house, browser, above, TABLET)
        await expect(other.locator("main")).not_to_contain_text("무거운")
        await press(other, "읽기")
        await expect(other.locator("main")).to_contain_text("무거운 하루였어요")
        await sound(other, "duties-debrief-tablet")

        await desk.goto(f"{house.origin}{DUTIES}/talks/{talk.id}")
        await expect(desk.locator("h1")).to_contain_text("[연습]")
        await sound(desk, "duties-practice")
        await desk.goto(f"{house.origin}/console")
        await expect(desk.locator("#mine li")).to_contain_text("[연습]")

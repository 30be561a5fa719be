"""The counselor's page in a real browser, treated badly."""

import re
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, Page, expect

from handoff import queue
from handoff.cookies import COOKIE_LOOPBACK
from storage.records import Conversation, Risk, Speaker
from tests.chromium import headless_chromium
from tests.factories import said
from tests.handoff.conftest import NOTICES, House, Member, lines_of, member, waiting
from tests.handoff.test_console_socket import CORPUS

pytestmark = pytest.mark.browser
WORDS = "저 여기 있어요. 천천히 와요."


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with headless_chromium() as running:
        yield running


async def opened(browser: Browser, house: House, token: str, script: str = "") -> Page:
    context = await browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 800})
    await context.add_cookies([{"name": COOKIE_LOOPBACK, "value": token, "url": house.origin}])
    page = await context.new_page()
    await page.add_init_script(script)
    await page.goto(f"{house.origin}/console")
    await expect(page.locator("#link")).to_have_class("link online")
    return page


async def desk(browser: Browser, house: House) -> tuple[Page, Conversation, Member, str]:
    """A counselor whose page shows the one talk they lead."""
    who = await member(house.database)
    talk = await waiting(house.database)
    await queue.claim(
        house.database, NOTICES, who.staff, talk.id, version=talk.version, now=house.clock.now
    )
    token = await house.signed_in(who)
    page = await opened(browser, house, token)
    await page.locator("#mine button").click()
    return page, talk, who, token


async def counselors_words(house: House, talk: Conversation) -> list[str]:
    lines = await lines_of(house.database, talk)
    return [line.text for line in lines if line.speaker is Speaker.COUNSELOR]


async def test_a_double_click_sends_once(house: House, browser: Browser) -> None:
    page, talk, _, _ = await desk(browser, house)
    await page.locator("#text").fill(WORDS)
    await page.locator("#send").dblclick()
    await expect(page.locator("#lines .line.counselor time")).to_have_count(1)
    assert await counselors_words(house, talk) == [WORDS]


async def test_a_huge_paste_is_kept_and_not_sent(house: House, browser: Browser) -> None:
    page, talk, _, _ = await desk(browser, house)
    await page.locator("#text").fill("가" * 100_000)
    await expect(page.locator("#count")).to_contain_text("99000")
    await expect(page.locator("#send")).to_be_disabled()
    await page.locator("#text").press("Enter")
    assert len(await page.locator("#text").input_value()) == 100_000
    assert await counselors_words(house, talk) == []


async def test_markup_in_a_message_is_text(house: House, browser: Browser) -> None:
    page, talk, _, _ = await desk(browser, house)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for text in CORPUS:
        await said(house.database, talk.id, text)
    await expect(page.locator("#lines .line.person")).to_have_count(len(CORPUS))
    assert await page.locator("#lines script, #lines img, #lines iframe, #lines svg").count() == 0
    assert dialogs == []


async def test_two_tabs_show_the_same_and_send_nothing_twice(
    house: House, browser: Browser
) -> None:
    one, talk, _, token = await desk(browser, house)
    two = await opened(browser, house, token)
    await two.locator("#mine button").click()
    await one.locator("#text").fill(WORDS)
    await one.locator("#send").click()
    await expect(two.locator("#lines")).to_contain_text(WORDS)
    assert await counselors_words(house, talk) == [WORDS]


async def test_a_stale_tab_says_so_and_keeps_the_words(house: House, browser: Browser) -> None:
    page, talk, who, _ = await desk(browser, house)
    await page.locator("#text").fill(WORDS)
    await queue.release(house.database, NOTICES, who.staff, talk.id, epoch=1, now=house.clock.now)
    await expect(page.locator("#mine li")).to_have_count(0)
    await page.locator("#next").click()
    await page.locator("#mine button").click()
    await expect(page.locator("#text")).to_have_value(WORDS)
    assert await counselors_words(house, talk) == []


async def test_a_session_that_ends_in_mid_sentence_hides_the_talk_and_keeps_the_words(
    house: House, browser: Browser
) -> None:
    page, talk, who, _ = await desk(browser, house)
    await said(house.database, talk.id, "비밀이에요")
    await expect(page.locator("#lines")).to_contain_text("비밀이에요")
    await page.locator("#text").fill(WORDS)

    await queue.dismiss(house.database, NOTICES, who.staff.id, now=house.clock.now)

    await expect(page.locator("#banner-sign-in")).to_be_visible()
    await expect(page.locator("#lines")).not_to_contain_text("비밀이에요")
    assert await counselors_words(house, talk) == []
    # The draft stays, in the page alone, whether or not the talk does.
    assert WORDS in await page.evaluate(KEPT)


async def test_everything_works_by_keyboard_and_the_question_mark_shows_how(
    house: House, browser: Browser
) -> None:
    talk = await waiting(house.database)
    page = await opened(browser, house, await house.signed_in(await member(house.database)))
    await expect(page.locator("#queue li")).to_have_count(1)
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+n")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type(WORDS)
    await page.keyboard.press("Enter")
    await expect(page.locator("#lines")).to_contain_text(WORDS)
    await page.keyboard.press("Alt+r")
    await expect(page.locator("#confirm")).to_be_visible()
    await page.locator("#confirm-note").fill("쪽지")
    await page.locator("#confirm-yes").press("Enter")
    await expect(page.locator("#mine li")).to_have_count(0)
    assert await counselors_words(house, talk) == [WORDS]


async def test_imminent_danger_is_heard_and_stands_in_the_title_until_somebody_takes_it(
    house: House, browser: Browser
) -> None:
    token = await house.signed_in(await member(house.database))
    page = await opened(browser, house, token, HEARING)
    heard = page.locator("html")
    await page.keyboard.press("Shift")  # a browser allows sound after the first touch
    await waiting(house.database, "calm")
    await expect(page).to_have_title("(1) Gyeot")
    await expect(heard).not_to_have_attribute("data-tones", re.compile(""))

    await waiting(house.database, "in danger", risk=Risk.IMMINENT)

    await expect(page).to_have_title("⚠ (2) Gyeot")
    await expect(heard).to_have_attribute("data-tones", "2 began, 2 ended")  # really rendered
    await page.keyboard.press("Alt+n")
    await expect(page).to_have_title("(1) Gyeot")
    await page.keyboard.press("Alt+s")
    await waiting(house.database, "in danger, too", risk=Risk.IMMINENT)
    await expect(page).to_have_title("⚠ (2) Gyeot")
    await expect(heard).to_have_attribute("data-tones", "2 began, 2 ended")  # it is switched off


HEARING = """
const tones = { began: 0, ended: 0 };
const count = (what) => {
  tones[what] += 1;
  document.documentElement.dataset.tones = `${tones.began} began, ${tones.ended} ended`;
};
const made = BaseAudioContext.prototype.createOscillator;
BaseAudioContext.prototype.createOscillator = function () {
  const tone = made.call(this);
  const start = tone.start;
  tone.start = function (...when) {
    start.apply(this, when);
    count("began");
  };
  tone.addEventListener("ended", () => count("ended"));
  return tone;
};"""

KEPT = """async () => {
  const { room } = await import("/console/static/desk.js");
  const drafts = [...room.talks.values()].map((talk) => talk.draft);
  return [...drafts, ...room.kept.values(), document.getElementById("text").value].join("\\n");
}"""

"""What the page's script does in a real browser."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect

from bot.channels.web import TEXTS
from bot.channels.web.sessions import address_of
from bot.messages import MessageKind, QuickReply, Reply
from tests.bot.web.conftest import Site, until

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KO, EN = TEXTS["ko"], TEXTS["en"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("GYEOT_REQUIRE_ALL"),
        reason="Debian's Chromium is not installed",
    ),
]


@pytest.fixture
async def context(site: Site) -> AsyncIterator[BrowserContext]:
    """A phone that reaches our server, and a stand-in for everybody else."""

    async def route(call: Route) -> None:
        if call.request.url.startswith(site.url):
            await call.continue_()
        else:
            await call.fulfill(body="<title>elsewhere</title>", content_type="text/html")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(
            viewport={"width": 360, "height": 640}, locale="ko-KR", has_touch=True
        )
        context.set_default_timeout(30_000)
        await context.route("**/*", route)
        yield context
        await browser.close()


@pytest.fixture
async def page(site: Site, context: BrowserContext) -> AsyncIterator[Page]:
    """The page, connected. What its console complains about fails the test."""
    complaints: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )
    await page.goto(site.url)
    await expect(page.locator("#status")).to_have_text(KO.online)
    yield page
    assert not complaints


async def write(page: Page, text: str) -> None:
    await page.fill("#words", text)
    await page.click("#send")


async def address(page: Page) -> str:
    return address_of(await page.evaluate("sessionStorage.getItem('chat')"))


async def test_a_message_is_called_sent_once_it_is_stored(site: Site, page: Page) -> None:
    site.store.may_return.clear()

    await write(page, "<b>안녕</b>")

    await expect(page.locator(".mine .bubble")).to_have_text("<b>안녕</b>")
    await expect(page.locator(".state")).to_have_text(KO.sending)
    site.store.may_return.set()
    await expect(page.locator(".state")).to_have_text(KO.stored)
    assert site.store.messages[0].text == "<b>안녕</b>"


async def test_what_was_not_kept_shows_the_numbers_and_goes_again_with_its_id(
    site: Site, page: Page
) -> None:
    site.store.fail(declared=True)
    await write(page, "안녕")
    await expect(page.locator("#danger a[href='tel:112']:visible")).to_be_visible()
    await expect(page.locator("#status")).to_have_text(KO.not_stored)
    site.store.error = None

    await page.get_by_role("button", name=KO.retry).click()

    await expect(page.locator(".state")).to_have_text(KO.stored)
    first, second = site.store.messages
    assert first.event_id == second.event_id


async def test_a_line_cut_by_an_error_is_made_again_and_the_message_with_it(
    site: Site, page: Page
) -> None:
    site.store.fail(declared=False)
    await write(page, "안녕")
    await expect(page.locator("#status")).to_have_text(KO.offline)
    site.store.error = None

    await expect(page.locator(".state")).to_have_text(KO.stored)

    assert len({message.event_id for message in site.store.messages}) == 1
    assert len({message.address for message in site.store.messages}) == 1


async def test_a_repeated_reply_is_shown_once_and_confirmed_twice(site: Site, page: Page) -> None:
    here, key, reply = await address(page), str(uuid4()), Reply("한 번만 보여요")

    await site.channel.send(here, reply, key)
    await site.channel.send(here, reply, key)

    await expect(page.locator(".bot .bubble")).to_have_text(["한 번만 보여요"])


async def test_a_pressed_choice_shows_its_label_and_sends_its_payload(
    site: Site, page: Page
) -> None:
    choices = (QuickReply("사람과 이야기할래요", "talk_to_person"),)
    await site.channel.send(await address(page), Reply("무엇을 할까요?", choices), str(uuid4()))

    await page.get_by_role("button", name="사람과 이야기할래요").click()

    await expect(page.locator(".mine .bubble")).to_have_text("사람과 이야기할래요")
    await expect(page.locator(".choices")).to_have_count(0)
    await until(lambda: bool(site.store.messages))
    pressed = site.store.messages[0]
    assert (pressed.kind, pressed.text) == (MessageKind.BUTTON, "talk_to_person")


async def test_leaving_blanks_the_page_forgets_the_session_and_replaces_it(
    site: Site, context: BrowserContext, page: Page
) -> None:
    await write(page, "안녕")
    await expect(page.locator(".state")).to_have_text(KO.stored)
    before = await page.evaluate("history.length")

    await page.evaluate("document.getElementById('leave').focus()")
    await page.keyboard.press("Enter")
    await page.wait_for_url("https://ko.wikipedia.org/")

    assert await page.evaluate("history.length") == before
    await until(lambda: site.store.messages[-1].kind is MessageKind.LEAVE)
    await until(lambda: not site.channel._sockets)
    await page.goto(site.url)
    await expect(page.locator(".note[data-text]")).to_have_text(KO.welcome)


async def test_leaving_blanks_and_forgets_before_anybody_else_answers(page: Page) -> None:
    await write(page, "안녕")
    await expect(page.locator(".state")).to_have_text(KO.stored)

    left = await page.evaluate(
        "(document.getElementById('leave').click(),"
        " [document.body.textContent, document.title, sessionStorage.length])"
    )

    assert left == ["", "", 0]


async def test_three_times_shift_leaves(page: Page) -> None:
    for _ in range(3):
        await page.keyboard.press("Shift")

    await page.wait_for_url("https://ko.wikipedia.org/")


async def test_capital_letters_do_not_leave(page: Page) -> None:
    await page.focus("#words")
    for key in ("Shift", "Shift", "Shift+A", "Shift", "b", "Shift"):
        await page.keyboard.press(key)

    assert await page.locator("#words").input_value() == "Ab"


async def test_leaving_works_while_the_page_still_loads(
    site: Site, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto("https://before.example/")
    await context.route("**/static/chat/chat.js", lambda _: None)  # never comes
    await page.goto(site.url, wait_until="commit")
    before = await page.evaluate("history.length")

    await page.locator("#leave").click()
    await page.wait_for_url("https://ko.wikipedia.org/")

    assert await page.evaluate("history.length") == before


async def test_leaving_is_the_first_stop_of_the_keyboard(page: Page) -> None:
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "leave"


async def test_a_reload_goes_on_and_shows_nothing_of_before(site: Site, page: Page) -> None:
    await write(page, "안녕")
    await expect(page.locator(".state")).to_have_text(KO.stored)
    here = await address(page)

    await page.reload()

    await expect(page.locator(".note[data-text]")).to_have_text(KO.resumed)
    await expect(page.locator(".message")).to_have_count(0)
    await expect(page.locator("#status")).to_have_text(KO.online)
    assert await address(page) == here
    assert site.returned == [here]


async def test_the_numbers_open_without_a_connection(site: Site, page: Page) -> None:
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")

    await page.get_by_text(KO.danger, exact=True).click()

    for number in ("112", "119", "1388", "1366", "109"):
        await expect(
            page.locator("#danger ul:visible").get_by_text(number, exact=True)
        ).to_be_visible()


async def test_what_is_written_while_offline_goes_out_later(site: Site, page: Page) -> None:
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await write(page, "끊긴 동안")
    await expect(page.locator(".state")).to_have_text(KO.waiting)

    await page.context.set_offline(False)

    await expect(page.locator(".state")).to_have_text(KO.stored)
    assert [message.text for message in site.store.messages] == ["끊긴 동안"]


async def test_a_covered_page_speaks_of_no_counselor_and_no_danger(site: Site, page: Page) -> None:
    here, status = await address(page), page.locator("#status")
    await site.channel.show_typing(here)
    await expect(status).to_have_text(KO.writing)

    await site.channel.send(here, Reply("오늘 숙제는 수학이에요.", clears=True), str(uuid4()))
    seen = [await status.inner_text()]
    await site.channel.show_typing(here)
    await site.channel.send(here, Reply("천천히 해도 돼요."), str(uuid4()))
    seen.append(await status.inner_text())
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    seen.append(await status.inner_text())

    assert seen == [KO.online, KO.online, KO.connecting]
    await expect(page.locator("#danger")).to_be_hidden()


@pytest.mark.parametrize("text", ["a" * 5001, "🙂" * 4200])
async def test_a_text_too_long_stays_in_its_field(site: Site, page: Page, text: str) -> None:
    await write(page, text)

    await expect(page.locator("#status")).to_have_text(KO.too_long)
    assert await page.input_value("#words") == text
    assert not site.store.messages


async def test_the_language_can_be_changed_at_any_time(page: Page) -> None:
    await write(page, "hi")
    await expect(page.locator(".state")).to_have_text(KO.stored)

    await page.get_by_role("button", name="English").click()

    await expect(page.locator(".state")).to_have_text(EN.stored)
    await expect(page.locator("#leave")).to_have_text(EN.leave)
    assert await page.title() == "Chat"
    assert await page.evaluate("document.documentElement.lang") == "en"


async def test_everything_to_press_is_44_pixels_tall_and_nothing_scrolls_sideways(
    site: Site, page: Page
) -> None:
    choices = tuple(QuickReply(label, label) for label in ("네", "아니요", "잘 모르겠어요"))
    await site.channel.send(await address(page), Reply("가" * 300, choices), str(uuid4()))
    await page.get_by_text(KO.danger, exact=True).click()

    sizes = await page.evaluate(
        "[...document.querySelectorAll('button,a,summary,textarea')]"
        ".map(n => n.getBoundingClientRect()).filter(r => r.height)"
        ".map(r => [Math.round(r.width), Math.round(r.height)])"
    )

    assert min(min(size) for size in sizes) >= 44
    assert await page.evaluate("document.documentElement.scrollWidth") == 360

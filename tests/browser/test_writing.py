"""Each of two people sees that the other is writing, and never a word before it is sent."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.accessible import violations
from tests.browser.test_erasing import deaf
from tests.browser.test_two_people import PHONE, browser, opened, say, shown, signed_in
from tests.database import ON_SQLITE
from tests.scenarios.house import House

__all__ = ["browser", "deaf"]

pytestmark = [pytest.mark.browser, ON_SQLITE]

UNSENT = "이건 보내지 않을 말이에요"


async def test_each_sees_that_the_other_writes_and_not_what(deaf: House, browser: Browser) -> None:
    child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), deaf, "/")
    sent = frames_sent(child)
    desk = await signed_in(browser, deaf, deaf.invitation, "은하")
    await child.reload()
    await say(child, "상담사랑 얘기하고 싶어요")
    await desk.locator("#queue li").get_by_role("button").first.click()
    await expect(desk.locator("#lines")).to_contain_text("상담사랑 얘기하고 싶어요")
    await expect(child.locator(".message.bot").last).to_be_visible()

    await child.locator("#words").press_sequentially(UNSENT)
    await expect(desk.locator("#writing")).to_have_text("쓰고 있어요…")
    await shown(desk, "room-writing-1280")
    await expect(desk.locator("body")).not_to_contain_text(UNSENT)

    await desk.locator("#text").press_sequentially(UNSENT)
    await expect(child.locator("#status")).to_have_text("상담사가 쓰고 있어요…")
    await shown(child, "chat-phone-writing")
    assert not await violations(child)
    await expect(child.locator("body")).not_to_contain_text(UNSENT)

    await expect(desk.locator("#writing")).to_be_empty(timeout=15_000)  # it is over by itself
    await expect(child.locator("#status")).to_have_text("연결됐어요", timeout=15_000)
    assert any('"typing"' in frame for frame in sent)
    assert not [frame for frame in sent if "이건" in frame]


def frames_sent(page: Page) -> list[str]:
    """What this page's sockets send from now on."""
    sent: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda data: sent.append(str(data))),
    )
    return sent

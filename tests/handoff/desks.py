"""Counselors at their desks in a real browser, for the tests of the page."""

import os
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from handoff.cookies import COOKIE_LOOPBACK
from storage.records import Conversation, Role, Speaker
from tests.chromium import headless_chromium
from tests.handoff.conftest import House, Member, claimed, lines_of, member, waiting

DESK = {"width": 1280, "height": 800}
TABLET = {"width": 820, "height": 1180}


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with headless_chromium() as running:
        yield running


class Wire:
    """The way between a page and the house; it can be cut, and answers can be lost on it."""

    def __init__(self) -> None:
        self.up = True
        self.deaf = False  # what the house says reaches nobody
        self._open: list[tuple[WebSocketRoute, WebSocketRoute]] = []

    async def join(self, page: WebSocketRoute) -> None:
        """Connect a page, if the way is there."""
        if not self.up:
            await page.close()
            return
        house = page.connect_to_server()
        page.on_message(house.send)
        house.on_message(lambda frame: None if self.deaf else page.send(frame))
        self._open.append((page, house))

    async def cut(self) -> None:
        """Break every connection, and let none come about until it is mended."""
        self.up = False
        for page, house in self._open:
            await house.close()
            await page.close()
        self._open.clear()


async def opened(
    browser: Browser,
    house: House,
    token: str,
    *,
    wire: Wire | None = None,
    script: str = "",
    clock: datetime | None = None,
    **more: Any,
) -> Page:
    """The room in a window of its own, on a way and with a clock that may be bad."""
    context = await browser.new_context(**{"locale": "ko-KR", "viewport": DESK, **more})
    await context.add_cookies([{"name": COOKIE_LOOPBACK, "value": token, "url": house.origin}])
    page = await context.new_page()
    await page.add_init_script(script)
    if clock is not None:
        await page.clock.install(time=clock)
    if wire is not None:
        await page.route_web_socket("**/console/ws", wire.join)
    await page.goto(f"{house.origin}/console")
    await expect(page.locator("#link")).to_have_class("link online")
    return page


async def seated(
    browser: Browser, house: House, name: str = "별", *, role: Role = Role.COUNSELOR, **more: Any
) -> tuple[Page, Member]:
    """Somebody new at their open room."""
    who = await member(house.database, name, role=role, now=house.clock.now)
    return await opened(browser, house, await house.signed_in(who), **more), who


async def leading(
    browser: Browser, house: House, name: str = "별", **more: Any
) -> tuple[Page, Conversation, Member]:
    """A counselor whose page shows the one talk they lead."""
    page, who = await seated(browser, house, name, **more)
    talk = await claimed(house.database, who.staff, await waiting(house.database, f"of {name}"))
    await page.locator("#mine button").click()
    return page, talk, who


async def counselors_words(house: House, talk: Conversation) -> list[str]:
    """What the young person was sent by a counselor."""
    lines = await lines_of(house.database, talk)
    return [line.text for line in lines if line.speaker is Speaker.COUNSELOR]


async def shown(page: Page, name: str) -> None:
    """Keep a picture where GYEOT_SCREENSHOTS says, for people to look at."""
    if folder := os.environ.get("GYEOT_SCREENSHOTS"):
        await page.wait_for_timeout(600)  # movements end
        await page.screenshot(path=Path(folder) / f"{name}.png")

"""One console in a real browser, which says when a change was painted."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Page

from tests.chromium import headless_chromium

_NOTE_PAINTS = """() => {
  window.painted = [];
  const note = () => requestAnimationFrame(
    () => window.painted.push(performance.timeOrigin + performance.now()));
  new MutationObserver(note).observe(
    document.getElementById("queue"), { childList: true, subtree: true });
}"""


@dataclass(frozen=True, slots=True)
class Screen:
    """A console that is really drawn."""

    page: Page

    async def paints(self) -> Sequence[float]:
        """Return when the queue was painted anew, in milliseconds of the wall's clock."""
        return [float(at) for at in await self.page.evaluate("() => window.painted")]


@asynccontextmanager
async def screen(url: str, cookie: str) -> AsyncGenerator[Screen]:
    """Open the console in Chromium with the cookie of somebody who is signed in."""
    name, _, value = cookie.partition(";")[0].partition("=")
    async with headless_chromium() as browser:
        context = await browser.new_context()
        await context.add_cookies(
            [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}]
        )
        page = await context.new_page()
        await page.goto(f"{url}/console", timeout=40_000)
        await page.wait_for_selector("#link.online", timeout=40_000)
        await page.evaluate(_NOTE_PAINTS)
        yield Screen(page)


def first_after(paints: Sequence[float], moment: float, until: float) -> float | None:
    """Return the first paint after a moment and before the next one; None when there is none."""
    return next((at for at in paints if moment <= at < until), None)

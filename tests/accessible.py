"""axe-core over a page, as WCAG 2.2 AA asks for it."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def violations(page: Page) -> list[str]:
    """Return each rule that the page breaks, with where it does; needs no network."""
    await page.wait_for_load_state()  # or a style that is still on its way counts as missing
    found = await Axe().run(page, options=RULES)
    return [
        f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'])}"
        for one in found.response["violations"]
    ]

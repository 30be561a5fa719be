"""The auditor's page in a real browser, on a desk and on a phone."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from handoff.cookies import COOKIE_LOOPBACK
from storage import audit
from storage.records import Role
from tests.chromium import headless_chromium
from tests.factories import NOON
from tests.handoff.conftest import House, claimed, member, waiting
from tests.storage.ledger import sealed

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_log_fits_the_screen_and_every_field_has_its_label(
    house: House, width: int, language: str
) -> None:
    owner = (await member(house.database, "별")).staff
    talk = await claimed(house.database, owner, await waiting(house.database))
    async with house.database.transaction() as session:
        for staff, action, purpose in (
            (owner, "read", "lines 1-2"), (None, "integrity_failure", ""), (owner, "say", ""),
        ):  # fmt: skip
            await audit.record(
                session, staff=staff, action=action, object_id=talk.id, purpose=purpose, now=NOON
            )
    await sealed(house.database)
    async with house.database.transaction() as session:
        await audit.record(session, staff=owner, action="close", object_id=uuid4(), now=NOON)
    person = await member(house.database, "살핌", role=Role.AUDITOR)
    cookie = {"name": COOKIE_LOOPBACK, "value": await house.signed_in(person), "url": house.origin}
    async with headless_chromium() as browser:
        context = await browser.new_context(viewport={"width": width, "height": 900})
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        page = await context.new_page()
        await page.goto(f"{house.origin}/audit?lang={language}")
        # SHOT
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await expect(page.locator("tr.alarming")).to_have_count(1)
        unlabeled = """[...document.querySelectorAll('select, input:not([type=hidden])')]
            .filter(one => !one.labels.length).map(one => one.name)"""
        assert await page.evaluate(unlabeled) == []

        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.get_by_label({"ko": "무엇을", "en": "What"}[language], exact=True).select_option(
            "read"
        )
        await page.locator(".filters button.primary").press("Enter")
        await expect(page.locator("tbody tr")).to_have_count(1)

"""Passkeys and accounts in a real browser, whose device is a virtual one."""

import os
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from handoff.accounts import Accounts
from handoff.cookies import COOKIE_LOOPBACK
from storage.records import Role
from tests.accessible import violations
from tests.chromium import headless_chromium
from tests.handoff.conftest import NOTICES, PASSWORD, House, Member, member

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
SHOTS = os.environ.get("GYEOT_SHOTS")  # a folder: keep what the pages look like


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def opened(
    browser: Browser, house: House, token: str | None = None, *, scheme: Scheme = "light",
    width: int = 1280,
) -> tuple[BrowserContext, Page]:  # fmt: skip
    context = await browser.new_context(
        base_url=f"http://localhost:{house.port}",
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    if token:
        await context.add_cookies(
            [{"name": COOKIE_LOOPBACK, "value": token, "domain": "localhost", "path": "/"}]
        )
    return context, await context.new_page()


async def with_a_device(context: BrowserContext, page: Page) -> None:
    """Give the page a security key that says yes to everything."""
    tools = await context.new_cdp_session(page)
    await tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    await tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def administrator(house: House, name: str) -> tuple[Member, str]:
    person = await member(house.database, name, role=Role.ADMINISTRATOR)
    return person, await house.signed_in(person)


async def test_a_passkey_is_added_signs_in_and_proves_once_more(house: House) -> None:
    token = await house.signed_in(await member(house.database))
    async with headless_chromium() as browser:
        context, page = await opened(browser, house, token)
        await with_a_device(context, page)
        await page.goto("/console/passkeys?lang=en")
        await page.get_by_label("Name of the device").fill("office laptop")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.locator(".own-keys li")).to_have_count(1)
        assert await violations(page) == []
        await shot(page, "passkeys-1280")

        await context.clear_cookies(name=COOKIE_LOOPBACK)
        await page.goto("/console/login")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url("**/console")

        await page.goto("/console/confirm?to=passkeys")
        await page.get_by_role("button", name="Confirm with a passkey").click()
        await page.wait_for_url("**/console/passkeys")
        await expect(page.locator(".own-keys li")).to_contain_text("last used")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/console/login?lang=en", "Sign in with a passkey"),
        ("/console/confirm?to=passkeys&lang=en", "Confirm with a passkey"),
        ("/console/passkeys?lang=en", "Add a passkey"),
    ],
)
async def test_nobody_can_ask_for_a_passkey_before_the_page_can(
    house: House, path: str, name: str
) -> None:
    token = await house.signed_in(await member(house.database))
    async with headless_chromium() as browser:
        context, page = await opened(browser, house, None if "login" in path else token)
        slow: list[Route] = []

        def hold(route: Route) -> None:
            slow.append(route)

        await page.route("**/words.json", hold)
        await page.goto(path)
        button = page.get_by_role("button", name=name)
        await expect(button).to_be_disabled()

        await slow[0].continue_()
        await expect(button).to_be_enabled()
        await context.close()


async def test_somebody_invited_by_two_joins_with_a_passkey(house: House) -> None:
    _, first = await administrator(house, "은하")
    _, second = await administrator(house, "바다")
    async with headless_chromium() as browser:
        _, one = await opened(browser, house, first)
        await one.goto("/staff?lang=en")
        await one.get_by_role("button", name="Propose").click()
        await expect(one.locator(".proposals li")).to_contain_text("Waits for another")
        _, two = await opened(browser, house, second)
        await two.goto("/staff?lang=en")
        await shot(two, "accounts-1280")
        await two.get_by_role("button", name="Approve").click()
        link = await two.get_by_label("Link", exact=True).input_value()
        assert await violations(two) == []
        await shot(two, "accounts-link-1280")

        context, joining = await opened(browser, house)
        await with_a_device(context, joining)
        await joining.goto(f"/console/join?lang=en#{link.split('#')[1]}")
        await joining.get_by_label("Name (pseudonym)").first.fill("별")
        await joining.get_by_label("Name of the device").fill("office laptop")
        assert await violations(joining) == []
        await shot(joining, "join-passkey-1280")
        await joining.get_by_role("button", name="Make a passkey and start").click()
        await joining.wait_for_url("**/console/passkeys")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_no_page_or_error_of_the_way_in_has_a_barrier(
    house: House, language: str, scheme: Scheme
) -> None:
    """axe-core finds nothing on login, confirm, passkeys, accounts and their refusals."""
    person, token = await administrator(house, "은하")
    gone = await member(house.database, "별")
    accounts = Accounts(house.database, NOTICES)
    await accounts.propose(
        (await member(house.database, "바다", role=Role.ADMINISTRATOR)).staff,
        Role.COUNSELOR, with_password=True, now=house.clock.now,
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    async with headless_chromium() as browser:
        _, page = await opened(browser, house, scheme=scheme)
        await page.goto(f"/console/login?lang={language}")
        found["login"] = await violations(page)
        await shot(page, f"login-{language}-{scheme}")
        await page.locator("#name").fill("x")
        await page.locator("#password").fill(PASSWORD)
        await page.locator("#code").fill("000000")
        await page.locator("form button.primary").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        found["refused"] = await violations(page)
        await page.goto("/console/join#no-such-token")
        await expect(page.locator("#join-status")).not_to_be_empty()
        found["join"] = await violations(page)

        _, page = await opened(browser, house, token, scheme=scheme)
        for path in ("/console/passkeys", "/console/confirm?to=staff", "/staff", "/audit"):
            await page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            found[path] = await violations(page)
            await shot(page, f"{re.sub(r'[^a-z]+', '-', path)}-{language}-{scheme}")
        await page.goto("/staff")
        await page.locator("tbody tr", has_text=gone.staff.name).locator("button").click()
        await expect(page.locator(".sure")).to_be_visible()
        found["sure"] = await violations(page)
        await shot(page, f"sure-{language}-{scheme}")
        await page.set_viewport_size({"width": 390, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await shot(page, f"staff-390-{language}-{scheme}")
    assert {name: rules for name, rules in found.items() if rules} == {}
    assert person.staff.active

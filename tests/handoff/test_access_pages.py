"""Passkeys and accounts over HTTP: who gets in, who gets whom in, and who is out at once."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from handoff.cookies import COOKIE_LOOPBACK
from storage import audit
from storage.database import Database
from storage.records import ConversationState, Role
from tests.factories import open_database_at
from tests.fakes.authenticator import Authenticator
from tests.handoff.conftest import PASSWORD, House, Member, claimed, member, row_of, waiting

MINUTE = 60


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    """One kind is enough: pages do not speak to it themselves."""
    opened = await open_database_at(tmp_path)
    yield opened
    await opened.close()


def named(house: House, token: str | None = None) -> httpx.AsyncClient:
    """A browser that opened the house by a name, as passkeys need."""
    base = f"http://localhost:{house.port}"
    return httpx.AsyncClient(
        base_url=base,
        headers={"origin": base, "sec-fetch-site": "same-origin"},
        cookies={COOKIE_LOOPBACK: token} if token else {},
    )


def device(house: House) -> Authenticator:
    return Authenticator(f"http://localhost:{house.port}")


async def csrf_of(browser: httpx.AsyncClient, path: str = "/console/passkeys") -> str:
    page = (await browser.get(path)).text
    return str(re.findall(r'(?:data-csrf|name="csrf" value)="([^"]+)"', page)[0])


async def added(house: House, token: str, mine: Authenticator, label: str = "책상") -> None:
    async with named(house, token) as browser:
        csrf = await csrf_of(browser)
        options = await browser.post("/console/passkeys/options", json={"csrf": csrf})
        assert options.status_code == 200, options.text
        fields = {"csrf": csrf, "label": label, "answer": mine.make(options.text)}
        kept = await browser.post("/console/passkeys/add", json=fields)
        assert kept.status_code == 200, kept.text


async def entered(house: House, mine: Authenticator) -> httpx.Response:
    async with named(house) as browser:
        options = await browser.post("/console/passkey/request", json={})
        return await browser.post(
            "/console/passkey/sign-in", json={"answer": mine.sign(options.text)}
        )


async def posted(house: House, token: str, path: str, **fields: str) -> httpx.Response:
    async with named(house, token) as browser:
        csrf = await csrf_of(browser, "/staff")
        return await browser.post(path, data={"csrf": csrf, **fields})


async def administrators(house: House) -> tuple[Member, str, Member, str]:
    one = await member(house.database, "은하", role=Role.ADMINISTRATOR)
    two = await member(house.database, "바다", role=Role.ADMINISTRATOR)
    return one, await house.signed_in(one), two, await house.signed_in(two)


async def test_a_passkey_that_was_added_signs_in(house: House) -> None:
    mine = device(house)
    await added(house, await house.signed_in(await member(house.database)), mine)

    answer = await entered(house, mine)

    assert (answer.status_code, answer.json()) == (200, {"to": "/console"})
    async with named(house, answer.cookies[COOKIE_LOOPBACK]) as browser:
        assert (await browser.get("/console")).status_code == 200


async def test_a_third_passkey_and_a_late_one_are_refused(house: House) -> None:
    token = await house.signed_in(await member(house.database))
    await added(house, token, device(house), "하나")
    await added(house, token, device(house), "둘")
    async with named(house, token) as browser:
        csrf = re.findall('name="csrf" value="([^"]+)"', (await browser.get("/console")).text)[0]
        third = await browser.post("/console/passkeys/options", json={"csrf": csrf})
        house.clock.pass_(minutes=10)
        late = await browser.post("/console/passkeys/options", json={"csrf": csrf})
        forged = await browser.post("/console/passkeys/options", json={"csrf": "x"})
    assert (third.status_code, third.json()) == (422, {"code": "passkey_enough"})
    assert (late.status_code, late.json()) == (422, {"code": "confirm_first"})
    assert forged.status_code == 403


async def test_an_address_of_numbers_offers_the_password_and_says_why(house: House) -> None:
    async with house.browser() as browser:
        page = await browser.get("/console/login")
        refused = await browser.post("/console/passkey/request", json={})
    assert 'id="passkey"' not in page.text
    assert "이 주소에서는 패스키를 쓸 수 없어요" in page.text
    assert 'name="password"' in page.text
    assert (refused.status_code, refused.json()) == (422, {"code": "passkey_by_number"})


async def test_proving_once_more_ends_the_session_before(house: House) -> None:
    person = await member(house.database, role=Role.ADMINISTRATOR)
    before = await house.signed_in(person)
    house.clock.pass_(minutes=11)
    async with named(house, before) as browser:
        csrf = await csrf_of(browser, "/console/confirm")
        fields = {"csrf": csrf, "password": PASSWORD, "code": person.code(house.clock.now)}
        answer = await browser.post("/console/confirm?to=staff", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    assert answer.cookies[COOKIE_LOOPBACK] != before
    async with named(house, before) as browser:
        assert (await browser.get("/staff")).headers["location"] == "/console/login"


async def test_only_oneself_proves_who_one_is(house: House) -> None:
    stranger, mine = await member(house.database, "달"), device(house)
    await added(house, await house.signed_in(stranger), mine)
    token = await house.signed_in(await member(house.database, "별"))
    async with named(house, token) as browser:
        csrf = await csrf_of(browser, "/console/confirm")
        options = await browser.post("/console/passkey/request", json={})
        answer = mine.sign(options.text)
        refused = await browser.post(
            "/console/confirm/passkey", json={"csrf": csrf, "answer": answer}
        )
    assert (refused.status_code, "set-cookie" in refused.headers) == (422, False)


async def test_accounts_change_only_after_a_fresh_proof(house: House) -> None:
    _, token, _, _ = await administrators(house)
    house.clock.pass_(minutes=9)
    fresh = await posted(house, token, "/staff/propose", role="counselor")
    async with named(house, token) as browser:
        csrf = await csrf_of(browser, "/staff")
        house.clock.pass_(minutes=1)
        late = await browser.post("/staff/propose", data={"csrf": csrf, "role": "counselor"})
    assert fresh.headers["location"] == "/staff"
    assert late.headers["location"] == "/console/confirm?to=staff"


async def test_two_administrators_take_somebody_in_with_a_passkey(house: House) -> None:
    _, first, _, second = await administrators(house)
    await posted(house, first, "/staff/propose", role="counselor")
    async with named(house, first) as browser:
        proposal = re.findall(
            'name="proposal" value="([^"]+)"', (await browser.get("/staff")).text
        )[0]

    alone = await posted(house, first, "/staff/approve", proposal=proposal)
    approved = await posted(house, second, "/staff/approve", proposal=proposal)
    again = await posted(house, second, "/staff/approve", proposal=proposal)

    assert (alone.status_code, approved.status_code, again.status_code) == (409, 200, 409)
    token = re.findall(r"/console/join#([\w-]+)", approved.text)[0]
    mine = device(house)
    async with named(house) as browser:
        with_password = await browser.post("/console/join/start", json={"token": token})
        asked = {"token": token, "name": "별"}
        options = await browser.post("/console/join/passkey/options", json=asked)
        fields = {**asked, "label": "책상", "answer": mine.make(options.text)}
        joined = await browser.post("/console/join/passkey", json=fields)
    assert with_password.json() == {"code": "passkey_only"}
    assert joined.json() == {"to": "/console/passkeys"}
    assert (await entered(house, mine)).status_code == 200
    assert [one for one in await _history(house, first) if "account" in one or "(" in one][:3] == [
        "별: made their account",
        "바다: approved an invitation (Counselor)",
        "은하: proposed an invitation (Counselor)",
    ]


async def _history(house: House, token: str) -> list[str]:
    """What the page says of what changed, newest first."""
    async with named(house, token) as browser:
        shown = (await browser.get("/staff?lang=en")).text
    past = shown[shown.index('id="past-title"') :]
    rows = re.findall(r'data-label="Who">([^<]*)</td>\s*<td data-label="What">([^<]*)</td>', past)
    return [f"{who}: {what}" for who, what in rows]


async def test_who_is_removed_is_out_at_once_and_their_talk_waits_again(house: House) -> None:
    _, token, _, _ = await administrators(house)
    person, mine = await member(house.database, "별"), device(house)
    theirs = await house.signed_in(person)
    await added(house, theirs, mine)
    talk = await claimed(house.database, person.staff, await waiting(house.database))
    async with house.page(theirs) as page:
        await page.until("talks")
        asked = await posted(house, token, "/staff/dismiss", person=str(person.staff.id))
        assert (await row_of(house.database, talk)).state is ConversationState.ACTIVE
        gone = await posted(house, token, "/staff/dismiss", person=str(person.staff.id), sure="yes")
        assert await page.code() == 4401
    assert 'name="sure"' in asked.text
    assert gone.status_code == 200
    assert (await row_of(house.database, talk)).state is ConversationState.QUEUED
    async with named(house, theirs) as browser:
        assert (await browser.get("/console")).headers["location"] == "/console/login"
    assert (await entered(house, mine)).status_code == 422
    async with house.database.reading() as session:
        acts = [act.action for act in await audit.entries(session, object_id=person.staff.id)]
    assert acts == ["dismiss"]
    closed = [one for one in await _history(house, token) if "closed an account" in one]
    assert closed == ["은하: closed an account: 별"]  # the talk that went back is no account


async def test_nobody_removes_themselves(house: House) -> None:
    one, token, _, _ = await administrators(house)
    answer = await posted(house, token, "/staff/dismiss", person=str(one.staff.id), sure="yes")
    assert answer.status_code == 409


async def test_the_last_way_in_is_not_removed(house: House) -> None:
    _, first, _, second = await administrators(house)
    await posted(house, first, "/staff/propose", role="auditor")
    async with named(house, second) as browser:
        proposal = re.findall(
            'name="proposal" value="([^"]+)"', (await browser.get("/staff")).text
        )[0]
    approved = await posted(house, second, "/staff/approve", proposal=proposal)
    token, mine = re.findall(r"/console/join#([\w-]+)", approved.text)[0], device(house)
    async with named(house) as browser:
        asked = {"token": token, "name": "강"}
        options = await browser.post("/console/join/passkey/options", json=asked)
        fields = {**asked, "label": "책상", "answer": mine.make(options.text)}
        await browser.post("/console/join/passkey", json=fields)
        page = (await browser.get("/console/passkeys")).text
        csrf = re.findall('name="csrf" value="([^"]+)"', page)[0]
        key = re.findall('name="passkey" value="([^"]+)"', page)[0]
        answer = await browser.post("/console/passkeys/remove", data={"csrf": csrf, "passkey": key})
    assert answer.status_code == 422
    assert (await entered(house, mine)).status_code == 200


async def test_a_session_somebody_planted_is_worth_nothing(house: House) -> None:
    person = await member(house.database)
    async with house.browser("planted-by-somebody") as browser:
        answer = await browser.post("/console/login", data=house.credentials(person))
    assert answer.cookies[COOKIE_LOOPBACK] != "planted-by-somebody"
    async with house.browser("planted-by-somebody") as browser:
        assert (await browser.get("/console")).headers["location"] == "/console/login"


async def test_a_cookie_stolen_before_is_worth_nothing_after_signing_out(house: House) -> None:
    token = await house.signed_in(await member(house.database))
    async with house.browser(token) as browser:
        csrf = re.findall('name="csrf" value="([^"]+)"', (await browser.get("/console")).text)[0]
        await browser.post("/console/logout", data={"csrf": csrf})
    async with house.browser(token) as thief:
        assert (await thief.get("/console")).headers["location"] == "/console/login"
    async with house.page(token) as page:
        assert await page.code() == 4401


@pytest.mark.parametrize(
    "path", ["/staff/propose", "/staff/approve", "/staff/decline", "/staff/dismiss",
             "/console/passkeys/options", "/console/passkeys/add", "/console/passkeys/remove",
             "/console/confirm", "/console/confirm/passkey", "/console/passkey/sign-in",
             "/console/join/passkey", "/console/join/passkey/options"],
)  # fmt: skip
async def test_a_page_of_somebody_else_changes_nothing_here(house: House, path: str) -> None:
    _, token, _, _ = await administrators(house)
    foreign = {"origin": "http://evil.test", "sec-fetch-site": "cross-site"}
    async with house.browser(token, **foreign) as browser:
        assert (await browser.post(path, json={"csrf": "x"})).status_code == 403

"""The console's pages, over HTTP on a real server."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from handoff import console
from handoff.auth import Door
from handoff.console import make_router
from handoff.cookies import COOKIE_HTTPS, COOKIE_LOOPBACK
from handoff.headers import HEADERS, PASSKEY_PAGES, PASSKEY_POLICY
from storage import staff
from storage.database import Database
from storage.records import Role
from tests.factories import open_database_at
from tests.handoff.conftest import CHEAP, DAY, NOTICES, PASSWORD, HandClock, House, Member, member

STATIC = Path(console.__file__).parent / "web" / "static"
PATHS = [
    "/console",
    "/console/login",
    "/console/join",
    "/console/static/console.js",
    "/console/static/words.json",
    "/console/static/no-such-file",
    "/console/no/such/page",
    "/console/ws",
    "/console/static/%2e%2e%2fconsole.py",
]
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|localStorage|"
    r"sessionStorage|indexedDB"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    """One kind is enough: pages do not speak to it themselves."""
    opened = await open_database_at(tmp_path)
    yield opened
    await opened.close()


async def behind_tls(
    database: Database, clock: HandClock, *, client: str = "203.0.113.9", https: bool = True
) -> httpx.AsyncClient:
    """A browser whose request reached us through a proxy in front."""
    app = FastAPI()
    app.include_router(make_router(database, NOTICES, clock, door=Door(database, hasher=CHEAP)))
    proxy = {"x-forwarded-proto": "https"} if https else {}
    scheme = "https" if https else "http"
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(client, 1234)),
        base_url="http://console.test",
        headers={"origin": f"{scheme}://console.test", **proxy},
    )


def credentials(person: Member, clock: HandClock) -> dict[str, str]:
    code = person.code(clock.now)
    return {"name": person.staff.name, "password": PASSWORD, "code": code}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_every_header(house: House, method: str, path: str) -> None:
    async with house.browser() as browser:
        answer = await browser.request(method, path)
    assert answer.status_code < 500
    expected = {**HEADERS}
    if path in PASSKEY_PAGES:
        expected["Permissions-Policy"] = PASSKEY_POLICY
    for name, value in expected.items():
        assert answer.headers.get(name) == value, (name, answer.status_code)


async def test_an_error_nobody_caught_carries_every_header_and_says_nothing(
    clock: HandClock,
) -> None:
    app = FastAPI()
    broken: Database = None  # type: ignore[assignment]  # nothing works without one
    app.include_router(make_router(broken, NOTICES, clock, door=Door(broken, hasher=CHEAP)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    cookies = {COOKIE_LOOPBACK: "x"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://console.test", cookies=cookies
    ) as browser:
        answer = await browser.get("/console")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


async def test_signing_in_leads_to_the_queue_and_out_again(house: House) -> None:
    person = await member(house.database)
    async with house.browser() as browser:
        assert (await browser.get("/console")).headers["location"] == "/console/login"
        answer = await browser.post("/console/login", data=house.credentials(person))
        assert (answer.status_code, answer.headers["location"]) == (303, "/console")
        page = await browser.get("/console")
        token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
        out = await browser.post("/console/logout", data={"csrf": token})
        assert (out.status_code, out.headers["clear-site-data"]) == (303, '"*"')
        assert (await browser.get("/console")).status_code == 303


async def test_the_cookie_on_loopback_is_kept_from_scripts_and_other_sites(house: House) -> None:
    person = await member(house.database)
    async with house.browser() as browser:
        answer = await browser.post("/console/login", data=house.credentials(person))
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE_LOOPBACK}=")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=strict"]


async def test_the_cookie_over_tls_is_bound_to_the_host(
    database: Database, clock: HandClock
) -> None:
    person = await member(database)
    async with await behind_tls(database, clock) as browser:
        answer = await browser.post("/console/login", data=credentials(person, clock))
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE_HTTPS}=")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=strict", "Secure"]
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_nobody_signs_in_without_encryption_from_another_machine(
    database: Database, clock: HandClock
) -> None:
    person = await member(database)
    async with await behind_tls(database, clock, https=False) as browser:
        answers = [
            await browser.get("/console/login"),
            await browser.get("/console/join"),
            await browser.post("/console/login", data=credentials(person, clock)),
        ]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_a_wrong_password_and_an_unknown_name_get_the_same_page(house: House) -> None:
    person = await member(house.database)
    right = house.credentials(person)
    pages = []
    async with house.browser() as browser:
        for changed in ({"password": "wrong"}, {"name": "nobody"}, {"code": "000000"}):
            answer = await browser.post("/console/login", data={**right, **changed})
            pages.append((answer.status_code, answer.text))
    assert len(set(pages)) == 1
    assert pages[0][0] == 401
    assert "wrong" not in pages[0][1]


async def test_too_many_tries_are_told_to_wait(house: House) -> None:
    person = await member(house.database)
    async with house.browser() as browser:
        fields = {**house.credentials(person), "password": "wrong"}
        codes = [(await browser.post("/console/login", data=fields)) for _ in range(6)]
    assert [answer.status_code for answer in codes] == [401] * 5 + [429]
    assert codes[-1].headers["retry-after"] == "30"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.test", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.test"},
        {},
    ],
)
@pytest.mark.parametrize(
    "path", ["/console/login", "/console/logout", "/console/join", "/console/join/start"]
)
async def test_a_post_from_another_site_is_refused(
    house: House, path: str, headers: dict[str, str]
) -> None:
    person = await member(house.database)
    token = await house.signed_in(person)
    cookies = {COOKIE_LOOPBACK: token}
    async with httpx.AsyncClient(
        base_url=house.origin, headers=headers, cookies=cookies
    ) as browser:
        answer = await browser.post(path, data={"csrf": "x"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    async with house.browser(token) as browser:
        page = await browser.get("/console")
    assert page.status_code == 200, "still signed in"


@pytest.mark.parametrize("typed", ["", "x", "\ud800", "é"])
async def test_signing_out_needs_the_token_of_the_page(house: House, typed: str) -> None:
    token = await house.signed_in(await member(house.database))
    async with house.browser(token) as browser:
        body = f"csrf={typed}".encode("utf-8", "surrogatepass")
        answer = await browser.post("/console/logout", content=body)
        page = await browser.get("/console")
    assert (answer.status_code, page.status_code) == (403, 200)


async def test_an_administrator_sees_no_queue(house: House) -> None:
    token = await house.signed_in(await member(house.database, role=Role.ADMINISTRATOR))
    async with house.browser(token) as browser:
        page = await browser.get("/console")
    assert (page.status_code, page.headers["location"]) == (303, "/staff")
    assert "console.js" not in page.text


async def test_a_supervisor_may_enter(house: House) -> None:
    token = await house.signed_in(await member(house.database, role=Role.SUPERVISOR))
    async with house.browser(token) as browser:
        page = await browser.get("/console")
    assert page.status_code == 200


async def test_an_invited_person_joins_through_the_page(house: House) -> None:
    async with house.database.transaction() as session:
        invitation = await staff.invite(
            session,
            house.database.vault,
            role=Role.COUNSELOR,
            invited_by=None,
            now=house.clock.now,
            lifetime=DAY,
        )
    async with house.browser() as browser:
        started = (await browser.post("/console/join/start", json={"token": invitation})).json()
        code = pyotp.TOTP(started["secret"]).at(house.clock.now)
        fields = {"token": invitation, "name": "달", "password": PASSWORD, "code": code}
        short = await browser.post("/console/join", json={**fields, "password": "short"})
        joined = await browser.post("/console/join", json=fields)
        again = await browser.post("/console/join", json=fields)
        room = await browser.get("/console")
    assert {len(row) for row in started["qr"]} == {len(started["qr"])}
    assert (short.status_code, short.json()) == (422, {"code": "password_length"})
    assert (joined.status_code, room.status_code) == (200, 200)
    assert (again.status_code, again.json()) == (422, {"code": "invitation_refused"})


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"token":1}', b"\xff", b"[" * 9000])
async def test_a_malformed_body_is_a_bad_request(house: House, body: bytes) -> None:
    async with house.browser() as browser:
        answers = [await browser.post(f"/console/join{p}", content=body) for p in ("", "/start")]
    assert [answer.status_code for answer in answers] == [400, 400]


async def test_a_body_that_is_too_big_is_refused(house: House) -> None:
    async with house.browser() as browser:
        answer = await browser.post("/console/login", content=b"name=" + b"x" * 20_000)
    assert answer.status_code == 413


async def test_the_page_speaks_the_language_that_was_chosen(house: House) -> None:
    async with house.browser(**{"accept-language": "en-US,en;q=0.9"}) as browser:
        first = await browser.get("/console/login")
        chosen = await browser.get("/console/login?lang=ko")
        kept = await browser.get("/console/login")
        odd = await browser.get("/console/login?lang=<script>")
    assert [re.findall('<html lang="(..)"', page.text) for page in (first, chosen, kept, odd)] == [
        ["en"],
        ["ko"],
        ["ko"],
        ["ko"],
    ]
    assert "<script>" not in odd.text


async def test_both_languages_have_the_same_words(house: House) -> None:
    async with house.browser() as browser:
        words = (await browser.get("/console/static/words.json")).json()
    assert words["ko"].keys() == words["en"].keys()
    for key in words["ko"]:
        slots = [sorted(re.findall(r"\{\w+\}", words[one][key])) for one in ("ko", "en")]
        assert slots[0] == slots[1], key


async def test_pages_and_scripts_hold_nothing_that_turns_text_into_markup_or_calls_away(
    house: House,
) -> None:
    token = await house.signed_in(await member(house.database))
    names = sorted(path.name for path in STATIC.iterdir() if path.suffix in (".js", ".css"))
    paths = ["/console", *[f"/console/static/{name}" for name in names]]
    async with house.browser(token) as browser:
        texts = [(await browser.get(path)).text for path in paths]
    for path, text in zip(paths, texts, strict=True):
        assert not FORBIDDEN.search(text), path
        assert not re.search(r"""["'(]\s*(https?:)?//""", text), path
        assert not re.search(r"<[^>]*\s(on\w+|style)=", text), path


async def test_a_form_with_too_many_fields_is_refused(house: House) -> None:
    async with house.browser() as browser:
        fields = {f"field{number}": "x" for number in range(40)}
        answer = await browser.post("/console/login", data=fields)

    assert answer.status_code == 400

"""A passkey is made for the configured address, whatever a request says of itself (issue 7)."""

import json
import re

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from handoff.auth import Door
from handoff.console import make_router
from handoff.cookies import COOKIE_HTTPS
from handoff.sites import PasskeyImpossible, Sites
from storage.database import Database
from tests.fakes.authenticator import Authenticator
from tests.handoff.conftest import CHEAP, NOTICES, HandClock, member, sign_in

PUBLIC = "https://console.gyeot.example/"


def asked_as(host: str, **more: str) -> Request:
    """A request that says it was made to `host`."""
    sent = {"host": host, **more}
    headers = [(name.encode(), value.encode()) for name, value in sent.items()]
    return Request(
        {"type": "http", "scheme": "http", "path": "/", "query_string": b"", "headers": headers}
    )


@pytest.mark.parametrize("host", ["evil.example", "localhost:8000", "127.0.0.1", ""])
def test_a_configured_house_is_itself_whatever_host_is_claimed(host: str) -> None:
    site = Sites(PUBLIC).of(asked_as(host, **{"x-forwarded-proto": "http"}))

    assert (site.origin, site.host) == ("https://console.gyeot.example", "console.gyeot.example")


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Gyeot.Example:443", "https://gyeot.example"),
        ("https://gyeot.example:8443/some/path", "https://gyeot.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_the_origin_is_written_as_a_browser_writes_it(address: str, origin: str) -> None:
    assert Sites(address).of(asked_as("evil.example")).origin == origin


def test_without_an_address_only_this_machines_own_name_is_good() -> None:
    site = Sites(None).of(asked_as("localhost:8000"))

    assert (site.origin, site.host) == ("http://localhost:8000", "localhost")
    for host in ("evil.example", "127.0.0.1:8000", "localhost.evil.example", "", "[", "a:b"):
        with pytest.raises(PasskeyImpossible):
            Sites(None).of(asked_as(host))


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "https://[::1]", "nonsense", ""])
def test_a_house_without_a_name_has_no_passkeys(address: str) -> None:
    with pytest.raises(PasskeyImpossible):
        Sites(address).of(asked_as("gyeot.example"))


def test_a_page_under_another_name_offers_no_passkey() -> None:
    assert Sites(PUBLIC).usable(asked_as("console.gyeot.example"))
    assert not Sites(PUBLIC).usable(asked_as("localhost:8000"))


async def test_a_device_is_asked_for_the_configured_house_only(database: Database) -> None:
    clock, door = HandClock(), Door(database, hasher=CHEAP)
    token = await sign_in(door, await member(database), clock)
    async with claiming_to_be("evil.example", database, door, clock, token) as browser:
        csrf = re.findall(r'data-csrf="([^"]+)"', (await browser.get("/console/passkeys")).text)[0]
        asked = (await browser.post("/console/passkeys/options", json={"csrf": csrf})).text
        kept = []
        for origin in ("https://evil.example", PUBLIC.rstrip("/")):
            fields = {"csrf": csrf, "label": "책상", "answer": Authenticator(origin).make(asked)}
            kept.append((await browser.post("/console/passkeys/add", json=fields)).status_code)
        request = await browser.post("/console/passkey/request", json={})

    assert json.loads(asked)["rp"]["id"] == request.json()["rpId"] == "console.gyeot.example"
    assert kept == [422, 200]


def claiming_to_be(
    host: str, database: Database, door: Door, clock: HandClock, token: str
) -> httpx.AsyncClient:
    """A signed-in browser whose requests name another host, at a house that has an address."""
    app = FastAPI()
    app.include_router(make_router(database, NOTICES, clock, door=door, address=PUBLIC))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)),
        base_url=f"https://{host}",
        headers={"origin": f"https://{host}", "sec-fetch-site": "same-origin"},
        cookies={COOKIE_HTTPS: token},
    )

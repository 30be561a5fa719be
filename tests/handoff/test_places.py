"""The bar of every page leads to exactly the pages that its reader's role may open."""

import re
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from bot.app import make_app
from bot.config import Settings
from bot.roles import ProcessRole
from handoff.cookies import COOKIE_LOOPBACK
from handoff.permissions import HOMES, PLACES, places_of
from storage.records import Role
from tests.factories import open_database_at
from tests.handoff.test_matrix import OURS, tokens_of

WANTED = {
    Role.COUNSELOR: {"room", "duties", "words", "sentences", "transparency", "passkeys"},
    Role.SUPERVISOR: set(PLACES) - {"staff", "audit"},
    Role.ADMINISTRATOR: {
        "numbers", "model", "settings", "staff", "transparency", "passkeys",
    },
    Role.AUDITOR: {"audit", "transparency", "passkeys"},
}  # fmt: skip
BARS = re.compile(r'<nav (?:class="places" )?aria-label="(?:메뉴|Pages)".*?</nav>', re.S)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_led_to_its_pages(role: Role) -> None:
    assert set(places_of(role)) == WANTED[role]
    assert HOMES[role] in places_of(role).values()


async def test_every_page_leads_to_exactly_the_pages_of_the_role_and_each_opens(
    tmp_path: Path,
) -> None:
    database = await open_database_at(tmp_path)
    app = make_app(Settings(home=tmp_path), list(ProcessRole), alone=True)
    tokens = await tokens_of(database)
    for role in Role:
        paths = places_of(role).values()
        transport = ASGITransport(app, client=("127.0.0.1", 1))
        async with AsyncClient(
            transport=transport, base_url="http://console.test", headers=OURS,
            cookies={COOKIE_LOOPBACK: tokens[role]},
        ) as browser:  # fmt: skip
            for path in paths:
                answer = await browser.get(path)
                assert answer.status_code == 200, (role, path)
                bar = BARS.search(answer.text)
                if path in ("/transparency", PLACES["passkeys"]):
                    continue  # a page for everybody, and a card with its own way back
                assert bar, (role, path)
                led = re.findall(r'href="([^"]+)"', bar[0])
                here = {"/console"} if path == "/console" else set()
                assert led == [one for one in paths if one not in here], (role, path)
    await database.close()

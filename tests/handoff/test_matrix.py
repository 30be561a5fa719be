"""Every route and every wish, asked for by every role: the table says what comes of it (P8)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import ASGITransport, AsyncClient

from bot.app import make_app
from bot.config import Settings
from bot.house import utc_now
from bot.roles import ProcessRole
from handoff import wishes
from handoff.auth import Door
from handoff.board_page import make_board_router
from handoff.cookies import COOKIE_LOOPBACK
from handoff.gate import LIVE
from handoff.headers import HEADERS
from handoff.permissions import ANYBODY, HOMES, ROUTES, WISHES, may_ask, may_wish
from handoff.taking import Taker
from storage.database import Database
from storage.records import Role
from tests.factories import open_database_at
from tests.handoff.conftest import CHEAP, NOTICES, HandClock, member, sign_in

NAMES = {
    Role.COUNSELOR: "별",
    Role.SUPERVISOR: "달",
    Role.ADMINISTRATOR: "해",
    Role.AUDITOR: "강",
}
OURS = {"origin": "http://console.test", "sec-fetch-site": "same-origin"}
RINGS = "/console/board/bell"
NOT_OF_STAFF = (
    "/chat", "/channels/", "/health/", "/static/chat/", "/favicon.ico", "/privacy",
    "/transparency", "/verify", "/static/verify.css",
)  # fmt: skip
"""Young people, providers and machines: nobody of the staff is asked for there."""


def routes_of(app: FastAPI) -> list[tuple[str, str, Any]]:
    """Method, path and original route of everything that the house answers."""
    found = []
    for one in iter_route_contexts(app.routes):
        methods = getattr(one, "methods", None) or {"WS"}
        found += [(method, one.path or "", one.original_route) for method in sorted(methods)]
    return found


def of_staff(app: FastAPI) -> list[tuple[str, str, Any]]:
    return [one for one in routes_of(app) if not _is_others(one[1])]


def _is_others(path: str) -> bool:
    return path == "/" or path.startswith(NOT_OF_STAFF)


def address(path: str) -> str:
    """Fill the slots of a path; nothing of that name is there."""
    filled = path.replace("{name}", "console.css").replace("{rest:path}", "no/such/page")
    return re.sub(r"{\w+}", "00000000-0000-0000-0000-000000000000", filled)


async def test_every_route_has_a_rule_and_every_rule_a_route(tmp_path: Path) -> None:
    database = await open_database_at(tmp_path)
    app = make_app(Settings(home=tmp_path), list(ProcessRole), alone=True)
    known = {f"{method} {path}" for method, path, _ in of_staff(app) if "{rest" not in path}
    ruled = {one for one in ROUTES if not _is_others(one.split()[1])}
    await database.close()
    assert known - ruled == set(), "routes without a rule: handoff/permissions.py"
    assert ruled - known == set(), "rules without a route"


async def test_every_route_of_the_staff_asks_at_the_gate(tmp_path: Path) -> None:
    database = await open_database_at(tmp_path)
    app = make_app(Settings(home=tmp_path), list(ProcessRole), alone=True)
    unguarded = [
        path
        for method, path, route in of_staff(app)
        if method != "WS" and type(route).__name__ != "Guarded"
    ]
    await database.close()
    assert unguarded == []


async def test_every_route_answers_every_role_as_the_table_says(tmp_path: Path) -> None:
    database = await open_database_at(tmp_path)
    app = make_app(Settings(home=tmp_path), list(ProcessRole), alone=True)
    tokens = await tokens_of(database)
    asked, wrong = 0, []
    for role in (None, *Role):
        for method, path, _ in of_staff(app):
            if method == "WS":
                continue
            cookies = {COOKIE_LOOPBACK: tokens[role]} if role else {}
            transport = ASGITransport(app, client=("127.0.0.1", 1))
            async with AsyncClient(
                transport=transport, base_url="http://console.test", headers=OURS, cookies=cookies
            ) as browser:
                if path == RINGS and may_ask(role, method, path):
                    continue  # it rings for as long as the session goes on
                answer = await browser.request(method, address(path))
            asked += 1
            allowed = may_ask(role, method, path)
            let_in = _let_in(answer.status_code, answer.headers.get("location"), answer.text)
            if let_in != allowed:
                wrong.append((role, method, path, answer.status_code))
            missing = [name for name in HEADERS if name not in answer.headers]
            assert missing == [], (path, answer.status_code)
    await database.close()
    assert wrong == []
    assert asked > 100


async def tokens_of(database: Database) -> dict[Role, str]:
    """Somebody of each role, signed in by the clock of the house."""
    door, clock = Door(database, hasher=CHEAP), HandClock(utc_now())
    return {
        role: await sign_in(door, await member(database, name, role=role, now=clock.now), clock)
        for role, name in NAMES.items()
    }


def _let_in(status: int, location: str | None, text: str) -> bool:
    """Tell whether an answer came from behind the gate."""
    sent_away = status == 303 and location == "/console/login"
    return not sent_away and not (status == 403 and 'data-refusal="role"' in text)


async def test_the_socket_lets_in_the_roles_of_the_table(tmp_path: Path) -> None:
    assert {role for role in Role if may_ask(role, "WS", "/console/ws")} == {
        Role.COUNSELOR,
        Role.SUPERVISOR,
    }
    assert not may_ask(None, "WS", "/console/ws")


def test_every_wish_has_a_rule_and_every_rule_a_wish() -> None:
    known = set(wishes._NAMES.values()) | set(wishes._READERS)
    assert known == set(WISHES)


@pytest.mark.parametrize("role", list(Role))
async def test_every_wish_is_taken_from_the_roles_of_the_table_only(
    tmp_path: Path, role: Role
) -> None:
    database = await open_database_at(tmp_path)
    person = (await member(database, role=role)).staff
    taker = Taker(database, NOTICES, person, HandClock(), None)
    for name in WISHES:
        answers = await taker.take(wish_named(name))
        refused = [getattr(one, "code", None) for one in answers] == ["not_yours"]
        assert refused is not may_wish(role, name), name
    await database.close()


def wish_named(name: str) -> wishes.Wish:
    """A wish of this kind about a talk that is nobody's."""
    anything = {
        "conversation": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "colleague": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "key": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "version": 0, "epoch": 0, "seen": 0, "text": "x", "note": "", "risk": 1,
        "state": "away", "active": False, "reason": "x", "act": "send", "seq": 1,
    }  # fmt: skip
    return wishes.parse(json.dumps({"v": 1, "type": name, **anything}))


async def test_a_board_that_only_looks_again_by_itself_keeps_nobody_signed_in(
    tmp_path: Path,
) -> None:
    database = await open_database_at(tmp_path)
    clock, door = HandClock(), Door(database, hasher=CHEAP)
    app = FastAPI()
    app.include_router(make_board_router(database, NOTICES, clock, door=door))
    person = await member(database, role=Role.SUPERVISOR)
    cookies = {COOKIE_LOOPBACK: await sign_in(door, person, clock)}
    transport = ASGITransport(app, client=("127.0.0.1", 1))
    async with AsyncClient(
        transport=transport, base_url="http://console.test", headers=OURS, cookies=cookies
    ) as browser:
        seen = []
        for _ in range(4):
            clock.pass_(minutes=5)
            answer = await browser.get("/console/board", headers={LIVE: "1"})
            seen.append(answer.status_code)
    await database.close()
    assert seen == [200, 200, 303, 303]


def test_an_unknown_route_or_wish_is_refused_to_everybody() -> None:
    for role in Role:
        assert not may_ask(role, "GET", "/no/rule")
        assert not may_wish(role, "no_rule")
        assert HOMES[role]
    assert not may_ask(None, "GET", "/no/rule")
    assert ROUTES["GET /console/login"] is ANYBODY

"""What a platform knows somebody by is in no page, no JSON and no frame, whoever asks."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import FastAPI
from websockets.asyncio.client import connect

from bot.app import make_app
from bot.config import Settings
from bot.house import utc_now
from bot.roles import ProcessRole
from handoff import queue
from handoff.auth import Door
from handoff.cookies import COOKIE_LOOPBACK
from handoff.permissions import may_ask
from storage import audit, contacts, conversations
from storage.database import Database
from storage.records import AskReason, Conversation, Language, Risk, Role, Staff
from tests.factories import open_database_at, said
from tests.handoff.conftest import CHEAP, NOTICES, served
from tests.handoff.test_matrix import RINGS, address, of_staff, tokens_of

PLATFORM_ID = "canary-id-quokka"
ADDRESS = "canary-handle-wombat:canary-name-numbat"
FORMS = ("canary", "quokka", "wombat", "numbat")  # four digits stood in a random number by chance
SAID = "여기 누구 있어요?"


async def planted(database: Database, number: int) -> Conversation:
    """Somebody who waits at a high risk, with all that a channel can know of them."""
    async with database.transaction() as session:
        person = await contacts.find_or_make(
            session, database.vault, channel="telegram", account=f"{PLATFORM_ID}-{number}",
            address=f"{ADDRESS}-{number}", now=utc_now(),
        )  # fmt: skip
        talk = await conversations.start(
            session, database.vault, person, language=Language.KO, now=utc_now()
        )
        talk = await queue.ask(
            session, talk, reason=AskReason.CRISIS, risk=Risk.HIGH, now=utc_now()
        )
    await said(database, talk.id, SAID, at=utc_now())
    return talk


async def led(database: Database, owner: Staff) -> UUID:
    """A talk that somebody leads, and one that waits; both of people a platform knows."""
    talk = await planted(database, 1)
    await planted(database, 2)
    now = utc_now()
    await queue.claim(database, NOTICES, owner, talk.id, version=talk.version, now=now)
    return talk.id


async def pages(port: int, app: FastAPI, role: Role, token: str, talk: UUID) -> dict[str, str]:
    """Everything that one role can get, about this talk where a page is about one."""
    base = f"http://127.0.0.1:{port}"
    got = {}
    async with httpx.AsyncClient(
        base_url=base, cookies={COOKIE_LOOPBACK: token}, timeout=60
    ) as browser:
        for method, path, _ in of_staff(app):
            if method != "GET" or path == RINGS or not may_ask(role, method, path):
                continue
            answer = await browser.get(address(path.replace("{talk}", str(talk))))
            got[path] = answer.text + json.dumps(dict(answer.headers))
    return got


async def frames(port: int, token: str) -> str:
    """What the console is told until its own talks were shown."""
    told = []
    async with connect(
        f"ws://127.0.0.1:{port}/console/ws",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]  # a NewType of str
        additional_headers={"Cookie": f"{COOKIE_LOOPBACK}={token}"},
    ) as socket:
        try:
            async with asyncio.timeout(5):
                while True:
                    told.append(str(await socket.recv()))
        except TimeoutError:
            return "".join(told)


async def test_nothing_a_platform_knows_somebody_by_reaches_anybody_of_the_staff(
    tmp_path: Path,
) -> None:
    database = await open_database_at(tmp_path)
    app = make_app(Settings(home=tmp_path), list(ProcessRole), alone=True)
    tokens = await tokens_of(database)
    session = await Door(database, hasher=CHEAP).session(tokens[Role.COUNSELOR], now=utc_now())
    assert session is not None
    talk = await led(database, session.staff)
    seen: dict[tuple[Role, str], str] = {}
    async with served(app) as port:
        for role, token in tokens.items():
            got = await pages(port, app, role, token, talk)
            seen |= {(role, path): text for path, text in got.items()}
        for role in (Role.COUNSELOR, Role.SUPERVISOR):
            seen[role, "frames"] = await frames(port, tokens[role])
    async with database.reading() as reading:
        known = json.dumps([repr(one) for one in await audit.entries(reading)])
    await database.close()

    leaks = {where for where, text in seen.items() for form in FORMS if form in text.lower()}
    assert leaks == set()
    assert "canary" not in known
    # It looked at pages that are about this talk, and not at refusals.
    assert json.dumps(SAID)[1:-1] in seen[Role.COUNSELOR, "frames"]
    assert str(talk) in seen[Role.SUPERVISOR, "/console/board"]
    assert SAID in seen[Role.SUPERVISOR, "/console/board/talk/{talk}"]
    for page in ("/console/duties/talks/{talk}", "/admin", "/admin/model", "/admin/words"):
        assert (Role.SUPERVISOR, page) in seen
    assert str(talk) in seen[Role.AUDITOR, "/audit"]
    assert (Role.ADMINISTRATOR, "/staff") in seen

"""Counselors, waiting people, and a real server with the console on loopback."""

import asyncio
import json
import logging
import socket as sockets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from handoff import queue
from handoff.accounts_page import make_accounts_router
from handoff.admin_page import make_admin_router
from handoff.audit_page import make_audit_router
from handoff.auth import Door
from handoff.board_page import make_board_router
from handoff.console import make_router
from handoff.cookies import COOKIE_LOOPBACK
from handoff.duties_page import make_duties_router
from handoff.notices import Notice
from storage import audit, conversations, staff, transcript
from storage.database import Database
from storage.records import AskReason, Conversation, Language, Line, Risk, Role, Staff
from tests.factories import NOON, talk_of

PASSWORD = "a long sentence of mine"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DAY = timedelta(days=1)
PING = timedelta(seconds=0.3)


class HandClock:
    """Time that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


_FULL = {
    "sqlite": "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END",
    "postgresql": "ALTER TABLE audit ADD CONSTRAINT full_log CHECK (position < 0) NOT VALID",
}
_EMPTIED = {
    "sqlite": "DROP TRIGGER full",
    "postgresql": "ALTER TABLE audit DROP CONSTRAINT full_log",
}


@asynccontextmanager
async def audit_log_full(database: Database) -> AsyncGenerator[None]:
    """Let the audit log take no row until the block ends."""
    async with database.transaction() as session:
        await session.execute(text(_FULL[session.dialect]))
    yield
    async with database.transaction() as session:
        await session.execute(text(_EMPTIED[session.dialect]))


class PlainNotices:
    """Sentences that say which one they are."""

    def joined(self, language: Language) -> Notice:
        return Notice(f"joined-{language}", f"body:joined-{language}")

    def returned(self, language: Language) -> Notice:
        return Notice(f"returned-{language}", f"body:returned-{language}")

    def handed_over(self, language: Language) -> Notice:
        return Notice(f"handed-{language}", f"body:handed-{language}")

    def to_bot(self, language: Language) -> Notice:
        return Notice(f"to-bot-{language}", f"body:to-bot-{language}")

    def goodbye(self, language: Language) -> Notice:
        return Notice(f"goodbye-{language}", f"body:goodbye-{language}")

    def stopped(self, language: Language) -> Notice:
        return Notice(f"stopped-{language}", f"body:stopped-{language}")

    def surges(self, language: Language) -> Mapping[str, str]:
        return {"surge_many.1": f"many-{language}"}

    def surge(self, key: str, language: Language) -> Notice:
        return Notice(f"{key}-{language}", f"body:{key}-{language}")

    def duty(self, what: str, language: Language) -> Notice:
        return Notice(f"{what}-{language}", f"body:{what}-{language}")

    def way_back(self, code: int, language: Language) -> Notice:
        return Notice(f"way-back-{language}", f"body:way-back-{language}:{code}")

    def counselor(self, text: str, language: Language) -> str:
        return f"body:{language}:{text}"


NOTICES = PlainNotices()


@dataclass(frozen=True)
class Member:
    """Somebody who works here, and what they sign in with."""

    staff: Staff
    totp: pyotp.TOTP

    def code(self, now: datetime) -> str:
        return self.totp.at(now)


async def member(
    database: Database, name: str = "별", *, role: Role = Role.COUNSELOR, now: datetime = NOON
) -> Member:
    """Somebody with a pseudonym, `PASSWORD` and an authenticator."""
    secret = pyotp.random_base32()
    async with database.transaction() as session:
        token = await staff.invite(
            session, database.vault, role=role, invited_by=None, now=now, lifetime=DAY
        )
        person = await staff.join(
            session,
            database.vault,
            token=token,
            name=name,
            password_hash=CHEAP.hash(PASSWORD),
            totp_secret=secret,
            now=now,
        )
    return Member(person, pyotp.TOTP(secret))


async def sign_in(door: Door, person: Member, clock: HandClock, **typed: str) -> str:
    """Sign somebody in, `typed` instead of what is right; return the token."""
    right = {"name": person.staff.name, "password": PASSWORD, "code": person.code(clock.now)}
    signed_in = await door.sign_in(**{**right, **typed}, now=clock.now)
    return signed_in.token


async def counselor(database: Database, name: str = "별") -> Staff:
    """A counselor who never signs in."""
    return (await member(database, name)).staff


async def waiting(
    database: Database,
    account: str = "account-1",
    *,
    risk: Risk = Risk.NONE,
    now: datetime = NOON,
) -> Conversation:
    """A young person who asked for a person."""
    talk = await talk_of(database, account=account, now=now)
    async with database.transaction() as session:
        return await queue.ask(session, talk, reason=AskReason.REQUESTED, risk=risk, now=now)


async def claimed(database: Database, owner: Staff, talk: Conversation) -> Conversation:
    """That person with a counselor."""
    return await queue.claim(database, NOTICES, owner, talk.id, version=talk.version, now=NOON)


async def row_of(database: Database, talk: Conversation) -> Conversation:
    """The talk as it is now."""
    async with database.reading() as session:
        return await conversations.get(session, talk.id)


async def acts_on(database: Database, talk: Conversation) -> list[str]:
    """What was done to the talk, oldest first."""
    async with database.reading() as session:
        return [entry.action for entry in await audit.entries(session, object_id=talk.id)]


async def lines_of(database: Database, talk: Conversation) -> list[Line]:
    """The whole transcript."""
    async with database.reading() as session:
        return list(await transcript.read(session, database.vault, talk.id))


@dataclass
class Page:
    """One open console, seen from the socket."""

    socket: ClientConnection
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send(json.dumps({"v": 1, "type": kind, **fields}))

    async def until(self, kind: str, **fields: object) -> dict[str, Any]:
        """Wait for a frame of this type with these fields."""
        async with asyncio.timeout(30):
            while True:
                frame = json.loads(await self.socket.recv())
                self.frames.append(frame)
                if frame["type"] == kind and fields.items() <= frame.items():
                    return dict(frame)

    async def since(self, start: int, kind: str) -> dict[str, Any]:
        """Return the first frame of this type from number `start` on, come already or not."""
        come = [frame for frame in self.frames[start:] if frame["type"] == kind]
        return come[0] if come else await self.until(kind)

    async def rest(self) -> set[str]:
        """Return the types of the frames that come until the server closes."""
        async with asyncio.timeout(30):
            return {json.loads(text)["type"] async for text in ending(self.socket)}

    async def code(self) -> int | None:
        """Wait until the server closes; return its code."""
        async with asyncio.timeout(30):
            await self.socket.wait_closed()
        return self.socket.close_code


async def ending(socket: ClientConnection) -> AsyncGenerator[str | bytes]:
    """What still comes on a socket, whatever the server closes it with."""
    with suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


@dataclass
class House:
    """A running console."""

    database: Database
    clock: HandClock
    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def browser(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A browser on a page of ours, signed in with `token`; each test closes it."""
        own = {"origin": self.origin, "sec-fetch-site": "same-origin", **headers}
        cookies = {COOKIE_LOOPBACK: token} if token else {}
        return httpx.AsyncClient(base_url=self.origin, headers=own, cookies=cookies)

    async def signed_in(self, person: Member) -> str:
        """Sign somebody in; return their cookie's token."""
        async with self.browser() as browser:
            answer = await browser.post("/console/login", data=self.credentials(person))
        assert answer.status_code == 303, answer.text
        return answer.cookies[COOKIE_LOOPBACK]

    def credentials(self, person: Member) -> dict[str, str]:
        now = self.clock.now
        return {"name": person.staff.name, "password": PASSWORD, "code": person.code(now)}

    @asynccontextmanager
    async def page(self, token: str, *, origin: str | None = None) -> AsyncGenerator[Page]:
        """Open a console with the cookie of `token`."""
        async with connect(
            f"ws://127.0.0.1:{self.port}/console/ws",
            origin=origin or self.origin,  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": f"{COOKIE_LOOPBACK}={token}"},
        ) as socket:
            yield Page(socket)

    @asynccontextmanager
    async def console(self, name: str = "별") -> AsyncGenerator[Page]:
        """A new counselor at an open console that was told everything."""
        token = await self.signed_in(await member(self.database, name, now=self.clock.now))
        async with self.page(token) as page:
            await page.until("talks")
            yield page


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncGenerator[int]:
    """Serve an application on loopback; gives the port."""
    with sockets.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_level=logging.CRITICAL, lifespan="off", ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


@pytest.fixture
async def house(database: Database, clock: HandClock) -> AsyncGenerator[House]:
    """The console on a real server, its password hash cheap."""
    app = FastAPI()
    door = Door(database, hasher=CHEAP)
    app.include_router(make_board_router(database, NOTICES, clock, door=door))
    app.include_router(make_duties_router(database, NOTICES, clock, door=door))
    app.include_router(make_router(database, NOTICES, clock, door=door, ping=PING))
    app.include_router(make_audit_router(database, clock, door=door))
    app.include_router(make_accounts_router(database, NOTICES, clock, door=door))
    app.include_router(make_admin_router(database, clock, door=door))
    async with served(app) as port:
        yield House(database, clock, port)


def a_key() -> str:
    return str(uuid4())

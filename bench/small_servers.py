"""What accepting is compared with, each a process: `-m bench.small_servers NAME PORT DATABASE`.

hello       raw ASGI on uvicorn, nothing behind it: the limit of the web server
usual       FastAPI as usually written: a model, a session and a commit a request
front-door  the product's own webhook route, adapter and intake, without engine and sender
"""

import base64
import hashlib
import hmac
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import DateTime, String, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.channels.line import make_line
from bot.intake import Intake
from bot.pump import running
from bot.webhooks import make_webhooks
from storage.database import open_database
from storage.keyring import load_keyring
from tests.fakes.line import SECRET, TOKEN

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


async def hello(scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
    """Answer 200 to anything, body read."""
    while (await receive()).get("more_body"):
        continue
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class _Base(DeclarativeBase):
    pass


class Event(_Base):
    """One event of a webhook, as usually kept: in plain text."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64), unique=True)
    account: Mapped[str] = mapped_column(String(64), index=True)
    text: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class _Source(BaseModel):
    userId: str  # noqa: N815 - LINE's name


class _Message(BaseModel):
    id: str
    type: str
    text: str


class _Event(BaseModel):
    webhookEventId: str  # noqa: N815 - LINE's name
    source: _Source
    message: _Message


class _Webhook(BaseModel):
    destination: str
    events: list[_Event]


def usual(database: str) -> FastAPI:
    """Make the reference: what a tutorial's reader writes, on the same driver as the product."""
    engine = create_async_engine(database)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    if database.startswith("sqlite"):
        event.listen(engine.sync_engine, "connect", _full)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(_Base.metadata.create_all)
        yield
        await engine.dispose()

    async def session() -> AsyncGenerator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    app = FastAPI(lifespan=lifespan)

    @app.post("/channels/line")
    async def receive(
        webhook: _Webhook,
        database: Annotated[AsyncSession, Depends(session)],
        _: Annotated[None, Depends(_signed)],
    ) -> dict[str, bool]:
        for one in webhook.events:
            database.add(_row(one))
        await database.commit()
        return {"ok": True}

    return app


def front_door(database: str, keyring: Path) -> FastAPI:
    """Make the product's road in, up to the commit, and nothing that answers."""
    opened = open_database(database, keyring=load_keyring(keyring))
    intake = Intake(opened, _now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with running([intake.run()], lambda: None):
            yield
        await opened.close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(make_webhooks({"line": make_line(SECRET, TOKEN, None)}, intake))
    return app


def main(name: str, port: int, database: str = "", keyring: str = "") -> None:
    """Serve one of the three until the process is ended."""
    apps: dict[str, Callable[[], Any]] = {
        "hello": lambda: hello,
        "usual": lambda: usual(database),
        "front-door": lambda: front_door(database, Path(keyring)),
    }
    uvicorn.run(
        apps[name](),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off" if name == "hello" else "on",
        loop="uvloop",
        http="httptools",
    )


async def _signed(request: Request) -> None:
    proof = base64.b64encode(hmac.digest(SECRET.encode(), await request.body(), hashlib.sha256))
    if not hmac.compare_digest(request.headers.get("x-line-signature", "").encode(), proof):
        raise HTTPException(401)


def _row(one: _Event) -> Event:
    return Event(
        event_id=one.webhookEventId,
        account=one.source.userId,
        text=one.message.text,
        received_at=_now(),
    )


def _full(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])

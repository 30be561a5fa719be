"""A real server on loopback with the web channel's routes."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.channels.base import NotStored
from bot.channels.web import FRAME_LIMIT, NOISY_LOGGERS, KeptDays, WebChannel, make_router
from bot.messages import InboundMessage, Kept

DAYS = KeptDays(transcript=91, contact=31, backup=8)
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class HandClock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class DiskOnFire(Exception):
    """An error that nobody declared."""


@dataclass
class Store:
    """What the server's `accept` does, and what it was given."""

    messages: list[InboundMessage] = field(default_factory=list)
    may_return: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    kept: Kept = Kept.ALL

    async def accept(self, message: InboundMessage) -> Kept:
        self.messages.append(message)
        await self.may_return.wait()
        if self.error is not None:
            raise self.error
        return self.kept

    def fail(self, *, declared: bool) -> None:
        self.error = NotStored() if declared else DiskOnFire("canary-in-an-error")


async def _until_closed(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    with suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


class Tab:
    """A page's side of the socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.session = ""

    async def put(self, **fields: Any) -> None:
        await self.socket.send(json.dumps({"v": 1, **fields}))

    async def take(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
        return frame

    async def take_all(self) -> list[dict[str, Any]]:
        """Read until the server closes."""
        async with asyncio.timeout(5):
            return [json.loads(frame) async for frame in _until_closed(self.socket)]

    async def say(self, text: str, *, name: str = "") -> str:
        name = name or str(uuid4())
        await self.put(t="say", id=name, text=text)
        return name


@dataclass
class Site:
    """The running server."""

    port: int
    channel: WebChannel
    store: Store
    clock: HandClock
    returned: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def line(self, *, origin: str | None = None) -> AsyncIterator[Tab]:
        """Open a socket without a hello."""
        headers = {"Origin": self.url if origin is None else origin}
        if not headers["Origin"]:
            headers = {}
        async with connect(
            f"ws://127.0.0.1:{self.port}/chat/ws", additional_headers=headers, proxy=None
        ) as socket:
            yield Tab(socket)

    @asynccontextmanager
    async def tab(self, session: str = "") -> AsyncIterator[Tab]:
        """Open a socket and say hello."""
        async with self.line() as tab:
            await tab.put(t="hello", session=session)
            tab.session = (await tab.take())["session"]
            yield tab


@asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[int]:
    """Run `app` on a free port of loopback, with the settings the product uses."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=4 * FRAME_LIMIT,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


@pytest.fixture(autouse=True)
def _quiet_libraries(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in NOISY_LOGGERS]
    before = [logger.level for logger in loggers]
    caplog.set_level(logging.DEBUG)
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    clock, store, returned = HandClock(), Store(), list[str]()
    store.may_return.set()

    async def note(address: str, at: datetime) -> None:
        returned.append(address)

    channel = WebChannel(clock, returned=note)
    app = FastAPI()
    app.include_router(make_router(channel, store.accept, clock, days=DAYS))
    async with serve(app) as port:
        yield Site(port, channel, store, clock, returned)


async def until(true: Callable[[], bool]) -> None:
    """Wait until a condition holds; five seconds at most."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)

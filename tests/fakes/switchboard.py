"""What every fake provider shares: a real HTTP server with switches for bad days."""

import asyncio
import contextlib
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that reached a person, as the provider saw it."""

    recipient: str
    text: str
    quick_replies: tuple[tuple[str, str], ...] = ()  # label, payload
    key: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer the provider gives in place of its own."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    after_delivery: bool = False  # the person got the message, only the yes was lost


class FakeProvider:
    """One provider. Subclasses answer `answer`; tests turn the switches.

    `sent` holds what people received, in order; `calls` counts every request, refused
    ones too.
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.calls = 0
        self.delay = 0.0  # seconds before every answer
        self.duplicating = False  # every delivery is made twice, as after a late answer
        self.url = ""
        self._failures: deque[Failure] = deque()

    def fail_next(
        self,
        status: int,
        body: object = b"",
        *,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
    ) -> None:
        """Refuse the next calls without doing what they ask; `body` is JSON unless bytes."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._failures.extend([Failure(status, raw, headers or {})] * times)

    def lose_next_answer(self, status: int = 500) -> None:
        """Do what the next call asks, and answer as if it had failed."""
        self._failures.append(Failure(status, b"", after_delivery=True))

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> list[int]:
        """Call one of our addresses with an event; return the statuses we answered with."""
        times = 2 if self.duplicating else 1
        async with httpx.AsyncClient() as client:
            calls = [client.post(url, content=body, headers=dict(headers)) for _ in range(times)]
            return [answer.status_code for answer in await asyncio.gather(*calls)]

    async def answer(self, request: Request) -> Response:
        """What this provider says to a well-behaved day's call."""
        raise NotImplementedError

    async def receive(self, request: Request) -> Response:
        self.calls += 1
        await asyncio.sleep(self.delay)
        failure = self._failures.popleft() if self._failures else None
        if failure is not None and not failure.after_delivery:
            return Response(failure.body, failure.status, failure.headers, "application/json")
        answered = await self.answer(request)
        return answered if failure is None else Response(status_code=failure.status)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen on a free port of 127.0.0.1; `url` tells which."""
        app = Starlette(routes=[Route("/{path:path}", self.receive, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            server = _Server(config)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            await server.listening.wait()
            try:
                yield
            finally:
                server.stopping.set()
                await running


def refusal(status: int, body: Mapping[str, Any]) -> Response:
    """A provider's no, as JSON."""
    return JSONResponse(dict(body), status)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        """Wait for the end at once; uvicorn would look for it ten times a second."""
        await self.stopping.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave Ctrl-C to pytest."""
        yield

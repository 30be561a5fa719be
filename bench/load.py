"""A load generator that costs less than what it loads: prebuilt requests on kept connections."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import httptools

from bench.figures import Run

GIVE_UP = 20.0  # seconds for one answer


@dataclass
class _Tally:
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    def note(self, status: int, began: float) -> None:
        if status == 200:
            self.latencies.append((time.perf_counter() - began) * 1000)
        else:
            self.failures += 1


async def closed(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, wanted: bytes = b""
) -> Run:
    """Send `requests` over `connections`, each waiting for its answer, until time or they run out.

    Args:
        port: of 127.0.0.1.
        requests: whole HTTP/1.1 requests; every one is sent once at most.
        wanted: what a good answer holds.
    """
    tally, left = _Tally(), iter(requests)
    async with connected(port, connections) as lines:
        for line in lines:
            line.wanted = wanted
        began = time.perf_counter()
        until = began + seconds
        await asyncio.gather(*(_send_all(line, left, tally, until) for line in lines))
        took = time.perf_counter() - began
    return Run(tally.latencies, took, tally.failures)


async def paced(port: int, requests: Sequence[bytes], *, rate: float, connections: int = 64) -> Run:
    """Send `requests` at `rate` a second, whether or not earlier ones were answered.

    A latency counts from the moment a request was due, so that a server that stands still
    cannot hide those it kept from being sent.
    """
    tally, free = _Tally(), asyncio.Queue[Line]()
    async with connected(port, connections) as lines, asyncio.TaskGroup() as sending:
        for line in lines:
            free.put_nowait(line)
        began = time.perf_counter()
        for number, request in enumerate(requests):
            due = began + number / rate
            await asyncio.sleep(due - time.perf_counter())
            line = await free.get()
            sending.create_task(_send_one(line, request, tally, due, free))
        for _ in range(connections):  # the last answers are in when every line is free again
            await free.get()
        took = time.perf_counter() - began
    return Run(tally.latencies, took, tally.failures)


async def _send_all(line: "Line", left: Iterator[bytes], tally: _Tally, until: float) -> None:
    for request in left:
        began = time.perf_counter()
        tally.note(await line.ask(request), began)
        if time.perf_counter() > until:
            return


async def _send_one(
    line: "Line", request: bytes, tally: _Tally, due: float, free: "asyncio.Queue[Line]"
) -> None:
    tally.note(await line.ask(request), due)
    free.put_nowait(line)


class Line(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._answer: asyncio.Future[int] | None = None
        self.wanted = b""  # what the body of a good answer holds
        self._body = b""
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: bytes) -> int:
        """Send one request; return the status, 0 when the connection ended or took too long."""
        if self._transport is None or self._transport.is_closing():
            await asyncio.sleep(0.01)
            return 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            async with asyncio.timeout(GIVE_UP):
                return await self._answer
        except TimeoutError:
            self._transport.close()
            return 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; asyncio calls this."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop registers no class

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep what came."""
        self._body += body

    def on_message_complete(self) -> None:
        """Hand the status to whom it was for."""
        good = self.wanted in self._body
        self._body = b""
        self._tell(self._parser.get_status_code() if good else 0)

    def connection_lost(self, _: Exception | None) -> None:
        """Tell whoever waits that no answer will come."""
        self._tell(0)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def _tell(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncGenerator[list[Line]]:
    """Open `count` connections to a port of 127.0.0.1 until the block ends."""
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(Line, "127.0.0.1", port))[1] for _ in range(count)]
    try:
        yield lines
    finally:
        for line in lines:
            line.close()

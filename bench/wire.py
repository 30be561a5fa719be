"""An HTTP server as lean as can be, for what stands around the product in a bench."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

import httptools

Answer = Callable[[str, bytes], bytes]
"""From the path and the body of a request to a whole HTTP/1.1 response."""


def response(body: bytes, content_type: str = "application/json") -> bytes:
    """Write a whole response with status 200."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def listening(answer: Answer, port: int = 0) -> AsyncGenerator[int]:
    """Answer requests on a port of 127.0.0.1 until the block ends; yield the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Caller(answer), "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class _Caller(asyncio.Protocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop registers no class

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._transport is not None:
            self._transport.write(self._answer(self._path, self._body))
        self._path, self._body = "", b""

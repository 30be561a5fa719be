"""A WebSocket client as lean as can be (RFC 6455), so that thousands fit beside the server."""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

Heard = Callable[[bytes], None]

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA  # opcodes, section 5.2
_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="  # any 16 bytes; nobody here checks the answer to it


class Socket(asyncio.Protocol):
    """One open socket; what the server says goes to `heard`, whole text frames only."""

    def __init__(self, head: bytes, heard: Heard) -> None:
        self.heard = heard
        self.opened = asyncio.get_running_loop().create_future()
        self._head = head
        self._received = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def say(self, text: str) -> None:
        """Send a text frame; its mask is zero, so that it costs nothing."""
        self._send(TEXT, text.encode())

    def close(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade; asyncio calls this."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._received += data
        if not self.opened.done() and not self._read_head():
            return
        while self._read_frame():
            continue

    def connection_lost(self, _: Exception | None) -> None:
        """Tell whoever waits for it to open."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionResetError())

    def _read_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        if self._received.startswith(b"HTTP/1.1 101"):
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionRefusedError(self._received[:60].decode()))
        del self._received[: end + 4]
        return True

    def _read_frame(self) -> bool:
        """Take one whole frame; False when there is none yet. A server masks nothing."""
        known = self._received
        if len(known) < 2:
            return False
        start, length = 2, known[1] & 0x7F
        if length >= 126:
            start += 2 if length == 126 else 8
            length = int.from_bytes(known[2:start], "big")
        if len(known) < start + length:
            return False
        opcode, content = known[0] & 0x0F, bytes(known[start : start + length])
        del known[: start + length]
        if opcode == TEXT:
            self.heard(content)
        elif opcode == PING:
            self._send(PONG, content)
        return True

    def _send(self, opcode: int, content: bytes) -> None:
        assert self._transport is not None
        size = len(content)
        head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else (
            bytes([0x80 | opcode, 0xFE]) + size.to_bytes(2, "big")
        )  # fmt: skip
        self._transport.write(head + b"\0\0\0\0" + content)


async def connect(
    port: int, path: str, heard: Heard, headers: Mapping[str, str] | None = None
) -> Socket:
    """Open a socket to 127.0.0.1 as a page of that origin would.

    Raises:
        ConnectionError: the server refused.
    """
    host = f"127.0.0.1:{port}"
    fields = {
        "Host": host, "Origin": f"http://{host}", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": _KEY, "Sec-WebSocket-Version": "13", **(headers or {}),
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    head = f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(head, heard), "127.0.0.1", port)
    await asyncio.wait_for(socket.opened, 20)
    return socket

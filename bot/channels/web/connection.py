"""One tab on the socket: hello, then what it says until it goes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fastapi import WebSocket, WebSocketDisconnect

from bot.channels.base import NotStored
from bot.channels.web import frames
from bot.channels.web.channel import Clock, WebChannel
from bot.channels.web.frames import Ack, Frame, FrameRefused, Hello, Ping, Reason, Said, Typing
from bot.channels.web.rate import Allowance
from bot.channels.web.sessions import address_of, is_token, new_token
from bot.messages import InboundMessage, Kept

Accept = Callable[[InboundMessage], Awaitable[Kept]]

HELLO_SECONDS = 10.0
PATIENCE = 100  # refused frames in a row before the line is cut
POLICY = 1008  # RFC 6455, section 7.4.1: a message that violates policy
TROUBLE = 1011  # RFC 6455, section 7.4.1: the server met an unexpected condition

log = logging.getLogger("gyeot.web")


class Connection:
    """A connected tab. It knows its address, its allowance and nothing else."""

    def __init__(
        self, socket: WebSocket, channel: WebChannel, accept: Accept, clock: Clock
    ) -> None:
        self._socket = socket
        self._channel = channel
        self._accept = accept
        self._clock = clock
        self._allowance = Allowance(clock())
        self._refusals = 0
        self._address = ""

    async def run(self) -> None:
        """Serve the tab until it goes; never raises for what a tab or `accept` does."""
        try:
            await self._serve()
        except WebSocketDisconnect:
            return
        except Exception as error:  # the top of this loop; the page connects and sends again
            log.error("socket failed", extra={"error": type(error).__name__})
            await self._close(TROUBLE)

    async def _serve(self) -> None:
        session, returning = await self._session()
        if not session:
            await self._close(POLICY)
            return
        self._address = address_of(session)
        await self._socket.send_text(frames.hello(session))
        try:
            await self._channel.connected(self._address, self._socket, returning=returning)
            await self._listen()
        finally:
            self._channel.disconnected(self._address, self._socket)

    async def _session(self) -> tuple[str, bool]:
        """Wait for the first frame; ("", False) when it is not a hello."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                frame = await self._next()
        except TimeoutError:
            return "", False
        except FrameRefused as refusal:
            await self._socket.send_text(frames.refused(refusal))
            return "", False
        if not isinstance(frame, Hello):
            return "", False
        if is_token(frame.session):
            return frame.session, True
        return new_token(), False

    async def _listen(self) -> None:
        while self._refusals < PATIENCE:
            try:
                await self._take(await self._next())
                self._refusals = 0
            except FrameRefused as refusal:
                self._refusals += 1
                self._allowance.spend(self._clock())
                await self._socket.send_text(frames.refused(refusal))
        await self._close(POLICY)

    async def _take(self, frame: Frame) -> None:
        if await self._lightly(frame):
            return
        if not self._allowance.spend(self._clock()):
            raise FrameRefused(Reason.TOO_FAST, frames.client_id_of(frame))
        match frame:
            case Said():
                await self._store(frame)
            case Ping():
                await self._socket.send_text(frames.pong())
            case Hello():
                raise FrameRefused(Reason.MALFORMED)  # once is enough
            case Ack():
                return  # too late, or shown by another tab

    async def _lightly(self, frame: Frame) -> bool:
        """Take a frame that is never refused; False for any other."""
        # A word we wait for costs nothing, however many replies come at once.
        if isinstance(frame, Ack) and self._channel.acknowledged(self._address, frame.key):
            return True
        if not isinstance(frame, Typing):
            return False
        if self._allowance.spend(self._clock()):  # else this flag is lost, and nobody told
            await self._channel.writes(self._address)
        return True

    async def _store(self, said: Said) -> None:
        try:
            kept = await self._accept(self._channel.inbound(said, self._address))
        except NotStored:
            await self._socket.send_text(frames.not_stored(said.client_id))
            return
        if kept is not Kept.ALL:  # whether or not a reply says so: this message gets no tick
            raise FrameRefused(Reason.TOO_FAST, said.client_id)
        await self._socket.send_text(frames.stored(said.client_id))

    async def _next(self) -> Frame:
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code") or 1005)
        if event.get("text") is None:
            raise FrameRefused(Reason.MALFORMED)  # we speak text frames only
        return frames.read_frame(event["text"])

    async def _close(self, code: int) -> None:
        try:
            await self._socket.close(code)
        except RuntimeError:
            return  # it is gone already

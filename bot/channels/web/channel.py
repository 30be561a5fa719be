"""The web page as a channel: its open sockets, and replies that wait to be seen."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from fastapi import WebSocketDisconnect

from bot.channels.base import (
    Capabilities,
    InvalidPayload,
    InvalidSignature,
    TemporarySendError,
    TextUnit,
    WindowClosed,
)
from bot.channels.web import frames
from bot.channels.web.frames import TEXT_LIMIT, FrameRefused, Said
from bot.channels.web.sessions import address_of, is_token
from bot.messages import Headers, InboundMessage, Reply

# No HTTP request can carry a header of this name, so the socket with its checks of origin
# and pace is the only way in.
SESSION_HEADER = ":session"
ACK_SECONDS = 3.0
RETRY_UNSEEN = 2.0  # seconds; a socket is open, so try again soon
SOCKETS_PER_ADDRESS = 8  # tabs of one session, counting those a phone lost without a word

Clock = Callable[[], datetime]
Returned = Callable[[str, datetime], Awaitable[None]]
Writes = Callable[[str], Awaitable[None]]


class Socket(Protocol):
    """One open tab, as far as a reply needs it."""

    async def send_text(self, data: str) -> None:
        """Put one frame on the wire."""
        ...

    async def close(self, code: int = 1000) -> None:
        """End the connection."""
        ...


LIMITS = Capabilities(
    text_limit=TEXT_LIMIT,
    text_unit=TextUnit.CHARACTERS,
    quick_replies=13,  # as many as the widest messenger; the page wraps them
    label_limit=40,
    payload_limit=300,
    idempotent=True,
    held=True,
)
"""What the page can show."""


async def _nobody_to_tell(_address: str, _at: datetime) -> None:
    return None


async def _nobody_looks(_address: str) -> None:
    return None


class WebChannel:
    """The tabs that are open now. It keeps nothing of what passes through.

    `returned` is called with the address and the time whenever a known session connects
    again, so that what waits for it can be sent at once. `writes` is called with the address
    while somebody is writing there.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        returned: Returned = _nobody_to_tell,
        writes: Writes = _nobody_looks,
    ) -> None:
        self._clock = clock
        self._returned = returned
        self.writes = writes
        self._sockets: dict[str, list[Socket]] = {}
        self._since: dict[str, datetime] = {}  # when the newest of them connected
        self._unseen: dict[tuple[str, str], asyncio.Future[None]] = {}

    @property
    def name(self) -> str:
        """The channel's fixed name."""
        return "web"

    @property
    def capabilities(self) -> Capabilities:
        """What the page can show. A repeated key is dropped there."""
        return LIMITS

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one frame of the session named by `SESSION_HEADER`.

        Frames that are not something a person said give an empty result.

        Raises:
            InvalidSignature: no session, or one that is not of our making.
            InvalidPayload: the frame cannot be taken; the code says why.
        """
        token = headers.get(SESSION_HEADER, "")
        if not is_token(token):
            raise InvalidSignature(self.name, "session")
        try:
            frame = frames.read_frame(body)
        except FrameRefused as refusal:
            raise InvalidPayload(self.name, refusal.reason.value) from None
        return (self.inbound(frame, address_of(token)),) if isinstance(frame, Said) else ()

    def inbound(self, said: Said, address: str) -> InboundMessage:
        """Turn what a tab said into a message; the tab's own id tells a repeat."""
        return InboundMessage(
            channel=self.name,
            event_id=said.client_id,
            account=address,
            address=address,
            kind=said.kind,
            sent_at=self._clock(),
            text=said.text,
        )

    def is_present(self, address: str) -> bool:
        """Tell whether a tab of `address` is open now."""
        return bool(self._sockets.get(address))

    @property
    def present(self) -> Mapping[str, datetime]:
        """Addresses with an open tab, and when the newest one connected."""
        return dict(self._since)

    async def connected(self, address: str, socket: Socket, *, returning: bool) -> None:
        """Take a tab in. The oldest one goes when a session has too many."""
        at = self._since[address] = self._clock()
        sockets = self._sockets.setdefault(address, [])
        sockets.append(socket)
        if len(sockets) > SOCKETS_PER_ADDRESS:
            await sockets.pop(0).close(1008)
        if returning:
            await self._returned(address, at)

    def disconnected(self, address: str, socket: Socket) -> None:
        """Forget a tab."""
        left = [other for other in self._sockets.get(address, ()) if other is not socket]
        if left:
            self._sockets[address] = left
        else:
            self._sockets.pop(address, None)
            self._since.pop(address, None)

    async def show_typing(self, address: str) -> None:
        """Show in every tab of `address` that the counselor is writing."""
        for socket in tuple(self._sockets.get(address, ())):
            await _push(socket, frames.typing())

    def acknowledged(self, address: str, key: str) -> bool:
        """Note that a tab of `address` has shown `key`; False when nobody waits for it."""
        seen = self._unseen.get((address, key))
        if seen is None or seen.done():
            return False
        seen.set_result(None)
        return True

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Show `reply` in every tab of `address`; one tab's word that it did is enough.

        Raises:
            WindowClosed: no tab is open ("offline"); `returned` tells when one is again.
            TemporarySendError: none answered within `ACK_SECONDS` ("no_ack"). Its text may
                have been shown all the same.
        """
        sockets = tuple(self._sockets.get(address, ()))
        if not sockets:
            raise WindowClosed(self.name, "offline")
        seen = self._unseen[address, key] = asyncio.get_running_loop().create_future()
        pushes = [asyncio.create_task(_push(each, frames.reply(reply, key))) for each in sockets]
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await seen
        except TimeoutError:
            raise TemporarySendError(self.name, "no_ack", RETRY_UNSEEN) from None
        finally:
            self._forget(address, key, seen)
            for push in pushes:
                push.cancel()
        return ""

    def _forget(self, address: str, key: str, seen: "asyncio.Future[None]") -> None:
        # A second try of the same key may have put its own future there.
        if self._unseen.get((address, key)) is seen:
            del self._unseen[address, key]


async def _push(socket: Socket, frame: str) -> None:
    # A tab that just went away shows itself by the missing word; the others go on.
    try:
        await socket.send_text(frame)
    except (RuntimeError, WebSocketDisconnect):
        return

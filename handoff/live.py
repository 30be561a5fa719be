"""One console's WebSocket, from the first frame to the last."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from starlette.websockets import WebSocket, WebSocketDisconnect

from handoff import frame_text, locked, wishes
from handoff.auth import Door
from handoff.frames import Hello, Ping, Refused, ServerFrame, Typing
from handoff.hub import Console
from handoff.notices import Notices
from handoff.summaries import Summarize
from handoff.taking import Taker, refused
from handoff.view import View
from handoff.wishes import Heartbeat, InvalidFrame, Wish
from storage.database import Database
from storage.errors import DatabaseAway
from storage.typing_signs import Writer

log = logging.getLogger("gyeot.console")

PING = timedelta(seconds=10)
"""How often a page is asked whether it is there, and checked to be signed in still.

The server asks: a browser slows the timers of a hidden page, but not its messages.
"""

SIGNED_OUT = 4401  # our own close code: sign in again
TRY_AGAIN = 1013  # RFC 6455 registry: try again later


class Live:
    """Joins one console with the queue until either side ends it."""

    def __init__(
        self,
        socket: WebSocket,
        console: Console,
        token: str,
        *,
        database: Database,
        notices: Notices,
        door: Door,
        clock: Callable[[], datetime],
        ping: timedelta = PING,
        summarize: Summarize,
        most: int | None = None,
        rest_after: int | None = None,
    ) -> None:
        self._socket = socket
        self._console = console
        self._staff = console.session.staff
        self._token = token
        self._door = door
        self._clock = clock
        self._database = database
        self._ping = ping
        self._most = most
        self._taker = Taker(database, notices, self._staff, clock, most, rest_after)
        self._view = View(database, self._staff, summarize)

    async def run(self) -> int | None:
        """Serve until the page leaves (None), or return the code to close it with."""
        await self._taker.beat()
        me = self._staff
        await self._send(Hello(me.name, me.role, self._clock(), me.id, self._most))
        code = await _first_of(self._show(), self._listen(), self._ask(), self._watch_typing())
        return await self._after(code)

    async def _after(self, code: int | None) -> int | None:
        """Let a page that only rested too long keep its talks a while; nothing is shown there."""
        if code != SIGNED_OUT or not await self._door.is_locked(self._token, now=self._clock()):
            return code
        where = (self._socket, self._taker, self._door, self._token)
        with suppress(WebSocketDisconnect):
            if await locked.hold(*where, clock=self._clock, ping=self._ping):
                return SIGNED_OUT
        return None

    async def _show(self) -> int:
        while (look := await self._console.look()) is not None:
            await self._pass_on(self._view.heads(look))
            for talk_id, led in self._view.unread(look):
                if not self._console.signed_out:
                    await self._pass_on(await self._view.lines(talk_id, led, now=self._clock()))
        return SIGNED_OUT

    async def _pass_on(self, texts: Sequence[str]) -> None:
        """Send what a look brought, and nothing more once the session is over."""
        for text in texts:
            if not self._console.signed_out:
                await self._socket.send_text(text)

    async def _ask(self) -> int:
        while await self._door.still_signed_in(self._token, now=self._clock()):
            await self._send(Ping(self._clock()))
            await asyncio.sleep(self._ping.total_seconds())
        return SIGNED_OUT

    async def _watch_typing(self) -> None:
        with self._database.typing_signs.listen() as signs:
            while True:
                sign = await signs.get()
                shown = sign.writer is Writer.PERSON and self._view.leads(sign.talk)
                if shown and not self._console.signed_out:
                    await self._send(Typing(sign.talk))

    async def _listen(self) -> int | None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            try:
                frame = wishes.parse(message.get("text") or "")
            except InvalidFrame as error:
                await self._send(Refused("frame", error.code))
                continue
            if not await self._allowed(frame):
                return SIGNED_OUT
            await self._send_all(await self._take(frame))

    async def _allowed(self, frame: Wish) -> bool:
        """Check the session before every step; only what a person does keeps it alive."""
        now = self._clock()
        if frame == Heartbeat(active=False):
            return await self._door.still_signed_in(self._token, now=now)
        return await self._door.session(self._token, now=now) is not None

    async def _take(self, wish: Wish) -> list[ServerFrame]:
        try:
            return await self._taker.take(wish)
        except Exception:  # the page stays open, whatever one step ran into
            log.exception("step failed", extra={"reason": type(wish).__name__})
            return [refused(wish, "try_again")]

    async def _send_all(self, answers: list[ServerFrame]) -> None:
        for frame in answers:
            await self._send(frame)

    async def _send(self, frame: ServerFrame) -> None:
        await self._socket.send_text(frame_text.dump(frame))


async def _first_of(*loops: Coroutine[None, None, int | None]) -> int | None:
    """Run all; the first that ends decides, and the others are stopped."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return _outcome(next(task for task in tasks if task in done))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _outcome(task: asyncio.Task[int | None]) -> int | None:
    with suppress(WebSocketDisconnect):
        try:
            return task.result()
        except DatabaseAway:
            return TRY_AGAIN
    return None

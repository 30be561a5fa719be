"""A console nobody touched for long: nothing is shown, and the talks stay for a while."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.websockets import WebSocket

from handoff import frame_text, wishes
from handoff.auth import Door
from handoff.frames import Locked, Ping, Refused
from handoff.taking import Taker
from handoff.wishes import Heartbeat, InvalidFrame

HOLD = timedelta(minutes=10)
"""How long talks stay with somebody whose screen is locked; then a young person waited enough."""


async def hold(
    socket: WebSocket,
    taker: Taker,
    door: Door,
    token: str,
    *,
    clock: Callable[[], datetime],
    ping: timedelta,
) -> bool:
    """Keep the leases of a locked page that is alive; True when it must sign in anew.

    It is over when the page leaves (False), after `HOLD`, or when the session ended in any other
    way than by rest. Signing in again opens another connection; this one knows nothing of it.
    """
    until = clock() + HOLD
    await socket.send_text(frame_text.dump(Locked(int(HOLD.total_seconds() // 60))))
    while clock() < until and await door.is_locked(token, now=clock()):
        await socket.send_text(frame_text.dump(Ping(clock())))
        try:
            message = await asyncio.wait_for(socket.receive(), ping.total_seconds())
        except TimeoutError:
            continue
        if message["type"] == "websocket.disconnect":
            return False
        await _answer(socket, taker, message.get("text") or "")
    return True


async def _answer(socket: WebSocket, taker: Taker, text: str) -> None:
    try:
        wish = wishes.parse(text)
    except InvalidFrame as error:
        await socket.send_text(frame_text.dump(Refused("frame", error.code)))
        return
    if isinstance(wish, Heartbeat):
        await taker.beat()
        await asyncio.sleep(_REST)
    else:
        await socket.send_text(frame_text.dump(Refused(wishes.name_of(wish), "locked")))


_REST = 1.0  # seconds: a page answers each ping at once, and one beat a while is enough

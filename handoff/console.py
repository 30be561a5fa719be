"""The counselor's pages and their socket, all under /console."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import RedirectResponse

from handoff import posted
from handoff.auth import Door, same_origin
from handoff.cookies import (
    token_of,
    without_cookie,
)
from handoff.entrance import Entrance
from handoff.gate import guarded, session_of
from handoff.guard.likeness import load_weights
from handoff.guard.rules import load_rules
from handoff.hub import Hub
from handoff.live import PING, SIGNED_OUT, Live
from handoff.notices import Notices
from handoff.own_passkeys import OwnPasskeys
from handoff.pages import Pages
from handoff.passkeys import Passkeys
from handoff.permissions import HOMES, may_ask
from handoff.sites import Sites
from handoff.summaries import Summarize, nothing
from handoff.ways_in import WaysIn
from storage.database import Database

_STATIC = Path(__file__).parent / "web" / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def make_router(
    database: Database,
    notices: Notices,
    clock: Callable[[], datetime],
    *,
    windows: Mapping[str, timedelta] | None = None,
    door: Door | None = None,
    ping: timedelta = PING,
    summarize: Summarize = nothing,
    most: int | None = None,
    rest_after: int | None = None,
    address: str | None = None,
) -> APIRouter:
    """Make the routes of the console.

    Args:
        database: open, migrated.
        notices: the reviewed sentences around a counselor.
        clock: aware UTC time.
        windows: by channel, how long after a person's last word a counselor may write; a
            channel that is not named has no limit.
        door: lets staff in; a test may bring one whose password hash is cheap.
        ping: how often each open page is asked whether it is there.
        summarize: reads what the dialogue remembers of a talk.
        most: talks one counselor may lead at once; None: any number.
        rest_after: heavy talks after which a counselor pauses; None: never.
        address: how browsers reach the house, as configured; None: only as localhost.
    """
    # What takes a part of a second is done before any counselor's first message.
    load_rules()
    load_weights()
    console = _Console(
        database,
        notices,
        clock,
        windows or {},
        door or Door(database),
        ping,
        summarize,
        most,
        rest_after,
    )
    known = guarded(console.door, clock)
    router = APIRouter(prefix="/console", route_class=known, include_in_schema=False)
    router.add_api_route("", console.room, methods=["GET"])
    router.add_api_route("/logout", console.logout, methods=["POST"])
    console.add_ways_in(router, Sites(address))
    router.add_api_route("/static/{name}", console.static, methods=["GET"])
    router.add_api_websocket_route("/ws", console.socket)
    router.add_api_route(
        "/{rest:path}", console.unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
    )
    return router


class _Console:
    """What the routes share."""

    def __init__(
        self,
        database: Database,
        notices: Notices,
        clock: Callable[[], datetime],
        windows: Mapping[str, timedelta],
        door: Door,
        ping: timedelta,
        summarize: Summarize,
        most: int | None,
        rest_after: int | None = None,
    ) -> None:
        self._ping = ping
        self._summarize = summarize
        self._most = most
        self._rest_after = rest_after
        self._database = database
        self._notices = notices
        self._clock = clock
        self.door = door
        self._hub = Hub(database, clock, windows)
        self._pages = Pages()
        self._files = {path.name: path.read_bytes() for path in _STATIC.iterdir()}

    def add_ways_in(self, router: APIRouter, sites: Sites) -> None:
        """Add the routes by which somebody comes in, and keeps their way in."""
        passkeys = Passkeys(self._database)
        ways = WaysIn(self.door, passkeys, sites, self._pages, self._clock)
        Entrance(ways).add_to(router)
        OwnPasskeys(ways, self._database, self._hub).add_to(router)

    async def room(self, request: Request) -> Response:
        """Show the queue and the talks, to those who may."""
        session = session_of(request)
        if HOMES[session.staff.role] != "/console":
            return RedirectResponse(HOMES[session.staff.role], 303)
        return self._pages.show(
            request,
            "console.html",
            name=session.staff.name,
            role=session.staff.role.value,
            csrf_token=session.csrf_token,
        )

    async def logout(self, request: Request) -> Response:
        """End this session and every page of it."""
        fields = await posted.form(request, self._pages)
        session = session_of(request)
        posted.check_csrf(request, self._pages, session, fields)
        await self.door.sign_out(session, now=self._clock())
        self._hub.sign_out(session.id)
        return without_cookie(request, RedirectResponse("/console/login", 303))

    async def static(self, request: Request, name: str) -> Response:
        """Give out a style sheet, a script, the words or the icon."""
        if name not in self._files:
            return self._message(request, "not_found", 404)
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix])

    async def unknown(self, request: Request) -> Response:
        """Say that there is nothing here."""
        return self._message(request, "not_found", 404)

    async def socket(self, socket: WebSocket) -> None:
        """Join a console with the queue.

        A page of somebody else is refused before anything is accepted. A session that ended
        is told so with its own code, because a browser cannot see why it was refused.
        """
        if not same_origin(socket.headers.get("host", ""), socket.headers.get("origin")):
            await socket.close()
            return
        token = token_of(socket)
        session = await self.door.session(token, now=self._clock())
        await socket.accept()
        role = session.staff.role if session else None
        if token is None or session is None or not may_ask(role, "WS", "/console/ws"):
            await socket.close(SIGNED_OUT)
            return
        async with self._hub.connect(session) as page:
            live = Live(
                socket,
                page,
                token,
                database=self._database,
                notices=self._notices,
                door=self.door,
                clock=self._clock,
                ping=self._ping,
                summarize=self._summarize,
                most=self._most,
                rest_after=self._rest_after,
            )
            code = await live.run()
        if code is not None:
            await socket.close(code)

    def _message(self, request: Request, text: str, status: int) -> Response:
        return self._pages.message(request, text, status=status)

"""The counselor's pages and their socket, all under /console."""

import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs

import segno
from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.requests import HTTPConnection

from handoff.auth import (
    CONSOLE_ROLES,
    ENROLLMENT_LIFETIME,
    AuthError,
    Door,
    Enrollment,
    SignedIn,
    TooManyTries,
    same_origin,
    same_site,
)
from handoff.guard.likeness import load_weights
from handoff.guard.rules import load_rules
from handoff.headers import SecureRoute, is_https
from handoff.hub import Hub
from handoff.live import PING, SIGNED_OUT, Live
from handoff.notices import Notices
from handoff.pages import Pages
from handoff.summaries import Summarize, nothing
from storage.database import Database
from storage.records import Role, StaffSession

COOKIE_HTTPS = "__Host-gyeot"
COOKIE_LOOPBACK = "gyeot_console"
COOKIE_JOIN = "gyeot_join"  # only on the way in; the seed in it is sealed
JOIN_PATH = "/console/join"
MAX_BODY = 16_384  # bytes; the longest form is the invitation's, under 1 KiB
RETRY_SECONDS = "30"

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
    router = APIRouter(prefix="/console", route_class=SecureRoute, include_in_schema=False)
    router.add_api_route("", console.room, methods=["GET"])
    router.add_api_route("/login", console.login_page, methods=["GET"])
    router.add_api_route("/login", console.login, methods=["POST"])
    router.add_api_route("/logout", console.logout, methods=["POST"])
    router.add_api_route("/join", console.join_page, methods=["GET"])
    router.add_api_route("/join/start", console.join_start, methods=["POST"])
    router.add_api_route("/join", console.join, methods=["POST"])
    router.add_api_route("/static/{name}", console.static, methods=["GET"])
    router.add_api_websocket_route("/ws", console.socket)
    router.add_api_route(
        "/{rest:path}", console.unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
    )
    return router


class _Refusal(Exception):
    """A request ends here, with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


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
        self._door = door
        self._hub = Hub(database, clock, windows)
        self._pages = Pages()
        self._files = {path.name: path.read_bytes() for path in _STATIC.iterdir()}

    async def room(self, request: Request) -> Response:
        """Show the queue and the talks, to those who may."""
        session = await self._session(request)
        if session is None:
            return RedirectResponse("/console/login", 303)
        if session.staff.role is Role.AUDITOR:
            return RedirectResponse("/audit", 303)
        if session.staff.role not in CONSOLE_ROLES:
            return self._message(request, "forbidden", 403, csrf_token=session.csrf_token)
        return self._pages.show(
            request,
            "console.html",
            name=session.staff.name,
            role=session.staff.role.value,
            csrf_token=session.csrf_token,
        )

    async def login_page(self, request: Request) -> Response:
        """Show the sign-in form."""
        if not may_keep_a_cookie(request):
            return self._message(request, "insecure", 403)
        if await self._session(request) is not None:
            return RedirectResponse("/console", 303)
        return self._pages.show(request, "login.html", error=None)

    async def login(self, request: Request) -> Response:
        """Sign somebody in, or say no in one and the same way."""
        try:
            fields = await self._form(request)
            signed_in = await self._door.sign_in(
                fields.get("name", ""),
                fields.get("password", ""),
                fields.get("code", ""),
                now=self._clock(),
            )
        except _Refusal as refusal:
            return refusal.response
        except TooManyTries as error:
            page = self._pages.show(request, "login.html", status=429, error=error.code)
            page.headers["Retry-After"] = RETRY_SECONDS
            return page
        except AuthError as error:
            return self._pages.show(request, "login.html", status=401, error=error.code)
        return _with_cookie(request, RedirectResponse("/console", 303), signed_in)

    async def logout(self, request: Request) -> Response:
        """End this session and every page of it."""
        try:
            fields = await self._form(request)
        except _Refusal as refusal:
            return refusal.response
        session = await self._session(request)
        if session is None:
            return RedirectResponse("/console/login", 303)
        typed = fields.get("csrf", "").encode("utf-8", "replace")
        if not hmac.compare_digest(typed, session.csrf_token.encode()):
            return self._message(request, "not_from_here", 403)
        await self._door.sign_out(session, now=self._clock())
        self._hub.sign_out(session.id)
        return _without_cookie(request, RedirectResponse("/console/login", 303))

    async def join_page(self, request: Request) -> Response:
        """Show the invitation; its token is in the fragment, which never comes here."""
        if not may_keep_a_cookie(request):
            return self._message(request, "insecure", 403)
        return self._pages.show(request, "join.html")

    async def join_start(self, request: Request) -> Response:
        """Tell an invited person what to set their authenticator up with."""
        try:
            fields = await self._json(request)
            enrollment = await self._door.enrollment(
                fields.get("token", ""),
                sealed=request.cookies.get(COOKIE_JOIN),
                now=self._clock(),
            )
        except _Refusal as refusal:
            return refusal.response
        except AuthError as error:
            return _code(error)
        response = JSONResponse(_enrollment(enrollment))
        response.set_cookie(
            COOKIE_JOIN,
            enrollment.sealed,
            max_age=int(ENROLLMENT_LIFETIME.total_seconds()),
            path=JOIN_PATH,
            secure=is_https(request),
            httponly=True,
            samesite="strict",
        )
        return response

    async def join(self, request: Request) -> Response:
        """Make the account of an invited person and sign them in."""
        try:
            fields = await self._json(request)
            signed_in = await self._door.join(
                fields.get("token", ""),
                sealed=request.cookies.get(COOKIE_JOIN),
                name=fields.get("name", ""),
                password=fields.get("password", ""),
                code=fields.get("code", ""),
                now=self._clock(),
            )
        except _Refusal as refusal:
            return refusal.response
        except AuthError as error:
            return _code(error)
        response = _with_cookie(request, JSONResponse({}), signed_in)
        response.delete_cookie(COOKIE_JOIN, path=JOIN_PATH, httponly=True, samesite="strict")
        return response

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
        session = await self._door.session(token, now=self._clock())
        await socket.accept()
        if token is None or session is None or session.staff.role not in CONSOLE_ROLES:
            await socket.close(SIGNED_OUT)
            return
        async with self._hub.connect(session) as page:
            live = Live(
                socket,
                page,
                token,
                database=self._database,
                notices=self._notices,
                door=self._door,
                clock=self._clock,
                ping=self._ping,
                summarize=self._summarize,
                most=self._most,
                rest_after=self._rest_after,
            )
            code = await live.run()
        if code is not None:
            await socket.close(code)

    async def _session(self, request: HTTPConnection) -> StaffSession | None:
        return await self._door.session(token_of(request), now=self._clock())

    async def _form(self, request: Request) -> Mapping[str, str]:
        body = await self._body(request)
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=16)
        except ValueError:
            raise _Refusal(self._message(request, "not_from_here", 400)) from None
        return {name: values[0] for name, values in fields.items()}

    async def _json(self, request: Request) -> Mapping[str, str]:
        try:
            body = json.loads(await self._body(request))
        except (ValueError, RecursionError):
            raise _Refusal(JSONResponse({"code": "malformed"}, 400)) from None
        if not isinstance(body, dict) or not all(isinstance(one, str) for one in body.values()):
            raise _Refusal(JSONResponse({"code": "malformed"}, 400))
        return body

    async def _body(self, request: Request) -> bytes:
        """Read what a page of ours sent.

        Raises:
            _Refusal: it came from elsewhere, without encryption, or is too big.
        """
        if not may_keep_a_cookie(request):
            raise _Refusal(self._message(request, "insecure", 403))
        if not same_site(
            request.headers.get("host", ""),
            request.headers.get("origin"),
            request.headers.get("sec-fetch-site"),
        ):
            raise _Refusal(self._message(request, "not_from_here", 403))
        body = await at_most(request.stream(), MAX_BODY)
        if body is None:
            raise _Refusal(Response(status_code=413))
        return body

    def _message(
        self, request: Request, text: str, status: int, *, csrf_token: str | None = None
    ) -> Response:
        return self._pages.message(request, text, status=status, csrf_token=csrf_token)


async def at_most(stream: AsyncIterator[bytes], limit: int) -> bytes | None:
    """Read a body, None when it is longer than `limit`."""
    body = b""
    async for chunk in stream:
        body += chunk
        if len(body) > limit:
            return None
    return body


def _code(error: AuthError) -> Response:
    if isinstance(error, TooManyTries):
        return JSONResponse({"code": error.code}, 429, headers={"Retry-After": RETRY_SECONDS})
    return JSONResponse({"code": error.code}, 422)


def _enrollment(enrollment: Enrollment) -> dict[str, object]:
    # The rows of the code as digits: the page draws them, so no markup is ever parsed there.
    rows = segno.make(enrollment.uri, error="m", micro=False).matrix
    drawn = ["".join("1" if cell else "0" for cell in row) for row in rows]
    return {"role": enrollment.role.value, "secret": enrollment.secret, "qr": drawn}


def may_keep_a_cookie(connection: HTTPConnection) -> bool:
    """Tell whether a session may live on this connection: encrypted, or within one machine."""
    if is_https(connection):
        return True
    try:
        return connection.client is not None and ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def _cookie_name(connection: HTTPConnection) -> str:
    return COOKIE_HTTPS if is_https(connection) else COOKIE_LOOPBACK


def token_of(connection: HTTPConnection) -> str | None:
    """Return what the browser shows of its session, if it may have one here."""
    if not may_keep_a_cookie(connection):
        return None
    return connection.cookies.get(_cookie_name(connection))


def _with_cookie(request: Request, response: Response, signed_in: SignedIn) -> Response:
    response.set_cookie(
        _cookie_name(request),
        signed_in.token,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )
    return response


def _without_cookie(request: Request, response: Response) -> Response:
    response.delete_cookie(
        _cookie_name(request),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )
    response.headers["Clear-Site-Data"] = '"*"'
    return response

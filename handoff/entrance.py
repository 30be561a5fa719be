"""The way in: signing in with a passkey or a password, and using an invitation up."""

from datetime import timedelta

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from handoff import posted
from handoff.auth import ENROLLMENT_LIFETIME, AuthError, Enrollment, TooManyTries
from handoff.cookies import may_keep_a_cookie, token_of, with_cookie
from handoff.headers import is_https
from handoff.permissions import HOMES
from handoff.posted import RETRY_SECONDS
from handoff.rates import Rate, Rates
from handoff.ways_in import WaysIn, answering

COOKIE_JOIN = "gyeot_join"  # only on the way in; the seed in it is sealed
JOIN_PATH = "/console/join"

_ANSWERS = Rate(burst=60, refill=timedelta(seconds=0.2))


class Entrance:
    """The pages for people who are not signed in yet."""

    def __init__(self, ways: WaysIn) -> None:
        self._ways = ways
        self._answers = Rates(_ANSWERS, names=1)

    def add_to(self, router: APIRouter) -> None:
        """Add the routes of the way in."""
        router.add_api_route("/login", self.login_page, methods=["GET"])
        router.add_api_route("/join", self.join_page, methods=["GET"])
        for path, step in (
            ("/login", self.login),
            ("/passkey/request", self.request),
            ("/passkey/sign-in", self.sign_in),
            ("/join/start", self.join_start),
            ("/join", self.join),
            ("/join/passkey/options", self.join_options),
            ("/join/passkey", self.join_with_passkey),
        ):
            router.add_api_route(path, answering(step), methods=["POST"])

    async def login_page(self, request: Request) -> Response:
        """Show the ways to sign in: a passkey first, then the form."""
        if not may_keep_a_cookie(request):
            return self._ways.pages.message(request, "insecure", status=403)
        session = await self._ways.door.session(token_of(request), now=self._ways.now())
        if session is not None:
            return RedirectResponse(HOMES[session.staff.role], 303)
        return self._login(request)

    async def login(self, request: Request) -> Response:
        """Sign somebody in, or say no in one and the same way."""
        fields = await posted.form(request, self._ways.pages)
        try:
            signed_in = await self._ways.door.sign_in(
                fields.get("name", ""),
                fields.get("password", ""),
                fields.get("code", ""),
                now=self._ways.now(),
            )
        except TooManyTries as error:
            page = self._login(request, error.code, status=429)
            page.headers["Retry-After"] = RETRY_SECONDS
            return page
        except AuthError as error:
            return self._login(request, error.code, status=401)
        home = HOMES[signed_in.session.staff.role]
        return with_cookie(request, RedirectResponse(home, 303), signed_in)

    async def request(self, request: Request) -> Response:
        """Give the browser what it asks its devices with."""
        await posted.json_of(request, self._ways.pages)
        return _as_json(
            self._ways.passkeys.request(self._ways.sites.of(request), now=self._ways.now())
        )

    async def sign_in(self, request: Request) -> Response:
        """Sign in whoever's device signed."""
        fields = await posted.json_of(request, self._ways.pages)
        if not self._answers.take("", now=self._ways.now()):
            raise TooManyTries("too_many_tries")
        signed_in = await self._ways.passkeys.sign_in(
            self._ways.sites.of(request), fields.get("answer", ""), now=self._ways.now()
        )
        home = JSONResponse({"to": HOMES[signed_in.session.staff.role]})
        return with_cookie(request, home, signed_in)

    async def join_page(self, request: Request) -> Response:
        """Show the invitation; its token is in the fragment, which never comes here."""
        if not may_keep_a_cookie(request):
            return self._ways.pages.message(request, "insecure", status=403)
        return self._ways.pages.show(request, "join.html", by_name=self._ways.sites.usable(request))

    async def join_start(self, request: Request) -> Response:
        """Tell an invited person what to set their authenticator up with."""
        fields = await posted.json_of(request, self._ways.pages)
        enrollment = await self._ways.door.enrollment(
            fields.get("token", ""), sealed=request.cookies.get(COOKIE_JOIN), now=self._ways.now()
        )
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
        """Make the account of an invited person, with a password, and sign them in."""
        fields = await posted.json_of(request, self._ways.pages)
        signed_in = await self._ways.door.join(
            fields.get("token", ""),
            sealed=request.cookies.get(COOKIE_JOIN),
            name=fields.get("name", ""),
            password=fields.get("password", ""),
            code=fields.get("code", ""),
            now=self._ways.now(),
        )
        home = JSONResponse({"to": HOMES[signed_in.session.staff.role]})
        response = with_cookie(request, home, signed_in)
        response.delete_cookie(COOKIE_JOIN, path=JOIN_PATH, httponly=True, samesite="strict")
        return response

    async def join_options(self, request: Request) -> Response:
        """Give an invited person's browser what it makes their first passkey with."""
        fields = await posted.json_of(request, self._ways.pages)
        self._ways.door.count(now=self._ways.now())
        options = await self._ways.passkeys.enrollment(
            fields.get("token", ""),
            fields.get("name", ""),
            self._ways.sites.of(request),
            now=self._ways.now(),
        )
        return _as_json(options)

    async def join_with_passkey(self, request: Request) -> Response:
        """Make the account of an invited person, without a password, and sign them in."""
        fields = await posted.json_of(request, self._ways.pages)
        signed_in = await self._ways.passkeys.join(
            fields.get("token", ""),
            fields.get("name", ""),
            self._ways.sites.of(request),
            fields.get("answer", ""),
            fields.get("label", ""),
            now=self._ways.now(),
        )
        return with_cookie(request, JSONResponse({"to": "/console/passkeys"}), signed_in)

    def _login(self, request: Request, error: str | None = None, *, status: int = 200) -> Response:
        return self._ways.pages.show(
            request,
            "login.html",
            status=status,
            error=error,
            by_name=self._ways.sites.usable(request),
        )


def _as_json(options: str) -> Response:
    return Response(options, media_type="application/json")


def _enrollment(enrollment: Enrollment) -> dict[str, object]:
    # The rows of the code as digits: the page draws them, so no markup is ever parsed there.
    rows = segno.make(enrollment.uri, error="m", micro=False).matrix
    drawn = ["".join("1" if cell else "0" for cell in row) for row in rows]
    return {"role": enrollment.role.value, "secret": enrollment.secret, "qr": drawn}

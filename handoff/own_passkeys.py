"""One's own passkeys, and proving once more who one is."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from handoff import posted
from handoff.auth import AuthError, SignedIn, SignInRefused, TooManyTries, is_fresh
from handoff.cookies import with_cookie
from handoff.gate import session_of
from handoff.hub import Hub
from handoff.passkeys import WANTED, PasskeyRefused
from handoff.posted import RETRY_SECONDS, check_csrf
from handoff.ways_in import WaysIn, answering
from storage import staff
from storage.database import Database
from storage.records import StaffSession

WHERE_TO = {"passkeys": "/console/passkeys", "staff": "/staff"}
"""Where somebody goes on who proved once more who they are."""


class OwnPasskeys:
    """The pages of somebody who is signed in about how they sign in."""

    def __init__(self, ways: WaysIn, database: Database, hub: Hub) -> None:
        self._ways = ways
        self._database = database
        self._hub = hub

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        router.add_api_route("/passkeys", answering(self.page), methods=["GET"])
        router.add_api_route("/confirm", answering(self.confirm_page), methods=["GET"])
        for path, step in (
            ("/passkeys/options", self.options),
            ("/passkeys/add", self.add),
            ("/passkeys/remove", self.remove),
            ("/confirm", self.confirm),
            ("/confirm/passkey", self.confirm_with_passkey),
        ):
            router.add_api_route(path, answering(step), methods=["POST"])

    async def page(self, request: Request) -> Response:
        """List one's passkeys."""
        return await self._page(request, session_of(request))

    async def options(self, request: Request) -> Response:
        """Give the browser what it makes a new passkey with."""
        session, _ = await self._said(request, await posted.json_of(request, self._ways.pages))
        self._still_fresh(session)
        if len(await self._ways.passkeys.of(session.staff)) >= WANTED:
            raise PasskeyRefused("passkey_enough")
        options = await self._ways.passkeys.registration(
            session.staff, self._ways.sites.of(request), now=self._ways.now()
        )
        return Response(options, media_type="application/json")

    async def add(self, request: Request) -> Response:
        """Keep a new passkey."""
        session, fields = await self._said(request, await posted.json_of(request, self._ways.pages))
        self._still_fresh(session)
        await self._ways.passkeys.register(
            session.staff,
            self._ways.sites.of(request),
            fields.get("answer", ""),
            fields.get("label", ""),
            now=self._ways.now(),
        )
        return JSONResponse({})

    async def remove(self, request: Request) -> Response:
        """Forget a passkey, unless nobody could sign in then."""
        session, fields = await self._said(request, await posted.form(request, self._ways.pages))
        if not is_fresh(session, now=self._ways.now()):
            return RedirectResponse("/console/confirm?to=passkeys", 303)
        try:
            passkey = UUID(fields.get("passkey", ""))
            await self._ways.passkeys.remove(session.staff, passkey, now=self._ways.now())
        except ValueError:
            return await self._page(request, session, "error_passkey", status=422)
        except PasskeyRefused as error:
            return await self._page(request, session, f"error_{error.code}", status=422)
        return RedirectResponse("/console/passkeys", 303)

    async def confirm_page(self, request: Request) -> Response:
        """Ask somebody who is signed in to prove it once more."""
        return await self._confirm(request, session_of(request))

    async def confirm(self, request: Request) -> Response:
        """Take password and code as the proof; the session before ends."""
        session, fields = await self._said(request, await posted.form(request, self._ways.pages))
        try:
            fresh = await self._ways.door.sign_in(
                session.staff.name,
                fields.get("password", ""),
                fields.get("code", ""),
                now=self._ways.now(),
            )
        except TooManyTries as error:
            page = await self._confirm(request, session, error.code, status=429)
            page.headers["Retry-After"] = RETRY_SECONDS
            return page
        except AuthError as error:
            return await self._confirm(request, session, error.code, status=401)
        await self._end(session)
        return with_cookie(request, RedirectResponse(_where(request), 303), fresh)

    async def confirm_with_passkey(self, request: Request) -> Response:
        """Take a device's answer as the proof; the session before ends."""
        session, fields = await self._said(request, await posted.json_of(request, self._ways.pages))
        fresh = await self._ways.passkeys.sign_in(
            self._ways.sites.of(request), fields.get("answer", ""), now=self._ways.now()
        )
        if fresh.session.staff.id != session.staff.id:
            await self._end(fresh.session)
            raise SignInRefused("sign_in_refused")
        await self._end(session)
        return _fresh(request, fresh)

    async def _said(
        self, request: Request, fields: posted.Fields
    ) -> tuple[StaffSession, posted.Fields]:
        session = session_of(request)
        check_csrf(request, self._ways.pages, session, fields)
        return session, fields

    def _still_fresh(self, session: StaffSession) -> None:
        if not is_fresh(session, now=self._ways.now()):
            raise PasskeyRefused("confirm_first")

    async def _end(self, session: StaffSession) -> None:
        async with self._database.transaction() as writing:
            await staff.end_session(writing, session.id)
        self._hub.sign_out(session.id)

    async def _page(
        self, request: Request, session: StaffSession, error: str | None = None, *,
        status: int = 200,
    ) -> Response:  # fmt: skip
        keys = await self._ways.passkeys.of(session.staff)
        return self._ways.pages.show(
            request,
            "passkeys.html",
            status=status,
            session=session,
            keys=keys,
            wanted=WANTED,
            fresh=is_fresh(session, now=self._ways.now()),
            error=error,
        )

    async def _confirm(
        self, request: Request, session: StaffSession, error: str | None = None, *,
        status: int = 200,
    ) -> Response:  # fmt: skip
        return self._ways.pages.show(
            request, "confirm.html", status=status, session=session, error=error,
            to=request.query_params.get("to", ""),
        )  # fmt: skip


def _where(request: Request) -> str:
    return WHERE_TO.get(request.query_params.get("to", ""), "/console")


def _fresh(request: Request, signed_in: SignedIn) -> Response:
    return with_cookie(request, JSONResponse({"to": _where(request)}), signed_in)

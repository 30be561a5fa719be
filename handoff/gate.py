"""What stands before every page of the staff: the table of permissions, asked in one place."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from handoff.auth import Door
from handoff.cookies import token_of
from handoff.headers import SecureRoute
from handoff.pages import Pages
from handoff.permissions import HOMES, is_open, may_ask
from handoff.posted import Refusal
from storage.records import StaffSession

LIVE = "x-gyeot-live"  # a page that looks again by itself says so: nobody touched it


def guarded(door: Door, clock: Callable[[], datetime]) -> type[SecureRoute]:
    """Make the kind of route that lets in only whom `handoff/permissions.py` names.

    What a page refuses by raising `Refusal` is answered here, too.

    Args:
        door: knows who is signed in.
        clock: aware UTC time.
    """
    pages = Pages()

    class Guarded(SecureRoute):
        async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await self._let_in(Request(scope, receive))
                await super().answer(scope, receive, send)
            except Refusal as refusal:
                await refusal.response(scope, receive, send)

        async def _let_in(self, request: Request) -> None:
            if request.method not in (self.methods or ()) or is_open(request.method, self.path):
                return
            touch = LIVE not in request.headers
            session = await door.session(token_of(request), now=clock(), touch=touch)
            if session is None:
                raise Refusal(RedirectResponse("/console/login", 303))
            if not may_ask(session.staff.role, request.method, self.path):
                page = pages.message(
                    request, "no_access", status=403, csrf_token=session.csrf_token,
                    home=HOMES[session.staff.role],
                )  # fmt: skip
                raise Refusal(page)
            request.state.session = session

    return Guarded


def session_of(request: Request) -> StaffSession:
    """Return whose request the gate let in; only for a route that is open to nobody else."""
    session: StaffSession = request.state.session
    return session

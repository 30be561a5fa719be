"""What stands before every page of the staff: the table of permissions, asked in one place."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from handoff.auth import Door
from handoff.cookies import token_of
from handoff.headers import SecureRoute
from handoff.pages import Pages
from handoff.permissions import HOMES, is_open, may_ask


def guarded(door: Door, clock: Callable[[], datetime]) -> type[SecureRoute]:
    """Make the kind of route that lets in only whom `handoff/permissions.py` names.

    Args:
        door: knows who is signed in.
        clock: aware UTC time.
    """
    pages = Pages()

    class Guarded(SecureRoute):
        async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
            refusal = await self._refusal(Request(scope, receive))
            if refusal is None:
                await super().answer(scope, receive, send)
            else:
                await refusal(scope, receive, send)

        async def _refusal(self, request: Request) -> Response | None:
            if request.method not in (self.methods or ()) or is_open(request.method, self.path):
                return None
            session = await door.session(token_of(request), now=clock())
            if session is None:
                return RedirectResponse("/console/login", 303)
            if may_ask(session.staff.role, request.method, self.path):
                return None
            return pages.message(
                request, "no_access", status=403, csrf_token=session.csrf_token,
                home=HOMES[session.staff.role],
            )  # fmt: skip

    return Guarded

"""What every page under /admin begins with: whose session it is, and which places they may go."""

import hmac
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from handoff.auth import Door, same_site
from handoff.console import MAX_BODY, at_most, token_of
from handoff.pages import Pages
from storage import audit
from storage.database import Database
from storage.errors import DatabaseAway, NotWrittenDown
from storage.records import Role, StaffSession

PLACES: Mapping[str, tuple[str, frozenset[Role]]] = {
    "numbers": ("/admin", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})),
    "model": ("/admin/model", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})),
    "words": ("/admin/words", frozenset({Role.COUNSELOR, Role.SUPERVISOR})),
    "settings": ("/admin/settings", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})),
    "staff": ("/staff", frozenset({Role.ADMINISTRATOR})),
    "transparency": ("/transparency", frozenset(Role)),
}
"""The pages of the frame, in their order: where each is, and who may see it."""


class AdminDoor:
    """Asks for a session with the right role, and for proof that a form is one of ours."""

    def __init__(self, database: Database, clock: Callable[[], datetime], door: Door) -> None:
        self._database = database
        self._clock = clock
        self._door = door
        self.pages = Pages()

    async def allowed(self, request: Request, roles: Collection[Role]) -> StaffSession | Response:
        """Return the session of somebody with one of these roles, or the answer to anybody else."""
        session = await self._door.session(token_of(request), now=self._clock())
        if session is None:
            return RedirectResponse("/console/login", 303)
        if session.staff.role not in roles:
            return self.message(request, "admin_forbidden", 403)
        return session

    async def posted(
        self, request: Request, roles: Collection[Role]
    ) -> tuple[StaffSession | Response, Mapping[str, str]]:
        """Return the session as `allowed` does, and what a page of theirs sent."""
        session = await self.allowed(request, roles)
        if isinstance(session, Response):
            return session, {}
        sent = request.headers
        fields = await _form(request)
        ours = same_site(sent.get("host", ""), sent.get("origin"), sent.get("sec-fetch-site"))
        typed = fields.get("csrf", "").encode("utf-8", "replace")
        if not ours or not hmac.compare_digest(typed, session.csrf_token.encode()):
            return self.message(request, "not_from_here", 403), {}
        return session, fields

    async def noted(self, session: StaffSession, action: str, *, purpose: str = "") -> bool:
        """Write down what somebody is about to do; False: it could not be, so do not do it."""
        try:
            async with self._database.transaction() as writing:
                await audit.record(
                    writing, staff=session.staff, action=action, object_id=None, purpose=purpose,
                    now=self._clock(),
                )  # fmt: skip
        except (DatabaseAway, NotWrittenDown):
            return False
        return True

    def show(
        self, request: Request, template: str, session: StaffSession, here: str, **slots: Any
    ) -> Response:
        """Fill a template that extends `admin_frame.html`; `here` is a name of `PLACES`."""
        role = session.staff.role
        places = [(name, path) for name, (path, roles) in PLACES.items() if role in roles]
        return self.pages.show(
            request, template, session=session, here=here, places=places, **slots
        )

    def message(self, request: Request, text: str, status: int) -> Response:
        """Show one sentence of the words, `<text>_title` above it."""
        return self.pages.message(request, text, status=status)


async def _form(request: Request) -> Mapping[str, str]:
    body = await at_most(request.stream(), MAX_BODY) or b""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=64)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}

"""What every page under /admin begins with: whose session it is, and which places they may go."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from handoff.gate import session_of
from handoff.pages import Pages
from handoff.posted import Fields, signed_form
from storage import audit
from storage.database import Database
from storage.errors import DatabaseAway, NotWrittenDown
from storage.records import StaffSession


class AdminDoor:
    """What the pages of administration share: forms that are ours, acts written down, the frame."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self.pages = Pages()

    async def posted(self, request: Request) -> tuple[StaffSession, Fields]:
        """Return whose session it is, and what a page of theirs sent.

        Raises:
            Refusal: it is from no page of theirs.
        """
        session = session_of(request)
        return session, await signed_form(request, self.pages, session, most=64)

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
        return self.pages.show(request, template, session=session, here=here, **slots)

    def message(self, request: Request, text: str, status: int) -> Response:
        """Show one sentence of the words, `<text>_title` above it."""
        return self.pages.message(request, text, status=status)

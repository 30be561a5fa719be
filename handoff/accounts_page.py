"""The administrators' page: who works here, invitations by two, the end of somebody's work."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from handoff import posted
from handoff.accounts import Accounts, Invited
from handoff.audit_sheet import moment
from handoff.auth import Door, is_fresh
from handoff.errors import HandoffError
from handoff.gate import guarded, session_of
from handoff.notices import Notices
from handoff.pages import Pages
from handoff.posted import Refusal, check_csrf
from storage.database import Database
from storage.records import Role, StaffSession

_KOREA = timezone(timedelta(hours=9))  # no summer time since 1988
_CONFIRM = "/console/confirm?to=staff"


def make_accounts_router(
    database: Database,
    notices: Notices,
    clock: Callable[[], datetime],
    *,
    door: Door | None = None,
    address: str | None = None,
) -> APIRouter:
    """Make the routes of the accounts page.

    Args:
        database: open, migrated.
        notices: the reviewed sentences that young people get whose counselor is gone.
        clock: aware UTC time.
        door: knows who is signed in.
        address: how a browser reaches the house, for the link of an invitation; None: as this
            browser does.
    """
    door = door or Door(database)
    page = _Page(Accounts(database, notices), clock, door, address)
    router = APIRouter(prefix="/staff", route_class=guarded(door, clock), include_in_schema=False)
    router.add_api_route("", page.room, methods=["GET"])
    for path, step in (
        ("/propose", page.propose),
        ("/approve", page.approve),
        ("/decline", page.decline),
        ("/dismiss", page.dismiss),
    ):
        router.add_api_route(path, step, methods=["POST"])
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    router.add_api_route("/{rest:path}", page.unknown, methods=every)
    return router


class _Page:
    """What the routes share; each change asks for a sign-in that is fresh."""

    def __init__(
        self, accounts: Accounts, clock: Callable[[], datetime], door: Door, address: str | None
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._door = door
        self._address = address
        self._pages = Pages()

    async def room(self, request: Request) -> Response:
        """Show who works here and what waits for a second person."""
        return await self._show(request, session_of(request))

    async def propose(self, request: Request) -> Response:
        """Put an invitation before a second administrator."""
        session, fields = await self._posted(request)
        try:
            role = Role(fields.get("role", ""))
        except ValueError:
            return await self._show(request, session, error="staff_choose_role", status=422)
        with_password = fields.get("with_password") == "yes"
        await self._accounts.propose(
            session.staff, role, with_password=with_password, now=self._clock()
        )
        return RedirectResponse("/staff", 303)

    async def approve(self, request: Request) -> Response:
        """Make the invitation that somebody else proposed, and show its link this one time."""
        session, fields = await self._posted(request)
        try:
            invited = await self._accounts.approve(
                session.staff, _id(fields, "proposal"), now=self._clock()
            )
        except HandoffError as error:
            return await self._show(request, session, error=f"staff_{error.code}", status=409)
        return await self._show(request, session, invited=invited)

    async def decline(self, request: Request) -> Response:
        """Throw a proposal away."""
        session, fields = await self._posted(request)
        try:
            await self._accounts.refuse(session.staff, _id(fields, "proposal"), now=self._clock())
        except HandoffError as error:
            return await self._show(request, session, error=f"staff_{error.code}", status=409)
        return RedirectResponse("/staff", 303)

    async def dismiss(self, request: Request) -> Response:
        """Ask whether it is meant, then end somebody's work."""
        session, fields = await self._posted(request)
        person = _id(fields, "person")
        if fields.get("sure") != "yes":
            return await self._show(request, session, asked=person)
        try:
            talks = await self._accounts.dismiss(session.staff, person, now=self._clock())
        except HandoffError as error:
            return await self._show(request, session, error=f"staff_{error.code}", status=409)
        return await self._show(request, session, gone=talks)

    async def unknown(self, request: Request) -> Response:
        """Say that there is nothing here."""
        return self._pages.message(request, "not_found", status=404)

    async def _posted(self, request: Request) -> tuple[StaffSession, Mapping[str, str]]:
        session = session_of(request)
        fields = await posted.form(request, self._pages)
        check_csrf(request, self._pages, session, fields)
        if not is_fresh(session, now=self._clock()):
            raise Refusal(RedirectResponse(_CONFIRM, 303))
        return session, fields

    async def _show(
        self,
        request: Request,
        session: StaffSession,
        *,
        status: int = 200,
        error: str | None = None,
        invited: Invited | None = None,
        asked: UUID | None = None,
        gone: int | None = None,
    ) -> Response:
        now = self._clock()
        people = await self._accounts.people(now=now)
        return self._pages.show(
            request,
            "accounts.html",
            status=status,
            session=session,
            people=people,
            alone=sum(one.staff.active and one.staff.role is Role.ADMINISTRATOR
                      for one in people.everybody) < 2,
            roles=list(Role),
            fresh=is_fresh(session, now=now),
            error=error,
            invited=invited,
            link=self._link(request, invited),
            asked=asked,
            gone=gone,
            day=_day,
            moment=moment,
        )  # fmt: skip

    def _link(self, request: Request, invited: Invited | None) -> str | None:
        if invited is None:
            return None
        base = self._address or str(request.base_url).rstrip("/")
        return f"{base}/console/join#{invited.token}"


def _day(at: datetime) -> str:
    return at.astimezone(_KOREA).date().isoformat()


def _id(fields: Mapping[str, str], name: str) -> UUID:
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        return UUID(int=0)  # nobody's

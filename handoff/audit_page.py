"""The auditor's page: who did what, when and why, and whether the log is what it was."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.responses import StreamingResponse

from handoff import audit_sheet
from handoff.audit_sheet import COLUMNS, REASONS, Asked
from handoff.auth import Door
from handoff.gate import guarded, session_of
from handoff.pages import Pages
from handoff.posted import signed_form
from storage import audit, audit_search
from storage.audit_verify import verify
from storage.database import Database
from storage.errors import DatabaseAway, NotWrittenDown
from storage.records import StaffSession


def make_audit_router(
    database: Database, clock: Callable[[], datetime], *, door: Door | None = None
) -> APIRouter:
    """Make the routes of the auditor's page.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        door: knows who is signed in.
    """
    door = door or Door(database)
    page = _Page(database, clock)
    router = APIRouter(prefix="/audit", route_class=guarded(door, clock), include_in_schema=False)
    router.add_api_route("", page.room, methods=["GET"])
    router.add_api_route("/export", page.export, methods=["POST"])
    router.add_api_route("/verify", page.verify, methods=["POST"])
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    router.add_api_route("/{rest:path}", page.unknown, methods=every)
    return router


class _Page:
    """What the routes share; the gate lets in auditors only."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._pages = Pages()

    async def room(self, request: Request) -> Response:
        """Show how the chain stands and one page of acts."""
        session = session_of(request)
        asked = audit_sheet.read(request.query_params)
        before = request.query_params.get("before", "")
        words = self._pages.words(request)
        async with self._database.reading() as reading:
            found = await audit_search.acts(
                reading, asked.wanted, before=int(before) if _is_position(before) else None
            )
            people = await audit_search.people(reading)
        return self._pages.show(
            request,
            "audit.html",
            session=session,
            asked=asked,
            entries=[audit_sheet.entry(act, words) for act in found],
            older=found[-1].position if len(found) == audit_search.PAGE else None,
            newer=bool(before),
            people=people,
            actions=audit_sheet.actions(words),
            reasons=REASONS,
            state=await audit_search.state(self._database, now=self._clock()),
            moment=audit_sheet.moment,
        )

    async def export(self, request: Request) -> Response:
        """Give the acts that are wanted as a file; that, and why, is written down first."""
        session = session_of(request)
        fields = await signed_form(request, self._pages, session)
        reason = fields.get("reason", "")
        if reason not in REASONS:
            return self._message(request, "audit_no_reason", 400)
        if not await self._noted(session, "export_log", purpose=reason):
            return self._message(request, "audit_not_noted", 503)
        name = self._clock().strftime("gyeot-audit-%Y%m%d-%H%M%S.csv")
        return StreamingResponse(
            self._lines(audit_sheet.read(fields)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def verify(self, request: Request) -> Response:
        """Walk the whole log and write down what came of it, for the page to show."""
        session = session_of(request)
        await signed_form(request, self._pages, session)
        report = await verify(self._database)
        result = audit_search.SOUND if report.sound else audit_search.BROKEN
        purpose = f"findings {len(report.findings)}" if report.findings else ""
        if not await self._noted(session, audit_search.VERIFY, purpose=purpose, result=result):
            return self._message(request, "audit_not_noted", 503)
        return RedirectResponse("/audit", 303)

    async def unknown(self, request: Request) -> Response:
        """Say that there is nothing here."""
        return self._message(request, "not_found", 404)

    async def _lines(self, asked: Asked) -> AsyncGenerator[str]:
        yield "\ufeff" + audit_sheet.line(*COLUMNS)  # the mark makes spreadsheets read UTF-8
        async for act in audit_search.every(self._database, asked.wanted):
            yield audit_sheet.row(act)

    async def _noted(
        self, session: StaffSession, action: str, *, purpose: str, result: str = "ok"
    ) -> bool:
        try:
            async with self._database.transaction() as writing:
                await audit.record(
                    writing, staff=session.staff, action=action, object_id=None, purpose=purpose,
                    result=result, now=self._clock(),
                )  # fmt: skip
        except (DatabaseAway, NotWrittenDown):
            return False
        return True

    def _message(self, request: Request, text: str, status: int) -> Response:
        return self._pages.message(request, text, status=status)


def _is_position(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= 18

"""The page of numbers, for administrators and supervisors: published counts and live gauges."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fastapi import APIRouter, Request, Response

from handoff import numbers_sheet
from handoff.admin_door import AdminDoor
from handoff.auth import Door
from handoff.gate import guarded, session_of
from handoff.half_years import half_years
from storage import conversations, metrics
from storage.database import Database
from storage.metrics import Published
from storage.periods import Span, last_over

Health = Callable[[], Mapping[str, str]]
"""Channel -> what is wrong with it; "well" when nothing is."""


def make_admin_router(
    database: Database,
    clock: Callable[[], datetime],
    *,
    door: Door | None = None,
    health: Health = dict,
) -> APIRouter:
    """Make the routes of the page of numbers.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        door: knows who is signed in.
        health: how the channels are, in codes.
    """
    door = door or Door(database)
    page = _Page(database, clock, door, health)
    router = APIRouter(prefix="/admin", route_class=guarded(door, clock), include_in_schema=False)
    router.add_api_route("", page.room, methods=["GET"])
    router.add_api_route("/export", page.export, methods=["POST"])
    return router


class _Page:
    """What the routes share; every one of them asks who it is first."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], door: Door, health: Health
    ) -> None:
        self._database = database
        self._clock = clock
        self._door = AdminDoor(database, clock)
        self._health = health

    async def room(self, request: Request) -> Response:
        """Show one month, and how it stands now."""
        session = session_of(request)
        now = self._clock()
        published = await _everything(self._database)
        month = self._month(published, request.query_params.get("month", ""), now)
        words = self._door.pages.words(request)
        async with self._database.reading() as reading:
            waiting, since = await conversations.line(reading)
            halves = await half_years(reading, now)
        return self._door.show(
            request,
            "numbers.html",
            session,
            "numbers",
            sheet=numbers_sheet.sheet(published, month, words),
            months=numbers_sheet.months(published),
            waiting=waiting,
            minutes=None if since is None else int((now - since).total_seconds() // 60),
            health=self._health(),
            halves=halves[:2],
        )

    async def export(self, request: Request) -> Response:
        """Give what was published of a month as a file; that is written down first."""
        session, fields = await self._door.posted(request)
        published = await _everything(self._database)
        month = self._month(published, fields.get("month", ""), self._clock())
        if not await self._door.noted(session, "export_numbers", purpose=month):
            return self._door.message(request, "admin_not_noted", 503)
        return Response(
            "\ufeff"
            + numbers_sheet.file(published, month),  # the mark makes spreadsheets read UTF-8
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="gyeot-{month}.csv"'},
        )

    def _month(self, published: Published, asked: str, now: datetime) -> str:
        known = numbers_sheet.months(published)
        if asked in known:
            return asked
        return known[0] if known else last_over(Span.MONTH, now=now)


async def _everything(database: Database) -> Published:
    async with database.reading() as session:
        return await metrics.published(session, numbers_sheet.NAMES)

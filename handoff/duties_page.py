"""The pages of the duties: unmasking, the report the law orders, care, and practice talks.

Plain forms without a script. What is sealed is opened only after a row of the audit log says so.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from handoff import care, duties_sheet, reporting, unmasking
from handoff.auth import Door
from handoff.errors import HandoffError, NotAudited
from handoff.gate import guarded, session_of
from handoff.notices import Notices
from handoff.pages import Pages, language_of
from handoff.posted import signed_form
from handoff.queue import checked
from storage import audit, conversations, heavy, reports, unmaskings
from storage.database import Database
from storage.errors import DatabaseAway, NotFound, NotWrittenDown, StorageError
from storage.records import Role, StaffSession
from storage.unmaskings import UnmaskReason

PATH = "/console/duties"

Start = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice talks that can be begun, by name, and how one is."""

    titles: Mapping[str, Mapping[str, str]]  # name of the script: language: title
    start: Start


def make_duties_router(
    database: Database,
    notices: Notices,
    clock: Callable[[], datetime],
    *,
    door: Door | None = None,
    heavy_talks: int = care.HEAVY_TALKS,
    practice: Practice | None = None,
) -> APIRouter:
    """Make the routes of the duties' pages; include them before the console's.

    Args:
        database: open, migrated.
        notices: the reviewed sentences.
        clock: aware UTC time.
        door: knows who is signed in.
        heavy_talks: after how many heavy talks a pause follows.
        practice: practice talks, if this process can begin one.
    """
    door = door or Door(database)
    page = _Duties(database, notices, clock, heavy_talks, practice)
    router = APIRouter(prefix=PATH, route_class=guarded(door, clock), include_in_schema=False)
    pages: Sequence[tuple[str, _Answer]] = (
        ("", page.home), ("/talks/{talk}", page.talk), ("/talks/{talk}/print", page.printed),
        ("/unmaskings/{request_id}", page.unmasking),
    )  # fmt: skip
    acts: Sequence[tuple[str, _Answer]] = (
        ("/talks/{talk}/unmask", page.ask), ("/talks/{talk}/report/{act}", page.report),
        ("/unmaskings/{request_id}/{act}", page.act_on), ("/debrief", page.debrief),
        ("/debriefs/{debrief_id}", page.open_debrief), ("/practice", page.practice),
    )  # fmt: skip
    for path, answer in pages:
        router.add_api_route(path, page.answering(answer), methods=["GET"])
    for path, answer in acts:
        router.add_api_route(path, page.answering(answer, posted=True), methods=["POST"])
    return router


_Answer = Callable[[Request, StaffSession, Mapping[str, str]], Awaitable[Response]]


class _Duties:
    """What the routes share; the gate lets in who leads talks."""

    def __init__(
        self,
        database: Database,
        notices: Notices,
        clock: Callable[[], datetime],
        heavy_talks: int,
        practice: Practice | None,
    ) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock
        self._heavy_talks = heavy_talks
        self._practice = practice
        self._pages = Pages()

    def answering(
        self, answer: _Answer, *, posted: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """Turn what the room refuses into a page."""

        async def route(request: Request) -> Response:
            try:
                session = session_of(request)
                fields = await signed_form(request, self._pages, session) if posted else {}
                return await answer(request, session, fields)
            except (HandoffError, StorageError, ValueError) as error:
                return self._refused(request, *_why(error))

        return route

    async def home(self, request: Request, me: StaffSession, _: Mapping[str, str]) -> Response:
        """Show what this person has to do, and how heavy the shift has been."""
        now, staff = self._clock(), me.staff
        above = staff.role is Role.SUPERVISOR
        async with self._database.reading() as session:
            load = await care.load(session, staff.id, after=self._heavy_talks, now=now)
            counts = await heavy.counts(session, now=now)
            mine = await conversations.owned_by_any(session, [staff.id])
            owed = await reports.unfiled(session)
            asked = await unmaskings.undecided(session) if above else ()
            notes = await heavy.written(session, staff_id=None if above else staff.id)
            people = await duties_sheet.names(session)
        language = language_of(request)
        return self._show(
            request, "duties.html", me,
            load=load,
            team=duties_sheet.team(counts, people) if above else (),
            talks=[duties_sheet.card(one, language) for one in mine],
            owed=[
                duties_sheet.owed(one, language, now)
                for one in owed
                if above or staff.id in (one.noticed_by, one.asked_by)
            ],
            asked=[duties_sheet.asked(one, language, people, now) for one in asked],
            notes=duties_sheet.debriefs(notes, people),
            moment=duties_sheet.moment,
            practice=self._titles(language) if above else (),
        )  # fmt: skip

    async def talk(self, request: Request, me: StaffSession, _: Mapping[str, str]) -> Response:
        """Show the duties of one talk to its counselor or a supervisor."""
        now, talk_id = self._clock(), UUID(request.path_params["talk"])
        sheet = await reporting.read(self._database, me.staff, talk_id, now=now)
        async with self._database.reading() as session:
            talk = await conversations.get(session, talk_id)
            requests = await unmaskings.of_talk(session, talk_id)
        return self._show(
            request, "duty_talk.html", me,
            card=duties_sheet.card(talk, language_of(request)),
            mine=talk.owner_id == me.staff.id,
            sheet=sheet,
            elapsed=duties_sheet.elapsed(sheet.report.noticed_at, now) if sheet else None,
            may_sign=_may_sign(sheet, me),
            requests=[
                duties_sheet.request(one, now) for one in requests if one.asked_by == me.staff.id
            ],
            nameless=talk.channel in unmasking.NAMELESS,
            reasons=list(UnmaskReason),
            choices=duties_sheet.CHOICES,
        )  # fmt: skip

    async def printed(self, request: Request, me: StaffSession, _: Mapping[str, str]) -> Response:
        """Show a report alone, for paper; a supervisor's."""
        if me.staff.role is not Role.SUPERVISOR:
            return self._refused(request, "not_owner", 403)
        now, talk_id = self._clock(), UUID(request.path_params["talk"])
        sheet = await reporting.read(self._database, me.staff, talk_id, now=now)
        if sheet is None or sheet.draft is None:
            raise NotFound("report")
        return self._show(
            request, "duty_print.html", me, sheet=sheet, moment=duties_sheet.moment, now=now
        )

    async def ask(self, request: Request, me: StaffSession, fields: Mapping[str, str]) -> Response:
        """Ask to see where somebody writes from."""
        talk_id = UUID(request.path_params["talk"])
        await unmasking.ask(
            self._database, me.staff, talk_id, reason=UnmaskReason(fields.get("reason", "")),
            why=fields.get("why", ""), now=self._clock(),
        )  # fmt: skip
        return RedirectResponse(f"{PATH}/talks/{talk_id}", 303)

    async def unmasking(self, request: Request, me: StaffSession, _: Mapping[str, str]) -> Response:
        """Show a request and its reason to the second person."""
        now, request_id = self._clock(), UUID(request.path_params["request_id"])
        why = await unmasking.read_why(self._database, me.staff, request_id, now=now)
        async with self._database.reading() as session:
            found = await unmaskings.get(session, request_id)
            people = await duties_sheet.names(session)
        one = duties_sheet.asked(found, language_of(request), people, now)
        return self._show(request, "duty_unmask.html", me, one=one, why=why)

    async def act_on(
        self, request: Request, me: StaffSession, fields: Mapping[str, str]
    ) -> Response:
        """Decide about a request, show its address, or tell the young person."""
        now, request_id = self._clock(), UUID(request.path_params["request_id"])
        act, staff = request.path_params["act"], me.staff
        if act == "decide" and fields.get("answer") in ("approve", "refuse"):
            approve = fields["answer"] == "approve"
            await unmasking.decide(self._database, staff, request_id, approve=approve, now=now)
            return RedirectResponse(PATH, 303)
        if act == "show":
            seen = await unmasking.show(self._database, staff, request_id, now=now)
            until = duties_sheet.moment(seen.until)
            return self._show(request, "duty_unmasked.html", me, seen=seen, until=until)
        if act == "tell":
            await unmasking.tell(self._database, self._notices, staff, request_id, now=now)
            return RedirectResponse(PATH, 303)
        raise NotFound("act")

    async def report(
        self, request: Request, me: StaffSession, fields: Mapping[str, str]
    ) -> Response:
        """Take one step with the report about a talk."""
        talk_id = UUID(request.path_params["talk"])
        await self._step(request.path_params["act"], me, talk_id, fields)
        return RedirectResponse(f"{PATH}/talks/{talk_id}", 303)

    async def _step(  # noqa: C901 - one case an act
        self, act: str, me: StaffSession, talk_id: UUID, fields: Mapping[str, str]
    ) -> None:
        where, now = (self._database, me.staff, talk_id), self._clock()
        match act:
            case "notice":
                await reporting.notice(*where, now=now)
            case "write":
                draft = reporting.draft_of(fields)
                if draft is None:
                    raise HandoffError("incomplete")
                await reporting.write(*where, draft, now=now)
            case "tell":
                told = (self._database, self._notices, me.staff, talk_id)
                await reporting.tell(*told, now=now)
            case "untold":
                reason = reporting.WhyUntold(fields.get("reason", ""))
                await reporting.not_told(*where, reason=reason, why=fields.get("why", ""), now=now)
            case "ask":
                await reporting.ask(*where, now=now)
            case "sign" | "return":
                await reporting.decide(*where, sign=act == "sign", now=now)
            case "file":
                await reporting.file(*where, receipt=fields.get("receipt", ""), now=now)
            case _:
                raise NotFound("act")

    async def debrief(self, _: Request, me: StaffSession, fields: Mapping[str, str]) -> Response:
        """Keep what somebody writes about their own day."""
        words = checked(fields.get("text", ""))
        async with self._database.transaction() as session:
            vault, now = self._database.vault, self._clock()
            await heavy.write(session, vault, me.staff.id, words, now=now)
            await audit.record(session, staff=me.staff, action="debrief", object_id=None, now=now)
        return RedirectResponse(PATH, 303)

    async def open_debrief(
        self, request: Request, me: StaffSession, _: Mapping[str, str]
    ) -> Response:
        """Open a debrief for whoever wrote it, or a supervisor; that is written down first."""
        debrief_id = UUID(request.path_params["debrief_id"])
        async with self._database.transaction() as session:
            whose = {one[0]: one[1] for one in await heavy.written(session)}
            if debrief_id not in whose:
                raise NotFound("debrief")
            if me.staff.role is not Role.SUPERVISOR and whose[debrief_id] != me.staff.id:
                raise HandoffError("not_owner")
            await audit.record(
                session, staff=me.staff, action="debrief_read", object_id=debrief_id,
                now=self._clock(),
            )  # fmt: skip
        async with self._database.reading() as session:
            found = await heavy.read(session, self._database.vault, debrief_id)
        if found is None:
            raise NotFound("debrief")
        at = duties_sheet.moment(found.at)
        return self._show(request, "duty_debrief.html", me, text=found.text, at=at)

    async def practice(
        self, request: Request, me: StaffSession, fields: Mapping[str, str]
    ) -> Response:
        """Begin a practice talk, for a supervisor."""
        script = fields.get("script", "")
        if me.staff.role is not Role.SUPERVISOR:
            return self._refused(request, "not_owner", 403)
        if self._practice is None or script not in self._practice.titles:
            raise NotFound("script")
        await self._practice.start(script)
        async with self._database.transaction() as session:
            await audit.record(
                session, staff=me.staff, action="practice", object_id=None, now=self._clock()
            )
        return RedirectResponse("/console", 303)

    def _titles(self, language: str) -> Sequence[tuple[str, str]]:
        if self._practice is None:
            return ()
        return [(name, title[language]) for name, title in self._practice.titles.items()]

    def _show(self, request: Request, template: str, me: StaffSession, **slots: Any) -> Response:
        return self._pages.show(request, template, session=me, **slots)

    def _refused(self, request: Request, code: str, status: int) -> Response:
        words = self._pages.words(request)
        text = f"duties_{code}" if f"duties_{code}" in words else "duties_changed"
        return self._pages.show(request, "duty_refused.html", status=status, text=text)


def _why(error: Exception) -> tuple[str, int]:
    """Return what a page says of a refusal, and under which status."""
    match error:
        case NotAudited() | DatabaseAway() | NotWrittenDown():
            return "not_audited", 503
        case NotFound() | ValueError():
            return "gone", 404
        case HandoffError(code=code):
            return code, 409
    return "changed", 409


def _may_sign(sheet: reporting.Sheet | None, me: StaffSession) -> bool:
    if sheet is None or me.staff.role is not Role.SUPERVISOR:
        return False
    return me.staff.id not in (sheet.report.asked_by, sheet.report.noticed_by)

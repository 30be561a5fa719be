"""The supervisor's board: who waits and who leads whom, live, and what a supervisor decides."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.responses import StreamingResponse

from handoff import stopping, supervising, surge
from handoff.alias import name_of
from handoff.along import read_along
from handoff.audit_sheet import moment
from handoff.auth import Door
from handoff.board import read_board
from handoff.cookies import token_of
from handoff.errors import HandoffError
from handoff.gate import guarded, session_of
from handoff.notices import Notices
from handoff.pages import Pages, language_of
from handoff.posted import signed_form
from storage.database import Database, Topic
from storage.errors import ConversationChanged, DatabaseAway, KeyMissing, NotWrittenDown, SealBroken
from storage.records import StaffSession

LOOK_AGAIN = 10.0  # seconds: who reads along shows it, and a wait becomes late, without a change
REST = 0.3  # seconds at least between two rings of one page


def make_board_router(
    database: Database,
    notices: Notices,
    clock: Callable[[], datetime],
    *,
    door: Door | None = None,
    left_out: Callable[[], Collection[object]] = tuple,
) -> APIRouter:
    """Make the routes of the supervisor's board; include them before the console's.

    Args:
        database: open, migrated.
        notices: the reviewed sentences around a counselor.
        clock: aware UTC time.
        door: knows who is signed in.
        left_out: the approved sentences that are not said, since they do not fit any more.
    """
    door = door or Door(database)
    page = _Page(database, notices, clock, door, left_out)
    router = APIRouter(
        prefix="/console/board", route_class=guarded(door, clock), include_in_schema=False
    )
    router.add_api_route("", page.board, methods=["GET"])
    router.add_api_route("/bell", page.bell, methods=["GET"])
    router.add_api_route("/surge", page.surge, methods=["POST"])
    router.add_api_route("/handover", page.hand_over, methods=["GET"])
    router.add_api_route("/talk/{talk}", page.talk, methods=["GET"])
    router.add_api_route("/talk/{talk}/{act}", page.act, methods=["POST"])
    router.add_api_route("/stopped/{which}", page.stopped, methods=["GET"])
    router.add_api_route("/stopped/{which}", page.decide, methods=["POST"])
    return router


class _Page:
    """What the routes share; the gate lets in supervisors only."""

    def __init__(
        self,
        database: Database,
        notices: Notices,
        clock: Callable[[], datetime],
        door: Door,
        left_out: Callable[[], Collection[object]],
    ) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock
        self._door = door
        self._left_out = left_out
        self._pages = Pages()

    async def board(self, request: Request) -> Response:
        """Show who waits, who leads whom and who is here."""
        return await self._overview(request, "board.html")

    async def surge(self, request: Request) -> Response:
        """Turn a surge on with a prepared sentence, or off."""
        session = session_of(request)
        fields = await signed_form(request, self._pages, session)
        key, now = fields.get("key", ""), self._clock()
        step = surge.switch(self._database, self._notices, session.staff, key, now=now)
        return await self._taken(step, "surge_on" if key else "surge_off")

    async def hand_over(self, request: Request) -> Response:
        """Show what the next shift takes over, as a list to go through together."""
        return await self._overview(request, "handover.html")

    async def talk(self, request: Request, talk: UUID) -> Response:
        """Show a led talk to a supervisor who reads along; its counselor sees that."""
        session = session_of(request)
        now = self._clock()
        try:
            along = await read_along(self._database, session.staff, talk, now=now)
        except HandoffError as error:
            return _to_board("error", error.code)
        except (KeyMissing, SealBroken):
            return _to_board("error", "unreadable")
        board = await read_board(self._database, now=now)
        led = next((one for one in board.led if one.talk.id == talk), None)
        if led is None:
            return _to_board("error", "talk_changed")
        return self._show(request, session, "board_talk.html", along=along, led=led, board=board)

    async def act(self, request: Request, talk: UUID, act: str) -> Response:
        """Take over, pass on or end a talk, as the supervisor saw it."""
        session = session_of(request)
        fields = await signed_form(request, self._pages, session)
        step = self._step(session, talk, act, fields)
        if step is None:
            return self._message(request, "not_found", 404)
        return await self._taken(step, act)

    async def stopped(self, request: Request, which: UUID) -> Response:
        """Show a stopped text and why it should be sent; that is written down first."""
        session = session_of(request)
        try:
            one, words = await stopping.open_stopped(
                self._database, session.staff, which, now=self._clock()
            )
        except HandoffError as error:
            return _to_board("error", error.code)
        except (KeyMissing, SealBroken):
            return _to_board("error", "unreadable")
        board = await read_board(self._database, now=self._clock())
        own = one.staff_id == session.staff.id
        asked_by = board.names.get(one.staff_id, "")
        return self._show(
            request, session, "board_stopped.html", one=one, text=words, own=own, asked_by=asked_by
        )

    async def decide(self, request: Request, which: UUID) -> Response:
        """Release a stopped text or refuse it."""
        session = session_of(request)
        fields = await signed_form(request, self._pages, session)
        release = fields.get("decision") == "release"
        step = stopping.decide_release(
            self._database, session.staff, which,
            release=release, answer=fields.get("answer", ""), now=self._clock(),
        )  # fmt: skip
        return await self._taken(step, "released" if release else "refused")

    async def bell(self, request: Request) -> Response:
        """Ring an open page whenever something changed, for as long as the session goes on."""
        return StreamingResponse(self._rings(request), media_type="text/event-stream")

    async def _rings(self, request: Request) -> AsyncGenerator[str]:
        token = token_of(request)
        async with self._database.wakeups.subscribe(Topic.QUEUE) as bell:
            while await self._door.session(token, now=self._clock(), touch=False):
                yield "data: look\n\n"
                await bell.wait(LOOK_AGAIN)
                await asyncio.sleep(REST)  # a burst is one ring

    def _step(
        self, session: StaffSession, talk: UUID, act: str, fields: Mapping[str, str]
    ) -> Awaitable[object] | None:
        """Return the step that a form asks for; None when it asks for none of ours."""
        where, staff, now = (self._database, self._notices), session.staff, self._clock()
        epoch, seen = _number(fields.get("epoch", "")), _number(fields.get("seen", ""))
        colleague = _id(fields.get("colleague", ""))
        match act:
            case "take_over":
                return supervising.take_over(*where, staff, talk, epoch=epoch, now=now)
            case "close_abuse":
                return supervising.close_abuse(*where, staff, talk, epoch=epoch, seen=seen, now=now)
            case "reassign" if colleague:
                return supervising.reassign(
                    *where, staff, talk, epoch=epoch, colleague=colleague, now=now
                )
            case "ask_to_take" if colleague:
                return supervising.ask_to_take(
                    self._database, staff, talk, epoch=epoch, colleague=colleague, now=now
                )
        return None

    async def _taken(self, step: Awaitable[object], done: str) -> Response:
        """Take a step and show on the board what came of it."""
        try:
            await step
        except HandoffError as error:
            return _to_board("error", error.code)
        except (ConversationChanged, DatabaseAway, NotWrittenDown, KeyMissing):
            return _to_board("error", "try_again")
        return _to_board("done", done)

    async def _overview(self, request: Request, template: str) -> Response:
        session = session_of(request)
        board = await read_board(self._database, now=self._clock())
        surges = self._notices.surges(language_of(request))
        unsaid = len(self._left_out())
        return self._show(request, session, template, board=board, surges=surges, unsaid=unsaid)

    def _show(
        self, request: Request, session: StaffSession, template: str, **slots: Any
    ) -> Response:
        language = language_of(request)
        words = self._pages.words(request)
        said = {kind: request.query_params.get(kind, "") for kind in ("done", "error")}
        told = {kind: words.get(f"board_{kind}_{code}", "") for kind, code in said.items()}
        return self._pages.show(
            request,
            template,
            session=session,
            told=told,
            now=self._clock(),
            name_of=lambda talk: name_of(talk, language),
            span=span,
            moment=moment,
            **slots,
        )

    def _message(self, request: Request, text: str, status: int) -> Response:
        return self._pages.message(request, text, status=status)


def span(length: timedelta) -> str:
    """Write a length of time as 3:07 or 1:02:45."""
    seconds = max(0, int(length.total_seconds()))
    hours, rest = divmod(seconds, 3600)
    minutes = f"{rest // 60:02}" if hours else str(rest // 60)
    return f"{f'{hours}:' if hours else ''}{minutes}:{rest % 60:02}"


def _to_board(kind: str, code: str) -> Response:
    return RedirectResponse(f"/console/board?{kind}={code}", 303)


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None

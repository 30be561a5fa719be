"""The page of danger words: one of the staff proposes, a supervisor approves, and takes back."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from handoff.admin_door import AdminDoor
from handoff.audit_sheet import moment
from handoff.auth import Door
from handoff.gate import guarded, session_of
from storage import drafts
from storage.database import Database
from storage.drafts import Draft, DraftState
from storage.errors import DatabaseAway, DraftRefused, NotWrittenDown
from storage.records import Role, Staff, StaffSession

_LISTS = ("phrases", "fires", "quiet")
MOST_LINES = 12  # phrases, or examples, of one word
LONGEST = 120  # characters of a line


class Checked(Protocol):
    """What came of checking a word."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Codes of what is wrong; empty: it may be approved."""
        ...

    @property
    def harmless(self) -> tuple[str, ...]:
        """Harmless sentences of ours it would alarm on."""
        ...

    @property
    def changes(self) -> Mapping[tuple[str, str], int]:
        """How many sentences of ours go from which level to which."""
        ...

    @property
    def tried(self) -> int:
        """How many sentences of ours were tried."""
        ...


@dataclass(frozen=True, slots=True)
class Lexical:
    """What the page knows of the lexicon: how a word is checked, and what it can be about.

    `left_out` tells which live words are not listened to and why, ids and codes; no id where
    it is the whole file.
    """

    check: Callable[[Draft], Checked]
    levels: Sequence[str]
    categories: Sequence[str]
    left_out: Callable[[], Sequence[tuple[str, str]]]


Act = Callable[[StaffSession, Mapping[str, str]], Awaitable[None]]


def make_words_router(
    database: Database,
    clock: Callable[[], datetime],
    lexical: Lexical,
    *,
    door: Door | None = None,
) -> APIRouter:
    """Make the routes of the page of danger words.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        lexical: checks a word; takes a second, and runs in a thread.
        door: knows who is signed in.
    """
    door = door or Door(database)
    page = _Page(database, clock, lexical, door)
    router = APIRouter(
        prefix="/admin/words", route_class=guarded(door, clock), include_in_schema=False
    )
    router.add_api_route("", page.show, methods=["GET"])
    router.add_api_route("", page.propose, methods=["POST"])
    router.add_api_route("/decide", page.decide, methods=["POST"])
    router.add_api_route("/end", page.end, methods=["POST"])
    return router


class _Page:
    def __init__(
        self, database: Database, clock: Callable[[], datetime], lexical: Lexical, door: Door
    ) -> None:
        self._database = database
        self._clock = clock
        self._lexical = lexical
        self._door = AdminDoor(database, clock)

    async def show(self, request: Request) -> Response:
        """Show what is proposed with its checks, what is live, and what was."""
        session = session_of(request)
        return await self._show(request, session)

    async def propose(self, request: Request) -> Response:
        """Put a word forward; what cannot be a word at all is not kept."""
        return await self._does(request, self._propose)

    async def decide(self, request: Request) -> Response:
        """Approve or decline; nothing with a problem is approved."""
        return await self._does(request, self._decide)

    async def end(self, request: Request) -> Response:
        """Take a live word back."""
        return await self._does(request, self._end)

    async def _does(self, request: Request, act: Act) -> Response:
        session, fields = await self._door.posted(request)
        try:
            await act(session, fields)
        except DraftRefused as error:
            status = 403 if error.code in ("not_for_this_role", "own_draft") else 400
            return await self._show(request, session, wrong=error.code, typed=fields, status=status)
        except (DatabaseAway, NotWrittenDown):
            return self._door.message(request, "admin_not_noted", 503)
        return RedirectResponse("/admin/words?done=1", 303)

    async def _propose(self, session: StaffSession, fields: Mapping[str, str]) -> None:
        body = _body(fields, self._lexical)
        async with self._database.transaction() as writing:
            await drafts.propose(writing, drafts.WORD, body, staff=session.staff, now=self._clock())

    async def _decide(self, session: StaffSession, fields: Mapping[str, str]) -> None:
        draft = await self._draft(fields)
        approve = fields.get("approve") == "yes"
        if approve and (await self._check(draft)).problems:
            raise DraftRefused("does_not_pass")
        async with self._database.transaction() as writing:
            await drafts.decide(
                writing, draft, approve=approve, staff=session.staff, now=self._clock()
            )

    async def _end(self, session: StaffSession, fields: Mapping[str, str]) -> None:
        draft = await self._draft(fields)
        async with self._database.transaction() as writing:
            await drafts.end(writing, draft, staff=session.staff, now=self._clock())

    async def _draft(self, fields: Mapping[str, str]) -> Draft:
        try:
            draft_id = UUID(fields.get("draft", ""))
        except ValueError:
            raise DraftRefused("unknown_draft") from None
        async with self._database.reading() as reading:
            return await drafts.get(reading, draft_id)

    async def _check(self, draft: Draft) -> Checked:
        return await asyncio.to_thread(self._lexical.check, draft)

    async def _show(
        self,
        request: Request,
        session: StaffSession,
        *,
        wrong: str = "",
        typed: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        async with self._database.reading() as reading:
            every = await drafts.newest(reading, drafts.WORD)
        waiting = [one for one in every if one.state is DraftState.PROPOSED]
        answer = self._door.show(
            request,
            "words.html",
            session,
            "words",
            waiting=[(one, json.loads(one.body), await self._check(one)) for one in waiting],
            others=[(one, json.loads(one.body)) for one in every if one not in waiting],
            decides=session.staff.role is Role.SUPERVISOR,
            is_own=lambda one: _is_own(one, session.staff),
            lexical=self._lexical,
            left_out=self._lexical.left_out(),
            wrong=wrong,
            typed=typed or {},
            done="done" in request.query_params and not wrong,
            moment=moment,
        )
        answer.status_code = status
        return answer


def _is_own(draft: Draft, staff: Staff) -> bool:
    return draft.proposer_id == staff.id


def _body(fields: Mapping[str, str], lexical: Lexical) -> str:
    """Return the draft as it is kept.

    Raises:
        DraftRefused: something is missing ("incomplete"), or too long ("too_long").
    """
    lists = {name: _lines(fields.get(name, "")) for name in _LISTS}
    level, category = fields.get("level", ""), fields.get("category", "")
    known = level in lexical.levels and category in lexical.categories
    if not known or not all(lists.values()):
        raise DraftRefused("incomplete")
    every = [line for lines in lists.values() for line in lines]
    if any(len(lines) > MOST_LINES for lines in lists.values()) or max(map(len, every)) > LONGEST:
        raise DraftRefused("too_long")
    return json.dumps({**lists, "level": level, "category": category}, ensure_ascii=False)


def _lines(typed: str) -> Sequence[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]

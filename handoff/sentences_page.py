"""The page of sentences: one of the staff proposes a wording, another approves, any goes back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from handoff import sentence_sheet
from handoff.admin_door import AdminDoor
from handoff.audit_sheet import moment
from handoff.auth import Door
from handoff.gate import guarded, session_of
from handoff.sentence_sheet import Shown, Speech, Trouble
from storage import drafts, metrics, sentences
from storage.database import Database, Session
from storage.drafts import Draft, DraftState
from storage.errors import DatabaseAway, DraftRefused, NotWrittenDown
from storage.records import Role, Staff, StaffSession
from storage.sentences import FILES, KIND, Version, Wording

PAGE = "/admin/sentences"
_NOT_THEIRS = ("not_for_this_role", "own_draft")


class _Unsound(Exception):
    """A wording does not pass; says why."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(", ".join(one.code for one in troubles))
        self.troubles = troubles


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of a form, and what was typed in it."""

    status: int = 200
    wrong: str = ""
    troubles: Sequence[Trouble] | None = None  # None: the words were not checked
    typed: Mapping[str, str] = field(default_factory=dict)
    done: bool = False


Act = Callable[[StaffSession, Shown, Mapping[str, str]], Awaitable[None]]


def make_sentences_router(
    database: Database,
    clock: Callable[[], datetime],
    speech: Speech,
    *,
    door: Door | None = None,
) -> APIRouter:
    """Make the routes of the page of sentences.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        speech: what the bot says, and how a wording is checked.
        door: knows who is signed in.
    """
    door = door or Door(database)
    page = _Page(database, clock, speech, door)
    router = APIRouter(prefix=PAGE, route_class=guarded(door, clock), include_in_schema=False)
    router.add_api_route("", page.every, methods=["GET"])
    router.add_api_route("/{sentence}", page.one, methods=["GET"])
    router.add_api_route("/{sentence}", page.propose, methods=["POST"])
    router.add_api_route("/{sentence}/decide", page.decide, methods=["POST"])
    router.add_api_route("/{sentence}/back", page.back, methods=["POST"])
    return router


class _Page:
    def __init__(
        self, database: Database, clock: Callable[[], datetime], speech: Speech, door: Door
    ) -> None:
        self._database = database
        self._clock = clock
        self._speech = speech
        self._door = AdminDoor(database, clock)

    async def every(self, request: Request) -> Response:
        """Show what waits, what was left out, and every sentence."""
        session = session_of(request)
        async with self._database.reading() as reading:
            waiting = await _waiting(reading)
        listed = self._speech.listed()
        return self._door.show(
            request,
            "sentences.html",
            session,
            "sentences",
            waiting=[(one, sentences.wording_of(one)) for one in waiting],
            left_out=self._speech.left_out(),
            kinds={
                kind: [one for one in listed if one.use.kind == kind]
                for kind in sentence_sheet.KINDS
            },
            moment=moment,
        )

    async def one(self, request: Request, sentence: str) -> Response:
        """Show one sentence: its words now, what waits, its history, and the form to change it."""
        shown = self._speech.shown(sentence, request.query_params.get("band", ""))
        if shown is None:
            return self._door.message(request, "not_found", 404)
        done = "done" in request.query_params
        return await self._show(request, session_of(request), shown, _Answer(done=done))

    async def propose(self, request: Request, sentence: str) -> Response:
        """Check a wording at once; keep it when it passes and is meant to be proposed."""
        return await self._does(request, sentence, self._propose)

    async def decide(self, request: Request, sentence: str) -> Response:
        """Approve or decline; what does not pass any more is not approved."""
        return await self._does(request, sentence, self._decide)

    async def back(self, request: Request, sentence: str) -> Response:
        """Let an earlier version hold again."""
        return await self._does(request, sentence, self._back)

    async def _does(self, request: Request, sentence: str, act: Act) -> Response:
        session, fields = await self._door.posted(request)
        band = fields.get("band", "")
        shown = self._speech.shown(sentence, band)
        if shown is None:
            return self._door.message(request, "not_found", 404)
        try:
            await act(session, shown, fields)
        except _Unsound as error:
            status = 200 if fields.get("act") == "check" else 400
            answer = _Answer(status, troubles=error.troubles, typed=fields)
            return await self._show(request, session, shown, answer)
        except DraftRefused as error:
            status = 403 if error.code in _NOT_THEIRS else 400
            answer = _Answer(status, wrong=error.code, typed=fields)
            return await self._show(request, session, shown, answer)
        except (DatabaseAway, NotWrittenDown):
            return self._door.message(request, "admin_not_noted", 503)
        await self._speech.renew()
        return RedirectResponse(f"{PAGE}/{sentence}?band={band}&done=1", 303)

    async def _propose(
        self, session: StaffSession, shown: Shown, fields: Mapping[str, str]
    ) -> None:
        async with self._database.reading() as reading:
            versions = await sentences.history(reading, shown.id)
        wording = sentence_sheet.wording_of(
            fields, shown, sentence_sheet.base_of(versions, shown.band)
        )
        found = (
            *sentence_sheet.typed_troubles(fields, wording),
            *self._speech.troubles(wording),
        )
        if found or fields.get("act") != "propose":
            raise _Unsound(found)
        async with self._database.transaction() as writing:
            await sentences.propose(writing, wording, staff=session.staff, now=self._clock())

    async def _decide(self, session: StaffSession, shown: Shown, fields: Mapping[str, str]) -> None:
        draft = await self._draft(fields, shown)
        now, staff = self._clock(), session.staff
        if fields.get("approve") != "yes":
            async with self._database.transaction() as writing:
                await drafts.decide(writing, draft, approve=False, staff=staff, now=now)
            return
        if draft.state is DraftState.PROPOSED:
            self._still_sound(sentences.wording_of(draft), shown)
        async with self._database.transaction() as writing:
            await sentences.approve(writing, draft, staff=staff, now=now)

    def _still_sound(self, wording: Wording, shown: Shown) -> None:
        """Refuse what does not pass any more, or would replace words that its author never saw.

        Raises:
            DraftRefused: it is so.
        """
        if (wording.was_ko, wording.was_en) != (shown.ko, shown.en):
            raise DraftRefused("changed_meanwhile")
        if self._speech.troubles(wording):
            raise DraftRefused("does_not_pass")

    async def _back(self, session: StaffSession, shown: Shown, fields: Mapping[str, str]) -> None:
        to, base = _number(fields, "to"), _number(fields, "base")
        reason = fields.get("reason", "").strip()[: sentence_sheet.LONGEST]
        if not reason:
            raise DraftRefused("no_reason")
        async with self._database.transaction() as writing:
            for one in await sentences.history(writing, shown.id):
                wanted = (one.band, one.number) == (shown.band, to)
                if wanted and one.wording and self._speech.troubles(one.wording):
                    raise DraftRefused("does_not_pass")
            where = (shown.id, shown.band, base)
            await sentences.go_back(
                writing, where, to=to, reason=reason, staff=session.staff, now=self._clock()
            )

    async def _draft(self, fields: Mapping[str, str], shown: Shown) -> Draft:
        try:
            draft_id = UUID(fields.get("draft", ""))
        except ValueError:
            raise DraftRefused("unknown_draft") from None
        async with self._database.reading() as reading:
            draft = await drafts.get(reading, draft_id)
        if draft.kind != KIND or sentences.wording_of(draft).sentence != shown.id:
            raise DraftRefused("unknown_draft")
        return draft

    async def _show(
        self, request: Request, session: StaffSession, shown: Shown, answer: _Answer
    ) -> Response:
        async with self._database.reading() as reading:
            versions = await sentences.history(reading, shown.id)
            waiting = await _waiting(reading, shown.id)
            published = await metrics.published(reading, [sentence_sheet.TABLE])
        page = self._door.show(
            request,
            "sentence.html",
            session,
            "sentences",
            shown=shown,
            waiting=[self._waits(one, shown) for one in waiting],
            effects=sentence_sheet.effects(published, shown.topic),
            decides=session.staff.role is Role.SUPERVISOR,
            is_own=lambda one: _is_own(one, session.staff),
            files=FILES,
            moment=moment,
            **self._said_now(shown),
            **_history(versions, shown.band),
            **self._form(shown, sentence_sheet.base_of(versions, shown.band), answer),
        )
        page.status_code = answer.status
        return page

    def _said_now(self, shown: Shown) -> dict[str, object]:
        """Return what the page shows of the words that are said now, and of what is not said."""
        return {
            "bands": self._speech.bands,
            "now_said": self._speech.previews(_as_said(shown)),
            "left_out": self._speech.left_out().get((shown.id, shown.band), ()),
        }

    def _form(self, shown: Shown, base: int, answer: _Answer) -> dict[str, object]:
        """Return what the page shows of the form: what was typed, and what came of it."""
        asked = sentence_sheet.wording_of(answer.typed, shown, base)
        return {
            "base": base,
            "typed": answer.typed,
            "wrong": answer.wrong,
            "troubles": answer.troubles,
            "previews": () if answer.troubles is None else self._speech.previews(asked),
            "done": answer.done,
        }

    def _waits(self, draft: Draft, shown: Shown) -> tuple[object, ...]:
        """Return a draft with its wording, what keeps it out now, and how it would be read."""
        wording = sentences.wording_of(draft)
        troubles = list(self._speech.troubles(wording))
        now = self._speech.shown(shown.id, wording.band)
        if now is None or (wording.was_ko, wording.was_en) != (now.ko, now.en):
            troubles.insert(0, Trouble("changed_meanwhile"))
        return draft, wording, troubles, self._speech.previews(wording)


def _history(versions: Sequence[Version], band: str) -> dict[str, object]:
    """Return the versions of a band, the newest first, and the newest that has words."""
    of_band = [one for one in versions[::-1] if one.band == band]
    return {"versions": of_band, "newest": next((one for one in of_band if one.wording), None)}


def _as_said(shown: Shown) -> Wording:
    return Wording(
        sentence=shown.id, band=shown.band, ko=shown.ko, en=shown.en, source=shown.source,
        source_date="", reason="", base=0, files=shown.files, was_ko=shown.ko, was_en=shown.en,
    )  # fmt: skip


async def _waiting(reading: Session, sentence: str = "") -> Sequence[Draft]:
    every = await drafts.newest(reading, KIND)
    return [
        one
        for one in every
        if one.state is DraftState.PROPOSED and sentence in ("", sentences.wording_of(one).sentence)
    ]


def _is_own(draft: Draft, staff: Staff) -> bool:
    return draft.proposer_id == staff.id


def _number(fields: Mapping[str, str], name: str) -> int:
    typed = fields.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() else -1

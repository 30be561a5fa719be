"""Seeing where a person writes from: two people, one of two reasons, half an hour.

Nobody on the staff can do it alone, whatever their role. The address goes to the one who asked,
each look is a row of the audit log that was committed first, and no platform is asked anything.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from handoff import steps
from handoff.errors import HandoffError, IllegalTransition, NotAudited, NotOwner
from handoff.notices import Notices
from handoff.queue import checked
from storage import audit, case_notes, conversations, unmaskings
from storage.database import Database, Session
from storage.errors import DatabaseAway, NotFound, NotWrittenDown
from storage.records import TRAINING, Conversation, ConversationState, Role, Speaker, Staff
from storage.unmaskings import APPROVED, Unmasking, UnmaskReason, UnmaskState

NAMELESS = ("web", TRAINING)
"""Channels whose address leads to nobody: an open tab, or no person at all."""


class NeedsSecondPerson(HandoffError):
    """Whoever asked, or is no supervisor, cannot decide this: ask somebody else."""


class NothingToUnmask(HandoffError):
    """Nobody can be found by what we know of this talk: say so."""


class NotShown(HandoffError):
    """It was not approved, its half hour is over, or somebody else asked for it."""


@dataclass(frozen=True, slots=True)
class Unmasked:
    """Where a person writes from: all that is known, and until when it is shown."""

    channel: str
    address: str = field(repr=False)
    until: datetime


async def ask(
    database: Database,
    staff: Staff,
    talk_id: UUID,
    *,
    reason: UnmaskReason,
    why: str,
    now: datetime,
) -> UUID:
    """Ask to see where a person writes from, with a reason and a sealed sentence.

    Raises:
        NotOwner: neither the talk's counselor nor a supervisor.
        NothingToUnmask: nobody can be found by it (`nameless`).
        TextRefused: the sentence is empty or too long.
    """
    words = checked(why)
    request, note = uuid4(), uuid4()
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id)
        if talk.channel in NAMELESS:
            raise NothingToUnmask("nameless")
        await case_notes.add(
            session, database.vault, talk.id, note_id=note, staff_id=staff.id, text=words,
            kind=case_notes.UNMASKING, now=now,
        )  # fmt: skip
        made = Unmasking(
            request, talk.id, staff.id, reason, note, now, UnmaskState.ASKED, None, None, None
        )
        await unmaskings.ask(session, made)
        await steps.note(session, staff, "unmask_ask", talk, purpose=reason.value, now=now)
    return request


async def read_why(database: Database, staff: Staff, request_id: UUID, *, now: datetime) -> str:
    """Open the written reason for the second person; that is written down first.

    Raises:
        NeedsSecondPerson: not a supervisor, or the one who asked.
        NotFound: the talk was erased meanwhile.
        NotAudited: it could not be written down, so nothing was opened.
    """
    try:
        async with database.transaction() as session:
            request = await _for_second(session, staff, request_id)
            await _noted(session, staff, "unmask_reason", request, now=now)
    except (DatabaseAway, NotWrittenDown):
        raise NotAudited("not_audited") from None
    async with database.reading() as session:
        kinds = (case_notes.UNMASKING,)
        notes = await case_notes.read(session, database.vault, request.talk, kinds=kinds)
    return next((one.text for one in notes if one.id == request.note), "")


async def decide(
    database: Database, staff: Staff, request_id: UUID, *, approve: bool, now: datetime
) -> None:
    """Say yes or no as the second person.

    Raises:
        NeedsSecondPerson: not a supervisor, or the one who asked.
        NotFound: the talk was erased meanwhile.
        IllegalTransition: it is decided already (`decided`).
    """
    async with database.transaction() as session:
        request = await _for_second(session, staff, request_id)
        if request.state is not UnmaskState.ASKED:
            raise IllegalTransition("decided")
        state = UnmaskState.APPROVED if approve else UnmaskState.REFUSED
        await unmaskings.decide(session, request, state, by=staff.id, now=now)
        action = APPROVED if approve else "unmask_refuse"
        await _noted(session, staff, action, request, now=now)


async def show(database: Database, staff: Staff, request_id: UUID, *, now: datetime) -> Unmasked:
    """Open the address for the one who asked; the look is committed to the audit log first.

    Raises:
        NotShown: not theirs, not approved, or over.
        NotOwner: they are neither the talk's counselor any more nor a supervisor.
        NotFound: the person was erased or forgotten.
        NotAudited: it could not be written down, so nothing was opened.
    """
    try:
        async with database.transaction() as session:
            request = await unmaskings.get(session, request_id, hold=True)
            if request.asked_by != staff.id or not request.is_open(now):
                raise NotShown("not_shown")
            talk = await _theirs(session, staff, request.talk)
            await _noted(session, staff, "unmask_read", request, now=now)
    except (DatabaseAway, NotWrittenDown):
        raise NotAudited("not_audited") from None
    async with database.reading() as session:
        address = await unmaskings.address(session, database.vault, talk.id)
    until = (request.decided_at or now) + unmaskings.SHOWN_FOR
    return Unmasked(talk.channel, address, until)


async def tell(
    database: Database, notices: Notices, staff: Staff, request_id: UUID, *, now: datetime
) -> None:
    """Tell the young person, in the reviewed words, once; a counselor decides whether it is safe.

    Raises:
        NotShown: not theirs, or never approved.
        NotOwner: they do not lead the talk now.
    """
    async with database.transaction() as session:
        request = await unmaskings.get(session, request_id, hold=True)
        if request.asked_by != staff.id or request.state is not UnmaskState.APPROVED:
            raise NotShown("not_shown")
        talk = await conversations.get(session, request.talk)
        if talk.owner_id != staff.id or talk.state is not ConversationState.ACTIVE:
            raise NotOwner("not_owner")
        if request.told_at is not None:
            return
        await unmaskings.tell(session, request, now=now)
        await steps.save(session, talk, talk, staff=staff, action="unmask_tell", now=now)
        notice = notices.duty("unmasked", talk.language)
        await steps.send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)


async def _theirs(session: Session, staff: Staff, talk_id: UUID) -> Conversation:
    try:
        talk = await conversations.get(session, talk_id)
    except NotFound:
        raise NotOwner("not_owner") from None
    leads = talk.owner_id == staff.id and staff.role is Role.COUNSELOR
    if talk.state is ConversationState.ERASED or not (leads or staff.role is Role.SUPERVISOR):
        raise NotOwner("not_owner")
    return talk


async def _for_second(session: Session, staff: Staff, request_id: UUID) -> Unmasking:
    request = await unmaskings.get(session, request_id, hold=True)
    if staff.role is not Role.SUPERVISOR or request.asked_by == staff.id:
        raise NeedsSecondPerson("needs_second_person")
    return request


async def _noted(
    session: Session, staff: Staff, action: str, request: Unmasking, *, now: datetime
) -> None:
    await audit.record(
        session, staff=staff, action=action, object_id=request.talk,
        purpose=request.reason.value, now=now,
    )  # fmt: skip

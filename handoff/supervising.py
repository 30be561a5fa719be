"""What a supervisor decides about a talk that somebody leads."""

from datetime import datetime
from uuid import UUID

from handoff import lifecycle, steps
from handoff.errors import Dismissed, NotOffered, NotTheirs, Unread
from handoff.leases import hand_to
from handoff.notices import Notices
from storage import conversations, duty, offers, outcomes, presence, transcript
from storage.database import Database, Session
from storage.errors import NotFound
from storage.records import (
    Conversation,
    ConversationState,
    FollowUp,
    Offer,
    Outcome,
    Presence,
    Risk,
    Role,
    Speaker,
    Staff,
)


async def take_over(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    now: datetime,
) -> Conversation:
    """Make a supervisor the owner of a led talk; the old epoch ends and the person is told.

    No limit on parallel talks holds here: who decides this knows why.

    Raises:
        NotTheirs: no supervisor (`not_supervisor`), led by them already (`yours_already`), or
            not led as they saw it (`talk_changed`).
        Dismissed: they work here no longer.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await _led(session, staff, conversation_id, epoch=epoch)
            return await hand_to(
                session, database.vault, notices, before, staff.id,
                by=staff, action="take_over", purpose=_to(staff.id), now=now,
            )  # fmt: skip

    return await steps.tried(step)


async def reassign(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    colleague: UUID,
    now: datetime,
) -> Conversation:
    """Make a named counselor, who is here, the owner of a led talk, by a supervisor's decision.

    Raises:
        NotTheirs: see `take_over`.
        NotOffered: the counselor is not here (`colleague_away`) or leads it (`leads_it`).
        Dismissed: the supervisor works here no longer.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await _led(session, staff, conversation_id, epoch=epoch, own=True)
            await _may_take(session, before, colleague, now=now)
            return await hand_to(
                session, database.vault, notices, before, colleague,
                by=staff, action="reassign", purpose=_to(colleague), now=now,
            )  # fmt: skip

    return await steps.tried(step)


async def ask_to_take(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    colleague: UUID,
    now: datetime,
) -> None:
    """Ask a named counselor to take a led talk; until they accept nothing changes hands.

    Raises:
        NotTheirs, NotOffered, Dismissed: see `reassign`.
    """
    async with database.transaction() as session:
        talk = await _led(session, staff, conversation_id, epoch=epoch, own=True)
        await _may_take(session, talk, colleague, now=now)
        await offers.make(session, Offer(talk.id, epoch, colleague), now=now)
        await steps.note(session, staff, "offer", talk, purpose=_to(colleague), now=now)


async def close_abuse(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    seen: int,
    now: datetime,
) -> Conversation:
    """End a talk that abuses the service, with a neutral sentence that carries the numbers.

    A talk in danger is never ended so: who may be in danger may be rude. Writing again opens
    a talk with the bot, whose crisis path is the same for everybody.

    Raises:
        NotTheirs: see `take_over`; `in_danger` when its risk is high.
        Unread: the person wrote after line `seen`.
        Dismissed: the supervisor works here no longer.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await _led(session, staff, conversation_id, epoch=epoch, own=True)
            if before.risk >= Risk.HIGH:
                raise NotTheirs("in_danger")
            if await transcript.spoken_after(session, before.id, Speaker.PERSON, seen):
                raise Unread("unread_words")
            notice = notices.stopped(before.language)
            await steps.send(session, database.vault, before, notice, speaker=Speaker.BOT, now=now)
            await outcomes.record(
                session, before.id, staff_id=staff.id, outcome=Outcome.NOT_FOR_US,
                follow_up=FollowUp.NONE, now=now,
            )  # fmt: skip
            after = lifecycle.finished(lifecycle.closed(before, now=now))
            return await steps.save(
                session, before, after, staff=staff, action="close_abuse", now=now
            )

    return await steps.tried(step)


async def _led(
    session: Session, staff: Staff, conversation_id: UUID, *, epoch: int, own: bool = False
) -> Conversation:
    """Return a talk as the supervisor saw it; one they lead themselves only with `own`."""
    if await duty.is_dismissed(session, staff.id):
        raise Dismissed("dismissed")
    if staff.role is not Role.SUPERVISOR:
        raise NotTheirs("not_supervisor")
    try:
        talk = await conversations.get(session, conversation_id)
    except NotFound:
        raise NotTheirs("talk_changed") from None
    if talk.state is not ConversationState.ACTIVE or talk.epoch != epoch:
        raise NotTheirs("talk_changed")
    if talk.owner_id == staff.id and not own:
        raise NotTheirs("yours_already")
    return talk


async def _may_take(
    session: Session, talk: Conversation, colleague: UUID, *, now: datetime
) -> None:
    if talk.owner_id == colleague:
        raise NotOffered("leads_it")
    here = await presence.colleagues(session, now=now)
    if colleague not in {one.id for one in here if one.presence is not Presence.AWAY}:
        raise NotOffered("colleague_away")


def _to(owner: UUID) -> str:
    return f"to {owner}"

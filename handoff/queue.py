"""The line in front of the counselors: ask, claim, say, give back, close; lease and epoch."""

from datetime import datetime
from uuid import UUID, uuid4

from handoff import lifecycle, steps
from handoff.errors import (
    AlreadyClaimed,
    Dismissed,
    MoreUrgentWaits,
    TooManyTalks,
    Unread,
    Unreadable,
)
from handoff.leases import LEASE, dismiss, heartbeat, lapse
from handoff.notices import Notices
from handoff.reading import open_beside, open_transcript
from handoff.saying import MAX_TEXT, checked, say
from storage import case_notes, conversations, duty, outcomes, presence, transcript
from storage.database import Database, Session
from storage.errors import NotFound
from storage.records import (
    AskReason,
    Conversation,
    ConversationState,
    FollowUp,
    Outcome,
    Risk,
    Speaker,
    Staff,
)
from storage.vault import Vault

__all__ = [
    "LEASE",
    "LEFT",
    "MAX_TEXT",
    "ask",
    "cancel",
    "checked",
    "claim",
    "claim_next",
    "close",
    "dismiss",
    "erase",
    "heartbeat",
    "lapse",
    "leave",
    "open_beside",
    "open_transcript",
    "release",
    "say",
]

LEFT = "left"
"""The text of the notice for staff that the young person blocked or left the channel."""


async def ask(
    session: Session,
    conversation: Conversation,
    *,
    reason: AskReason,
    now: datetime,
    risk: Risk = Risk.NONE,
) -> Conversation:
    """Put a conversation into the queue; again, it keeps its place and its counselor.

    Raises:
        ConversationChanged: somebody else changed it since it was read.
        IllegalTransition: it is over.
    """
    after = lifecycle.asked(conversation, reason, risk=risk, now=now)
    if after == conversation:
        return conversation
    return await steps.save(session, conversation, after, staff=None, action="ask", now=now)


async def cancel(session: Session, conversation: Conversation, *, now: datetime) -> Conversation:
    """Give a waiting conversation back to the bot, because the young person said so.

    Raises:
        ConversationChanged: somebody else changed it since it was read.
        IllegalTransition: it does not wait.
    """
    after = lifecycle.cancelled(conversation)
    return await steps.save(session, conversation, after, staff=None, action="cancel", now=now)


async def leave(
    session: Session, vault: Vault, conversation: Conversation, *, now: datetime
) -> Conversation:
    """Note that the young person blocked or left the channel.

    A talk with the bot ends. One that waits or has a counselor stays where it is, and its
    transcript tells the counselor (`lifecycle.TRANSITIONS` says why).

    Raises:
        ConversationChanged: somebody else changed it since it was read.
        IllegalTransition: it is over.
    """
    after = lifecycle.left(conversation, now=now)
    if after.state is not ConversationState.CLOSED:
        await transcript.append(
            session, vault, conversation.id, speaker=Speaker.SYSTEM, text=LEFT, kind="notice",
            at=now,
        )  # fmt: skip
        await steps.note(session, None, "leave", conversation, now=now)
        return conversation
    return await steps.save(session, conversation, after, staff=None, action="leave", now=now)


async def erase(session: Session, contact_id: UUID, *, now: datetime) -> int:
    """End every talk of a person for good, whatever its state; who led one leads it no longer.

    Returns:
        How many talks there are.
    """
    talks = await conversations.hold_of_contact(session, contact_id)
    for before in talks:
        if before.state is not ConversationState.ERASED:
            after = lifecycle.erased(before, now=now)
            await steps.save(session, before, after, staff=None, action="erase", now=now)
    return len(talks)


async def claim(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    version: int,
    now: datetime,
    most: int | None = None,
) -> Conversation:
    """Make this counselor the only owner of a waiting conversation, and tell the person.

    Args:
        version: the card's, as the counselor saw it.
        most: talks one counselor may lead at once; who is in imminent danger, and a talk
            they lost by silence, is taken beyond it. None: any number.

    Raises:
        AlreadyClaimed: the card is not what it was.
        MoreUrgentWaits: somebody at a higher risk, whose talk can be taken, is before this one,
            and it is not a talk that this counselor lost by silence (docs/decisions/0006).
        TooManyTalks: they lead `most` talks.
        Unreadable: this talk has no key.
        Dismissed: this counselor works here no longer.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            await _on_duty(session, staff)
            led = await _led(session, staff, now=now)
            before = await _waiting(session, conversation_id, version=version)
            if not await steps.can_be_sealed(database.vault, before):
                raise Unreadable("unreadable")
            if not await steps.was_lost_by(session, staff, before):
                await _no_more_urgent(session, database.vault, before)
                _has_room(led, before, most)
            return await _take(session, database.vault, notices, staff, before, now=now)

    return await steps.tried(step)


async def claim_next(
    database: Database,
    notices: Notices,
    staff: Staff,
    *,
    now: datetime,
    most: int | None = None,
) -> Conversation | None:
    """Claim the most urgent conversation; None when nobody waits.

    A talk without its key is passed over, so that it holds up nobody behind it.

    Raises:
        TooManyTalks: they lead `most` talks, see `claim`.
        Dismissed: this counselor works here no longer.
        ConversationChanged: who is next was being written to for more than a second.
    """

    async def step() -> Conversation | None:
        broken: list[UUID] = []
        async with database.transaction() as session:
            await _on_duty(session, staff)
            led = await _led(session, staff, now=now)
            while card := await conversations.next_waiting(session, without=broken):
                if await steps.can_be_sealed(database.vault, card):
                    _has_room(led, card, most)
                    return await _take(session, database.vault, notices, staff, card, now=now)
                broken.append(card.id)
            return None

    return await steps.tried(step, attempts=_LOOKS, pause=_LOOK_AGAIN_SECONDS)


async def release(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    now: datetime,
    note: str = "",
) -> Conversation:
    """Give a talk back to the queue, at the place it had, and tell the person.

    Args:
        note: for whoever takes it next; "" for none.

    Raises:
        NotOwner, StaleEpoch, TextRefused: nothing was written.
    """
    words = checked(note) if note.strip() else ""

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await steps.owned(session, staff, conversation_id, epoch=epoch)
            after = lifecycle.released(before)
            talk = await steps.save(session, before, after, staff=staff, action="release", now=now)
            if words:
                await case_notes.add(
                    session, database.vault, talk.id, note_id=uuid4(), staff_id=staff.id,
                    text=words, kind=case_notes.HAND_OVER, now=now,
                )  # fmt: skip
            notice = notices.returned(talk.language)
            await steps.send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)
            return talk

    return await steps.tried(step)


async def close(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    seen: int,
    now: datetime,
    outcome: Outcome | None = None,
    follow_up: FollowUp = FollowUp.NONE,
) -> Conversation:
    """Say goodbye and end the talk, unless the young person wrote after line `seen`.

    How it ended is said in the same step, so the wrap-up is finished with it.

    Raises:
        NotOwner, StaleEpoch, Unread: nothing was written.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await steps.owned(session, staff, conversation_id, epoch=epoch)
            if await transcript.spoken_after(session, before.id, Speaker.PERSON, seen):
                raise Unread("unread_words")
            notice = notices.goodbye(before.language)
            await steps.send(session, database.vault, before, notice, speaker=Speaker.BOT, now=now)
            if outcome is not None:
                await outcomes.record(
                    session, before.id, staff_id=staff.id, outcome=outcome, follow_up=follow_up,
                    now=now,
                )  # fmt: skip
            after = lifecycle.finished(lifecycle.closed(before, now=now))
            return await steps.save(session, before, after, staff=staff, action="close", now=now)

    return await steps.tried(step)


_LOOKS = 100  # at who is next, while a message of theirs or a colleague holds them
_LOOK_AGAIN_SECONDS = 0.01


async def _on_duty(session: Session, staff: Staff) -> None:
    if await duty.is_dismissed(session, staff.id):
        raise Dismissed("dismissed")


async def _led(session: Session, staff: Staff, *, now: datetime) -> int:
    # Their row of presence is held first, so that two claims of one counselor count in turn.
    await presence.beat(session, staff.id, now=now)
    return len(await conversations.owned_by_any(session, [staff.id]))


def _has_room(led: int, card: Conversation, most: int | None) -> None:
    if most is not None and led >= most and card.risk is not Risk.IMMINENT:
        raise TooManyTalks("enough_talks")


async def _waiting(session: Session, conversation_id: UUID, *, version: int) -> Conversation:
    try:
        card = await conversations.get(session, conversation_id)
    except NotFound:
        raise AlreadyClaimed("already_claimed") from None
    if card.state is not ConversationState.QUEUED:
        raise AlreadyClaimed("already_claimed")
    if card.version != version:
        raise AlreadyClaimed("card_changed")
    return card


async def _no_more_urgent(session: Session, vault: Vault, card: Conversation) -> None:
    broken: list[UUID] = []
    while ahead := await conversations.more_urgent(session, card, without=broken):
        if await steps.can_be_sealed(vault, ahead):
            raise MoreUrgentWaits("more_urgent_waits")
        broken.append(ahead.id)


async def _take(
    session: Session,
    vault: Vault,
    notices: Notices,
    staff: Staff,
    before: Conversation,
    *,
    now: datetime,
) -> Conversation:
    after = lifecycle.claimed(before, staff.id, lease_until=now + LEASE)
    taken = await steps.save(session, before, after, staff=staff, action="claim", now=now)
    notice = notices.joined(taken.language)
    await steps.send(session, vault, taken, notice, speaker=Speaker.BOT, now=now)
    return taken

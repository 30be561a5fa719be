"""What the owner of a talk does with it beside talking: pass on, judge the risk, write down."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from handoff import lifecycle, steps
from handoff.errors import Dismissed, NotOffered, TextRefused, Unread
from handoff.leases import hand_to
from handoff.notices import Notices
from handoff.queue import checked
from storage import case_notes, conversations, duty, offers, presence, transcript
from storage.database import Database, Session
from storage.errors import NotFound
from storage.records import (
    CaseNote,
    Conversation,
    ConversationState,
    Offer,
    Presence,
    Risk,
    Speaker,
    Staff,
)


async def choose_presence(
    database: Database, staff: Staff, state: Presence, *, now: datetime
) -> None:
    """Write down whether this counselor is available, pausing or away."""
    async with database.transaction() as session:
        await presence.choose(session, staff.id, state, now=now)


async def offer(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    colleague: UUID,
    note: str,
    now: datetime,
) -> None:
    """Ask a named colleague to take this talk; until they accept nothing changes hands.

    Args:
        note: for the colleague, who reads it once the talk is theirs; "" for none.

    Raises:
        NotOwner, StaleEpoch, TextRefused: nothing was written.
        NotOffered: the colleague is not here (`colleague_away`).
    """
    words = checked(note) if note.strip() else ""

    async def step(session: Session, talk: Conversation) -> None:
        await is_here(session, staff, colleague, now=now)
        await offers.make(session, Offer(talk.id, epoch, colleague), now=now)
        await steps.note(session, staff, "offer", talk, now=now)
        if words:
            await case_notes.add(
                session, database.vault, talk.id, note_id=uuid4(), staff_id=staff.id,
                text=words, kind=case_notes.HAND_OVER, now=now,
            )  # fmt: skip

    await _as_owner(database, staff, conversation_id, epoch, step)


async def withdraw(
    database: Database, staff: Staff, conversation_id: UUID, *, epoch: int, now: datetime
) -> None:
    """Take back the offer of this talk.

    Raises:
        NotOwner, StaleEpoch: nothing was written.
    """

    async def step(session: Session, talk: Conversation) -> None:
        await offers.take_back(session, talk.id)
        await steps.note(session, staff, "withdraw", talk, now=now)

    await _as_owner(database, staff, conversation_id, epoch, step)


async def accept(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    now: datetime,
) -> Conversation:
    """Become the owner of a talk that was offered, and tell the person; the old epoch ends.

    Raises:
        NotOffered: it is not offered to this counselor under this epoch (any more).
        Dismissed: this counselor works here no longer.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            if await duty.is_dismissed(session, staff.id):
                raise Dismissed("dismissed")
            before = await _offered(session, staff, conversation_id, epoch=epoch)
            return await hand_to(
                session, database.vault, notices, before, staff.id,
                by=staff, action="transfer", now=now,
            )  # fmt: skip

    return await steps.tried(step)


async def decline(
    database: Database, staff: Staff, conversation_id: UUID, *, epoch: int, now: datetime
) -> None:
    """Say no to an offer; the talk stays with its owner.

    Raises:
        NotOffered: it is not offered to this counselor under this epoch (any more).
    """
    async with database.transaction() as session:
        talk = await _offered(session, staff, conversation_id, epoch=epoch)
        await offers.take_back(session, talk.id)
        await steps.note(session, staff, "decline", talk, now=now)


async def give_to_bot(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    seen: int,
    now: datetime,
) -> None:
    """Let the bot answer again, unless the young person wrote after line `seen`; they are told.

    Raises:
        NotOwner, StaleEpoch, Unread: nothing was written.
    """

    async def step(session: Session, before: Conversation) -> None:
        if await transcript.spoken_after(session, before.id, Speaker.PERSON, seen):
            raise Unread("unread_words")
        after = lifecycle.given_to_bot(before)
        talk = await steps.save(session, before, after, staff=staff, action="to_bot", now=now)
        notice = notices.to_bot(talk.language)
        await steps.send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)

    await _as_owner(database, staff, conversation_id, epoch, step)


async def judge_risk(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    risk: Risk,
    now: datetime,
) -> None:
    """Set the risk of a talk as its counselor sees it; what is written later can raise it again.

    Raises:
        NotOwner, StaleEpoch: nothing was written.
    """

    async def step(session: Session, before: Conversation) -> None:
        after = replace(before, risk=risk)
        action = f"risk_{before.risk.value}_to_{risk.value}"
        await steps.save(session, before, after, staff=staff, action=action, now=now)

    await _as_owner(database, staff, conversation_id, epoch, step)


async def write_note(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    key: UUID,
    text: str,
    now: datetime,
) -> None:
    """Write something down about a talk; the same `key` again is the same note.

    Its owner may, and the colleague who reads along.

    Raises:
        NotOwner, StaleEpoch, TextRefused: nothing was written.
    """
    words = checked(text)

    async def step() -> None:
        async with database.transaction() as session:
            talk = await steps.read_by(session, staff, conversation_id, epoch=epoch)
            await _add_note(database, session, staff, talk, key=key, words=words, now=now)

    await steps.tried(step)


async def _add_note(
    database: Database,
    session: Session,
    staff: Staff,
    talk: Conversation,
    *,
    key: UUID,
    words: str,
    now: datetime,
) -> None:
    made = await case_notes.add(
        session, database.vault, talk.id, note_id=key, staff_id=staff.id, text=words,
        kind=case_notes.NOTE, now=now,
    )  # fmt: skip
    if made:
        await steps.note(session, staff, "note", talk, now=now)
        return
    known = await case_notes.read(session, database.vault, talk.id)
    if (key, words) not in [(one.id, one.text) for one in known]:
        raise TextRefused("key_used")


async def notes(session: Session, database: Database, talk_id: UUID) -> tuple[CaseNote, ...]:
    """Open the notes of a talk for the owner who reads it; reading it was written down."""
    return await case_notes.read(session, database.vault, talk_id)


async def is_here(session: Session, staff: Staff, colleague: UUID, *, now: datetime) -> None:
    """See that a colleague can be asked for something.

    Raises:
        NotOffered: they are away, or it is oneself (`colleague_away`).
    """
    here = {
        one.id
        for one in await presence.colleagues(session, now=now)
        if one.presence is not Presence.AWAY and one.id != staff.id
    }
    if colleague not in here:
        raise NotOffered("colleague_away")


async def _as_owner(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    epoch: int,
    act: Callable[[Session, Conversation], Awaitable[None]],
) -> None:
    async def step() -> None:
        async with database.transaction() as session:
            talk = await steps.owned(session, staff, conversation_id, epoch=epoch)
            await act(session, talk)

    await steps.tried(step)


async def _offered(
    session: Session, staff: Staff, conversation_id: UUID, *, epoch: int
) -> Conversation:
    found = await offers.of_talk(session, conversation_id)
    if found != Offer(conversation_id, epoch, staff.id):
        raise NotOffered("not_offered")
    try:
        talk = await conversations.get(session, conversation_id)
    except NotFound:
        raise NotOffered("not_offered") from None
    if talk.state is not ConversationState.ACTIVE or talk.epoch != epoch:
        raise NotOffered("not_offered")
    return talk

"""The line in front of the counselors: ask, claim, say, give back, close; lease and epoch."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from handoff import lifecycle
from handoff.errors import AlreadyClaimed, NotOwner, StaleEpoch, TextRefused, Unread
from handoff.notices import Notice, Notices
from storage import audit, conversations, outbox, transcript
from storage.database import Database, Session
from storage.errors import ConversationChanged, NotFound, StorageError
from storage.records import (
    AskReason,
    Conversation,
    ConversationState,
    Line,
    Risk,
    Speaker,
    Staff,
)
from storage.vault import Vault

log = logging.getLogger("gyeot.queue")

LEASE = timedelta(seconds=45)
"""How long a counselor keeps a talk after their console was last heard."""

MAX_TEXT = 1000
"""Characters of one message of a counselor; every channel carries them in one piece."""

ATTEMPTS = 4
"""How often a step is tried when other steps of the same conversation come between."""

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
    return await _save(session, conversation, after, staff=None, action="ask", now=now)


async def cancel(session: Session, conversation: Conversation, *, now: datetime) -> Conversation:
    """Give a waiting conversation back to the bot, because the young person said so.

    Raises:
        ConversationChanged: somebody else changed it since it was read.
        IllegalTransition: it does not wait.
    """
    after = lifecycle.cancelled(conversation)
    return await _save(session, conversation, after, staff=None, action="cancel", now=now)


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
        await _note(session, None, "leave", conversation, now=now)
        return conversation
    return await _save(session, conversation, after, staff=None, action="leave", now=now)


async def claim(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    version: int,
    now: datetime,
) -> Conversation:
    """Make this counselor the only owner of a waiting conversation, and tell the person.

    Args:
        version: the card's, as the counselor saw it.

    Raises:
        AlreadyClaimed: the card is not what it was.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await _waiting(session, conversation_id, version=version)
            return await _take(session, database.vault, notices, staff, before, now=now)

    return await _tried(step)


async def claim_next(
    database: Database, notices: Notices, staff: Staff, *, now: datetime
) -> Conversation | None:
    """Claim the most urgent conversation; None when nobody waits."""

    async def step() -> Conversation | None:
        async with database.transaction() as session:
            cards = await conversations.queue(session)
            for card in cards:
                # A colleague who took this card a moment ago leaves us the next one.
                with suppress(ConversationChanged):
                    return await _take(session, database.vault, notices, staff, card, now=now)
            if cards:
                raise ConversationChanged("queue")
            return None

    return await _tried(step)


async def say(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    text: str,
    key: UUID,
    now: datetime,
) -> Line:
    """Send a counselor's words to the young person.

    Args:
        key: chosen by the console for this message and kept until it is answered; it becomes
            the line's id, so the same key twice is one message.

    Raises:
        TextRefused, NotOwner, StaleEpoch: nothing was written.
    """
    words = checked(text)

    async def step() -> Line:
        async with database.transaction() as session:
            before = await _owned(session, staff, conversation_id, epoch=epoch)
            earlier = await transcript.find(session, database.vault, before.id, key)
            if earlier is not None:
                return earlier
            # Saved first: the version proves that nobody took the talk while we looked.
            talk = await _save(session, before, before, staff=staff, action="say", now=now)
            notice = Notice(words, notices.counselor(words, talk.language))
            return await _send(
                session, database.vault, talk, notice, speaker=Speaker.COUNSELOR, now=now, key=key
            )

    return await _tried(step)


async def release(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    now: datetime,
) -> Conversation:
    """Give a talk back to the queue, at the place it had, and tell the person.

    Raises:
        NotOwner, StaleEpoch: nothing was written.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await _owned(session, staff, conversation_id, epoch=epoch)
            after = lifecycle.released(before)
            talk = await _save(session, before, after, staff=staff, action="release", now=now)
            notice = notices.returned(talk.language)
            await _send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)
            return talk

    return await _tried(step)


async def close(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    seen: int,
    now: datetime,
) -> Conversation:
    """Say goodbye and end the talk, unless the young person wrote after line `seen`.

    There is nothing to write down yet, so the wrap-up is finished in the same step.

    Raises:
        NotOwner, StaleEpoch, Unread: nothing was written.
    """

    async def step() -> Conversation:
        async with database.transaction() as session:
            before = await _owned(session, staff, conversation_id, epoch=epoch)
            if await transcript.spoken_after(session, before.id, Speaker.PERSON, seen):
                raise Unread("unread_words")
            notice = notices.goodbye(before.language)
            await _send(session, database.vault, before, notice, speaker=Speaker.BOT, now=now)
            after = lifecycle.finished(lifecycle.closed(before, now=now))
            return await _save(session, before, after, staff=staff, action="close", now=now)

    return await _tried(step)


async def heartbeat(database: Database, staff: Staff, *, now: datetime) -> int:
    """Keep all talks of this counselor for another lease; return how many there are."""
    async with database.transaction() as session:
        return await conversations.extend_leases(session, staff.id, lease_until=now + LEASE)


async def lapse(database: Database, notices: Notices, *, now: datetime) -> int:
    """Put the talks of counselors who are gone back into the queue; return how many.

    Each keeps its risk and its place in line, and its person is told. Each is a transaction of
    its own, so one that fails holds up no other; it is tried again at the next call.
    """
    async with database.reading() as session:
        overdue = await conversations.lapsed(session, now=now)
    return sum([await _lapse_one(database, notices, one.id, now=now) for one in overdue])


async def open_transcript(
    database: Database, staff: Staff, conversation_id: UUID, *, epoch: int, now: datetime
) -> None:
    """Note that this counselor reads a talk from here on; commit before a word is opened.

    Raises:
        NotOwner, StaleEpoch: it is not theirs to read.
    """
    async with database.transaction() as session:
        talk = await _owned(session, staff, conversation_id, epoch=epoch)
        await _note(session, staff, "read", talk, now=now)


def checked(text: str) -> str:
    """Return the text as it will be sent: without outer white space, 1 to 1000 characters.

    Raises:
        TextRefused: empty, too long, or with a NUL or half a surrogate pair in it.
    """
    words = text.strip()
    if not words:
        raise TextRefused("text_empty")
    if len(words) > MAX_TEXT:
        raise TextRefused("text_too_long")
    if "\0" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
        raise TextRefused("text_unreadable")
    return words


_Result = TypeVar("_Result")


async def _tried(step: Callable[[], Awaitable[_Result]]) -> _Result:
    """Take a step again, from the start, when another step came between."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await step()
        except ConversationChanged:
            continue
    return await step()


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
    taken = await _save(session, before, after, staff=staff, action="claim", now=now)
    notice = notices.joined(taken.language)
    await _send(session, vault, taken, notice, speaker=Speaker.BOT, now=now)
    return taken


async def _owned(
    session: Session, staff: Staff, conversation_id: UUID, *, epoch: int
) -> Conversation:
    try:
        talk = await conversations.get(session, conversation_id)
    except NotFound:
        raise NotOwner("not_owner") from None
    if talk.state is not ConversationState.ACTIVE or talk.owner_id != staff.id:
        raise NotOwner("not_owner")
    if talk.epoch != epoch:
        raise StaleEpoch("stale_epoch")
    return talk


async def _send(
    session: Session,
    vault: Vault,
    talk: Conversation,
    notice: Notice,
    *,
    speaker: Speaker,
    now: datetime,
    key: UUID | None = None,
) -> Line:
    line = await transcript.append(
        session, vault, talk.id, speaker=speaker, text=notice.text, kind="reply", at=now,
        line_id=key,
    )  # fmt: skip
    from_counselor = speaker is Speaker.COUNSELOR
    await outbox.put(
        session, vault, talk, line, notice.body, from_counselor=from_counselor, now=now
    )
    return line


async def _lapse_one(
    database: Database, notices: Notices, conversation_id: UUID, *, now: datetime
) -> bool:
    try:
        async with database.transaction() as session:
            before = await conversations.get(session, conversation_id)
            if before.lease_until is None or before.lease_until >= now:
                return False  # the counselor came back, or gave it up, a moment ago
            after = lifecycle.lapsed(before)
            talk = await _save(session, before, after, staff=None, action="lapse", now=now)
            notice = notices.returned(talk.language)
            await _send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)
    except StorageError as error:
        log.error("lapse failed", extra={"conversation": conversation_id, "code": error.code})
        return False
    return True


async def _save(
    session: Session,
    before: Conversation,
    after: Conversation,
    *,
    staff: Staff | None,
    action: str,
    now: datetime,
) -> Conversation:
    saved = await conversations.save(session, before, after)
    await _note(session, staff, action, saved, now=now)
    return saved


async def _note(
    session: Session, staff: Staff | None, action: str, talk: Conversation, *, now: datetime
) -> None:
    await audit.record(session, staff=staff, action=action, object_id=talk.id, now=now)

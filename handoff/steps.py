"""What every step of a talk is made of: try again, save with its audit row, send."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from handoff import tally
from handoff.errors import NotOwner, StaleEpoch
from handoff.notices import Notice
from storage import audit, companions, conversations, outbox, transcript
from storage.database import Session
from storage.errors import ConversationChanged, KeyMissing, NotFound, SealBroken
from storage.records import Conversation, ConversationState, Line, Speaker, Staff
from storage.vault import Vault

log = logging.getLogger("gyeot.queue")

ATTEMPTS = 4
"""How often a step is tried when other steps of the same conversation come between."""

_Result = TypeVar("_Result")


async def tried(
    step: Callable[[], Awaitable[_Result]], *, attempts: int = ATTEMPTS, pause: float = 0.0
) -> _Result:
    """Take a step again, from the start, when another step came between.

    Args:
        step: opens its own transaction.
        attempts: how often in all.
        pause: seconds between two attempts.

    Raises:
        ConversationChanged: other steps came between every time.
    """
    for _ in range(attempts - 1):
        try:
            return await step()
        except ConversationChanged:
            await asyncio.sleep(pause)
    return await step()


async def save(
    session: Session,
    before: Conversation,
    after: Conversation,
    *,
    staff: Staff | None,
    action: str,
    now: datetime,
) -> Conversation:
    """Write a change of a talk and who made it, in one transaction: both or neither.

    Raises:
        ConversationChanged: somebody else changed it since it was read.
    """
    saved = await conversations.save(session, before, after)
    await tally.note(session, before, saved, now=now)
    await note(session, staff, action, saved, now=now)
    return saved


async def note(
    session: Session,
    staff: Staff | None,
    action: str,
    talk: Conversation,
    *,
    purpose: str = "",
    now: datetime,
) -> None:
    """Write down an act on a talk that does not change it."""
    await audit.record(
        session, staff=staff, action=action, object_id=talk.id, purpose=purpose, now=now
    )


async def send(
    session: Session,
    vault: Vault,
    talk: Conversation,
    notice: Notice,
    *,
    speaker: Speaker,
    now: datetime,
    key: UUID | None = None,
) -> Line:
    """Put words into the transcript and on their way to the young person.

    Args:
        session: the open transaction.
        vault: holds the talk's key.
        talk: the one the words belong to.
        notice: the words, and how they travel.
        speaker: BOT for a notice, COUNSELOR for a counselor's own words.
        now: aware UTC time.
        key: the line's id, if a console chose one.

    Raises:
        KeyMissing: the talk's key was destroyed; end the transaction.
    """
    line = await transcript.append(
        session, vault, talk.id, speaker=speaker, text=notice.text, kind="reply", at=now,
        line_id=key,
    )  # fmt: skip
    from_counselor = speaker is Speaker.COUNSELOR
    await outbox.put(
        session, vault, talk, line, notice.body, from_counselor=from_counselor, now=now
    )
    return line


async def can_be_sealed(vault: Vault, talk: Conversation) -> bool:
    """Tell whether words of this talk can be written; an error is logged when they cannot."""
    try:
        await vault.data_key(talk.id)
    except (KeyMissing, SealBroken) as error:
        log.error("talk has no key", extra={"conversation": talk.id, "code": error.code})
        return False
    return True


async def owned(
    session: Session, staff: Staff, conversation_id: UUID, *, epoch: int
) -> Conversation:
    """Return a talk that this counselor leads under this epoch.

    Raises:
        NotOwner, StaleEpoch: it is not theirs.
    """
    talk = await active(session, conversation_id)
    if talk.owner_id != staff.id:
        raise NotOwner("not_owner")
    if talk.epoch != epoch:
        raise StaleEpoch("stale_epoch")
    return talk


async def read_by(
    session: Session, staff: Staff, conversation_id: UUID, *, epoch: int
) -> Conversation:
    """Return a talk that this counselor leads, or reads along, under this epoch.

    Raises:
        NotOwner, StaleEpoch: neither is so.
    """
    along = await companions.of_talk(session, conversation_id)
    if along is None or not along.joined or along.staff_id != staff.id:
        return await owned(session, staff, conversation_id, epoch=epoch)
    if along.epoch != epoch:
        raise StaleEpoch("stale_epoch")
    return await active(session, conversation_id)


async def active(session: Session, conversation_id: UUID) -> Conversation:
    """Return a talk that somebody leads.

    Raises:
        NotOwner: nobody does.
    """
    try:
        talk = await conversations.get(session, conversation_id)
    except NotFound:
        raise NotOwner("not_owner") from None
    if talk.state is not ConversationState.ACTIVE:
        raise NotOwner("not_owner")
    return talk


async def was_lost_by(session: Session, staff: Staff, talk: Conversation) -> bool:
    """Tell whether a waiting talk was this counselor's until their console was silent too long."""
    acts = await audit.entries(session, object_id=talk.id)
    hands = [(act.action, act.staff_id) for act in acts if act.action in _CHANGING_HANDS]
    return hands[-2:] in ([(taken, staff.id), ("lapse", None)] for taken in ("claim", "transfer"))


_CHANGING_HANDS = ("claim", "release", "transfer", "to_bot", "lapse", "dismiss", "cancel")

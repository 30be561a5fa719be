"""Talks that go over from one channel to another, by a reference the person carries."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select

from storage import conversations, outbox
from storage.database import Session
from storage.errors import NotFound
from storage.records import OPEN_STATES, Contact, Conversation
from storage.tables import crossings

LIFETIME = timedelta(days=1)
REFERENCE_BYTES = 16


async def offer(session: Session, conversation: Conversation, *, now: datetime) -> str:
    """Make a reference to this talk: opaque, for one crossing, within `LIFETIME`.

    Only its SHA-256 is stored. Accounts of two channels are never compared.
    """
    reference = secrets.token_urlsafe(REFERENCE_BYTES)
    await session.execute(
        insert(crossings).values(
            reference_hash=_hash(reference),
            conversation_id=conversation.id,
            expires_at=now + LIFETIME,
        )
    )
    return reference


async def cross(
    session: Session, reference: str, contact: Contact, *, now: datetime
) -> Conversation:
    """Continue the talk that `reference` names with this contact; the old channel is released.

    What has not arrived there yet is sent here.

    Raises:
        NotFound: the reference is unknown, used or out of date, the talk is over, or this
            contact has a talk of its own already.
        ConversationChanged: somebody else changed the talk meanwhile.
    """
    before = await conversations.get(session, await _use(session, reference, now=now))
    occupied = await conversations.open_talk(session, contact.id)
    if before.state not in OPEN_STATES or occupied is not None:
        raise NotFound("crossing")
    after = await conversations.move(session, before, contact)
    await outbox.redirect(session, after, now=now)
    return after


async def _use(session: Session, reference: str, *, now: datetime) -> UUID:
    known = crossings.c.reference_hash == _hash(reference)
    query = select(crossings.c.conversation_id).where(known, crossings.c.expires_at > now)
    found: UUID | None = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("crossing")
    await session.execute(delete(crossings).where(known))
    return found


def _hash(reference: str) -> bytes:
    return hashlib.sha256(reference.encode("utf-8", "surrogatepass")).digest()

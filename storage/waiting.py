"""Those who wait for a counselor, as far as words of ours may go to them unasked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select

from storage.database import Session
from storage.records import ConversationState, DeliveryState
from storage.tables import contacts, conversations, outbox

_NOT_ARRIVED = (DeliveryState.PENDING, DeliveryState.WAITING_FOR_USER, DeliveryState.HELD)


async def not_now(session: Session, *, since: datetime) -> frozenset[UUID]:
    """Return the waiting talks to which nothing more may go.

    Something went out to them after `since`, or has not arrived yet, or nobody is there.
    """
    lately = exists().where(
        outbox.c.conversation_id == conversations.c.id,
        or_(outbox.c.created_at > since, outbox.c.state.in_(_NOT_ARRIVED)),
    )
    query = (
        select(conversations.c.id)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .where(
            conversations.c.state == ConversationState.QUEUED,
            or_(lately, contacts.c.gone_at.is_not(None)),
        )
    )
    return frozenset((await session.execute(query)).scalars())

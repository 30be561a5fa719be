"""Talks that a named colleague is asked to take; one offer a talk, for one epoch."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from storage.database import Session, Topic, wake
from storage.records import ConversationState, Offer
from storage.tables import conversations, insert_into, offers


async def make(session: Session, offer: Offer, *, now: datetime) -> None:
    """Ask a colleague; an earlier offer of the same talk is replaced."""
    values = {"epoch": offer.epoch, "staff_id": offer.staff_id, "made_at": now}
    statement = insert_into(session, offers).values(conversation_id=offer.conversation_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["conversation_id"], set_=values)
    )
    wake(session, Topic.QUEUE)


async def take_back(session: Session, conversation_id: UUID) -> None:
    """End the offer of a talk, if there is one."""
    await session.execute(delete(offers).where(offers.c.conversation_id == conversation_id))
    wake(session, Topic.QUEUE)


async def of_talk(session: Session, conversation_id: UUID) -> Offer | None:
    """Return the offer that stands for a talk, None when there is none."""
    return (await standing(session, [conversation_id])).get(conversation_id)


async def standing(
    session: Session, talk_ids: Collection[UUID] | None = None
) -> Mapping[UUID, Offer]:
    """Return the offers that stand, by talk; only of these talks if they are given."""
    query = (
        select(offers.c.conversation_id, offers.c.epoch, offers.c.staff_id)
        .join(conversations, conversations.c.id == offers.c.conversation_id)
        .where(
            conversations.c.state == ConversationState.ACTIVE,
            conversations.c.epoch == offers.c.epoch,
        )
    )
    if talk_ids is not None:
        query = query.where(offers.c.conversation_id.in_(talk_ids))
    return {row.conversation_id: Offer(*row) for row in await session.execute(query)}

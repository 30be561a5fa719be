"""Colleagues whom the owner of a talk asks to read along; one a talk, for one epoch."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from storage.database import Session, Topic, wake
from storage.records import Companion, ConversationState
from storage.tables import companions, conversations, insert_into


async def ask(session: Session, companion: Companion, *, now: datetime) -> None:
    """Ask somebody to read along; who was asked, or read along, before does so no longer."""
    values = {
        "epoch": companion.epoch,
        "staff_id": companion.staff_id,
        "asked_at": now,
        "joined_at": None,
    }
    statement = insert_into(session, companions).values(
        conversation_id=companion.conversation_id, **values
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["conversation_id"], set_=values)
    )
    wake(session, Topic.QUEUE)


async def join(session: Session, asked: Companion, staff_id: UUID, *, now: datetime) -> bool:
    """Note who reads along; False when somebody else came first, or it was ended meanwhile."""
    joined = await session.execute(
        update(companions)
        .where(
            companions.c.conversation_id == asked.conversation_id,
            companions.c.epoch == asked.epoch,
            companions.c.joined_at.is_(None),
        )
        .values(staff_id=staff_id, joined_at=now)
    )
    wake(session, Topic.QUEUE)
    return joined.rowcount == 1


async def end(session: Session, conversation_id: UUID) -> None:
    """Let nobody read along any more, and nobody be asked to."""
    await session.execute(delete(companions).where(companions.c.conversation_id == conversation_id))
    wake(session, Topic.QUEUE)


async def of_talk(session: Session, conversation_id: UUID) -> Companion | None:
    """Return who is asked to read a talk along, or does; None when nobody."""
    return (await standing(session, [conversation_id])).get(conversation_id)


async def standing(
    session: Session, talk_ids: Collection[UUID] | None = None
) -> Mapping[UUID, Companion]:
    """Return who reads along or is asked to, by talk; only of these talks if they are given."""
    query = (
        select(
            companions.c.conversation_id,
            companions.c.epoch,
            companions.c.staff_id,
            companions.c.joined_at,
        )
        .join(conversations, conversations.c.id == companions.c.conversation_id)
        .where(
            conversations.c.state == ConversationState.ACTIVE,
            conversations.c.epoch == companions.c.epoch,
        )
    )
    if talk_ids is not None:
        query = query.where(companions.c.conversation_id.in_(talk_ids))
    return {
        row.conversation_id: Companion(
            row.conversation_id, row.epoch, row.staff_id, row.joined_at is not None
        )
        for row in await session.execute(query)
    }

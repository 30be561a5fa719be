"""Supervisors who read a led talk along, so that its counselor sees it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from storage.database import Session, Topic, wake
from storage.tables import insert_into, readers

GONE = timedelta(seconds=30)
"""Who did not look for so long reads along no longer; their next look is a new opening."""


async def upto(session: Session, conversation_id: UUID, staff_id: UUID, *, now: datetime) -> int:
    """Return the last line that is written down as read by somebody who still reads along."""
    query = select(readers.c.upto).where(
        readers.c.conversation_id == conversation_id,
        readers.c.staff_id == staff_id,
        readers.c.seen_at > now - GONE,
    )
    return (await session.execute(query)).scalar_one_or_none() or 0


async def look(
    session: Session, conversation_id: UUID, staff_id: UUID, *, upto: int, now: datetime
) -> None:
    """Note that somebody reads along, up to this line; the talk's counselor is told."""
    values = {"upto": upto, "seen_at": now}
    statement = insert_into(session, readers).values(
        conversation_id=conversation_id, staff_id=staff_id, **values
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["conversation_id", "staff_id"], set_=values)
    )
    wake(session, Topic.QUEUE)


async def of_talks(
    session: Session, talk_ids: Collection[UUID], *, now: datetime
) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return who reads each of these talks along now."""
    if not talk_ids:
        return {}
    query = (
        select(readers.c.conversation_id, readers.c.staff_id)
        .where(readers.c.conversation_id.in_(talk_ids), readers.c.seen_at > now - GONE)
        .order_by(readers.c.conversation_id, readers.c.staff_id)
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for row in await session.execute(query):
        found[row.conversation_id] = (*found.get(row.conversation_id, ()), row.staff_id)
    return found

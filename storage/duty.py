"""Whether a member of staff still works here."""

from uuid import UUID

from sqlalchemy import delete, select, update

from storage.database import Session
from storage.errors import NotFound
from storage.tables import staff, staff_sessions
from storage.wakeups import Topic, wake


async def dismiss(session: Session, staff_id: UUID) -> None:
    """Let somebody work here no longer, and end every session of theirs.

    Raises:
        NotFound: nobody of this id works here.
    """
    statement = update(staff).where(staff.c.id == staff_id).values(active=False)
    known = await session.execute(statement.returning(staff.c.id))
    if known.one_or_none() is None:
        raise NotFound("staff")
    await session.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id))
    wake(session, Topic.QUEUE)  # their open consoles are told at once


async def is_dismissed(session: Session, staff_id: UUID) -> bool:
    """Tell whether somebody was dismissed; a dismissal waits until this transaction ends."""
    query = select(staff.c.active).where(staff.c.id == staff_id).with_for_update(read=True)
    return (await session.execute(query)).scalar_one_or_none() is False

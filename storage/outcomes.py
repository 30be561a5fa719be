"""How talks ended, in categories."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from storage.database import Session
from storage.records import FollowUp, Outcome
from storage.tables import insert_into, outcomes


async def record(
    session: Session,
    conversation_id: UUID,
    *,
    staff_id: UUID,
    outcome: Outcome,
    follow_up: FollowUp,
    now: datetime,
) -> None:
    """Write down how a talk ended, in the transaction that ends it."""
    await session.execute(
        insert_into(session, outcomes).values(
            conversation_id=conversation_id,
            staff_id=staff_id,
            outcome=outcome,
            follow_up=follow_up,
            at=now,
        )
    )


async def of_talk(session: Session, conversation_id: UUID) -> tuple[Outcome, FollowUp] | None:
    """Return how a talk ended, None when nobody said."""
    query = select(outcomes.c.outcome, outcomes.c.follow_up).where(
        outcomes.c.conversation_id == conversation_id
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (Outcome(row.outcome), FollowUp(row.follow_up))

"""Who of the staff is here and may be given a talk."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from storage.database import Session, Topic, wake
from storage.records import Colleague, Presence, Role
from storage.tables import insert_into, presence, staff

SILENT = timedelta(seconds=45)  # as long as a lease: whose console was not heard of is away
_TAKES_TALKS = (Role.COUNSELOR, Role.SUPERVISOR)


async def beat(session: Session, staff_id: UUID, *, now: datetime) -> None:
    """Note that a console of theirs is alive, and hold their row for this transaction.

    Who comes for the first time is available.
    """
    statement = insert_into(session, presence).values(
        staff_id=staff_id, state=Presence.AVAILABLE, seen_at=now
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["staff_id"], set_={"seen_at": now})
    )


async def choose(session: Session, staff_id: UUID, state: Presence, *, now: datetime) -> None:
    """Write down what they said of themselves; every console learns of it."""
    await beat(session, staff_id, now=now)
    await session.execute(
        update(presence).where(presence.c.staff_id == staff_id).values(state=state)
    )
    wake(session, Topic.QUEUE)


async def colleagues(session: Session, *, now: datetime) -> tuple[Colleague, ...]:
    """Return everybody who works here and can lead a talk, by name."""
    query = (
        select(staff.c.id, staff.c.name, presence.c.state, presence.c.seen_at)
        .outerjoin(presence, presence.c.staff_id == staff.c.id)
        .where(staff.c.active, staff.c.role.in_(_TAKES_TALKS))
        .order_by(staff.c.name)
    )
    rows = await session.execute(query)
    return tuple(Colleague(row.id, row.name, _now(row.state, row.seen_at, now=now)) for row in rows)


def _now(state: str | None, seen_at: datetime | None, *, now: datetime) -> Presence:
    if state is None or seen_at is None or seen_at < now - SILENT:
        return Presence.AWAY
    return Presence(state)

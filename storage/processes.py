"""The processes of the house, and what one that died held."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update

from storage.database import Session
from storage.records import DeliveryState
from storage.tables import contacts, insert_into, outbox, processes, routes

LIVE = timedelta(seconds=10)
"""How long after its last beat a process counts as alive; five times the pause between two."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one process may send where only the holder of a connection can.

    `channels` are those on which a person is reached through one process only: the one that
    has their web tab or their open request.
    """

    process: UUID
    channels: frozenset[str]


async def beat(session: Session, process: UUID, *, roles: str, now: datetime) -> bool:
    """Say that a process is alive.

    Returns:
        Whether others took it for dead meanwhile, and may have tried to reach whom it holds.
    """
    earlier = await session.execute(select(processes.c.seen_at).where(processes.c.id == process))
    seen_at: datetime | None = earlier.scalar_one_or_none()
    statement = insert_into(session, processes).values(
        id=process, roles=roles, started_at=now, seen_at=now
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now})
    )
    return seen_at is None or seen_at <= now - LIVE


async def leave(session: Session, process: UUID) -> None:
    """Say that a process ends; whom it held may be reached by others at once."""
    await session.execute(delete(processes).where(processes.c.id == process))


async def count_live(session: Session, role: str, *, now: datetime) -> int:
    """Return how many living processes have a role."""
    query = select(func.count()).where(
        processes.c.seen_at > now - LIVE, processes.c.roles.contains(role, autoescape=True)
    )
    return int((await session.execute(query)).scalar_one())


async def start_alone(session: Session, *, now: datetime) -> None:
    """Take over all that earlier processes held; only where no other process can be alive."""
    await session.execute(delete(processes))
    await session.execute(update(routes).values(lease_until=None))
    await session.execute(
        update(outbox)
        # What was given back for later has no try under way, and waits on.
        .where(outbox.c.state == DeliveryState.PENDING, outbox.c.tries > 0, outbox.c.due_at > now)
        .values(due_at=now, fence=outbox.c.fence + 1)
    )


def reach(holding: Holding, *, now: datetime) -> dict[str, Any]:
    """Return the parameters of `REACHABLE`."""
    return {"held": sorted(holding.channels), "me": holding.process, "beat_after": now - LIVE}


def _reachable() -> ColumnElement[bool]:
    held = outbox.c.channel.in_(bindparam("held", expanding=True))
    live = select(processes.c.id).where(processes.c.seen_at > bindparam("beat_after"))
    mine = or_(
        contacts.c.holder.is_(None),
        contacts.c.holder == bindparam("me"),
        contacts.c.holder.not_in(live),
    )
    by_me = select(contacts.c.id).where(contacts.c.id == outbox.c.contact_id, mine).exists()
    return ~held | by_me


async def held_elsewhere(
    session: Session, holding: Holding, contact_id: UUID, *, now: datetime
) -> bool:
    """Tell whether another living process reaches a person; a new hold waits for this step."""
    query = select(contacts.c.holder).where(contacts.c.id == contact_id).with_for_update()
    holder: UUID | None = (await session.execute(query)).scalar_one_or_none()
    if holder is None or holder == holding.process:
        return False
    alive = select(processes.c.id).where(processes.c.id == holder, processes.c.seen_at > now - LIVE)
    return (await session.execute(alive)).first() is not None


REACHABLE = _reachable()
"""Tells in SQL whether a message of the outbox may be sent by this process.

Whom no living process holds may be tried by any: the channel then says that they are not
there, and their messages wait for their next touch.
"""

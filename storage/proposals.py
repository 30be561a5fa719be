"""Invitations that one person proposes and another one makes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, delete, insert, select

from storage.credentials import Proposal
from storage.database import Session
from storage.errors import NotFound
from storage.records import Role, Staff
from storage.tables import proposals, staff

LIFETIME = timedelta(days=3)


async def propose(
    session: Session, *, by: Staff, role: Role, with_password: bool, now: datetime
) -> Proposal:
    """Put an invitation before a second person; it is forgotten after `LIFETIME`."""
    await session.execute(delete(proposals).where(proposals.c.expires_at <= now))
    proposal = Proposal(uuid4(), role, with_password, by, now)
    await session.execute(
        insert(proposals).values(
            id=proposal.id,
            role=role,
            with_password=with_password,
            proposed_by=by.id,
            made_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return proposal


async def waiting(session: Session, *, now: datetime) -> Sequence[Proposal]:
    """Return what nobody has decided about, the oldest first."""
    query = _query(now).order_by(proposals.c.made_at)
    return [_proposal(row) for row in await session.execute(query)]


async def take(session: Session, proposal_id: UUID, *, now: datetime) -> Proposal:
    """Take a proposal away to decide about it; a second taker finds nothing.

    Raises:
        NotFound: it is unknown, decided or too old.
    """
    row = (await session.execute(_query(now).where(proposals.c.id == proposal_id))).one_or_none()
    gone = delete(proposals).where(proposals.c.id == proposal_id).returning(proposals.c.id)
    if row is None or (await session.execute(gone)).one_or_none() is None:
        raise NotFound("proposal")
    return _proposal(row)


def _query(now: datetime) -> Any:
    columns = (proposals, staff.c.name, staff.c.role.label("their_role"), staff.c.active)
    return (
        select(*columns)
        .join(staff, staff.c.id == proposals.c.proposed_by)
        .where(proposals.c.expires_at > now, staff.c.active)
    )


def _proposal(row: Row[Any]) -> Proposal:
    by = Staff(row.proposed_by, row.name, Role(row.their_role), row.active)
    return Proposal(row.id, Role(row.role), row.with_password, by, row.made_at)

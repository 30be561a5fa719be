"""Requests to see where a person writes from, each decided by a second person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from storage import places
from storage.database import Session
from storage.errors import NotFound
from storage.tables import audit, contacts, conversations, unmaskings
from storage.vault import Vault

SHOWN_FOR = timedelta(minutes=30)
"""How long an approved address can be looked at."""

APPROVED = "unmask_approve"
"""The act in the audit log that `count` counts."""


class UnmaskReason(StrEnum):
    """The only two reasons for which somebody may be unmasked."""

    DANGER = "unmask_danger"  # somebody's life is in danger now
    DUTY = "unmask_duty"  # the law orders it


class UnmaskState(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Unmasking:
    """One request, without its written reason and without any address."""

    id: UUID
    talk: UUID
    asked_by: UUID
    reason: UnmaskReason
    note: UUID
    asked_at: datetime
    state: UnmaskState
    decided_by: UUID | None
    decided_at: datetime | None
    told_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Tell whether its address can be looked at now."""
        if self.state is not UnmaskState.APPROVED or self.decided_at is None:
            return False
        return self.decided_at <= now < self.decided_at + SHOWN_FOR


async def ask(session: Session, request: Unmasking) -> None:
    """Write a request down."""
    await session.execute(
        insert(unmaskings).values(
            id=request.id,
            conversation_id=request.talk,
            asked_by=request.asked_by,
            reason=request.reason,
            note_id=request.note,
            asked_at=request.asked_at,
            state=request.state,
        )
    )


async def get(session: Session, request_id: UUID, *, hold: bool = False) -> Unmasking:
    """Return one request, held for this transaction on demand.

    Raises:
        NotFound: there is none, or its talk was erased.
    """
    query = select(unmaskings).where(unmaskings.c.id == request_id)
    row = (await session.execute(query.with_for_update() if hold else query)).one_or_none()
    if row is None:
        raise NotFound("unmasking")
    return _record(row)


async def of_talk(session: Session, talk: UUID) -> tuple[Unmasking, ...]:
    """Return the requests about one talk, newest first."""
    query = select(unmaskings).where(unmaskings.c.conversation_id == talk)
    rows = await session.execute(query.order_by(unmaskings.c.asked_at.desc(), unmaskings.c.id))
    return tuple(_record(row) for row in rows)


async def undecided(session: Session) -> tuple[Unmasking, ...]:
    """Return what nobody has decided about, oldest first."""
    query = select(unmaskings).where(unmaskings.c.state == UnmaskState.ASKED)
    rows = await session.execute(query.order_by(unmaskings.c.asked_at, unmaskings.c.id))
    return tuple(_record(row) for row in rows)


async def decide(
    session: Session, request: Unmasking, state: UnmaskState, *, by: UUID, now: datetime
) -> None:
    """Write down what the second person said.

    Raises:
        NotFound: it is not undecided any more.
    """
    statement = (
        update(unmaskings)
        .where(unmaskings.c.id == request.id, unmaskings.c.state == UnmaskState.ASKED)
        .values(state=state, decided_by=by, decided_at=now)
        .returning(unmaskings.c.id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        raise NotFound("unmasking")


async def tell(session: Session, request: Unmasking, *, now: datetime) -> None:
    """Write down that the young person was told."""
    where = unmaskings.c.id == request.id
    await session.execute(update(unmaskings).where(where).values(told_at=now))


async def address(session: Session, vault: Vault, talk: UUID) -> str:
    """Open the address behind a talk. The caller audits and commits that first.

    Raises:
        NotFound: the person was erased or forgotten.
        SealBroken: it does not open at its place.
        KeyMissing: its key was destroyed.
    """
    query = select(contacts.c.id, contacts.c.channel, contacts.c.address_ct).join(
        conversations, conversations.c.contact_id == contacts.c.id
    )
    row = (await session.execute(query.where(conversations.c.id == talk))).one_or_none()
    if row is None or not row.address_ct:
        raise NotFound("address")
    key = await vault.data_key(row.id)
    return vault.open(key, row.address_ct, places.contact_address(row.id, row.channel))


async def count(session: Session, *, since: datetime | None = None) -> Mapping[UnmaskReason, int]:
    """Return how many were unmasked, by reason, as far back as the audit log goes.

    Counted from the log, so erasing a talk hides none.
    """
    query = select(audit.c.purpose, func.count()).where(audit.c.action == APPROVED)
    if since is not None:
        query = query.where(audit.c.at >= since)
    rows = (await session.execute(query.group_by(audit.c.purpose))).all()
    found = {row[0]: int(row[1]) for row in rows}
    return {reason: found.get(reason.value, 0) for reason in UnmaskReason}


def _record(row: Row[Any]) -> Unmasking:
    return Unmasking(
        id=row.id,
        talk=row.conversation_id,
        asked_by=row.asked_by,
        reason=UnmaskReason(row.reason),
        note=row.note_id,
        asked_at=row.asked_at,
        state=UnmaskState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        told_at=row.told_at,
    )

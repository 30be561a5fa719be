"""How many heavy talks somebody of the staff had, and what they wrote about it for themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, delete, func, insert, select, update

from storage import places
from storage.database import Session
from storage.keyring import Purpose
from storage.records import TRAINING, Conversation, Risk
from storage.tables import debriefs, heavy_talks, insert_into
from storage.vault import Vault

SHIFT = timedelta(hours=10)  # as long as the longest sign-in
DEBRIEFS = timedelta(days=30)  # how long a debrief is kept


@dataclass(frozen=True, slots=True)
class Debrief:
    """What somebody wrote down about their own day."""

    id: UUID
    staff_id: UUID
    at: datetime
    text: str = field(repr=False)


async def note(
    session: Session, before: Conversation, after: Conversation, *, now: datetime
) -> None:
    """Write down that a heavy talk has, or had, its counselor; training is not heavy."""
    owner = after.owner_id or before.owner_id
    if owner is None or max(before.risk, after.risk) < Risk.HIGH or before.channel == TRAINING:
        return
    key = {"staff_id": owner, "conversation_id": after.id}
    statement = insert_into(session, heavy_talks).values(**key, at=now).on_conflict_do_nothing()
    await session.execute(statement)
    if before.owner_id is not None and (after.owner_id != before.owner_id or after.closed_at):
        left = heavy_talks.c.staff_id == before.owner_id
        same = heavy_talks.c.conversation_id == after.id
        await session.execute(update(heavy_talks).where(left, same).values(ended_at=now))


async def endings(session: Session, staff_id: UUID, *, now: datetime) -> tuple[datetime, ...]:
    """Return when the heavy talks of this person's shift ended, oldest first."""
    query = select(heavy_talks.c.ended_at).where(
        heavy_talks.c.staff_id == staff_id, heavy_talks.c.ended_at > now - SHIFT
    )
    rows = await session.execute(query.order_by(heavy_talks.c.ended_at))
    return tuple(moment for moment in rows.scalars() if moment is not None)


async def counts(session: Session, *, now: datetime) -> Mapping[UUID, int]:
    """Return how many heavy talks everybody had in the last shift, those going on included."""
    query = select(heavy_talks.c.staff_id, func.count()).where(_in_shift(now))
    rows = (await session.execute(query.group_by(heavy_talks.c.staff_id))).all()
    return {row[0]: int(row[1]) for row in rows}


async def write(
    session: Session, vault: Vault, staff_id: UUID, text: str, *, now: datetime
) -> UUID:
    """Keep a debrief, sealed."""
    made = uuid4()
    sealed = vault.seal(vault.staff_key(), text, places.debrief(made, staff_id))
    await session.execute(
        insert(debriefs).values(id=made, staff_id=staff_id, at=now, text_ct=sealed)
    )
    return made


async def written(
    session: Session, *, staff_id: UUID | None = None
) -> tuple[tuple[UUID, UUID, datetime], ...]:
    """Return id, person and moment of the debriefs, newest first, without opening one."""
    query = select(debriefs.c.id, debriefs.c.staff_id, debriefs.c.at)
    if staff_id is not None:
        query = query.where(debriefs.c.staff_id == staff_id)
    rows = await session.execute(query.order_by(debriefs.c.at.desc(), debriefs.c.id))
    return tuple((row.id, row.staff_id, row.at) for row in rows)


async def read(session: Session, vault: Vault, debrief_id: UUID) -> Debrief | None:
    """Open one debrief; None when it is gone. The caller audits first.

    Raises:
        SealBroken: it does not open at its place.
        KeyMissing: its key is not in the keyring.
    """
    query = select(debriefs).where(debriefs.c.id == debrief_id)
    row: Row[Any] | None = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    key = vault.keyring_key(row.text_ct, Purpose.STAFF)
    text = vault.open(key, row.text_ct, places.debrief(row.id, row.staff_id))
    return Debrief(row.id, row.staff_id, row.at, text)


async def forget(session: Session, *, now: datetime) -> None:
    """Remove old debriefs, and what was counted of shifts that are over."""
    await session.execute(delete(debriefs).where(debriefs.c.at < now - DEBRIEFS))
    over = heavy_talks.c.ended_at < now - SHIFT
    await session.execute(delete(heavy_talks).where(over))


def _in_shift(now: datetime) -> Any:
    recent = heavy_talks.c.at > now - SHIFT
    return recent | (heavy_talks.c.ended_at > now - SHIFT)

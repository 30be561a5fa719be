"""Who did what to which conversation, and when; rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from storage.database import Session
from storage.engines import away_code
from storage.errors import NotWrittenDown
from storage.records import Staff
from storage.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, without content; `staff_id` is None when the service acted by itself."""

    at: datetime
    staff_id: UUID | None
    role: str | None
    action: str
    object_id: UUID | None
    purpose: str
    result: str


async def record(
    session: Session,
    *,
    staff: Staff | None,
    action: str,
    object_id: UUID | None,
    purpose: str = "",
    result: str = "ok",
    now: datetime,
) -> None:
    """Write down an act in the transaction that does it.

    Raises:
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    act = {
        "at": now,
        "staff_id": staff.id if staff else None,
        "role": staff.role if staff else None,
        "action": action,
        "object_id": object_id,
        "purpose": purpose,
        "result": result,
    }
    try:
        await session.execute(insert(audit), act)
    except DBAPIError as error:
        if away_code(error) is not None:
            raise  # the transaction says so at its end
        raise NotWrittenDown("audit") from None


async def note_broken(
    session: Session, object_id: UUID, *, purpose: str, code: str, now: datetime
) -> None:
    """Write down that a sealed value does not open at its place: altered, moved, or cut."""
    await record(
        session,
        staff=None,
        action="integrity_failure",
        object_id=object_id,
        purpose=purpose,
        result=code,
        now=now,
    )


async def moments(session: Session, action: str) -> Sequence[datetime]:
    """Return when an act was done, oldest first; of nobody and nothing else is told."""
    query = select(audit.c.at).where(audit.c.action == action, audit.c.result == "ok")
    return (await session.execute(query.order_by(audit.c.position))).scalars().all()


async def entries(session: Session, *, object_id: UUID | None = None) -> tuple[Entry, ...]:
    """Return the acts, oldest first; only those on one object if it is given."""
    query = select(audit).order_by(audit.c.position)
    if object_id is not None:
        query = query.where(audit.c.object_id == object_id)
    rows = await session.execute(query)
    return tuple(
        Entry(row.at, row.staff_id, row.role, row.action, row.object_id, row.purpose, row.result)
        for row in rows
    )

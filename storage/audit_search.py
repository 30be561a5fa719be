"""Looking things up in the audit log, for who audits it; never a word of a talk is near."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select

from storage.audit_seal import Behind, Sealed, behind, newest
from storage.database import Database, Session
from storage.tables import audit, staff

VERIFY = "verify_log"
"""The act of verifying; its result is SOUND or BROKEN."""

SOUND = "sound"
BROKEN = "broken"
INTEGRITY_FAILURE = "integrity_failure"
"""The act of finding a stored value that does not open where it stands."""

PAGE = 50
_BITE = 1000
_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts are looked for; None is any."""

    staff_id: UUID | None = None
    action: str | None = None
    object_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the log, with the pseudonym of who did it."""

    position: int
    at: datetime
    staff_id: UUID | None
    name: str | None  # None: the service itself, or somebody whose account is gone
    role: str | None
    action: str
    object_id: UUID | None
    purpose: str
    result: str
    batch: int | None


@dataclass(frozen=True, slots=True)
class State:
    """How the chain stands."""

    newest: Sealed | None
    behind: Behind
    verified: Act | None  # the last time somebody verified it on the page
    failures: int  # values that did not open, in the last 30 days


async def acts(
    session: Session, wanted: Wanted, *, before: int | None = None, most: int = PAGE
) -> Sequence[Act]:
    """Return the newest acts that are wanted, those before a position if it is given."""
    query = _query(wanted).order_by(audit.c.position.desc()).limit(most)
    if before is not None:
        query = query.where(audit.c.position < before)
    return [_act(row) for row in await session.execute(query)]


async def every(database: Database, wanted: Wanted) -> AsyncGenerator[Act]:
    """Go through all acts that are wanted, newest first, in bites that hold nothing open."""
    before: int | None = None
    while True:
        async with database.reading() as session:
            found = await acts(session, wanted, before=before, most=_BITE)
        for one in found:
            yield one
        if len(found) < _BITE:
            return
        before = found[-1].position


async def people(session: Session) -> Sequence[tuple[UUID, str]]:
    """Return everybody who works or worked here, by pseudonym."""
    rows = await session.execute(select(staff.c.id, staff.c.name).order_by(staff.c.name))
    return [(row.id, row.name) for row in rows]


async def state(database: Database, *, now: datetime) -> State:
    """Tell how the chain stands."""
    async with database.reading() as session:
        verified = await acts(session, Wanted(action=VERIFY), most=1)
        failed = select(func.count()).where(
            audit.c.action == INTEGRITY_FAILURE, audit.c.at > now - _LATELY
        )
        return State(
            await newest(session, database.vault),
            await behind(session),
            verified[0] if verified else None,
            (await session.execute(failed.select_from(audit))).scalar_one(),
        )


def _query(wanted: Wanted) -> Select[Any]:
    joined = audit.outerjoin(staff, staff.c.id == audit.c.staff_id)
    return select(audit, staff.c.name).select_from(joined).where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    exactly = (
        (audit.c.staff_id, wanted.staff_id),
        (audit.c.action, wanted.action),
        (audit.c.object_id, wanted.object_id),
    )
    conditions = [column == value for column, value in exactly if value is not None]
    if wanted.since is not None:
        conditions.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(audit.c.at < wanted.until)
    return conditions


def _act(row: Row[Any]) -> Act:
    return Act(
        row.position, row.at, row.staff_id, row.name, row.role, row.action, row.object_id,
        row.purpose, row.result, row.batch,
    )  # fmt: skip

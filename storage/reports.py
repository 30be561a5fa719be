"""Reports that the law orders: how far each has come; what it says is a sealed note."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from storage.database import Session
from storage.errors import ConversationChanged, NotFound
from storage.tables import insert_into, reports


class ReportState(StrEnum):
    """How far a report has come."""

    DRAFT = "draft"  # the duty is known, the clock runs
    TOLD = "told"  # the young person was told, or it is written why not
    ASKED = "asked"  # a supervisor is asked to sign
    SIGNED = "signed"  # somebody may bring it to the police now, by hand
    FILED = "filed"  # it was brought there; its receipt is a sealed note


@dataclass(frozen=True, slots=True)
class Report:
    """One report, without a word of what it says."""

    conversation_id: UUID
    state: ReportState
    noticed_at: datetime
    noticed_by: UUID
    told: str | None = None
    told_at: datetime | None = None
    asked_by: UUID | None = None
    signed_by: UUID | None = None
    signed_at: datetime | None = None
    filed_at: datetime | None = None


async def begin(session: Session, report: Report) -> bool:
    """Write a new report down; False when the talk has one."""
    statement = insert_into(session, reports).values(**asdict(report)).on_conflict_do_nothing()
    made = await session.execute(statement.returning(reports.c.conversation_id))
    return made.one_or_none() is not None


async def of_talk(session: Session, talk: UUID, *, hold: bool = False) -> Report | None:
    """Return the report about a talk, None when there is none."""
    query = select(reports).where(reports.c.conversation_id == talk)
    row = (await session.execute(query.with_for_update() if hold else query)).one_or_none()
    return None if row is None else _record(row)


async def get(session: Session, talk: UUID) -> Report:
    """Return the report about a talk, held for this transaction.

    Raises:
        NotFound: there is none, or its talk was erased.
    """
    found = await of_talk(session, talk, hold=True)
    if found is None:
        raise NotFound("report")
    return found


async def save(session: Session, before: Report, after: Report) -> None:
    """Write the next state down.

    Raises:
        ConversationChanged: somebody else was quicker.
    """
    statement = (
        update(reports)
        .where(reports.c.conversation_id == before.conversation_id, reports.c.state == before.state)
        .values(**asdict(after))
        .returning(reports.c.conversation_id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        raise ConversationChanged("report")


async def unfiled(session: Session) -> tuple[Report, ...]:
    """Return what was not brought to the police yet, oldest duty first."""
    query = select(reports).where(reports.c.state != ReportState.FILED)
    rows = await session.execute(query.order_by(reports.c.noticed_at, reports.c.conversation_id))
    return tuple(_record(row) for row in rows)


def _record(row: Row[Any]) -> Report:
    return Report(
        conversation_id=row.conversation_id,
        state=ReportState(row.state),
        noticed_at=row.noticed_at,
        noticed_by=row.noticed_by,
        told=row.told,
        told_at=row.told_at,
        asked_by=row.asked_by,
        signed_by=row.signed_by,
        signed_at=row.signed_at,
        filed_at=row.filed_at,
    )

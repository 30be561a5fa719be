"""What the house kept, read out of its database after a run; needs the house's keyring."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from storage import audit, contacts, transcript
from storage.database import Database, Session
from storage.tables import conversations, inbox, lines, outbox
from tests.faults.history import Act, Outgoing, Spoken, Talk

Sender = tuple[str, str]  # channel, account


async def unsettled(database: Database) -> dict[str, int]:
    """Count what is still on its way; empty when the house has come to rest."""
    queries = {
        "inbox": select(func.count()).where(inbox.c.state == "pending"),
        "outbox": select(func.count()).where(outbox.c.state == "pending"),
    }
    async with database.reading() as session:
        found = {
            name: (await session.execute(query)).scalar_one() for name, query in queries.items()
        }
    return {name: int(number) for name, number in found.items() if number}


async def set_aside(database: Database) -> int:
    """Count the events that were given up and wait for an operator."""
    query = select(func.count()).where(inbox.c.state == "dead")
    async with database.reading() as session:
        return int((await session.execute(query)).scalar_one())


async def talks(database: Database, senders: Iterable[Sender]) -> tuple[Talk, ...]:
    """Open every talk of these people, each person's oldest first."""
    found: list[Talk] = []
    async with database.reading() as session:
        for sender in sorted(set(senders)):
            for row in await _talks_of(session, database, sender):
                found.append(await _open(session, database, sender, row))
    return tuple(found)


async def _talks_of(session: Session, database: Database, sender: Sender) -> Sequence[Row[Any]]:
    channel, account = sender
    person = await contacts.find(session, database.vault, channel=channel, account=account)
    query = (
        select(conversations)
        .where(conversations.c.contact_id == person)
        .order_by(conversations.c.opened_at, conversations.c.id)
    )
    return (await session.execute(query)).all()


async def _open(session: Session, database: Database, sender: Sender, row: Row[Any]) -> Talk:
    opened = await transcript.read(session, database.vault, row.id)
    outgoing = await _outgoing(session, row.id)
    acts = await audit.entries(session, object_id=row.id)
    return Talk(
        id=str(row.id),
        channel=sender[0],
        account=sender[1],
        epoch=row.epoch,
        owner=_owner(row),
        last_seq=row.last_seq,
        lines=tuple(
            Spoken(line.seq, str(line.speaker), line.text, outgoing.get(line.id)) for line in opened
        ),
        acts=tuple(
            Act(act.action, None if act.staff_id is None else str(act.staff_id)) for act in acts
        ),
    )


def _owner(row: Row[Any]) -> str | None:
    """Who leads the talk now; one that is over still names who led it."""
    return str(row.owner_id) if row.state == "active" else None


async def _outgoing(session: Session, talk: UUID) -> dict[UUID, Outgoing]:
    query = (
        select(outbox)
        .join(lines, lines.c.id == outbox.c.line_id)
        .where(outbox.c.conversation_id == talk)
    )
    return {
        row.line_id: Outgoing(
            id=str(row.id),
            state=row.state,
            code=row.code,
            attempt=row.attempt,
            created_at=row.created_at.timestamp(),
            settled_at=_seconds(row.settled_at),
        )
        for row in (await session.execute(query)).all()
    }


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()

"""Dead letters: accepted events and outgoing messages that were set aside, without content."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Row, Select, literal, select, update

from storage import audit, inbox
from storage.database import Session, Topic, wake
from storage.errors import NotFound, NothingToReplay
from storage.inbox import EventState
from storage.records import DeliveryState
from storage.tables import inbox as events
from storage.tables import outbox as deliveries

SHOWN = 200  # letters in one list


class LetterKind(StrEnum):
    """Which road a letter was on."""

    EVENT = "event"  # in: it was accepted and never answered
    DELIVERY = "delivery"  # out: it never arrived


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event or message that was set aside, and why; never what it says."""

    id: UUID
    kind: LetterKind
    channel: str
    code: str
    attempts: int
    received_at: datetime  # accepted, or put on its way
    died_at: datetime | None  # None for an event that died before this was noted
    replayable: bool  # what it says is still there


async def letters(session: Session, *, limit: int = SHOWN) -> tuple[DeadLetter, ...]:
    """Return the dead letters, the newest first."""
    found = [
        _letter(row)
        for query in (_events(), _deliveries())
        for row in await session.execute(query.limit(limit))
    ]
    return tuple(sorted(found, key=lambda letter: letter.received_at, reverse=True)[:limit])


async def find(session: Session, letter_id: UUID) -> DeadLetter:
    """Return one dead letter.

    Raises:
        NotFound: there is none of this id.
    """
    for query in (
        _events().where(events.c.id == letter_id),
        _deliveries().where(deliveries.c.id == letter_id),
    ):
        row = (await session.execute(query)).one_or_none()
        if row is not None:
            return _letter(row)
    raise NotFound("dead_letter")


async def replay(session: Session, letter_id: UUID, *, now: datetime) -> DeadLetter:
    """Put a dead letter back on its road, due now, as if it had never failed; audited.

    An event is answered in a turn of its sender; a message goes out, later than what was
    said after it.

    Returns:
        The letter as it was.

    Raises:
        NotFound: there is none of this id.
        NothingToReplay: what it said is erased already.
    """
    letter = await find(session, letter_id)
    if letter.kind is LetterKind.EVENT:
        await _replay_event(session, letter, now=now)
    else:
        await _replay_delivery(session, letter, now=now)
    await audit.record(
        session, staff=None, action="replay", object_id=letter.id, purpose=letter.kind, now=now
    )
    return letter


async def _replay_event(session: Session, letter: DeadLetter, *, now: datetime) -> None:
    statement = (
        update(events)
        .where(
            events.c.id == letter.id,
            events.c.state == EventState.DEAD,
            events.c.body_ct.is_not(None),
        )
        .values(state=EventState.PENDING, attempts=0, code="", died_at=None)
        .returning(events.c.route)
    )
    route = (await session.execute(statement)).scalar_one_or_none()
    if route is None:
        raise NothingToReplay("event")
    await inbox.make_due(session, route, letter.channel, at=now)


async def _replay_delivery(session: Session, letter: DeadLetter, *, now: datetime) -> None:
    statement = (
        update(deliveries)
        .where(
            deliveries.c.id == letter.id,
            deliveries.c.state == DeliveryState.DEAD,
            deliveries.c.body_ct.is_not(None),
        )
        .values(
            state=DeliveryState.PENDING,
            attempt=0,
            tries=0,
            due_at=now,
            again_at=now,
            settled_at=None,
            code="",
            fence=deliveries.c.fence + 1,
        )
        .returning(deliveries.c.id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        raise NothingToReplay("delivery")
    wake(session, Topic.OUTBOX)
    wake(session, Topic.QUEUE)


def _events() -> Select[tuple[object, ...]]:
    query = select(
        literal(LetterKind.EVENT.value).label("kind"),
        events.c.id,
        events.c.channel,
        events.c.code,
        events.c.attempts,
        events.c.received_at,
        events.c.died_at,
        events.c.body_ct.is_not(None).label("replayable"),
    )
    return query.where(events.c.state == EventState.DEAD).order_by(events.c.position.desc())


def _deliveries() -> Select[tuple[object, ...]]:
    query = select(
        literal(LetterKind.DELIVERY.value).label("kind"),
        deliveries.c.id,
        deliveries.c.channel,
        deliveries.c.code,
        deliveries.c.attempt.label("attempts"),
        deliveries.c.created_at.label("received_at"),
        deliveries.c.settled_at.label("died_at"),
        deliveries.c.body_ct.is_not(None).label("replayable"),
    )
    newest_first = (deliveries.c.created_at.desc(), deliveries.c.seq.desc(), deliveries.c.id)
    return query.where(deliveries.c.state == DeliveryState.DEAD).order_by(*newest_first)


def _letter(row: Row[tuple[object, ...]]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        kind=LetterKind(row.kind),
        channel=row.channel,
        code=row.code,
        attempts=row.attempts,
        received_at=row.received_at,
        died_at=row.died_at,
        replayable=bool(row.replayable),
    )

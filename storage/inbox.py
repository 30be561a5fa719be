"""Accepted deliveries until they are answered, each person's in order of arrival.

An event is PENDING until its turn is finished, then a tombstone (DONE: only the hash of its
id stays, so a late repeat is known), or DEAD when it cannot be worked on; a DEAD event keeps
its sealed body for a person to look at. A route holds one sender's events together; the
lease on it gives them to one worker, and its fence locks out a worker that came too late.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, case, func, or_, select, update

from storage import places
from storage.database import Session, Topic, wake
from storage.errors import KeyMissing, LeaseLost, SealBroken
from storage.keyring import Purpose
from storage.records import InboxEvent, PendingEvent, PendingTurn
from storage.tables import inbox, insert_into, routes
from storage.vault import Vault

MAX_ATTEMPTS = 8
FIRST_BACKOFF = timedelta(seconds=0.5)
LONGEST_BACKOFF = timedelta(seconds=60)


class EventState(StrEnum):
    """How far an accepted delivery has come."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


async def accept(
    session: Session,
    vault: Vault,
    events: Sequence[InboxEvent],
    *,
    now: datetime,
    settle: timedelta,
) -> int:
    """Store deliveries that were not stored before; the first body under an id wins.

    The first unanswered event of a person is due `settle` later and later ones do not move
    that, so a burst is one turn and nobody who keeps typing waits for ever.

    Returns:
        How many were new.
    """
    rows = [_row(vault, event, now) for event in events]
    if not rows:
        return 0
    statement = insert_into(session, inbox).on_conflict_do_nothing()
    made = await session.execute(statement.returning(inbox.c.id), rows)
    new = set(made.scalars())
    if new:
        due = {row["route"]: row["channel"] for row in rows if row["id"] in new}
        await _make_due(session, due, at=now + settle)
        wake(session, Topic.INBOX)
    return len(new)


async def take_turn(
    session: Session, vault: Vault, *, now: datetime, lease: timedelta
) -> PendingTurn | None:
    """Lease the person who is due first, with all their events; None when nobody is due.

    An event that does not open is DEAD by itself and never holds up the others. A worker
    that dies keeps the person no longer than `lease`.
    """
    while (route := await _lease(session, now=now, until=now + lease)) is not None:
        events = await _open_all(session, vault, route.route)
        if events:
            return PendingTurn(route.route, route.channel, route.fence, events)
        await _let_go(session, route.route, now=now)
    return None


async def finish_turn(session: Session, turn: PendingTurn, *, now: datetime) -> None:
    """Turn the events into tombstones and give the person back, due again if more came.

    Raises:
        LeaseLost: another worker has this person now; nothing was written.
    """
    await _check_fence(session, turn)
    await session.execute(
        update(inbox)
        .where(inbox.c.id.in_(_ids(turn)), inbox.c.state == EventState.PENDING)
        .values(state=EventState.DONE, body_ct=None, route=None)
    )
    await _let_go(session, turn.route, now=now)


async def postpone_turn(
    session: Session,
    turn: PendingTurn,
    *,
    now: datetime,
    code: str = "failure",
    backoff: timedelta | None = None,
) -> bool:
    """Count a failure and give the person back for another try later.

    Args:
        session: the open transaction.
        turn: as it was taken.
        now: aware UTC time.
        code: why, for the operator; never content.
        backoff: how long to wait; None: 0.5 s, doubled with each failure, at most 60 s.

    Returns:
        False when events failed `MAX_ATTEMPTS` times and are DEAD now: a person must look.

    Raises:
        LeaseLost: another worker has this person now; nothing was written.
    """
    await _check_fence(session, turn)
    failed = case((inbox.c.attempts + 1 >= MAX_ATTEMPTS, EventState.DEAD), else_=inbox.c.state)
    rows = await session.execute(
        update(inbox)
        .where(inbox.c.id.in_(_ids(turn)), inbox.c.state == EventState.PENDING)
        .values(attempts=inbox.c.attempts + 1, state=failed, code=code)
        .returning(inbox.c.attempts)
    )
    attempts = max(rows.scalars(), default=1)
    wait = _backoff(attempts) if backoff is None else backoff
    await _let_go(session, turn.route, now=now + wait)
    return attempts < MAX_ATTEMPTS


async def next_due(session: Session) -> datetime | None:
    """Return when `take_turn` will have something, None when nothing is pending."""
    leased = routes.c.lease_until > routes.c.due_at
    free_at = case((leased, routes.c.lease_until), else_=routes.c.due_at)
    query = select(func.min(free_at, type_=routes.c.due_at.type)).where(
        routes.c.due_at.is_not(None)
    )
    moment: datetime | None = (await session.execute(query)).scalar_one()
    return moment


def _row(vault: Vault, event: InboxEvent, now: datetime) -> dict[str, Any]:
    row_id = uuid4()
    event_hash = vault.event_hash(event.channel, event.event_id)
    place = places.inbox_body(row_id, event.channel, event_hash)
    return {
        "id": row_id,
        "channel": event.channel,
        "event_hash": event_hash,
        "route": vault.route_hash(event.channel, event.account),
        "state": EventState.PENDING,
        "body_ct": vault.seal(vault.intake_key(), event.body, place),
        "received_at": now,
        "attempts": 0,
        "code": "",
    }


async def _make_due(session: Session, channels: dict[bytes, str], *, at: datetime) -> None:
    # Always in one order, so that two accepting processes cannot lock each other out.
    rows = [
        {"route": route, "channel": channels[route], "due_at": at, "fence": 0}
        for route in sorted(channels)
    ]
    statement = insert_into(session, routes)
    due_at = func.coalesce(routes.c.due_at, statement.excluded.due_at)
    statement = statement.on_conflict_do_update(index_elements=["route"], set_={"due_at": due_at})
    await session.execute(statement, rows)


async def _lease(session: Session, *, now: datetime, until: datetime) -> Row[Any] | None:
    free = or_(routes.c.lease_until.is_(None), routes.c.lease_until <= now)
    due = (
        select(routes.c.route)
        .where(routes.c.due_at <= now, free)
        .order_by(routes.c.due_at, routes.c.route)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(routes)
        .where(routes.c.route == due)
        .values(lease_until=until, fence=routes.c.fence + 1)
        .returning(routes.c.route, routes.c.channel, routes.c.fence)
    )
    return (await session.execute(statement)).one_or_none()


async def _open_all(session: Session, vault: Vault, route: bytes) -> tuple[PendingEvent, ...]:
    query = (
        select(inbox)
        .where(inbox.c.route == route, inbox.c.state == EventState.PENDING)
        .order_by(inbox.c.position)
    )
    events: list[PendingEvent] = []
    for row in (await session.execute(query)).all():
        try:
            events.append(PendingEvent(row.id, _open(vault, row), row.received_at))
        except (SealBroken, KeyMissing) as error:
            await _bury(session, row.id, error.code)
    return tuple(events)


def _open(vault: Vault, row: Row[Any]) -> str:
    key = vault.keyring_key(row.body_ct, Purpose.INTAKE)
    return vault.open(key, row.body_ct, places.inbox_body(row.id, row.channel, row.event_hash))


async def _bury(session: Session, event_id: UUID, code: str) -> None:
    await session.execute(
        update(inbox).where(inbox.c.id == event_id).values(state=EventState.DEAD, code=code)
    )


async def _check_fence(session: Session, turn: PendingTurn) -> None:
    # A write, not a read: it holds the route until the commit, so an event that is accepted
    # meanwhile either shows up in `_let_go` or makes the route due after it.
    statement = (
        update(routes)
        .where(routes.c.route == turn.route, routes.c.fence == turn.fence)
        .values(lease_until=None)
        .returning(routes.c.fence)
    )
    if (await session.execute(statement)).one_or_none() is None:
        raise LeaseLost("turn")


async def _let_go(session: Session, route: bytes, *, now: datetime) -> None:
    """End the lease; due at `now` if events remain, else not at all."""
    pending = (
        select(inbox.c.id)
        .where(inbox.c.route == route, inbox.c.state == EventState.PENDING)
        .limit(1)
    )
    more = (await session.execute(pending)).one_or_none() is not None
    due_at = now if more else None
    await session.execute(
        update(routes).where(routes.c.route == route).values(due_at=due_at, lease_until=None)
    )
    if more:
        wake(session, Topic.INBOX)


def _ids(turn: PendingTurn) -> Iterable[UUID]:
    return [event.id for event in turn.events]


def _backoff(failures: int) -> timedelta:
    doubled: timedelta = FIRST_BACKOFF * 2 ** (failures - 1)
    return min(doubled, LONGEST_BACKOFF)

"""Accepted deliveries until they are answered, each person's in order of arrival.

An event is PENDING until its turn is finished, then a tombstone (DONE: only the hash of its
id stays, so a late repeat is known), or DEAD when it cannot be worked on; a DEAD event keeps
its sealed body for a person to look at. A route holds one sender's events together; the
lease on it gives them to one worker, and its fence locks out a worker that came too late.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, case, func, select, update
from sqlalchemy.sql.dml import ReturningInsert

from storage import audit, leases, places
from storage.crashes import CRASH_TRIES, TRUSTED_TRIES, suspect_lease
from storage.database import Session, Topic, wake
from storage.errors import KeyMissing, KeysAway, LeaseLost, SealBroken
from storage.keyring import Purpose
from storage.leases import HEAD_START
from storage.records import InboxEvent, Lane, PendingEvent, PendingTurn
from storage.tables import inbox, insert_for, routes
from storage.vault import Vault

log = logging.getLogger("gyeot.inbox")

MAX_ATTEMPTS = 8
FIRST_BACKOFF = timedelta(seconds=0.5)
LONGEST_BACKOFF = timedelta(seconds=60)
TURN_EVENTS = 50  # in one turn; the rest is the next one
YIELD = timedelta(seconds=20)  # how much someone new gives way to those whose talk runs


class EventState(StrEnum):
    """How far an accepted delivery has come."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Backlog:
    """People who are due and whom nobody works on yet."""

    waiting: int
    oldest: timedelta  # since the one who is due longest was due; 0 when nobody waits


async def accept(
    session: Session, vault: Vault, events: Sequence[InboxEvent], *, now: datetime
) -> int:
    """Store deliveries that were not stored before; the first body under an id wins.

    The first unanswered event of a person is due its `settle` later and later ones do not
    move that, so a burst is one turn and nobody who keeps typing waits for ever. Only a
    crisis makes it sooner.

    Returns:
        How many were new.
    """
    if not events:
        return 0
    routed = await leases.routes_of(session, vault, events, now=now)
    rows = [_row(vault, one, route, now) for one, (_, route) in zip(events, routed, strict=True)]
    made = await session.execute(_store(session.dialect), rows)
    new = set(made.scalars())
    due = [
        _due(route, event, now)
        for row, route, event in zip(rows, routed, events, strict=True)
        if row["id"] in new
    ]
    if due:
        await leases.make_due(session, due)
        wake(session, Topic.INBOX)
    return len(new)


async def take_turns(
    session: Session, vault: Vault, *, now: datetime, lease: timedelta, most: int = 1
) -> Sequence[PendingTurn]:
    """Lease the people who are due first, with their events, at most `most`.

    An event that does not open is DEAD by itself and never holds up the others. A worker
    that dies keeps the person no longer than `lease`; when one worker after the other dies
    over the same person, the events are taken one by one, and the one that kills is DEAD.
    """
    turns: list[PendingTurn] = []
    while len(turns) < most:
        rest = most - len(turns)
        leased = await leases.take(session, now=now, until=now + lease, most=rest)
        for route in leased:
            turn = await _turn(session, vault, route, now=now, lease=lease)
            if turn is not None:
                turns.append(turn)
            else:
                await _let_go(session, route.route, at=now + FIRST_BACKOFF)
        if len(leased) < rest:
            break
    return turns


async def finish_turn(
    session: Session, turn: PendingTurn, *, now: datetime, code: str = ""
) -> None:
    """Turn the events into tombstones and give the person back, due again if more came.

    Args:
        session: the open transaction.
        turn: as it was taken.
        now: aware UTC time.
        code: how it ended, if not by an answer.

    Raises:
        LeaseLost: another worker has this person now, or has finished these events; nothing
            may be written.
    """
    await leases.check(session, turn)
    done = await session.execute(_FINISH, {"which": _ids(turn), "code": code})
    if len(done.all()) != len(turn.events):
        raise LeaseLost("turn")
    await _let_go(session, turn.route, at=now)


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
        False when an event failed `MAX_ATTEMPTS` times: the turn is still leased, and a
        person must be given it.

    Raises:
        LeaseLost: another worker has this person now; nothing was written.
    """
    await leases.check(session, turn)
    rows = await session.execute(
        update(inbox)
        .where(inbox.c.id.in_(_ids(turn)), inbox.c.state == EventState.PENDING)
        .values(attempts=inbox.c.attempts + 1, code=code)
        .returning(inbox.c.attempts)
    )
    attempts = max(rows.scalars(), default=1)
    if attempts >= MAX_ATTEMPTS:
        return False
    wait = _backoff(attempts) if backoff is None else backoff
    await _let_go(session, turn.route, at=now + wait)
    return True


async def give_back(session: Session, turn: PendingTurn, *, now: datetime) -> None:
    """Give the person back for another try later; nothing is counted against them.

    It waits as long as it has waited already, 60 s at most.

    Raises:
        LeaseLost: another worker has this person now; nothing was written.
    """
    await leases.check(session, turn)
    waited = now - max((event.received_at for event in turn.events), default=now)
    await _let_go(session, turn.route, at=now + max(FIRST_BACKOFF, min(LONGEST_BACKOFF, waited)))


async def bury(
    session: Session, turn: PendingTurn, event_id: UUID, code: str, *, now: datetime
) -> None:
    """Set one event of a turn aside for an operator to look at; the turn goes on without it.

    Raises:
        LeaseLost: another worker has this person now; nothing was written.
    """
    await leases.check(session, turn)
    await _bury(session, [event_id], code, now=now)


async def bury_turn(session: Session, turn: PendingTurn, code: str, *, now: datetime) -> None:
    """Set a whole turn aside, and give the person back for what comes after.

    Raises:
        LeaseLost: another worker has this person now; nothing was written.
    """
    await leases.check(session, turn)
    await _bury(session, _ids(turn), code, now=now)
    await _let_go(session, turn.route, at=now)


async def next_due(session: Session) -> datetime | None:
    """Return when `take_turn` will have something, None when nothing is pending."""
    leased = routes.c.lease_until > routes.c.due_at
    free_at = case((leased, routes.c.lease_until), else_=routes.c.due_at)
    query = select(func.min(free_at, type_=routes.c.due_at.type)).where(
        routes.c.due_at.is_not(None)
    )
    moment: datetime | None = (await session.execute(query)).scalar_one()
    return moment


async def backlog(session: Session, *, now: datetime) -> Backlog:
    """Count who is due and waits for a worker."""
    query = select(func.count(), func.min(routes.c.due_at, type_=routes.c.due_at.type)).where(
        routes.c.due_at <= now, leases.free(now)
    )
    waiting, first = (await session.execute(query)).one()
    return Backlog(waiting, now - first if first is not None else timedelta(0))


async def make_due(session: Session, route: bytes, channel: str, *, at: datetime) -> None:
    """Let a person be worked on at `at`, or sooner if they were due already."""
    row = {"route": route, "channel": channel, "due_at": at, "rank_at": at, "fence": 0, "tries": 0}
    await leases.make_due(session, [row])
    wake(session, Topic.INBOX)


async def holder(session: Session, event_id: UUID) -> UUID | None:
    """Return which process had the connection that an event came on, as far as is known now."""
    query = select(inbox.c.holder).where(inbox.c.id == event_id)
    found: UUID | None = (await session.execute(query)).scalar_one_or_none()
    return found


async def hold(
    session: Session, vault: Vault, process: UUID, *, channel: str, account: str, now: datetime
) -> None:
    """Note which process has the connection of somebody who may never have been answered yet."""
    mine = [route for _, route in vault.routes(channel, account, now=now)]
    await session.execute(
        update(inbox)
        .where(inbox.c.route.in_(mine), inbox.c.state == EventState.PENDING)
        .values(holder=process)
    )


async def _turn(
    session: Session, vault: Vault, route: Row[Any], *, now: datetime, lease: timedelta
) -> PendingTurn | None:
    """Open what a leased person wrote; None when nothing of it opens."""
    tries = route.tries
    if tries > CRASH_TRIES:
        tries = await _bury_the_first(session, route, now=now)
    limit = 1 if tries > TRUSTED_TRIES else TURN_EVENTS
    if tries > TRUSTED_TRIES:
        await leases.change(session, route.route, lease_until=now + suspect_lease(lease, tries))
    events = await _open_all(session, vault, route.route, limit=limit, now=now)
    if not events:
        return None
    return PendingTurn(route.route, route.channel, route.fence, events, tries)


def _row(vault: Vault, event: InboxEvent, route: bytes, now: datetime) -> dict[str, Any]:
    row_id = uuid4()
    event_hash = vault.event_hash(event.channel, event.event_id)
    place = places.inbox_body(row_id, event.channel, event_hash)
    return {
        "id": row_id,
        "channel": event.channel,
        "event_hash": event_hash,
        "route": route,
        "state": EventState.PENDING,
        "body_ct": vault.seal(vault.intake_key(), event.body, place),
        "received_at": now,
        "attempts": 0,
        "code": "",
        "holder": event.holder,
    }


def _due(route: tuple[int, bytes], event: InboxEvent, now: datetime) -> dict[str, Any]:
    """Return the route's row as it would be if this event were its first."""
    due_at = now + event.settle
    in_crisis = event.lane is Lane.CRISIS
    return {
        "edge_key": route[0],
        "route": route[1],
        "channel": event.channel,
        "due_at": due_at,
        "rank_at": due_at - HEAD_START if in_crisis else due_at + YIELD,
        "fence": 0,
        "tries": 0,
    }


async def _open_all(
    session: Session, vault: Vault, route: bytes, *, limit: int, now: datetime
) -> tuple[PendingEvent, ...]:
    events: list[PendingEvent] = []
    for row in await _pending(session, route, limit=limit):
        try:
            body = await _open(vault, row)
        except KeysAway:
            break  # later, and what came after it with it
        except (SealBroken, KeyMissing) as error:
            await _bury(session, [row.id], error.code, now=now)
            if isinstance(error, SealBroken):
                await audit.note_broken(session, row.id, purpose="inbox", code=error.code, now=now)
        else:
            events.append(PendingEvent(row.id, body, row.received_at, row.holder))
    return tuple(events)


async def _pending(session: Session, route: bytes, *, limit: int) -> Sequence[Row[Any]]:
    return (await session.execute(_PENDING, {"whose": route, "most": limit})).all()


async def _open(vault: Vault, row: Row[Any]) -> str:
    key = await vault.newer_keyring_key(row.body_ct, Purpose.INTAKE)
    return vault.open(key, row.body_ct, places.inbox_body(row.id, row.channel, row.event_hash))


async def _bury_the_first(session: Session, route: Row[Any], *, now: datetime) -> int:
    """Set aside what one worker after the other died of; return the tries of the next one."""
    first = [row.id for row in await _pending(session, route.route, limit=1)]
    await _bury(session, first, "crash", now=now)
    tries = TRUSTED_TRIES + 1
    await leases.change(session, route.route, tries=tries)
    return tries


async def _bury(session: Session, event_ids: Collection[UUID], code: str, *, now: datetime) -> None:
    rows = await session.execute(
        update(inbox)
        .where(inbox.c.id.in_(event_ids), inbox.c.state == EventState.PENDING)
        .values(state=EventState.DEAD, code=code, died_at=now)
        .returning(inbox.c.id, inbox.c.channel)
    )
    for row in rows:
        log.error("event is dead", extra={"delivery": row.id, "channel": row.channel, "code": code})


async def _let_go(session: Session, route: bytes, *, at: datetime) -> None:
    """End the lease; due at `at` if events remain, else idle since then."""
    if await _pending(session, route, limit=1):
        await leases.give_back(session, route, at=at)
        wake(session, Topic.INBOX)
    else:
        await leases.end(session, route, at=at)


def _ids(turn: PendingTurn) -> Collection[UUID]:
    return [event.id for event in turn.events]


def _backoff(failures: int) -> timedelta:
    doubled: timedelta = FIRST_BACKOFF * 2 ** (failures - 1)
    return min(doubled, LONGEST_BACKOFF)


@cache
def _store(dialect: str) -> ReturningInsert[UUID]:
    return insert_for(dialect, inbox).on_conflict_do_nothing().returning(inbox.c.id)


_PENDING = (
    select(inbox)
    .where(inbox.c.route == bindparam("whose"), inbox.c.state == EventState.PENDING)
    .order_by(inbox.c.position)
    .limit(bindparam("most"))
)
_FINISH = (
    update(inbox)
    .where(inbox.c.id.in_(bindparam("which", expanding=True)), inbox.c.state == EventState.PENDING)
    .values(state=EventState.DONE, body_ct=None, route=None, holder=None)
    .returning(inbox.c.id)
)

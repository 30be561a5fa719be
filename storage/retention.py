"""How long what is done with is kept, and its removal in small bites."""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Table, delete, func, select, update

from storage.database import Session
from storage.inbox import EventState
from storage.records import DeliveryState
from storage.tables import crossings, inbox, outbox, processes, routes

TOMBSTONES = timedelta(days=8)  # longer than any provider repeats, shared/security.md 5.3
DEAD_BODIES = timedelta(hours=72)
IDLE_ROUTES = timedelta(days=8)
PROCESSES = timedelta(hours=1)  # since a process was heard of
BATCH = 1000  # rows of each sort in one sweep, so that no writer waits long

_over_since = func.coalesce(inbox.c.died_at, inbox.c.received_at)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep removed."""

    tombstones: int
    bodies: int
    routes: int
    crossings: int
    processes: int

    @property
    def more(self) -> bool:
        """Whether a bite was full, so that another sweep will find something."""
        return any(count >= BATCH for count in astuple(self))


async def sweep(session: Session, *, now: datetime) -> Swept:
    """Remove what has been kept long enough, at most `BATCH` rows of each sort."""
    return Swept(
        tombstones=await _remove(
            session,
            inbox,
            inbox.c.position,
            inbox.c.state.in_((EventState.DONE, EventState.DEAD)),
            _over_since < now - TOMBSTONES,
        ),
        bodies=await _erase_bodies(session, before=now - DEAD_BODIES),
        routes=await _remove(
            session, routes, routes.c.route, *_idle(before=now - IDLE_ROUTES, now=now)
        ),
        crossings=await _remove(
            session, crossings, crossings.c.reference_hash, crossings.c.expires_at <= now
        ),
        processes=await _remove(
            session, processes, processes.c.id, processes.c.seen_at < now - PROCESSES
        ),
    )


def _idle(*, before: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Nothing pending, no lease, and idle since `before` (an idle route's rank says it).

    A route that comes back starts with fence 0, so a worker that was paused for days could
    hold a number that is given out again. It can write nothing all the same: a turn is
    finished only if each of its events is still pending, and those were finished, and swept,
    by somebody else; ids of events never come back.
    """
    unleased = routes.c.lease_until.is_(None) | (routes.c.lease_until <= now)
    since = routes.c.rank_at.is_(None) | (routes.c.rank_at < before)
    return routes.c.due_at.is_(None), unleased, since


async def _erase_bodies(session: Session, *, before: datetime) -> int:
    events = await _bite(
        session,
        inbox.c.position,
        inbox.c.state == EventState.DEAD,
        inbox.c.body_ct.is_not(None),
        _over_since < before,
    )
    deliveries = await _bite(
        session,
        outbox.c.id,
        outbox.c.state == DeliveryState.DEAD,
        outbox.c.body_ct.is_not(None),
        outbox.c.settled_at < before,
    )
    if events:
        erased = update(inbox).where(inbox.c.position.in_(events))
        await session.execute(erased.values(body_ct=None, route=None))
    if deliveries:
        erased = update(outbox).where(outbox.c.id.in_(deliveries))
        await session.execute(erased.values(body_ct=None))
    return len(events) + len(deliveries)


async def _remove(
    session: Session, table: Table, key: Column[object], *where: ColumnElement[bool]
) -> int:
    found = await _bite(session, key, *where)
    if found:
        await session.execute(delete(table).where(key.in_(found)))
    return len(found)


async def _bite(session: Session, key: Column[object], *where: ColumnElement[bool]) -> list[object]:
    # Locked while they are looked at: a route that becomes due meanwhile must not go.
    query = select(key).where(*where).order_by(key).limit(BATCH).with_for_update(skip_locked=True)
    return list((await session.execute(query)).scalars())

"""Who is due, in which order, and who works on whom: one row for each sender of the inbox.

Statements of the road are made once, here and in its other modules: making one costs more
than running it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, or_, select, update

from storage.crashes import TRUSTED_TRIES
from storage.database import Session
from storage.errors import LeaseLost
from storage.records import InboxEvent, PendingTurn
from storage.tables import Insert, insert_for, routes
from storage.vault import Vault

HEAD_START = timedelta(days=1)  # of a crisis, before everybody


def free(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Tell in SQL whether nobody works on a sender."""
    return or_(routes.c.lease_until.is_(None), routes.c.lease_until <= now)


async def make_due(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert routes, or make known ones due.

    A rank before the due time is a crisis: it shortens the wait and keeps its head start.
    """
    # Always in one order, so that two accepting processes cannot lock each other out.
    await session.execute(_make_due(session.dialect), sorted(rows, key=lambda row: row["route"]))


async def routes_of(
    session: Session, vault: Vault, events: Sequence[InboxEvent], *, now: datetime
) -> Sequence[tuple[int, bytes]]:
    """Return each event's route: where its sender has something pending, else the newest.

    Routes change with the edge key, once a day. Who still waits then keeps the route they had,
    so that what they wrote before and after the change stays in order.
    """
    newest = [vault.route(one.channel, one.account, now=now) for one in events]
    older = await session.execute(_OLDER_WAITS, {"newest": newest[0][0]})
    if older.first() is None:
        return newest
    all_of = [vault.routes(one.channel, one.account, now=now) for one in events]
    every = {route for routes_of in all_of for _, route in routes_of}
    found = await session.execute(_WAITING, {"every": sorted(every)})
    waiting = set(found.scalars())
    return [next((one for one in mine if one[1] in waiting), mine[0]) for mine in all_of]


async def take(
    session: Session, *, now: datetime, until: datetime, most: int
) -> Sequence[Row[Any]]:
    """Lease those who are due first, at most `most`, and return their rows in that order."""
    moments = {"moment": now, "until": until, "most": most}
    taken = await session.execute(_TAKE, moments)
    return sorted(taken, key=lambda row: (row.rank_at, row.route))


async def check(session: Session, turn: PendingTurn) -> None:
    """Hold the route of a turn until the commit, if its lease is still this worker's.

    Raises:
        LeaseLost: another worker has this person now.
    """
    # A write, not a read: it holds the route until the commit, so an event that is accepted
    # meanwhile either shows up in `inbox._let_go` or makes the route due after it.
    found = await session.execute(_CHECK, {"whose": turn.route, "token": turn.fence})
    if found.one_or_none() is None:
        raise LeaseLost("turn")


async def end(session: Session, route: bytes, *, at: datetime) -> None:
    """End a lease where nothing is pending; idle since `at`."""
    left = {"due_at": None, "rank_at": at, "lease_until": None, "tries": 0}
    await session.execute(_OF_ROUTE, {"whose": route, **left})


async def give_back(session: Session, route: bytes, *, at: datetime) -> None:
    """End a lease where something is pending, due at `at`.

    A crisis keeps its head start, and what is looked at one by one stays so, until nothing
    is pending any more.
    """
    await session.execute(_GIVE_BACK, {"whose": route, "at": at, "first": at - HEAD_START})


async def change(session: Session, route: bytes, **values: object) -> None:
    """Write columns of one route."""
    await session.execute(_OF_ROUTE, {"whose": route, **values})


@cache
def _make_due(dialect: str) -> Insert:
    statement = insert_for(dialect, routes)
    given = statement.excluded
    idle = routes.c.due_at.is_(None)
    in_crisis = given.rank_at < given.due_at
    sooner = in_crisis & (given.due_at < routes.c.due_at)
    ahead = in_crisis & (given.rank_at < routes.c.rank_at)
    return statement.on_conflict_do_update(
        index_elements=["route"],
        set_={
            "due_at": case((idle | sooner, given.due_at), else_=routes.c.due_at),
            "rank_at": case(
                (idle & in_crisis, given.rank_at),
                (idle, given.due_at),
                (ahead, given.rank_at),
                else_=routes.c.rank_at,
            ),
        },
    )


_MOMENT = bindparam("moment", type_=routes.c.due_at.type)
_DUE = (
    select(routes.c.route)
    .where(routes.c.due_at <= _MOMENT, free(_MOMENT))
    .order_by(routes.c.rank_at, routes.c.route)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")  # evaluated once, whatever the plan: a subquery may lock more than its limit
)
_TAKE = (
    update(routes)
    .where(routes.c.route.in_(select(_DUE.c.route)))
    .values(
        lease_until=bindparam("until", type_=routes.c.lease_until.type),
        fence=routes.c.fence + 1,
        tries=routes.c.tries + 1,
    )
    .returning(routes.c.route, routes.c.channel, routes.c.fence, routes.c.tries, routes.c.rank_at)
)
_OF_ROUTE = update(routes).where(routes.c.route == bindparam("whose"))
_CHECK = (
    _OF_ROUTE.where(routes.c.fence == bindparam("token"))
    .values(fence=routes.c.fence)
    .returning(routes.c.fence)
)
_AT = bindparam("at", type_=routes.c.due_at.type)
_GIVE_BACK = _OF_ROUTE.values(
    lease_until=None,
    due_at=_AT,
    rank_at=case(
        (
            routes.c.rank_at < routes.c.due_at,  # a crisis
            bindparam("first", type_=routes.c.rank_at.type),
        ),
        else_=_AT,
    ),
    tries=case((routes.c.tries > TRUSTED_TRIES, TRUSTED_TRIES), else_=0),
)
_OLDER_WAITS = (
    select(routes.c.route)
    .where(routes.c.due_at.is_not(None), routes.c.edge_key < bindparam("newest"))
    .limit(1)
)
_WAITING = select(routes.c.route).where(
    routes.c.due_at.is_not(None), routes.c.route.in_(bindparam("every", expanding=True))
)

"""Publishing: a period that is over becomes numbers that never change, and its counts go."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from storage import facts, releases
from storage.database import Database, Session
from storage.metric_tables import CHANNEL, FAMILIES, Family, kind
from storage.noise import laplace
from storage.periods import last_over, through
from storage.suppression import Cell, publishable
from storage.tables import insert_into, metric_counts, metric_published

Published = Mapping[str, Mapping[Cell, int | None]]
"""Period -> table, row, column -> the count, None where it is not shown."""


async def offer(database: Database, channels: Iterable[str], *, now: datetime) -> None:
    """Write down which channels young people can come by, before the first of them does.

    That nobody came by a channel that was never offered is no secret. Whether somebody came by
    one that is offered is, so what is hidden depends on this and never on who came.
    """
    async with database.transaction() as session:
        for one in sorted({kind(channel) for channel in channels}):
            await facts.offer(session, one, now=now)


@dataclass(frozen=True, slots=True)
class Public:
    """That what is published is also drawn for the public, and what that may cost."""

    epsilon: float  # of a month, all of its tables together
    month: str | None = None  # no other; None: every month that is published

    @property
    def each(self) -> float:
        """What one table may cost."""
        return self.epsilon / len(releases.FAMILY.tables)


async def publish_due(database: Database, *, now: datetime, public: Public | None = None) -> int:
    """Publish every period that is over and was not published; return how many tables that were.

    Two that do it at the same time publish the same once. The true counts of a published period
    are deleted with it: nothing finer than what is published can ever be found here again. So
    what is given to the public is drawn in the same step, or never.

    Raises:
        NoiseMissing: it cannot be drawn; nothing was published.
    """
    async with database.transaction() as session:
        return sum(
            [await _publish(session, family, public, now=now) for family in FAMILIES.values()]
        )


async def published(
    session: Session, names: Collection[str], *, since: str = "", until: str = "9999"
) -> Published:
    """Return what was published of some tables from one period to another, oldest first."""
    query = (
        select(metric_published)
        .where(metric_published.c.name.in_(names), metric_published.c.period.between(since, until))
        .order_by(metric_published.c.period)
    )
    found: dict[str, dict[Cell, int | None]] = {}
    for one in await session.execute(query):
        found.setdefault(one.period, {})[one.name, one.row, one.column] = one.amount
    return found


async def _publish(
    session: Session, family: Family, public: Public | None, *, now: datetime
) -> int:
    names = [table.name for table in family.tables]
    counted = await session.execute(
        select(metric_counts.c.period).where(metric_counts.c.name.in_(names)).distinct()
    )
    query = select(func.max(metric_published.c.period)).where(metric_published.c.name.in_(names))
    newest = (await session.execute(query)).scalar_one()
    # Those in between also if nothing was counted: that a table is missing would tell that.
    last = last_over(family.span, now=now)
    if newest is not None and last < newest:  # a clock was set back
        return 0
    first = min([last, *filter(None, (newest,)), *counted.scalars()])
    over = through(family.span, first, last)
    done = [await _publish_one(session, family, names, period, public) for period in over]
    return sum(done) * len(names)


async def _publish_one(
    session: Session, family: Family, names: list[str], period: str, public: Public | None
) -> bool:
    this = metric_published.c.name.in_(names), metric_published.c.period == period
    known = (await session.execute(select(metric_published.c.name).where(*this).limit(1))).first()
    if known is None:
        counts = await _counts(session, names, period)
        cells = publishable(family, counts, unused=await _unused(session, family))
        rows = [
            {"name": name, "period": period, "row": row, "column": column, "amount": count}
            for (name, row, column), count in cells.items()
        ]
        await session.execute(insert_into(session, metric_published).on_conflict_do_nothing(), rows)
        if public is not None and family is releases.FAMILY and public.month in (None, period):
            each = public.each
            await releases.draw(session, period, counts, epsilon=each, noise=laplace(each))
    await session.execute(
        delete(metric_counts).where(
            metric_counts.c.name.in_(names), metric_counts.c.period == period
        )
    )
    return known is None


async def _counts(session: Session, names: list[str], period: str) -> Mapping[Cell, int]:
    query = select(metric_counts).where(
        metric_counts.c.name.in_(names), metric_counts.c.period == period
    )
    return {(one.name, one.row, one.column): one.amount for one in await session.execute(query)}


async def _unused(session: Session, family: Family) -> frozenset[str]:
    """Return the rows of channels that were never offered; none where nobody said which are."""
    offered = await facts.offered(session)
    if family.rows is not CHANNEL or not offered:
        return frozenset()
    return frozenset(CHANNEL.codes) - offered

"""Counters of a week, without any link to a talk, a person or a moment."""

from collections.abc import Mapping

from sqlalchemy import select

from storage.database import Session
from storage.tables import insert_into, tallies


async def add(session: Session, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to the counters named by week and name."""
    for (week, name), count in sorted(counts.items()):  # one order, so that nobody waits in a ring
        row = insert_into(session, tallies).values(week=week, name=name, total=count)
        more = {"total": tallies.c.total + count}
        await session.execute(row.on_conflict_do_update(index_elements=["week", "name"], set_=more))


async def weeks(session: Session, *, most: int) -> Mapping[str, Mapping[str, int]]:
    """Return the counters of the newest weeks, newest first."""
    named = select(tallies.c.week).distinct().order_by(tallies.c.week.desc()).limit(most)
    query = select(tallies).where(tallies.c.week.in_(named)).order_by(tallies.c.week.desc())
    found: dict[str, dict[str, int]] = {}
    for row in await session.execute(query):
        found.setdefault(row.week, {})[row.name] = row.total
    return found

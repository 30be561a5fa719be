"""What was last seen to be so, and when; each fact is one moment."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from storage.database import Session
from storage.tables import facts, insert_into


class Fact(StrEnum):
    """What is noted."""

    GOOD_RESTORE = "good_restore"  # a drill found a backup whole


async def note(session: Session, fact: Fact, *, now: datetime) -> None:
    """Write down that it was so now."""
    row = insert_into(session, facts).values(name=fact, at=now)
    await session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


async def offer(session: Session, kind: str, *, now: datetime) -> None:
    """Write down that a kind of channel is offered; that is never taken back."""
    row = insert_into(session, facts).values(name=_OFFERED + kind, at=now)
    await session.execute(row.on_conflict_do_nothing())


async def offered(session: Session) -> frozenset[str]:
    """Return every kind of channel that was ever offered."""
    names = await session.execute(select(facts.c.name).where(facts.c.name.startswith(_OFFERED)))
    return frozenset(name.removeprefix(_OFFERED) for name in names.scalars())


_OFFERED = "offered:"


async def last(session: Session, fact: Fact) -> datetime | None:
    """Return when it was last so; None: never."""
    query = select(facts.c.at).where(facts.c.name == fact)
    moment: datetime | None = (await session.execute(query)).scalar_one_or_none()
    return moment

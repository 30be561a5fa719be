"""Counts that are added to at the end of a transaction, in the transaction."""

from collections import Counter

from storage.sessions import Session
from storage.tables.kinds import insert_into
from storage.tables.metrics import metric_counts

_PENDING = "gyeot.counts"


def add(session: Session, name: str, period: str, row: str, column: str) -> None:
    """Add one to a count when this transaction commits, and not if it fails."""
    pending: Counter[tuple[str, str, str, str]] = session.info.setdefault(_PENDING, Counter())
    pending[name, period, row, column] += 1


async def write(session: Session) -> None:
    """Write what `add` collected; the transaction does nothing after it.

    Last and in one order: who holds a count waits for nothing more, so no two transactions can
    wait for each other.
    """
    pending: Counter[tuple[str, str, str, str]] = session.info.pop(_PENDING, Counter())
    for (name, period, row, column), more in sorted(pending.items()):
        statement = insert_into(session, metric_counts).values(
            name=name, period=period, row=row, column=column, amount=more
        )
        added = metric_counts.c.amount + more
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=list(metric_counts.primary_key), set_={"amount": added}
            )
        )

"""What is given to the public: a month's ends with noise, drawn once, when it is published."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from storage.database import Session
from storage.metric_tables import FAMILIES
from storage.noise import Noise
from storage.suppression import Cell
from storage.tables import insert_into, metric_released

FAMILY = FAMILIES["ends"]
"""The one family that is released: a talk ends once, so it changes each table by one.

A talk can wait and be handed over again and again; how much one young person changes those
tables has no bound, and noise without one would promise nothing.
"""


@dataclass(frozen=True, slots=True)
class Release:
    """What was drawn for one month, and what it cost."""

    month: str
    epsilon: float  # of one table
    counts: Mapping[Cell, int]

    @property
    def tables(self) -> int:
        """How many tables were drawn."""
        return len({name for name, _, _ in self.counts})

    @property
    def spent(self) -> float:
        """What all tables of the month cost together."""
        return self.epsilon * self.tables


async def draw(
    session: Session,
    month: str,
    counts: Mapping[Cell, int],
    *,
    epsilon: float,
    noise: Noise,
) -> None:
    """Draw the noise of every table and keep the outcome; the true counts are not kept.

    What was drawn for a month stays, whoever draws again: two draws tell more than one.

    Args:
        session: the transaction that publishes the month.
        month: what is published.
        counts: the true counts; a cell that is not there is 0.
        epsilon: of one table.
        noise: made for that epsilon.
    """
    for table in FAMILY.tables:
        cells = [
            (table.name, row, column) for row in FAMILY.rows.codes for column in table.columns.codes
        ]
        drawn = noise([counts.get(cell, 0) for cell in cells])
        rows = [
            {"name": name, "period": month, "row": row, "column": column, "amount": amount,
             "epsilon": epsilon}
            for (name, row, column), amount in zip(cells, drawn, strict=True)
        ]  # fmt: skip
        await session.execute(insert_into(session, metric_released).on_conflict_do_nothing(), rows)


async def of_month(session: Session, month: str) -> Release | None:
    """Return what was drawn for a month; None: nothing was."""
    query = select(metric_released).where(metric_released.c.period == month)
    rows = (await session.execute(query)).all()
    if not rows:
        return None
    counts = {(one.name, one.row, one.column): one.amount for one in rows}
    return Release(month, rows[0].epsilon, counts)

"""Which counts may be published: pure, the same for every table (docs/decisions/0012)."""

import math
import random
from collections.abc import Collection, Mapping
from typing import Protocol

from storage.metric_tables import Family


class Chance(Protocol):
    """Where an order by chance comes from."""

    def random(self) -> float:
        """Return a number from 0 to 1."""
        ...


SYSTEM: Chance = random.SystemRandom()
"""What nobody can foretell and nobody can draw again."""

LEAST = 10
"""The smallest count that is ever published."""
STEP = 5
"""Published counts are multiples of this."""
TOTAL = ""
"""The column that holds a row's total."""

Cell = tuple[str, str, str]
"""Table, row, column."""


def hidden(
    counts: Mapping[str, int], *, least: int = LEAST, chance: Chance = SYSTEM
) -> frozenset[str]:
    """Return the categories of one line whose counts are not shown.

    Those below `least` are not. When they make less than `least` together, one of the others is
    hidden with them, so that what the shown ones leave of the total tells nothing. Which one is
    drawn, a small one with far better odds: were it always the smallest, it would be no larger
    than any that is shown, and who knows that can work out the rest.
    """
    small = _small(counts, least)
    others = sorted(counts.keys() - small)
    if not small or not others or _sum(counts, small) >= least:
        return small
    waits = {one: -math.log(1 - chance.random()) * counts[one] ** 2 for one in others}
    return small | {min(waits, key=waits.__getitem__)}


def could_hide(counts: Mapping[str, int], out: Collection[str], *, least: int = LEAST) -> bool:
    """Tell whether `hidden` can answer `out` for these counts: what an attacker cannot rule out."""
    small = _small(counts, least)
    if not small or small == counts.keys() or _sum(counts, small) >= least:
        return set(out) == small
    return small < set(out) and len(out) == len(small) + 1


def _small(counts: Mapping[str, int], least: int) -> frozenset[str]:
    return frozenset(name for name, count in counts.items() if count < least)


def _sum(counts: Mapping[str, int], names: Collection[str]) -> int:
    return sum(counts[one] for one in names)


def rounded(count: int) -> int:
    """Round to the nearest multiple of `STEP`; it is odd, so there is always a nearest."""
    return STEP * ((count + STEP // 2) // STEP)


def publishable(
    family: Family,
    counts: Mapping[Cell, int],
    *,
    unused: Collection[str] = (),
    chance: Chance = SYSTEM,
) -> Mapping[Cell, int | None]:
    """Return every cell and every row's total of a family, None for what is not shown.

    Args:
        family: what is published.
        counts: the true counts of one period; a cell that is not there is 0.
        unused: rows that cannot hold anything, as a channel that was never offered: that they
            are empty is no secret, so they hide no other row.
        chance: draws which large counts keep small ones company.
    """
    first = family.tables[0]
    exact = {
        (table.name, row, column): counts.get((table.name, row, column), 0)
        for table in family.tables
        for row in family.rows.codes
        for column in table.columns.codes
    }
    totals = {
        row: sum(exact[first.name, row, column] for column in first.columns.codes)
        for row in family.rows.codes
    }
    used = {row: total for row, total in totals.items() if total or row not in unused}
    out = hidden(used, chance=chance)
    published: dict[Cell, int | None] = {}
    for table in family.tables:
        for row in family.rows.codes:
            shown = row not in out and totals[row] >= LEAST
            total = totals[row]
            if table.splits is not None:
                shown = published[first.name, row, table.splits] is not None
                total = exact[first.name, row, table.splits]
            line = {column: exact[table.name, row, column] for column in table.columns.codes}
            kept_back = hidden(line, chance=chance) if shown else frozenset(line)
            published[table.name, row, TOTAL] = rounded(total) if shown else None
            for column, count in line.items():
                cell = table.name, row, column
                published[cell] = None if column in kept_back else rounded(count)
    return published

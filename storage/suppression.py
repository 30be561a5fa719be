"""Which counts may be published: pure, the same for every table (docs/decisions/0012)."""

from collections.abc import Collection, Mapping

from storage.metric_tables import Family

LEAST = 10
"""The smallest count that is ever published."""
STEP = 5
"""Published counts are multiples of this."""
TOTAL = ""
"""The column that holds a row's total."""

Cell = tuple[str, str, str]
"""Table, row, column."""


def hidden(counts: Mapping[str, int], *, least: int = LEAST) -> frozenset[str]:
    """Return the categories of one line whose counts are not shown.

    Those below `least` are not. So that their sum tells nothing either, the smallest of the
    others are hidden with them until it is `least` or more; then there are two at least. Whoever
    knows the line's total then knows of no hidden category more than that it is between nothing
    and `least` or more.
    """
    out = {name for name, count in counts.items() if count < least}
    others = sorted(
        (name for name in counts if name not in out), key=lambda one: (counts[one], one)
    )
    while out and others and sum(counts[one] for one in out) < least:
        out.add(others.pop(0))
    return frozenset(out)


def rounded(count: int) -> int:
    """Round to the nearest multiple of `STEP`; it is odd, so there is always a nearest."""
    return STEP * ((count + STEP // 2) // STEP)


def publishable(
    family: Family, counts: Mapping[Cell, int], *, unused: Collection[str] = ()
) -> Mapping[Cell, int | None]:
    """Return every cell and every row's total of a family, None for what is not shown.

    Args:
        family: what is published.
        counts: the true counts of one period; a cell that is not there is 0.
        unused: rows in which nothing was ever counted, as a channel that is not in use: that
            they are empty is no secret, so they hide no other row.
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
    out = hidden({row: total for row, total in totals.items() if row not in unused})
    published: dict[Cell, int | None] = {}
    for table in family.tables:
        for row in family.rows.codes:
            shown = row not in out and totals[row] >= LEAST
            total = totals[row]
            if table.splits is not None:
                shown = published[first.name, row, table.splits] is not None
                total = exact[first.name, row, table.splits]
            line = {column: exact[table.name, row, column] for column in table.columns.codes}
            kept_back = hidden(line) if shown else frozenset(line)
            published[table.name, row, TOTAL] = rounded(total) if shown else None
            for column, count in line.items():
                cell = table.name, row, column
                published[cell] = None if column in kept_back else rounded(count)
    return published

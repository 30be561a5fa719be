"""An attack on published tables: what can anybody work out about what is not shown?

The attacker holds every figure that was ever published, of all periods and tables at once, and
knows besides how many events there were in each family in all. Each figure is an equation over
unknown whole numbers; their bounds are narrowed again and again until nothing moves. The
equations of our tables form a tree, and on a tree this finds all there is to find.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.metric_tables import Family
from storage.suppression import LEAST, STEP, TOTAL, Cell

Bounds = tuple[int, int]
_MANY = 10**9


@dataclass(frozen=True)
class Equation:
    """Some cells together make another one, or a number that is known."""

    total: Cell | int
    cells: tuple[Cell, ...]


def attacked(
    family: Family,
    published: Mapping[Cell, int | None],
    *,
    everything: int,
    exact: Mapping[Cell, int] | None = None,
) -> Mapping[Cell, Bounds]:
    """Return how closely each unpublished cell can be known.

    Args:
        family: its tables, which are public.
        published: all that was published of one period.
        everything: how many events there were, as if somebody had told.
        exact: the counts before rounding, as if rounding hid nothing; None: as published.
    """
    shown = {cell: count for cell, count in published.items() if count is not None}
    known = {
        cell: _as_told(count) if exact is None else (exact[cell], exact[cell])
        for cell, count in shown.items()
    }
    bounds = {cell: known.get(cell, (0, _MANY)) for cell in published}
    equations = [*_rows(family), Equation(everything, _totals(family))]
    while _narrow(bounds, equations):
        pass
    return {cell: span for cell, span in bounds.items() if published[cell] is None}


def _as_told(count: int) -> Bounds:
    return max(LEAST, count - STEP // 2), count + STEP // 2


def _totals(family: Family) -> tuple[Cell, ...]:
    return tuple((family.tables[0].name, row, TOTAL) for row in family.rows.codes)


def _rows(family: Family) -> list[Equation]:
    """A row's cells make its total; the same rows, and the cell that is split, are the same."""
    found: list[Equation] = []
    first = family.tables[0].name
    for table in family.tables:
        for row in family.rows.codes:
            cells = tuple((table.name, row, column) for column in table.columns.codes)
            found.append(Equation((table.name, row, TOTAL), cells))
            if table.name != first:
                whole = (first, row, table.splits or TOTAL)
                found.append(Equation((table.name, row, TOTAL), (whole,)))
    return found


def _narrow(bounds: dict[Cell, Bounds], equations: list[Equation]) -> bool:
    before = dict(bounds)
    for one in equations:
        if isinstance(one.total, int):
            _share(bounds, one.cells, one.total, one.total)
        else:
            _cut(bounds, one.total, *_sum(bounds, one.cells))
            _share(bounds, one.cells, *bounds[one.total])
    return bounds != before


def _share(bounds: dict[Cell, Bounds], cells: tuple[Cell, ...], low: int, high: int) -> None:
    for cell in cells:
        all_low, all_high = _sum(bounds, cells)
        own_low, own_high = bounds[cell]
        _cut(bounds, cell, low - (all_high - own_high), high - (all_low - own_low))


def _sum(bounds: dict[Cell, Bounds], cells: tuple[Cell, ...]) -> Bounds:
    return sum(bounds[cell][0] for cell in cells), sum(bounds[cell][1] for cell in cells)


def _cut(bounds: dict[Cell, Bounds], cell: Cell, low: int, high: int) -> None:
    own_low, own_high = bounds[cell]
    bounds[cell] = max(own_low, low), min(own_high, high)

"""Other worlds that could have been published just so: what no reasoning can rule out.

For a hidden number and any value, counts are made in which it has that value and of which the
rule of publication, its chance being what it may be, can publish the very same figures. Who
knows the whole rule cannot tell these worlds from the true one.
"""

from collections.abc import Iterator, Mapping

from storage.metric_tables import Family, Table
from storage.suppression import LEAST, TOTAL, Cell, could_hide, rounded

Published = Mapping[Cell, int | None]


def could_publish(family: Family, counts: Mapping[Cell, int], published: Published) -> bool:
    """Tell whether these counts can be published as those figures."""
    totals = {row: _total(family.tables[0], counts, row) for row in family.rows.codes}
    first = family.tables[0].name
    out = {row for row in totals if published[first, row, TOTAL] is None}
    if not could_hide(totals, out):
        return False
    return all(
        _could_show(table, counts, published, row)
        for table in family.tables
        for row in family.rows.codes
        if published[table.name, row, TOTAL] is not None
    ) and all(_adds_up(family, table, counts, row) for table in family.tables for row in totals)


def _could_show(table: Table, counts: Mapping[Cell, int], published: Published, row: str) -> bool:
    line = {one: counts[table.name, row, one] for one in table.columns.codes}
    out = {one for one in line if published[table.name, row, one] is None}
    told = all(rounded(line[one]) == published[table.name, row, one] for one in line.keys() - out)
    whole = rounded(sum(line.values())) == published[table.name, row, TOTAL]
    return could_hide(line, out) and told and whole


def _adds_up(family: Family, table: Table, counts: Mapping[Cell, int], row: str) -> bool:
    first = family.tables[0]
    whole = counts[first.name, row, table.splits] if table.splits else _total(first, counts, row)
    return _total(table, counts, row) == whole


def worlds(
    family: Family, counts: Mapping[Cell, int], published: Published, cell: Cell, value: int
) -> Iterator[Mapping[Cell, int]]:
    """Make worlds in which a hidden cell has a value; the first that fits is enough."""
    name, row, column = cell
    table = next(one for one in family.tables if one.name == name)
    if table.splits is not None and published[name, row, TOTAL] is None:
        within = (family.tables[0].name, row, table.splits)
        for whole in {value, counts[within], LEAST}:
            for world in worlds(family, counts, published, within, whole):
                yield _put(table, world, row, column, value)
        return
    if published[name, row, TOTAL] is not None:
        yield from _in_line(family, table, counts, published, cell, value)
        return
    for total in {_total(table, counts, row), value, LEAST}:
        for world in _in_rows(family, counts, published, row, total):
            yield _settled(family, _put(table, world, row, column, value), row)


def _in_line(
    family: Family,
    table: Table,
    counts: Mapping[Cell, int],
    published: Published,
    cell: Cell,
    value: int,
) -> Iterator[Mapping[Cell, int]]:
    name, row, column = cell
    out = [one for one in table.columns.codes if published[name, row, one] is None]
    left = sum(counts[name, row, one] for one in out) - value
    for partner in (one for one in out if one != column):
        moved = {(name, row, one): 0 for one in out}
        moved |= {(name, row, partner): left, cell: value}
        yield _settled(family, {**counts, **moved}, row)


def _in_rows(
    family: Family, counts: Mapping[Cell, int], published: Published, row: str, total: int
) -> Iterator[Mapping[Cell, int]]:
    """Give a hidden row another total, at the cost of the other hidden ones."""
    first = family.tables[0]
    out = [one for one in family.rows.codes if published[first.name, one, TOTAL] is None]
    yield _filled(family, counts, {row: total})
    left = sum(_total(first, counts, one) for one in out) - total
    for partner in (one for one in out if one != row):
        for rest in {left, 0} if left >= 0 else {0}:
            yield _filled(family, counts, {**dict.fromkeys(out, 0), partner: rest, row: total})


def _filled(
    family: Family, counts: Mapping[Cell, int], totals: Mapping[str, int]
) -> Mapping[Cell, int]:
    world = dict(counts)
    for row, total in totals.items():
        for table in family.tables:
            if table.splits is None:
                world = dict(_put(table, world, row, table.columns.codes[0], total, whole=total))
        world = dict(_settled(family, world, row))
    return world


def _put(
    table: Table,
    counts: Mapping[Cell, int],
    row: str,
    column: str,
    value: int,
    *,
    whole: int | None = None,
) -> Mapping[Cell, int]:
    """Give one cell of a row a value, and what is left of the row to another column."""
    left = (_total(table, counts, row) if whole is None else whole) - value
    other = next((one for one in table.columns.codes if one != column), column)
    line = {(table.name, row, one): 0 for one in table.columns.codes}
    return {**counts, **line, (table.name, row, other): left, (table.name, row, column): value}


def _settled(family: Family, counts: Mapping[Cell, int], row: str) -> Mapping[Cell, int]:
    """Let the tables that split a cell follow it, where it changed."""
    world = counts
    for table in family.tables:
        if table.splits is not None:
            whole = counts[family.tables[0].name, row, table.splits]
            if _total(table, counts, row) != whole:
                world = _put(table, world, row, table.columns.codes[0], whole, whole=whole)
    return world


def _total(table: Table, counts: Mapping[Cell, int], row: str) -> int:
    return sum(counts[table.name, row, column] for column in table.columns.codes)

"""No published table, and no two of them, tell of few people; over random sparse numbers."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.metric_tables import FAMILIES, Family
from storage.suppression import LEAST, STEP, TOTAL, Cell, hidden, publishable, rounded
from tests.storage.differencing import attacked
from tests.storage.worlds import could_publish, worlds

SPARSE = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 400))
LINES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), SPARSE, min_size=1)


@st.composite
def periods(draw: st.DrawFn) -> tuple[Family, Mapping[Cell, int]]:
    """One period of one family: each of its tables counts the same events another way."""
    family = draw(st.sampled_from(sorted(FAMILIES.values(), key=lambda one: one.name)))
    first, *others = family.tables
    counts: dict[Cell, int] = {}
    for row in family.rows.codes:
        for column in first.columns.codes:
            counts[first.name, row, column] = draw(SPARSE)
        for table in others:
            whole = [table.splits] if table.splits else first.columns.codes
            left = sum(counts[first.name, row, column] for column in whole)
            for column in table.columns.codes[:-1]:
                part = draw(st.integers(0, left))
                counts[table.name, row, column] = part
                left -= part
            counts[table.name, row, table.columns.codes[-1]] = left
    return family, counts


def totals(family: Family, counts: Mapping[Cell, int]) -> dict[str, int]:
    first = family.tables[0]
    return {
        row: sum(counts[first.name, row, column] for column in first.columns.codes)
        for row in family.rows.codes
    }


def with_totals(family: Family, counts: Mapping[Cell, int]) -> Mapping[Cell, int]:
    whole = {}
    for table in family.tables:
        for row in family.rows.codes:
            cells = [(table.name, row, column) for column in table.columns.codes]
            whole[table.name, row, TOTAL] = sum(counts[cell] for cell in cells)
    return {**counts, **whole}


@given(LINES)
@example({"a": 9, "b": 400})
@example({"a": 9, "b": 9, "c": 400})
@example({"a": 0, "b": 0, "c": 400})
def test_what_is_hidden_in_a_line_is_hidden_among_ten_or_more(line: dict[str, int]) -> None:
    out = hidden(line)
    assert all(line[name] >= LEAST for name in line.keys() - out)
    if out and out != line.keys():
        assert len(out) >= 2
        assert sum(line[name] for name in out) >= LEAST


@given(st.integers(0, 10_000))
def test_a_published_count_is_a_multiple_of_five_and_two_away_at_most(count: int) -> None:
    assert rounded(count) % STEP == 0
    assert abs(rounded(count) - count) <= STEP // 2


@given(st.dictionaries(st.text("abcdefgh", max_size=2), st.integers(LEAST, 400)))
def test_nothing_is_hidden_where_nothing_is_small(line: dict[str, int]) -> None:
    assert hidden(line) == frozenset()


@given(periods())
def test_every_published_cell_is_ten_or_more(case: tuple[Family, Mapping[Cell, int]]) -> None:
    family, counts = case
    true = with_totals(family, counts)
    for cell, count in publishable(family, counts).items():
        assert count is None or true[cell] >= LEAST
        assert count is None or count == rounded(true[cell])


@pytest.mark.parametrize("rounding", ["rounded", "exact"])
@settings(max_examples=400)
@given(case=periods(), used=st.booleans())
def test_no_differencing_shows_that_a_hidden_cell_is_small_or_that_it_is_not_empty(
    case: tuple[Family, Mapping[Cell, int]], rounding: str, used: bool
) -> None:
    family, counts = case
    true = with_totals(family, counts)
    everything = sum(totals(family, counts).values())
    if 0 < everything < LEAST:  # who knows that there were three in all knows it already
        return
    empty = {row for row, total in totals(family, counts).items() if total == 0 and not used}
    published = publishable(family, counts, unused=empty)
    exact = true if rounding == "exact" else None
    found = attacked(family, published, everything=everything, exact=exact)
    for cell, (low, high) in found.items():
        if cell[1] in empty:  # that a channel is not in use is no secret
            continue
        assert low <= 0 or low >= LEAST, (cell, low, high)
        assert high >= LEAST or everything == 0, (cell, low, high)


@settings(max_examples=100, deadline=None)
@given(case=periods())
def test_who_knows_the_rule_cannot_rule_out_any_small_number_nor_a_large_one(
    case: tuple[Family, Mapping[Cell, int]],
) -> None:
    family, counts = case
    published = publishable(family, counts)
    assert could_publish(family, counts, published)
    alone = len(family.rows.codes) == 1 and None in (
        published[c] for c in published if c[2] == TOTAL
    )
    for cell in (one for one, count in published.items() if count is None and one[2] != TOTAL):
        for value in (0, 1, LEAST - 1, None):
            if value is None and alone:
                continue
            made = possible(family, counts, published, cell, value)
            assert made, (family.name, cell, value)


def test_the_attack_finds_what_a_table_without_complementary_suppression_gives_away() -> None:
    family = FAMILIES["arrivals"]
    counts = {("arrivals_by_hour", "web", f"h{hour:02}"): 30 for hour in range(0, 24, 3)}
    counts["arrivals_by_hour", "web", "h03"] = 4
    careless: dict[Cell, int | None] = {
        cell: None if count in (0, 4) else count
        for cell, count in with_totals(family, {**_nothing(family), **counts}).items()
    }
    exact = with_totals(family, {**_nothing(family), **counts})
    found = attacked(family, careless, everything=214, exact=exact)
    assert found["arrivals_by_hour", "web", "h03"] == (4, 4)


def test_a_channel_that_is_not_in_use_hides_no_other() -> None:
    family = FAMILIES["arrivals"]
    counts = {("arrivals_by_hour", "web", "h18"): 300, ("arrivals_by_hour", "line", "h18"): 200}
    unused = frozenset(family.rows.codes) - {"web", "line"}
    shown = publishable(family, counts, unused=unused)
    assert shown["arrivals_by_hour", "line", TOTAL] == 200
    drawn = publishable(family, counts)  # which of the two keeps the empty ones company is drawn
    assert None in {drawn["arrivals_by_hour", one, TOTAL] for one in ("web", "line")}


def _nothing(family: Family) -> dict[Cell, int]:
    return {
        (table.name, row, column): 0
        for table in family.tables
        for row in family.rows.codes
        for column in table.columns.codes
    }


def possible(
    family: Family,
    counts: Mapping[Cell, int],
    published: Mapping[Cell, int | None],
    cell: Cell,
    value: int | None,
) -> bool:
    """Tell whether a hidden cell can have a value, or None: one of ten and more."""
    return any(
        could_publish(family, world, published) and world[cell] == number
        for number in ([value] if value is not None else sizes(family, counts, published, cell))
        for world in worlds(family, counts, published, cell, number)
    )


def sizes(
    family: Family, counts: Mapping[Cell, int], published: Mapping[Cell, int | None], cell: Cell
) -> set[int]:
    """Large numbers worth a try: ten, and all that is hidden in the cell's row or in all rows."""
    name, row, _ = cell
    of_row = sum(
        count for one, count in counts.items() if one[:2] == (name, row) and published[one] is None
    )
    hidden_rows = sum(
        count
        for one, count in counts.items()
        if one[0] == family.tables[0].name and published[one[0], one[1], TOTAL] is None
    )
    return {number for number in (LEAST, of_row, hidden_rows) if number >= LEAST}

"""What the page of numbers and the monthly report show, made of published counts only. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.metric_tables import BOT_ONLY, FAMILIES, NEVER, RETURNED, WAITS, Dimension, Table
from storage.metric_tables import OVER as OVER_60
from storage.metrics import Published
from storage.periods import weeks_of
from storage.suppression import TOTAL

NAMES = tuple(table.name for family in FAMILIES.values() for table in family.tables)
TIERS = ("high", "low", "none")
BAR = 300
"""How long the longest bar of a chart is, in the units of the drawing."""

_Counts = Mapping[tuple[str, str], int | None]

Share = tuple[int, int] | None
"""Between which percentages a share lies; the same twice where nothing of it is hidden."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a bar: which row it is of, where it begins and how long it is."""

    row: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart, its label and its number; None: not shown."""

    label: str
    pieces: tuple[Piece, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class Grid:
    """One table of counts, and the chart of its columns."""

    name: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[int | None, ...]], ...]
    bars: tuple[Bar, ...]
    tiered: bool

    @property
    def empty(self) -> bool:
        """Whether nothing of it is shown."""
        return all(count is None for _, counts in self.lines for count in counts)

    @property
    def drawn(self) -> bool:
        """Whether there is a bar to draw; a chart of dashes says less than its table."""
        return any(bar.pieces for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Waits:
    """How those of one tier waited; minutes are "at most", None is not known."""

    tier: str
    answered: Share
    median: int | None
    most: int | None  # 95 % waited no longer
    met: bool | None  # the target for high risk


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is shown of one month."""

    month: str
    weeks: tuple[str, ...]
    never: int | None
    nevers: tuple[tuple[str, int | None], ...]  # by tier
    never_share: Share
    bot_only: Share  # of the talks that ended
    waits: tuple[Waits, ...]
    grids: tuple[Grid, ...]


def sheet(published: Published, month: str, words: Mapping[str, str]) -> Sheet:
    """Put together what was published of a month and of its weeks."""
    weeks = tuple(week for week in weeks_of(month) if week in published)
    waits = _cells(published, "waits", [month])
    ends = _cells(published, "ends", [month])
    return Sheet(
        month=month,
        weeks=weeks,
        never=added(waits.get((tier, NEVER)) for tier in TIERS),
        nevers=tuple((tier, waits.get((tier, NEVER))) for tier in TIERS),
        never_share=share(waits, TIERS, NEVER),
        bot_only=share(ends, TIERS, BOT_ONLY),
        waits=tuple(_waits(waits, tier) for tier in TIERS),
        grids=tuple(sorted(_grids(published, month, weeks, words), key=_after_headline)),
    )


def _after_headline(grid: Grid) -> bool:
    """Sort what belongs to the headline before everything else."""
    return grid.name != "never_by_hour"


def added(counts: Iterable[int | None]) -> int | None:
    """Add what is shown; None when nothing is."""
    shown = [count for count in counts if count is not None]
    return sum(shown) if shown else None


def share(counts: _Counts, rows: Sequence[str], column: str) -> Share:
    """Return between which percentages one column's part of some rows lies; None: not known.

    What is not shown may be nothing, or all that the row's total leaves for it.
    """
    least = most = whole = 0
    for row in rows:
        total = counts.get((row, TOTAL))
        if total is not None:
            own = counts.get((row, column))
            rest = added(counts[key] for key in counts if key[0] == row and key[1]) or 0
            whole += total
            least += own or 0
            most += max(0, total - rest) if own is None else own
    return (_percent(least, whole), _percent(most, whole)) if whole else None


def _percent(part: int, whole: int) -> int:
    return min(100, round(100 * part / whole))


def months(published: Published) -> Sequence[str]:
    """Return the months that something was published of, newest first."""
    return sorted((period for period in published if "W" not in period), reverse=True)


def file(published: Published, month: str) -> str:
    """Write what was published of a month and its weeks as CSV; what is not shown is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("table", "period", "row", "column", "count"))
    for period in (month, *weeks_of(month)):
        for (name, row, column), count in sorted(published.get(period, {}).items()):
            shown = "" if count is None else count
            writer.writerow((name, period, row, column or "total", shown))
    return out.getvalue()


def word(words: Mapping[str, str], dimension: str, code: str) -> str:
    """Name a category; one that has no name any more is shown as it was counted."""
    return words.get(f"count_{dimension}_{code}", code)


def _grids(
    published: Published, month: str, weeks: Sequence[str], words: Mapping[str, str]
) -> Iterable[Grid]:
    for family in FAMILIES.values():
        periods = [month] if family.span == "month" else weeks
        for table in family.tables:
            counts = _cells(published, table.name, periods)
            yield _grid(table, family.rows, counts, words)


def _grid(table: Table, rows: Dimension, counts: _Counts, words: Mapping[str, str]) -> Grid:
    columns = (*_codes(table.columns, (column for _, column in counts)), TOTAL)
    tiered = rows.name == "tier"
    return Grid(
        name=table.name,
        columns=tuple(
            word(words, table.columns.name, one) if one else words["numbers_total"]
            for one in columns
        ),
        lines=tuple(
            (word(words, rows.name, row), tuple(counts.get((row, one)) for one in columns))
            for row in _codes(rows, (row for row, _ in counts))
        ),
        bars=_bars(table, rows, counts, words),
        tiered=tiered,
    )


def _codes(dimension: Dimension, published: Iterable[str]) -> tuple[str, ...]:
    """Return the categories of today, and those that were published under another name."""
    return *dimension.codes, *sorted({*published} - {*dimension.codes, TOTAL})


def _bars(
    table: Table, rows: Dimension, counts: _Counts, words: Mapping[str, str]
) -> tuple[Bar, ...]:
    names = _codes(rows, (row for row, _ in counts))
    columns = _codes(table.columns, (column for _, column in counts))
    sums = {one: added(counts.get((row, one)) for row in names) for one in columns}
    longest = max([number or 0 for number in sums.values()], default=0) or 1
    made = []
    for column, number in sums.items():
        start, pieces = 0, []
        for row in names:
            length = round(BAR * (counts.get((row, column)) or 0) / longest)
            if length:
                pieces.append(Piece(row if rows.name == "tier" else "all", start, length))
            start += length
        made.append(Bar(word(words, table.columns.name, column), tuple(pieces), number))
    return tuple(made)


def _cells(published: Published, name: str, periods: Sequence[str]) -> _Counts:
    """Add the cells of one table over some periods, row and column -> what is shown."""
    found: dict[tuple[str, str], int | None] = {}
    for period in periods:
        for (table, row, column), count in published.get(period, {}).items():
            if table == name:
                found[row, column] = added((found.get((row, column)), count))
    return found


def _waits(counts: _Counts, tier: str) -> Waits:
    never = share(counts, [tier], NEVER)
    answered = None if never is None else (100 - never[1], 100 - never[0])
    median, most = _reached(counts, tier, 50), _reached(counts, tier, 95)
    met = None
    if tier == "high" and median is not None and most is not None:
        met = median <= TARGET_MEDIAN and most <= TARGET_MOST
    return Waits(tier, answered, median, most, met)


TARGET_MEDIAN, TARGET_MOST = 3, 5
"""Minutes for those at high risk: half of them, and 95 %."""

OVER = 999
"""Stands for longer than the longest wait that has a column."""


def _reached(counts: _Counts, tier: str, part: int) -> int | None:
    """Return within how many minutes a part, in percent, was answered for certain.

    Whoever is not shown is taken to have waited longest; None where that leaves it open.
    """
    total = counts.get((tier, TOTAL))
    if total is None:
        return None
    apart = sum(counts.get((tier, name)) or 0 for name in (NEVER, RETURNED))
    whole, so_far = total - apart, 0
    for most, name in (*WAITS.items(), (OVER, OVER_60)):
        so_far += counts.get((tier, name)) or 0
        if so_far and so_far * 100 >= whole * part:
            return most
    return None

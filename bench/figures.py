"""Figures and the Markdown they are printed in."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """How one load went.

    `latencies` are milliseconds, one for each request that was answered well; `cpu` is what
    the server spent, in seconds, or None where nobody looked.
    """

    latencies: Sequence[float] = field(repr=False)
    seconds: float
    failures: int = 0
    cpu: float | None = None

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def cpu_each(self) -> float | None:
        """Microseconds of the server's processor a request."""
        return self.cpu / max(len(self.latencies), 1) * 1e6 if self.cpu is not None else None

    def at(self, percent: float) -> float:
        """Return the latency that `percent` of the requests did not exceed; NaN when none."""
        return percentile(self.latencies, percent)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of `values` do not exceed; NaN when empty."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; floats get the digits that mean something."""
    lines = [_line(head), "|---" * len(head) + "|"]
    return "\n".join([*lines, *(_line([shown(cell) for cell in row]) for row in rows)])


def shown(cell: object) -> str:
    """Write a figure with three digits that count, an absent one as a dash."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    if not isinstance(cell, float):
        return str(cell)
    if abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def verdict(figure: float, limit: float | None, *, at_most: bool) -> str:
    """Say whether a figure reaches its target; what has none is met."""
    if limit is None:
        return "met"
    return "met" if (figure <= limit if at_most else figure >= limit) else "missed"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"

"""Tables on the command line."""

from collections.abc import Sequence


def lined_up(rows: Sequence[Sequence[str]]) -> str:
    """Write rows of equal length as lines of text, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )

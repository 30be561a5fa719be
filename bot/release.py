"""Numbers of a month for the public: drawn with noise once, as it is published, and written out."""

import asyncio
import csv
import io
from datetime import datetime
from pathlib import Path

from bot.refused import Refused
from storage import metrics, releases
from storage.database import Database
from storage.metrics import Public
from storage.noise import MOST, laplace
from storage.periods import is_over, weeks_of
from storage.releases import Release

INSTALL = (
    "noise needs OpenDP, which is an extra: "
    "pip install --require-hashes -r requirements-dp.txt, and run again."
)
_KNOWN = (
    "{month} was drawn already, with epsilon {spent:g}, and is not drawn again: two draws tell "
    "more than one; leave --epsilon out to write it."
)
_LATE = (
    "{month} was published without noise, and its true counts are gone; set "
    "GYEOT_RELEASE_EPSILON, and the next month is drawn when it is published."
)


def public(epsilon: float | None) -> Public | None:
    """Make what every published month is drawn with; None where none is.

    Raises:
        NoiseMissing: it is wanted, and OpenDP is not installed.
    """
    if epsilon is None:
        return None
    made = Public(epsilon)
    laplace(made.each)
    return made


async def released(
    database: Database, month: str, epsilon: float | None, folder: Path, *, now: datetime
) -> str:
    """Write what was drawn of a month into a folder; with an epsilon it is published and drawn now.

    Returns:
        A sentence about it for the terminal.

    Raises:
        Refused: it is not over, was drawn already, or was published without noise.
        NoiseMissing: OpenDP is not installed; nothing was published.
    """
    _check(month, epsilon, now)
    found = await _of(database, month)
    if found is not None and epsilon is not None:
        raise Refused(_KNOWN.format(month=month, spent=found.spent))
    if found is None and epsilon is not None:
        await metrics.publish_due(database, now=now, public=Public(epsilon, month))
        found = await _of(database, month)
    if found is None:
        raise Refused(await _why_not(database, month))
    path = folder / f"gyeot-{month}-public.csv"
    await asyncio.to_thread(path.write_text, sheet(found), "utf-8")
    return f"written: {path}\n{stated(found)}"


def stated(release: Release) -> str:
    """Say what was spent, for whoever reads the numbers."""
    return (
        f"Discrete Laplace noise (OpenDP), drawn once: epsilon {release.epsilon:g} for each of "
        f"{release.tables} tables, {release.spent:g} in all for {release.month}. One talk more or "
        "less changes each table by one. Numbers can be below 0 and need not add up."
    )


def sheet(release: Release) -> str:
    """Write a release as CSV, what was spent in its first line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"# {stated(release)}"])
    writer.writerow(("table", "month", "row", "column", "count"))
    for (name, row, column), count in sorted(release.counts.items()):
        writer.writerow((name, release.month, row, column, count))
    return out.getvalue()


def _check(month: str, epsilon: float | None, now: datetime) -> None:
    if epsilon is not None and not 0 < epsilon <= MOST:
        raise Refused(f"epsilon is above 0, and {MOST:g} at most.")
    try:
        weeks_of(month)
        over = is_over(month, now=now)
    except ValueError:
        raise Refused("name a month, as 2026-11.") from None
    if not over:
        raise Refused(f"{month} is not over: a month is published a day after its end.")


async def _of(database: Database, month: str) -> Release | None:
    async with database.reading() as session:
        return await releases.of_month(session, month)


async def _why_not(database: Database, month: str) -> str:
    names = [table.name for table in releases.FAMILY.tables]
    async with database.reading() as session:
        published = await metrics.published(session, names, since=month, until=month)
    if published:
        return _LATE.format(month=month)
    return f"nothing was drawn of {month}; say how much it may cost, as --epsilon 1.0."

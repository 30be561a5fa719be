"""Sums of a week, counted in memory and written down now and then; no word is among them."""

import logging
from collections import Counter

from storage import weekly
from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger("gyeot.sums")


class WeeklySums:
    """Counters of a week that every part of a process adds to, and one loop writes."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, week: str, name: str, count: int = 1) -> None:
        """Add to a counter; nothing is waited for."""
        if count:
            self._counts[week, name] += count

    async def write(self, database: Database) -> None:
        """Add what was counted to the database; what cannot be written now is kept."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            async with database.transaction() as session:
                await weekly.add(session, counts)
        except StorageError as error:
            self._counts += counts
            log.info("tallies not written", extra={"code": error.code})

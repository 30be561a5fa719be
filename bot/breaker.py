"""Leaving alone for a while what does not answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

THRESHOLD = 5  # failures in a row
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Record:
    failures: int
    shut_until: datetime
    talk: UUID | None  # the only one it failed for; None: it failed for several


class Breaker:
    """Shuts a name after failures in a row; then one probe at a time, until one succeeds.

    Pauses double with each probe, from `first_pause` to 60 s. What was under way when it
    shut and fails after that counts no more: one bad second must not cost a minute. Failures
    of one talk alone never shut it, since it may be the recipient's that nothing reaches.
    """

    def __init__(self, *, threshold: int = THRESHOLD, first_pause: timedelta = FIRST_PAUSE) -> None:
        self._threshold = threshold
        self._first_pause = first_pause
        self._records: dict[str, _Record] = {}

    def may(self, name: str, now: datetime) -> bool:
        """Tell whether `name` may be tried now."""
        record = self._shut(name)
        return record is None or record.shut_until <= now

    def spend(self, name: str, now: datetime) -> None:
        """Note a try; while shut, it is the probe, and nobody else tries for as long."""
        record = self._shut(name)
        if record is not None:
            self._records[name] = self._record(record.failures + 1, now, None)

    def failed(self, name: str, talk: UUID, now: datetime) -> None:
        """Note a failure of the thing itself, not of one message, while it served `talk`."""
        if self._shut(name) is not None:
            return
        known = self._records.get(name)
        failures = known.failures + 1 if known else 1
        alone = known is None or known.talk == talk
        most = self._threshold - 1 if alone else failures
        self._records[name] = self._record(min(failures, most), now, talk if alone else None)

    def worked(self, name: str) -> None:
        """Note that it answered, whatever it said."""
        self._records.pop(name, None)

    def shut(self) -> tuple[str, ...]:
        """Return the names that are shut, a probe under way or not."""
        return tuple(name for name in self._records if self._shut(name) is not None)

    def next_try(self, names: Iterable[str], now: datetime) -> datetime | None:
        """Return when one of `names` that may not be tried now may be; None if all may."""
        records = (self._shut(name) for name in names)
        moments = [one.shut_until for one in records if one and one.shut_until > now]
        return min(moments, default=None)

    def _shut(self, name: str) -> _Record | None:
        record = self._records.get(name)
        return record if record and record.failures >= self._threshold else None

    def _record(self, failures: int, now: datetime, talk: UUID | None) -> _Record:
        doublings = max(0, min(failures - self._threshold, 10))
        pause: timedelta = self._first_pause * 2**doublings
        return _Record(failures, now + min(LONGEST_PAUSE, pause), talk)

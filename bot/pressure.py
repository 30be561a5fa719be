"""Whether more people wait for a first answer than can be answered in time."""

from dataclasses import dataclass, field
from datetime import timedelta

from storage.inbox import Backlog

HIGH = timedelta(seconds=5)  # the oldest waits longer: say so to those who come new
OVER = timedelta(seconds=1)  # the oldest waits no longer than this: back to normal


@dataclass(slots=True)
class Pressure:
    """The last look at the backlog; it ends lower than it begins, so that it does not flicker."""

    backlog: Backlog = field(default_factory=lambda: Backlog(0, timedelta(0)))
    high: bool = False

    def look(self, backlog: Backlog) -> None:
        """Take a new look."""
        self.backlog = backlog
        self.high = backlog.oldest > (OVER if self.high else HIGH)

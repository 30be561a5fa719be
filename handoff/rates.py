"""How often something may be tried: token buckets in memory, bounded in number."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` tries at once, then one more every `refill`."""

    burst: int
    refill: timedelta


class Rates:
    """One bucket a name; the name that was not used for longest is forgotten first."""

    def __init__(self, rate: Rate, *, names: int = 1024) -> None:
        self._rate = rate
        self._names = names
        self._full_at: OrderedDict[str, datetime] = OrderedDict()  # when all tries are back

    def take(self, name: str, *, now: datetime) -> bool:
        """Use one try of this name; False when there is none left."""
        empty = now + self._rate.burst * self._rate.refill
        # A clock that stepped back must lock nobody out for longer than an empty bucket does.
        full_at = min(max(self._full_at.pop(name, now), now), empty)
        allowed = full_at + self._rate.refill <= empty
        self._full_at[name] = full_at + self._rate.refill if allowed else full_at
        if len(self._full_at) > self._names:
            self._full_at.popitem(last=False)
        return allowed

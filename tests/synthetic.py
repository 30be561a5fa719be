"""A made-up year of numbers, the same for the same seed. SYNTHETIC: no young person is in it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import insert

from storage.database import Database
from storage.metric_tables import (
    ALL,
    BEGUN,
    BOT_ONLY,
    BY_BOT,
    BY_COUNSELOR,
    CHANNEL,
    FAMILIES,
    FILED,
    NEVER,
    OUTCOME,
    REASON,
    RETURNED,
    SIGNED,
    TIER,
    TOPIC,
    WAIT,
)
from storage.metrics import offer, publish_due
from storage.periods import hour_of, period_of
from storage.tables import metric_counts

_T = TypeVar("_T")
Counts = Counter[tuple[str, str, str, str]]

OFFERED = tuple(code for code in CHANNEL.codes if code != "other")
"""The channels of the made-up installation; all that somebody came by."""

_CHANNELS = (46, 12, 14, 2, 4, 1, 20, 0)
_TIERS = (9, 23, 68)
_TOPICS = (24, 13, 6, 19, 13, 25)
_REASONS = (62, 21, 13, 3, 1, 0)
_WAITS = {
    "high": (46, 35, 9, 3, 1, 1, 0, 2, 3),
    "low": (22, 24, 18, 13, 9, 4, 1, 3, 6),
    "none": (14, 18, 17, 17, 13, 8, 3, 2, 8),
}
_OUTCOMES = (22, 24, 14, 2, 16, 4, 3, 6, 0, 9)
_HOURS = (9, 3, 1, 4, 8, 15, 27, 33)  # krisenchat: 60 % between 16 and 24
_ASKS = {"high": 0.9, "low": 0.55, "none": 0.22}
_DAY = timedelta(days=1)


def year(seed: int, talks: int, *, first: datetime) -> Counts:
    """Count a year of talks that were never held."""
    made = _Year(random.Random(seed), first + 365 * _DAY)
    for _ in range(talks):
        made.live(first + made.chance.random() * 365 * _DAY)
    return made.counts


async def published_year(
    database: Database, *, seed: int = 9, talks: int = 11_000, now: datetime
) -> Counts:
    """Put such a year into a database, ended now, and publish it."""
    counts = year(seed, talks, first=now - timedelta(days=365))
    await published(database, counts, now=now)
    return counts


async def published(database: Database, counts: Counts, *, now: datetime) -> None:
    """Put counts into a database and publish what is over."""
    rows = [
        {"name": name, "period": period, "row": row, "column": column, "amount": amount}
        for (name, period, row, column), amount in counts.items()
    ]
    await offer(database, OFFERED, now=now)
    async with database.transaction() as session:
        await session.execute(insert(metric_counts), rows)
    await publish_due(database, now=now)


@dataclass
class _Year:
    """A year that is being made up; what would come after its end is not counted."""

    chance: random.Random
    end: datetime
    counts: Counts = field(default_factory=Counter)

    def live(self, day: datetime) -> None:
        """One talk, from its first word to its end."""
        hour = self.one(range(0, 24, 3), _HOURS) + self.chance.randrange(3)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 9)
        channel, tier = self.one(CHANNEL.codes, _CHANNELS), self.one(TIER.codes, _TIERS)
        self.add(at, "arrivals", channel, arrivals_by_hour=hour_of(at))
        met = self.chance.random() < _ASKS[tier] and self.wait(at, tier)
        over = at + (self.chance.random() ** 4 * 8 if met else self.chance.random() * 31) * _DAY
        how = self.one(OUTCOME.codes, _OUTCOMES) if met else BOT_ONLY
        topic = self.one(TOPIC.codes, _TOPICS)
        self.add(over, "ends", tier, ends=how, ends_by_topic=topic)
        if self.chance.random() < 0.02:
            self.add(at, "undelivered", ALL, undelivered=channel)
        if topic == "pictures":
            self.help(at, over, tier, met=met)

    def wait(self, at: datetime, tier: str) -> bool:
        """One wait; now and then a second one, for a counselor who was gone."""
        ways = [name for name in WAIT.codes if name != RETURNED]
        weights = [
            more for more, name in zip(_WAITS[tier], WAIT.codes, strict=True) if name in ways
        ]
        met = self.waited(at, tier, self.one(ways, weights))
        if met and self.chance.random() < 0.03:
            self.waited(at, tier, RETURNED)
        return met

    def waited(self, at: datetime, tier: str, how: str) -> bool:
        """A way into the queue and the way out of it."""
        self.add(at, "handoffs", tier, handoffs=self.one(REASON.codes, _REASONS))
        hour = {"never_by_hour": hour_of(at)} if how == NEVER else {}
        self.add(at + timedelta(minutes=7), "waits", tier, waits=how, **hour)
        return how != NEVER

    def help(self, at: datetime, over: datetime, tier: str, *, met: bool) -> None:
        """What is said of help with pictures, and what is brought to the police."""
        if self.chance.random() < 0.4:
            self.add(at, "deletions", ALL, deletions=BY_BOT)
        if met and self.chance.random() < 0.3:
            self.add(over, "deletions", ALL, deletions=BY_COUNSELOR)
        if met and tier == "high" and self.chance.random() < 0.6:
            for days, step in ((0, BEGUN), (1, SIGNED), (2, FILED)):
                self.add(over + days * _DAY, "reports", step, reports=ALL)

    def one(self, codes: Sequence[_T], weights: Sequence[int]) -> _T:
        return self.chance.choices(codes, weights)[0]

    def add(self, at: datetime, family: str, row: str, **columns: str) -> None:
        period = period_of(FAMILIES[family].span, at)
        for name, column in columns.items():
            if at < self.end:
                self.counts[name, period, row, column] += 1

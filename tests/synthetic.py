"""A made-up year of numbers, the same for the same seed. SYNTHETIC: no young person is in it."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from storage.database import Database
from storage.metric_tables import (
    ALL,
    BOT_ENDED,
    BOT_ONLY,
    CHANNEL,
    FAMILIES,
    NEVER,
    OUTCOME,
    PERSON,
    REASON,
    TIER,
    TOPIC,
    WAIT,
)
from storage.metrics import publish_due
from storage.periods import hour_of, period_of
from storage.tables import metric_counts

Counts = Counter[tuple[str, str, str, str]]

_CHANNELS = (46, 12, 14, 2, 4, 1, 20, 0)
_TIERS = (9, 23, 68)
_TOPICS = (24, 13, 6, 19, 13, 25)
_REASONS = (62, 21, 11, 3, 1, 2, 0)
_WAITS = {
    "high": (46, 35, 9, 3, 1, 1, 0, 2, 3),
    "low": (22, 24, 18, 13, 9, 4, 1, 3, 6),
    "none": (14, 18, 17, 17, 13, 8, 3, 2, 8),
}
_OUTCOMES = (22, 24, 14, 2, 16, 4, 0, 6, 12)
_HOURS = (9, 3, 1, 4, 8, 15, 27, 33)  # krisenchat: 60 % between 16 and 24


def year(seed: int, talks: int, *, first: datetime) -> Counts:
    """Count a year of talks that were never held."""
    chance = random.Random(seed)
    counts: Counts = Counter()
    for _ in range(talks):
        _live(chance, counts, first + timedelta(days=chance.random() * 365))
    return counts


async def published_year(
    database: Database, *, seed: int = 9, talks: int = 11_000, now: datetime
) -> None:
    """Put such a year into a database, ended now, and publish it."""
    counts = year(seed, talks, first=now - timedelta(days=365))
    rows = [
        {"name": name, "period": period, "row": row, "column": column, "amount": amount}
        for (name, period, row, column), amount in counts.items()
    ]
    async with database.transaction() as session:
        await session.execute(insert(metric_counts), rows)
    await publish_due(database, now=now)


def _live(chance: random.Random, counts: Counts, day: datetime) -> None:
    def one(codes: tuple[str, ...], weights: tuple[int, ...]) -> str:
        return chance.choices(codes, weights)[0]

    def add(family: str, row: str, **columns: str) -> None:
        period = period_of(FAMILIES[family].span, at)
        for name, column in columns.items():
            counts[name, period, row, column] += 1

    seoul_hour = chance.choices(range(0, 24, 3), _HOURS)[0] + chance.randrange(3)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=seoul_hour - 9)
    channel, tier = one(CHANNEL.codes, _CHANNELS), one(TIER.codes, _TIERS)
    add("arrivals", channel, arrivals_by_hour=hour_of(at))
    asks = chance.random() < {"high": 0.9, "low": 0.55, "none": 0.22}[tier]
    wait = one(WAIT.codes, _WAITS[tier]) if asks else ""
    if asks:
        add("handoffs", tier, handoffs=one(REASON.codes, _REASONS))
        hour = {"never_by_hour": hour_of(at)} if wait == NEVER else {}
        add("waits", tier, waits=wait, **hour)
    met = asks and wait != NEVER
    add(
        "ends",
        tier,
        ends=one(OUTCOME.codes, _OUTCOMES) if met else BOT_ENDED,
        ends_by_topic=one(TOPIC.codes, _TOPICS),
        ends_by_channel=channel,
        ends_by_answer=PERSON if met else BOT_ONLY,
    )
    if chance.random() < 0.02:
        add("undelivered", ALL, undelivered=channel)

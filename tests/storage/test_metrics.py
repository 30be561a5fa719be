"""Counting and publishing on real databases: once, frozen, and nothing finer left behind."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from storage import metrics, retention, tallies
from storage.database import Database
from storage.metric_tables import FAMILIES
from storage.metrics import publish_due, published
from storage.periods import Span, through
from storage.records import Limits, Risk
from storage.suppression import TOTAL
from storage.tables import metric_counts, metric_published
from tests.factories import NOON, talk_of

WEEK = "2026-W48"  # NOON is the Wednesday of it
LATER = datetime.fromisoformat("2026-12-02T00:00:00+00:00")


async def arrivals(database: Database, count: int, channel: str = "web") -> None:
    for _ in range(count):
        async with database.transaction() as session:
            tallies.arrived(session, channel, now=NOON)


async def counts(database: Database) -> dict[tuple[str, str, str, str], int]:
    async with database.reading() as session:
        rows = (await session.execute(select(metric_counts))).all()
    return {(one.name, one.period, one.row, one.column): one.amount for one in rows}


async def frozen(database: Database, name: str = "arrivals_by_hour") -> metrics.Published:
    async with database.reading() as session:
        return await published(session, [name])


async def test_a_talk_that_opens_adds_one_to_a_count_in_its_own_transaction(
    database: Database,
) -> None:
    await talk_of(database, channel="kakao-skill")
    assert await counts(database) == {("arrivals_by_hour", WEEK, "kakao", "h21"): 1}


async def test_a_transaction_that_fails_counts_nothing(database: Database) -> None:
    async def failing() -> None:
        async with database.transaction() as session:
            tallies.arrived(session, "web", now=NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()
    assert await counts(database) == {}


async def test_many_at_once_are_each_counted_and_none_waits_for_another_for_ever(
    database: Database,
) -> None:
    async def both(first: str, second: str) -> None:
        async with database.transaction() as session:
            tallies.arrived(session, first, now=NOON)
            tallies.arrived(session, second, now=NOON)

    ways = [("web", "line"), ("line", "web")] * 15
    async with asyncio.timeout(60):
        await asyncio.gather(*(both(*way) for way in ways))
    assert sorted((await counts(database)).values()) == [30, 30]


async def test_talks_of_training_are_never_counted(database: Database) -> None:
    async with database.transaction() as session:
        tallies.arrived(session, tallies.TRAINING, now=NOON)
        tallies.undelivered(session, tallies.TRAINING, now=NOON)
        tallies.ended(
            session, channel=tallies.TRAINING, risk=Risk.HIGH, topic=None, outcome="heard",
            with_person=True, now=NOON,
        )  # fmt: skip
    await talk_of(database, channel=tallies.TRAINING)
    assert await counts(database) == {}


async def test_a_week_is_published_once_it_is_over_and_its_counts_are_deleted(
    database: Database,
) -> None:
    await metrics.offer(database, ["web", "line"], now=NOON)
    await arrivals(database, 41)
    await arrivals(database, 23, "line")
    await publish_due(database, now=NOON + timedelta(days=1))
    assert WEEK not in await frozen(database)

    await publish_due(database, now=LATER)
    cells = (await frozen(database))[WEEK]
    assert cells["arrivals_by_hour", "web", TOTAL] == 40
    assert cells["arrivals_by_hour", "line", TOTAL] == 25
    assert cells["arrivals_by_hour", "x", TOTAL] is None
    assert await counts(database) == {}


@pytest.mark.parametrize("came", [0, 4])
async def test_what_is_hidden_depends_on_what_is_offered_and_not_on_whether_anybody_came(
    database: Database, came: int
) -> None:
    """Else the week in which others are hidden is the week in which somebody came."""
    await metrics.offer(database, ["web", "line", "kakao-skill"], now=NOON)
    await arrivals(database, 300)
    await arrivals(database, 20, "line")
    await arrivals(database, came, "kakao-consult")
    await publish_due(database, now=LATER)
    cells = (await frozen(database))[WEEK]
    shown = [cells["arrivals_by_hour", row, TOTAL] for row in ("kakao", "web", "line")]
    assert shown[0] is None
    assert shown.count(None) == 2


async def test_a_channel_that_was_never_offered_hides_no_other(database: Database) -> None:
    await metrics.offer(database, ["web", "line"], now=NOON)
    await arrivals(database, 41)
    await arrivals(database, 23, "line")
    await publish_due(database, now=LATER)
    cells = (await frozen(database))[WEEK]
    assert cells["arrivals_by_hour", "web", TOTAL] == 40
    assert cells["arrivals_by_hour", "line", TOTAL] == 25


async def test_what_was_published_is_never_written_again(database: Database) -> None:
    await arrivals(database, 41)
    await publish_due(database, now=LATER)
    before = await frozen(database)
    await arrivals(database, 90)  # a transaction that came a week late
    await publish_due(database, now=LATER)
    await asyncio.gather(*(publish_due(database, now=LATER) for _ in range(3)))
    assert await frozen(database) == before
    assert await counts(database) == {}


async def test_two_workers_publish_the_same_once(database: Database) -> None:
    await metrics.offer(database, ["web"], now=NOON)
    await arrivals(database, 41)
    await asyncio.gather(*(publish_due(database, now=LATER) for _ in range(4)))
    assert (await frozen(database))[WEEK]["arrivals_by_hour", "web", TOTAL] == 40


async def test_an_empty_installation_publishes_tables_that_say_nothing(database: Database) -> None:
    await publish_due(database, now=LATER)
    async with database.reading() as session:
        rows = (await session.execute(select(metric_published))).all()
    assert {one.name for one in rows} == {
        table.name for family in FAMILIES.values() for table in family.tables
    }
    assert all(one.amount is None for one in rows)


async def test_one_talk_in_a_year_is_told_by_no_table(database: Database) -> None:
    empty = await _published_after(database)
    async with database.transaction() as session:
        await session.execute(delete(metric_published))
    await arrivals(database, 1)
    assert await _published_after(database) == empty


async def test_a_talk_with_the_bot_that_expires_is_counted_as_ended(database: Database) -> None:
    await talk_of(database)
    await retention.purge(database, Limits(), now=NOON + timedelta(days=31))
    found = await counts(database)
    assert found["ends", "2026-12", "none", "bot_only"] == 1
    assert found["ends_by_topic", "2026-12", "none", "other"] == 1


async def test_a_category_that_has_another_name_now_is_counted_as_other(
    database: Database,
) -> None:
    async with database.transaction() as session:
        tallies.arrived(session, "carrier_pigeon", now=NOON)
        tallies.handed_off(session, Risk.NONE, "of_old", now=NOON)
    assert {(row, column) for _, _, row, column in await counts(database)} == {
        ("other", "h21"), ("none", "other"),
    }  # fmt: skip


async def _published_after(database: Database) -> metrics.Published:
    await publish_due(database, now=LATER)
    return await frozen(database)


async def test_a_week_of_nothing_between_two_is_published_too(database: Database) -> None:
    """Else a table that is missing would say that nothing happened."""
    async with database.transaction() as session:
        tallies.undelivered(session, "web", now=NOON)
    await publish_due(database, now=NOON + timedelta(days=12))
    await publish_due(database, now=NOON + timedelta(days=40))

    async with database.reading() as session:
        shown = await published(session, ["undelivered"])
    weeks = list(shown)
    first, last = min(weeks), max(weeks)
    assert weeks == list(through(Span.WEEK, first, last))
    assert len(weeks) == 5


async def test_a_clock_that_was_set_back_publishes_nothing_twice(database: Database) -> None:
    await arrivals(database, 41)
    await publish_due(database, now=LATER)
    before = await frozen(database)
    await publish_due(database, now=NOON - timedelta(days=200))
    await publish_due(database, now=LATER)
    assert await frozen(database) == before

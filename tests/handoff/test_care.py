"""After heavy talks nobody takes the next one at once, unless nobody else can."""

from datetime import datetime, timedelta

import pytest

from handoff import care, queue
from handoff.care import PAUSE, RestFirst, rests_until
from storage import heavy, presence
from storage.database import Database
from storage.records import Conversation, Risk, Staff
from tests.factories import NOON
from tests.handoff.conftest import NOTICES, claimed, counselor, row_of, waiting

MINUTE = timedelta(minutes=1)


def at(*minutes: int) -> list[datetime]:
    return [NOON + one * MINUTE for one in minutes]


def test_every_third_heavy_talk_brings_one_pause_from_the_end_of_the_last() -> None:
    assert rests_until(at(0, 5), after=3, now=NOON + 6 * MINUTE) is None
    assert rests_until(at(0, 5, 7), after=3, now=NOON + 8 * MINUTE) == NOON + 7 * MINUTE + PAUSE
    assert rests_until(at(0, 5, 7), after=3, now=NOON + 7 * MINUTE + PAUSE) is None
    assert rests_until(at(0, 5, 7, 8), after=3, now=NOON + 9 * MINUTE) == NOON + 7 * MINUTE + PAUSE
    assert rests_until(at(0, 1, 2, 30, 31, 40), after=3, now=NOON + 41 * MINUTE) is not None


async def had(database: Database, owner: Staff, count: int, *, risk: Risk = Risk.HIGH) -> None:
    for number in range(count):
        talk = await claimed(database, owner, await waiting(database, f"had-{number}", risk=risk))
        await queue.close(database, NOTICES, owner, talk.id, epoch=talk.epoch, seen=9, now=NOON)


async def take(
    database: Database, owner: Staff, talk: Conversation, *, now: datetime = NOON
) -> Conversation:
    return await queue.claim(
        database, NOTICES, owner, talk.id, version=talk.version, now=now, rest_after=3
    )


async def test_after_three_heavy_talks_the_next_waits_for_ten_minutes(database: Database) -> None:
    owner = await counselor(database)
    await had(database, owner, 3)
    talk = await waiting(database, "next", risk=Risk.HIGH)
    with pytest.raises(RestFirst):
        await take(database, owner, talk)
    with pytest.raises(RestFirst):
        await queue.claim_next(database, NOTICES, owner, now=NOON, rest_after=3)
    assert (await take(database, owner, talk, now=NOON + PAUSE)).owner_id == owner.id


@pytest.mark.parametrize(("count", "risk"), [(2, Risk.HIGH), (3, Risk.LOW)])
async def test_fewer_or_lighter_talks_bring_no_pause(
    database: Database, count: int, risk: Risk
) -> None:
    owner = await counselor(database)
    await had(database, owner, count, risk=risk)
    talk = await waiting(database, "next")
    assert (await take(database, owner, talk)).owner_id == owner.id


async def test_imminent_danger_is_taken_in_a_pause_when_nobody_else_is_there(
    database: Database,
) -> None:
    owner, other = await counselor(database), await counselor(database, "달")
    await had(database, owner, 3)
    first = await waiting(database, "danger-1", risk=Risk.IMMINENT)
    async with database.transaction() as session:
        await presence.beat(session, other.id, now=NOON)
    with pytest.raises(RestFirst):
        await take(database, owner, first)
    gone = NOON + MINUTE  # nothing was heard of the other for longer than a lease
    assert (await take(database, owner, first, now=gone)).owner_id == owner.id


async def test_a_heavy_talk_stays_counted_when_it_is_erased_and_only_as_a_number(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, risk=Risk.HIGH))
    async with database.transaction() as session:
        contact = (await row_of(database, talk)).contact_id
        await queue.erase(session, contact, now=NOON)
    async with database.reading() as session:
        assert await heavy.counts(session, now=NOON) == {owner.id: 1}
        assert (await care.load(session, owner.id, after=3, now=NOON)).heavy == 1


async def test_a_debrief_goes_after_thirty_days(database: Database) -> None:
    owner = await counselor(database)
    async with database.transaction() as session:
        made = await heavy.write(session, database.vault, owner.id, "긴 하루였어요", now=NOON)
        await heavy.forget(session, now=NOON + heavy.DEBRIEFS)
        kept = await heavy.read(session, database.vault, made)
        await heavy.forget(session, now=NOON + heavy.DEBRIEFS + MINUTE)
        gone = await heavy.read(session, database.vault, made)
    assert kept is not None
    assert (kept.text, gone) == ("긴 하루였어요", None)

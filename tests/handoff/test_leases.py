"""How long a talk stays with its counselor, with two processes on both databases."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from uuid import uuid4

import pytest

from handoff import queue
from handoff.auth import Door
from handoff.errors import Dismissed, NotOwner
from handoff.notices import Notice
from storage import audit, conversations
from storage.database import Database, open_database
from storage.errors import NotFound
from storage.keyring import Keyring
from storage.records import Conversation, ConversationState, Language, Risk
from tests.database import ON_POSTGRESQL
from tests.factories import NOON
from tests.handoff.conftest import (
    CHEAP,
    NOTICES,
    HandClock,
    PlainNotices,
    claimed,
    counselor,
    lines_of,
    member,
    row_of,
    sign_in,
    waiting,
)

State = ConversationState
TOO_LATE = NOON + queue.LEASE + timedelta(seconds=1)
RETURNED = ["joined-ko", "returned-ko"]


@pytest.fixture
async def other_process(database_url: str, keyring: Keyring) -> AsyncGenerator[Database]:
    """The same database, opened once more."""
    opened = open_database(database_url, keyring=keyring)
    yield opened
    await opened.close()


async def told(database: Database, talk: Conversation) -> list[str]:
    return [line.text for line in await lines_of(database, talk)]


@ON_POSTGRESQL
async def test_two_processes_look_at_once_and_the_person_is_told_once(
    database: Database, other_process: Database
) -> None:
    me = await counselor(database)
    talks = [await claimed(database, me, await waiting(database, f"a{n}")) for n in range(8)]

    found = await asyncio.gather(
        *(
            queue.lapse(process, NOTICES, now=TOO_LATE)
            for process in (database, other_process, database, other_process)
        )
    )

    assert sum(found) == 8
    for talk in talks:
        back = await row_of(database, talk)
        assert (back.state, back.queued_at, back.risk) == (State.QUEUED, talk.queued_at, talk.risk)
        assert await told(database, talk) == RETURNED


@ON_POSTGRESQL
async def test_a_heartbeat_on_its_way_keeps_the_talk(
    database: Database, other_process: Database
) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database))

    async with database.transaction() as session:
        until = TOO_LATE + queue.LEASE
        assert await conversations.extend_leases(session, me.id, lease_until=until) == 1
        async with asyncio.timeout(30):
            assert await queue.lapse(other_process, NOTICES, now=TOO_LATE) == 0
    assert await queue.lapse(other_process, NOTICES, now=TOO_LATE) == 0

    assert (await row_of(database, talk)).state is State.ACTIVE


async def test_a_talk_without_its_key_does_not_stay_with_somebody_gone(
    database: Database,
) -> None:
    me = await counselor(database)
    broken = await claimed(database, me, await waiting(database, "broken"))
    whole = await claimed(database, me, await waiting(database, "whole"))
    await database.vault.destroy_data_key(broken.id)

    assert await queue.lapse(database, NOTICES, now=TOO_LATE) == 2

    assert (await row_of(database, broken)).state is State.QUEUED
    assert await told(database, whole) == RETURNED


async def test_who_is_dismissed_keeps_no_talk_and_no_session(
    database: Database, clock: HandClock
) -> None:
    door, me, boss = (
        Door(database, hasher=CHEAP),
        await member(database),
        await counselor(database, "boss"),
    )
    token = await sign_in(door, me, clock)
    mine = [
        await claimed(database, me.staff, await waiting(database, f"a{n}", risk=Risk.LOW))
        for n in range(3)
    ]
    theirs = await claimed(database, boss, await waiting(database, "theirs", risk=Risk.LOW))

    assert await queue.dismiss(database, NOTICES, me.staff.id, by=boss, now=clock.now) == 3

    for talk in mine:
        back = await row_of(database, talk)
        assert (back.state, back.owner_id, back.lease_until) == (State.QUEUED, None, None)
        assert (back.queued_at, back.risk) == (talk.queued_at, talk.risk)
        assert await told(database, talk) == RETURNED
        with pytest.raises(NotOwner):
            await queue.release(
                database, NOTICES, me.staff, talk.id, epoch=talk.epoch, now=clock.now
            )
    assert await row_of(database, theirs) == theirs
    assert not await door.still_signed_in(token, now=clock.now)
    async with database.reading() as session:
        entry = (await audit.entries(session, object_id=me.staff.id))[-1]
    assert (entry.staff_id, entry.action) == (boss.id, "dismiss")


async def test_who_is_dismissed_takes_nobody_any_more(database: Database) -> None:
    me = await counselor(database)
    card = await waiting(database)
    await queue.dismiss(database, NOTICES, me.id, now=NOON)

    with pytest.raises(Dismissed):
        await claimed(database, me, card)
    with pytest.raises(Dismissed):
        await queue.claim_next(database, NOTICES, me, now=NOON)

    assert await row_of(database, card) == card


async def test_a_claim_that_meets_the_dismissal_is_refused_or_undone(
    database: Database, other_process: Database
) -> None:
    me = await counselor(database)
    cards = [await waiting(database, f"a{n}") for n in range(4)]

    await asyncio.gather(
        *(queue.claim_next(database, NOTICES, me, now=NOON) for _ in cards[1:]),
        queue.dismiss(other_process, NOTICES, me.id, now=NOON),
        queue.claim_next(other_process, NOTICES, me, now=NOON),
        return_exceptions=True,
    )

    assert {(await row_of(database, card)).state for card in cards} == {State.QUEUED}


async def test_nobody_unknown_is_dismissed(database: Database) -> None:
    with pytest.raises(NotFound):
        await queue.dismiss(database, NOTICES, uuid4(), now=NOON)


class Speechless(PlainNotices):
    """Has a sentence for the first talk only."""

    said = 0

    def returned(self, language: Language) -> Notice:
        self.said += 1
        if self.said == 2:
            raise LookupError
        return super().returned(language)


async def test_a_dismissal_that_fails_halfway_changes_nothing(database: Database) -> None:
    me = await counselor(database)
    talks = [await claimed(database, me, await waiting(database, f"a{n}")) for n in range(2)]

    with pytest.raises(LookupError):
        await queue.dismiss(database, Speechless(), me.id, now=NOON)

    assert [await row_of(database, talk) for talk in talks] == talks
    assert await queue.heartbeat(database, me, now=NOON) == 2

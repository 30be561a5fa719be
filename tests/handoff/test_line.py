"""Who is next, and who gets whom."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff import queue
from handoff.errors import AlreadyClaimed, MoreUrgentWaits, Unreadable
from storage import conversations, transcript
from storage.database import Database
from storage.records import Conversation, ConversationState, Risk, Speaker
from tests.database import ON_POSTGRESQL
from tests.factories import NOON, talk_of
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    claimed,
    counselor,
    lines_of,
    row_of,
    waiting,
)
from tests.handoff.test_lifecycle import TALK

State = ConversationState
MINUTE = timedelta(minutes=1)
LATER = NOON + 5 * MINUTE


async def test_eight_counselors_reach_for_one_card_and_one_has_it(database: Database) -> None:
    talk = await waiting(database)
    people = [await counselor(database, f"counselor-{number}") for number in range(8)]

    tries = [
        queue.claim(database, NOTICES, person, talk.id, version=talk.version, now=NOON)
        for person in people
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)

    winners = [one for one in results if isinstance(one, Conversation)]
    losers = [one for one in results if isinstance(one, AlreadyClaimed)]
    assert (len(winners), len(losers)) == (1, 7)
    assert {loser.code for loser in losers} == {"already_claimed"}
    assert await row_of(database, talk) == winners[0]
    assert winners[0].epoch == 1
    assert [line.text for line in await lines_of(database, talk)] == ["joined-ko"]
    assert (await acts_on(database, talk)).count("claim") == 1


async def test_eight_counselors_taking_the_next_get_eight_people(database: Database) -> None:
    talks = [await waiting(database, f"account-{number}") for number in range(8)]
    people = [await counselor(database, f"counselor-{number}") for number in range(8)]

    taken = await asyncio.gather(
        *(queue.claim_next(database, NOTICES, person, now=NOON) for person in people)
    )

    assert {one.id for one in taken if one} == {talk.id for talk in talks}


async def test_the_most_urgent_is_next_and_then_who_waits_longest(database: Database) -> None:
    late = await waiting(database, "late", now=LATER)
    early = await waiting(database, "early")
    urgent = await waiting(database, "urgent", risk=Risk.IMMINENT, now=LATER)
    me = await counselor(database)

    order = [await queue.claim_next(database, NOTICES, me, now=LATER) for _ in range(4)]

    assert [one.id if one else None for one in order] == [urgent.id, early.id, late.id, None]


@ON_POSTGRESQL
async def test_many_who_take_the_next_do_not_wait_for_each_other(database: Database) -> None:
    first, second = await waiting(database, "first"), await waiting(database, "second", now=LATER)
    me = await counselor(database)

    async with database.transaction() as session:
        held = await conversations.next_waiting(session)
        async with asyncio.timeout(30):
            taken = await queue.claim_next(database, NOTICES, me, now=LATER)

    assert held is not None
    assert taken is not None
    assert [held.id, taken.id] == [first.id, second.id]


async def test_a_crowd_before_people_at_every_risk_locks_nobody_out(database: Database) -> None:
    people = [await counselor(database, f"counselor-{number}") for number in range(8)]
    for turn in range(6):
        talks = [await waiting(database, f"{turn}-{n}", risk=Risk(n % 4)) for n in range(6)]

        taken = await asyncio.gather(
            *(queue.claim_next(database, NOTICES, person, now=NOON) for person in people)
        )

        got = [one.id for one in taken if one]
        assert sorted(got) == sorted(talk.id for talk in talks)


@pytest.mark.parametrize("others", [Risk.LOW, None])
async def test_who_writes_at_this_moment_is_not_passed_over_for_less_or_for_nobody(
    database: Database, others: Risk | None
) -> None:
    urgent = await waiting(database, "urgent", risk=Risk.HIGH)
    if others is not None:
        await waiting(database, "other", risk=others)
    me = await counselor(database)

    async with database.transaction() as session:
        await transcript.append(
            session, database.vault, urgent.id, speaker=Speaker.PERSON, text="저기요", kind="text",
            at=NOON,
        )  # fmt: skip
        taking = asyncio.create_task(queue.claim_next(database, NOTICES, me, now=NOON))
        await asyncio.sleep(0.2)
        assert not taking.done()
    taken = await taking

    assert taken is not None
    assert taken.id == urgent.id


async def test_a_card_is_not_taken_while_somebody_at_a_higher_risk_is_before_it(
    database: Database,
) -> None:
    calm = await waiting(database, "calm", risk=Risk.LOW)
    urgent = await waiting(database, "urgent", risk=Risk.IMMINENT, now=LATER)
    me = await counselor(database)

    with pytest.raises(MoreUrgentWaits):
        await claimed(database, me, calm)
    await claimed(database, me, urgent)

    assert (await claimed(database, me, calm)).owner_id == me.id


async def test_who_comes_back_takes_the_talk_they_lost_past_a_higher_risk(
    database: Database,
) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database, "calm"))
    await waiting(database, "urgent", risk=Risk.IMMINENT, now=LATER)
    await queue.lapse(database, NOTICES, now=LATER)

    assert (await claimed(database, me, await row_of(database, talk))).owner_id == me.id


async def test_who_never_had_it_takes_no_lost_talk_past_a_higher_risk(database: Database) -> None:
    talk = await claimed(database, await counselor(database), await waiting(database, "calm"))
    await waiting(database, "urgent", risk=Risk.IMMINENT, now=LATER)
    await queue.lapse(database, NOTICES, now=LATER)

    with pytest.raises(MoreUrgentWaits):
        await claimed(database, await counselor(database, "달"), await row_of(database, talk))


async def test_who_gave_a_talk_back_takes_it_past_no_higher_risk(database: Database) -> None:
    me = await counselor(database)
    talk = await claimed(database, me, await waiting(database, "calm"))
    await waiting(database, "urgent", risk=Risk.IMMINENT, now=LATER)
    await queue.lapse(database, NOTICES, now=LATER)
    talk = await claimed(database, me, await row_of(database, talk))
    await queue.release(database, NOTICES, me, talk.id, epoch=talk.epoch, now=LATER)

    with pytest.raises(MoreUrgentWaits):
        await claimed(database, me, await row_of(database, talk))


@pytest.mark.parametrize(("minutes", "is_first"), [(29, False), (31, True)])
async def test_who_waited_half_an_hour_longer_goes_before_a_high_risk(
    database: Database, minutes: int, is_first: bool
) -> None:
    patient = await waiting(database, "patient")
    now = NOON + timedelta(minutes=minutes)
    await waiting(database, "high", risk=Risk.HIGH, now=now)

    taken = await queue.claim_next(database, NOTICES, await counselor(database), now=now)

    assert taken is not None
    assert (taken.id == patient.id) is is_first


async def test_a_talk_without_its_key_holds_up_nobody_in_line(database: Database) -> None:
    broken = await waiting(database, "broken", risk=Risk.IMMINENT)
    whole = await waiting(database, "whole")
    await database.vault.destroy_data_key(broken.id)
    me = await counselor(database)

    taken = [await queue.claim_next(database, NOTICES, me, now=NOON) for _ in range(2)]

    assert [one.id if one else None for one in taken] == [whole.id, None]
    assert (await row_of(database, broken)).state is State.QUEUED


async def test_a_talk_without_its_key_holds_up_no_card_behind_it(database: Database) -> None:
    broken = await waiting(database, "broken", risk=Risk.IMMINENT)
    whole = await waiting(database, "whole")
    await database.vault.destroy_data_key(broken.id)

    taken = await claimed(database, await counselor(database), whole)

    assert taken.id == whole.id


async def test_a_talk_with_its_key_goes_before_a_card_whatever_is_broken_ahead(
    database: Database,
) -> None:
    broken = await waiting(database, "broken", risk=Risk.IMMINENT)
    await waiting(database, "urgent", risk=Risk.IMMINENT, now=LATER)
    calm = await waiting(database, "calm")
    await database.vault.destroy_data_key(broken.id)

    with pytest.raises(MoreUrgentWaits):
        await claimed(database, await counselor(database), calm)


async def test_the_card_of_a_talk_without_its_key_is_refused_clearly_and_stays(
    database: Database,
) -> None:
    broken = await waiting(database, "broken")
    await database.vault.destroy_data_key(broken.id)

    with pytest.raises(Unreadable) as caught:
        await claimed(database, await counselor(database), broken)

    assert caught.value.code == "unreadable"
    assert (await row_of(database, broken)).state is State.QUEUED


async def test_a_card_that_changed_since_it_was_shown_is_not_taken(database: Database) -> None:
    talk = await waiting(database)
    async with database.transaction() as session:
        await conversations.save(session, talk, replace(talk, risk=Risk.HIGH))

    with pytest.raises(AlreadyClaimed) as caught:
        await claimed(database, await counselor(database), talk)

    assert caught.value.code == "card_changed"
    assert (await row_of(database, talk)).state is State.QUEUED


async def test_nobody_can_claim_what_does_not_wait_or_exist(database: Database) -> None:
    talk = await talk_of(database)
    me = await counselor(database)
    for target in (talk, replace(talk, id=uuid4())):
        with pytest.raises(AlreadyClaimed):
            await claimed(database, me, target)


@given(st.lists(st.tuples(st.sampled_from(Risk), st.integers(0, 240)), min_size=2, max_size=8))
def test_risk_is_a_head_start_that_half_an_hour_of_waiting_makes_up_for(
    people: list[tuple[Risk, int]],
) -> None:
    talks = [
        replace(TALK, risk=risk, queued_at=NOON + minutes * MINUTE) for risk, minutes in people
    ]
    for one, other in permutations(talks, 2):
        assert one.queued_at is not None
        assert other.queued_at is not None
        assert one.rank_at is not None
        assert other.rank_at is not None
        is_first, earlier_by = one.rank_at < other.rank_at, other.queued_at - one.queued_at
        if Risk.IMMINENT in (one.risk, other.risk) and one.risk is not other.risk:
            assert is_first is (one.risk is Risk.IMMINENT)
        elif (one.risk >= other.risk and earlier_by > timedelta(0)) or earlier_by > 30 * MINUTE:
            assert is_first

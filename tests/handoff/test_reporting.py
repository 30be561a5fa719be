"""The report that the law orders: told first, signed by another person, never sent by us."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from handoff import reporting
from handoff.errors import IllegalTransition, NotOwner, TextRefused
from handoff.reporting import Category, Draft, Duty, Event, NeedsSecondPerson, Recipient, State
from storage import conversations, erasure, reports
from storage.database import Database
from storage.records import TRAINING, Conversation, Role, Staff
from tests.factories import NOON
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    claimed,
    counselor,
    lines_of,
    member,
    waiting,
)

DRAFT = Draft(
    Category.GROOMING, "오늘 12시", Recipient.POLICE_112, Duty.ART_34, "온라인에서 만나자고 했대요"
)


async def led(database: Database) -> tuple[Staff, Conversation]:
    owner = await counselor(database)
    return owner, await claimed(database, owner, await waiting(database))


async def supervisor(database: Database) -> Staff:
    return (await member(database, "숲", role=Role.SUPERVISOR)).staff


async def state_of(database: Database, talk: Conversation) -> State | None:
    async with database.reading() as session:
        found = await reports.of_talk(session, talk.id)
    return None if found is None else found.state


async def asked_for(database: Database, owner: Staff, talk: Conversation) -> None:
    await reporting.notice(database, owner, talk.id, now=NOON)
    await reporting.write(database, owner, talk.id, DRAFT, now=NOON)
    await reporting.tell(database, NOTICES, owner, talk.id, now=NOON)
    await reporting.ask(database, owner, talk.id, now=NOON)


def test_a_pair_that_is_not_in_the_table_cannot_happen() -> None:
    for state, event in product(State, Event):
        if (state, event) in reporting.TRANSITIONS:
            assert reporting.after(state, event) is reporting.TRANSITIONS[state, event]
        else:
            with pytest.raises(IllegalTransition):
                reporting.after(state, event)


def test_every_road_to_a_signature_passes_through_telling_and_asking() -> None:
    before = [state for (state, _), to in reporting.TRANSITIONS.items() if to is State.SIGNED]
    assert before == [State.ASKED]
    assert State.DRAFT not in {
        state for (state, _), to in reporting.TRANSITIONS.items() if to is State.ASKED
    }


async def test_a_report_goes_from_the_notice_to_its_receipt_by_two_people(
    database: Database,
) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    await asked_for(database, owner, talk)
    await reporting.decide(database, above, talk.id, sign=True, now=NOON)
    later = NOON + timedelta(minutes=5)
    await reporting.file(database, owner, talk.id, receipt="2026-123", now=later)

    sheet = await reporting.read(database, above, talk.id, now=later)
    assert sheet is not None
    assert (sheet.draft, sheet.receipt) == (DRAFT, "2026-123")
    assert (sheet.report.state, sheet.report.noticed_at) == (State.FILED, NOON)
    assert (await acts_on(database, talk))[-7:] == [
        "report_notice", "report_write", "report_tell", "report_ask", "report_sign",
        "report_file", "report_read",
    ]  # fmt: skip


async def test_a_signature_cannot_be_asked_for_before_the_young_person_was_told(
    database: Database,
) -> None:
    owner, talk = await led(database)
    await reporting.notice(database, owner, talk.id, now=NOON)
    await reporting.write(database, owner, talk.id, DRAFT, now=NOON)
    with pytest.raises(IllegalTransition):
        await reporting.ask(database, owner, talk.id, now=NOON)
    await reporting.tell(database, NOTICES, owner, talk.id, now=NOON)
    assert [line.text for line in await lines_of(database, talk)][-1] == "report-ko"
    await reporting.ask(database, owner, talk.id, now=NOON)
    assert await state_of(database, talk) is State.ASKED


async def test_where_telling_would_endanger_the_reason_stands_in_its_place(
    database: Database,
) -> None:
    owner, talk = await led(database)
    await reporting.notice(database, owner, talk.id, now=NOON)
    why = reporting.WhyUntold.WATCHED
    with pytest.raises(TextRefused):
        await reporting.not_told(database, owner, talk.id, reason=why, why=" ", now=NOON)
    await reporting.not_told(database, owner, talk.id, reason=why, why="옆에 있대요", now=NOON)
    sheet = await reporting.read(database, owner, talk.id, now=NOON)
    assert sheet is not None
    assert (sheet.report.told, sheet.why_untold) == (why.value, "옆에 있대요")


async def test_nobody_signs_a_report_they_had_a_hand_in(database: Database) -> None:
    above = await supervisor(database)
    talk = await claimed(database, above, await waiting(database))
    await asked_for(database, above, talk)
    other = await counselor(database, "달")
    for who in (above, other):
        with pytest.raises(NeedsSecondPerson):
            await reporting.decide(database, who, talk.id, sign=True, now=NOON)


async def test_what_is_given_back_can_be_changed_and_what_is_signed_cannot(
    database: Database,
) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    await asked_for(database, owner, talk)
    await reporting.decide(database, above, talk.id, sign=False, now=NOON)
    changed = replace(DRAFT, known="더 알게 된 것")
    await reporting.write(database, owner, talk.id, changed, now=NOON + timedelta(seconds=1))
    await reporting.ask(database, owner, talk.id, now=NOON)
    await reporting.decide(database, above, talk.id, sign=True, now=NOON)
    with pytest.raises(IllegalTransition):
        await reporting.write(database, owner, talk.id, DRAFT, now=NOON)
    sheet = await reporting.read(database, above, talk.id, now=NOON)
    assert sheet is not None
    assert sheet.draft == changed


async def test_an_empty_report_is_not_put_before_anybody(database: Database) -> None:
    owner, talk = await led(database)
    await reporting.notice(database, owner, talk.id, now=NOON)
    await reporting.tell(database, NOTICES, owner, talk.id, now=NOON)
    with pytest.raises(IllegalTransition):
        await reporting.ask(database, owner, talk.id, now=NOON)


async def test_only_the_counselor_of_the_talk_and_supervisors_read_it(database: Database) -> None:
    owner, talk = await led(database)
    await reporting.notice(database, owner, talk.id, now=NOON)
    for name, role in (("달", Role.COUNSELOR), ("관", Role.ADMINISTRATOR), ("감", Role.AUDITOR)):
        other = (await member(database, name, role=role)).staff
        with pytest.raises(NotOwner):
            await reporting.read(database, other, talk.id, now=NOON)


async def test_the_clock_starts_once(database: Database) -> None:
    owner, talk = await led(database)
    await reporting.notice(database, owner, talk.id, now=NOON)
    await reporting.notice(database, owner, talk.id, now=NOON + timedelta(hours=1))
    async with database.reading() as session:
        assert (await reports.unfiled(session))[0].noticed_at == NOON


async def test_erasing_wins_over_an_open_report(database: Database) -> None:
    owner, talk = await led(database)
    await asked_for(database, owner, talk)
    async with database.transaction() as session:
        await erasure.remove_talks(session, [talk.id])
    assert await state_of(database, talk) is None


async def test_a_practice_talk_is_never_reported(database: Database) -> None:
    owner, talk = await led(database)
    async with database.transaction() as session:
        await conversations.save(session, talk, replace(talk, channel=TRAINING))
    with pytest.raises(NotOwner):
        await reporting.notice(database, owner, talk.id, now=NOON)

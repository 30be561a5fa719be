"""Seeing where somebody writes from: never alone, never for long, never unwritten."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from handoff import unmasking
from handoff.errors import HandoffError, IllegalTransition, NotAudited, NotOwner
from handoff.unmasking import NeedsSecondPerson, NothingToUnmask, NotShown
from storage import audit, conversations, erasure, unmaskings
from storage.database import Database
from storage.errors import NotFound
from storage.records import Conversation, Role, Speaker, Staff
from storage.unmaskings import UnmaskReason
from tests.factories import NOON
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    audit_log_full,
    claimed,
    counselor,
    lines_of,
    member,
    row_of,
    waiting,
)

HALF_HOUR = timedelta(minutes=30)


async def supervisor(database: Database, name: str = "숲") -> Staff:
    return (await member(database, name, role=Role.SUPERVISOR)).staff


async def led(database: Database, name: str = "별") -> tuple[Staff, Conversation]:
    owner = await counselor(database, name)
    return owner, await claimed(database, owner, await waiting(database))


async def requested(database: Database, staff: Staff, talk: Conversation) -> UUID:
    return await unmasking.ask(
        database, staff, talk.id, reason=UnmaskReason.DANGER, why="옥상에 있대요", now=NOON
    )


async def test_the_address_is_shown_to_the_one_who_asked_once_another_person_approved(
    database: Database,
) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)

    assert await unmasking.read_why(database, above, request, now=NOON) == "옥상에 있대요"
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    seen = await unmasking.show(database, owner, request, now=NOON)

    assert (seen.channel, seen.address) == ("fake", "to-account-1")
    assert (await acts_on(database, talk))[-4:] == [
        "unmask_ask", "unmask_reason", "unmask_approve", "unmask_read",
    ]  # fmt: skip


@pytest.mark.parametrize("role", Role)
async def test_nobody_can_do_it_alone_whatever_their_role(database: Database, role: Role) -> None:
    _, talk = await led(database)
    alone = (await member(database, "숲", role=role)).staff
    try:
        request = await requested(database, alone, talk)
    except NotOwner:
        return
    with pytest.raises(NeedsSecondPerson):
        await unmasking.decide(database, alone, request, approve=True, now=NOON)
    with pytest.raises(NotShown):
        await unmasking.show(database, alone, request, now=NOON)


async def test_a_counselor_is_no_second_person(database: Database) -> None:
    owner, talk = await led(database)
    request = await requested(database, owner, talk)
    other = await counselor(database, "달")
    with pytest.raises(NeedsSecondPerson):
        await unmasking.decide(database, other, request, approve=True, now=NOON)
    with pytest.raises(NeedsSecondPerson):
        await unmasking.read_why(database, other, request, now=NOON)


async def test_who_approved_does_not_see_the_address(database: Database) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    with pytest.raises(NotShown):
        await unmasking.show(database, above, request, now=NOON)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1)])
async def test_after_half_an_hour_it_is_over(database: Database, late: timedelta) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    await unmasking.decide(database, above, request, approve=True, now=NOON)

    just_before = NOON + HALF_HOUR - timedelta(microseconds=1)
    seen = await unmasking.show(database, owner, request, now=just_before)
    assert seen.address == "to-account-1"
    with pytest.raises(NotShown):
        await unmasking.show(database, owner, request, now=NOON + HALF_HOUR + late)


async def test_what_was_refused_or_never_decided_is_not_shown(database: Database) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    with pytest.raises(NotShown):
        await unmasking.show(database, owner, request, now=NOON)
    await unmasking.decide(database, above, request, approve=False, now=NOON)
    with pytest.raises(NotShown):
        await unmasking.show(database, owner, request, now=NOON)
    with pytest.raises(IllegalTransition):
        await unmasking.decide(database, above, request, approve=True, now=NOON)


async def test_what_cannot_be_written_down_is_not_opened(database: Database) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    async with audit_log_full(database):
        with pytest.raises(NotAudited):
            await unmasking.read_why(database, above, request, now=NOON)
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    async with audit_log_full(database):
        with pytest.raises(NotAudited):
            await unmasking.show(database, owner, request, now=NOON)


async def test_who_does_not_lead_the_talk_cannot_ask_and_who_leads_it_no_more_cannot_look(
    database: Database,
) -> None:
    owner, talk = await led(database)
    other = await counselor(database, "달")
    with pytest.raises(NotOwner):
        await requested(database, other, talk)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    before = await row_of(database, talk)
    async with database.transaction() as session:
        await conversations.save(session, before, replace(before, owner_id=other.id))
    with pytest.raises(NotOwner):
        await unmasking.show(database, owner, request, now=NOON)


@pytest.mark.parametrize("channel", unmasking.NAMELESS)
async def test_a_channel_that_leads_to_nobody_cannot_be_unmasked(
    database: Database, channel: str
) -> None:
    owner, talk = await led(database)
    async with database.transaction() as session:
        await conversations.save(session, talk, replace(talk, channel=channel))
    with pytest.raises(NothingToUnmask):
        await requested(database, owner, talk)


async def test_the_young_person_is_told_by_an_act_of_the_counselor_once(
    database: Database,
) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    with pytest.raises(HandoffError):
        await unmasking.tell(database, NOTICES, owner, request, now=NOON)
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    for _ in range(2):
        await unmasking.tell(database, NOTICES, owner, request, now=NOON)
    said = [one.text for one in await lines_of(database, talk) if one.speaker is Speaker.BOT]
    assert said.count("unmasked-ko") == 1


async def test_they_are_counted_by_reason_and_erasing_hides_none(database: Database) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    async with database.transaction() as session:
        await erasure.remove_talks(session, [talk.id])
    async with database.reading() as session:
        counted = await unmaskings.count(session)
        later = await unmaskings.count(session, since=NOON + timedelta(days=1))
    assert counted == {UnmaskReason.DANGER: 1, UnmaskReason.DUTY: 0}
    assert set(later.values()) == {0}
    with pytest.raises(NotFound):
        await unmasking.show(database, owner, request, now=NOON)


async def test_no_row_of_the_log_holds_the_reason_in_words_or_the_address(
    database: Database,
) -> None:
    owner, talk = await led(database)
    above = await supervisor(database)
    request = await requested(database, owner, talk)
    await unmasking.decide(database, above, request, approve=True, now=NOON)
    await unmasking.show(database, owner, request, now=NOON)
    async with database.reading() as session:
        rows = repr(await audit.entries(session))
    assert "account-1" not in rows
    assert "옥상" not in rows

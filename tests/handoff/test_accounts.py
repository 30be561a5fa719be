"""Who works here: two persons take somebody in, one is enough to end it."""

import asyncio
from uuid import UUID, uuid4

import pytest

from handoff.accounts import (
    INVITATION,
    Accounts,
    LastAdministrator,
    NoSuchPerson,
    NoSuchProposal,
    SecondPersonNeeded,
)
from storage import audit, staff
from storage.credentials import Invitation
from storage.database import Database
from storage.errors import NotFound
from storage.records import Role, Staff
from tests.factories import NOON
from tests.handoff.conftest import PlainNotices, member


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database, PlainNotices())


async def two(database: Database) -> tuple[Staff, Staff]:
    first = await member(database, "은하", role=Role.ADMINISTRATOR)
    second = await member(database, "바다", role=Role.SUPERVISOR)
    return first.staff, second.staff


async def acts(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        return [(act.action, act.purpose) for act in await audit.entries(session)]


async def test_an_invitation_needs_the_word_of_a_second_person(
    database: Database, accounts: Accounts
) -> None:
    first, second = await two(database)
    made = await accounts.propose(first, Role.COUNSELOR, with_password=False, now=NOON)

    with pytest.raises(SecondPersonNeeded):
        await accounts.approve(first, made.id, now=NOON)
    assert (await accounts.people(now=NOON)).proposals == [made]
    invited = await accounts.approve(second, made.id, now=NOON)

    async with database.reading() as session:
        found = await staff.invitation(session, invited.token, now=NOON)
        assert found == Invitation(Role.COUNSELOR, with_password=False)
        with pytest.raises(NotFound):
            await staff.invitation(session, invited.token, now=NOON + INVITATION)
    assert [act for act in await acts(database) if act[0].startswith("invite")] == [
        ("invite_propose", "counselor"),
        ("invite_approve", "counselor"),
    ]


async def test_a_proposal_is_decided_once(database: Database, accounts: Accounts) -> None:
    first, second = await two(database)
    made = await accounts.propose(first, Role.AUDITOR, with_password=False, now=NOON)
    await accounts.refuse(second, made.id, now=NOON)

    for decide in (accounts.approve, accounts.refuse):
        with pytest.raises(NoSuchProposal):
            await decide(second, made.id, now=NOON)
    assert (await accounts.people(now=NOON)).proposals == []


async def test_who_is_dismissed_is_listed_as_gone(database: Database, accounts: Accounts) -> None:
    first, _ = await two(database)
    gone = (await member(database, "별")).staff

    assert await accounts.dismiss(first, gone.id, now=NOON) == 0

    everybody = (await accounts.people(now=NOON)).everybody
    assert {one.staff.name: one.staff.active for one in everybody}["별"] is False


async def test_nobody_dismisses_themselves_or_a_stranger(
    database: Database, accounts: Accounts
) -> None:
    first, _ = await two(database)

    with pytest.raises(SecondPersonNeeded):
        await accounts.dismiss(first, first.id, now=NOON)
    with pytest.raises(NoSuchPerson):
        await accounts.dismiss(first, uuid4(), now=NOON)


async def test_the_last_administrator_stays(database: Database, accounts: Accounts) -> None:
    last, supervisor = await two(database)

    with pytest.raises(LastAdministrator):
        await accounts.dismiss(supervisor, last.id, now=NOON)
    assert await administrators(accounts) == {last.id}

    second = (await member(database, "나루", role=Role.ADMINISTRATOR)).staff
    await accounts.dismiss(second, last.id, now=NOON)
    assert await administrators(accounts) == {second.id}


async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(
    database: Database, accounts: Accounts
) -> None:
    one = (await member(database, "은하", role=Role.ADMINISTRATOR)).staff
    other = (await member(database, "바다", role=Role.ADMINISTRATOR)).staff

    ends = await asyncio.gather(
        accounts.dismiss(one, other.id, now=NOON),
        accounts.dismiss(other, one.id, now=NOON),
        return_exceptions=True,
    )

    assert [type(end) for end in ends if end != 0] == [LastAdministrator]
    assert len(await administrators(accounts)) == 1


async def administrators(accounts: Accounts) -> set[UUID]:
    """Who can let somebody in now."""
    everybody = (await accounts.people(now=NOON)).everybody
    known = [one.staff for one in everybody if one.staff.active]
    return {one.id for one in known if one.role is Role.ADMINISTRATOR}

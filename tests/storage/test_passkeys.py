"""Passkeys of staff: found again, counted, forgotten."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from storage import passkeys, proposals, staff
from storage.credentials import Passkey
from storage.database import Database
from storage.errors import NotFound, SealBroken
from storage.records import Role, Staff
from storage.tables import challenges
from storage.tables import passkeys as table
from storage.tables import staff as people
from tests.factories import NOON

MINUTE = timedelta(minutes=1)
CREDENTIAL = b"credential"


async def member(database: Database, name: str = "소나무", role: Role = Role.SUPERVISOR) -> Staff:
    async with database.transaction() as session:
        token = await staff.invite(
            session, database.vault, role=role, invited_by=None, now=NOON, lifetime=MINUTE
        )
        return await staff.join(
            session,
            database.vault,
            token=token,
            name=name,
            password_hash="-",
            totp_secret="SEED",
            now=NOON,
        )


async def kept(
    database: Database, owner: Staff, credential: bytes = CREDENTIAL, sign_count: int = 0
) -> Passkey:
    async with database.transaction() as session:
        return await passkeys.add(
            session,
            database.vault,
            owner=owner,
            credential_id=credential,
            public_key=b"public",
            sign_count=sign_count,
            label="책상 위",
            now=NOON,
        )


async def found(database: Database, credential: bytes = CREDENTIAL) -> Passkey | None:
    async with database.reading() as session:
        return await passkeys.of_credential(session, database.vault, credential)


async def test_a_passkey_is_found_by_its_credential_and_by_its_owner(database: Database) -> None:
    owner = await member(database)
    key = await kept(database, owner)

    async with database.reading() as session:
        theirs = await passkeys.of_staff(session, database.vault, owner.id)

    assert await found(database) == key
    assert theirs == [key]
    assert await found(database, b"another") is None


async def test_a_credential_belongs_to_one_person(database: Database) -> None:
    await kept(database, await member(database))
    other = await member(database, "바다")

    with pytest.raises(NotFound, match="passkey_taken"):
        await kept(database, other)


async def test_what_is_stored_opens_for_its_owner_only(database: Database) -> None:
    key = await kept(database, await member(database))
    other = await member(database, "바다")
    async with database.transaction() as session:
        await session.execute(update(table).where(table.c.id == key.id).values(staff_id=other.id))

    with pytest.raises(SealBroken):
        await found(database)


@pytest.mark.parametrize(
    ("before", "now", "right"),
    [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (5, 0, False)],
)
async def test_a_count_must_grow_unless_the_device_never_counts(
    database: Database, before: int, now: int, right: bool
) -> None:
    key = await kept(database, await member(database), sign_count=before)

    async with database.transaction() as session:
        assert await passkeys.use(session, key, now, now=NOON + MINUTE) is right

    after = key if not right else replace(key, sign_count=now, used_at=NOON + MINUTE)
    assert await found(database) == after


async def test_a_passkey_is_removed_by_its_owner_only(database: Database) -> None:
    owner, other = await member(database), await member(database, "바다")
    key = await kept(database, owner)

    with pytest.raises(NotFound):
        async with database.transaction() as session:
            await passkeys.remove(session, other.id, key.id)
    async with database.transaction() as session:
        await passkeys.remove(session, owner.id, key.id)

    assert await found(database) is None


async def test_a_challenge_is_spent_once_and_forgotten_when_it_is_old(database: Database) -> None:
    async with database.transaction() as session:
        first = await passkeys.spend(session, b"a", until=NOON + MINUTE, now=NOON)
        again = await passkeys.spend(session, b"a", until=NOON + MINUTE, now=NOON)
    async with database.transaction() as session:
        await passkeys.spend(session, b"b", until=NOON + 3 * MINUTE, now=NOON + 2 * MINUTE)
        left = (await session.execute(select(func.count()).select_from(challenges))).scalar_one()

    assert (first, again, left) == (True, False, 1)


async def test_a_proposal_waits_until_it_is_taken_once(database: Database) -> None:
    by = await member(database)
    async with database.transaction() as session:
        made = await proposals.propose(
            session, by=by, role=Role.COUNSELOR, with_password=False, now=NOON
        )

    async with database.transaction() as session:
        assert await proposals.waiting(session, now=NOON) == [made]
        assert await proposals.take(session, made.id, now=NOON) == made
        with pytest.raises(NotFound):
            await proposals.take(session, made.id, now=NOON)
        assert await proposals.waiting(session, now=NOON) == []


async def test_a_proposal_is_worth_nothing_when_it_is_old_or_its_maker_is_gone(
    database: Database,
) -> None:
    by = await member(database)
    async with database.transaction() as session:
        made = await proposals.propose(
            session, by=by, role=Role.COUNSELOR, with_password=True, now=NOON
        )
        late = NOON + proposals.LIFETIME
        assert await proposals.waiting(session, now=late) == []
        for wrong, when in ((made.id, late), (uuid4(), NOON)):
            with pytest.raises(NotFound):
                await proposals.take(session, wrong, now=when)
    async with database.transaction() as session:
        await session.execute(update(people).values(active=False))
        with pytest.raises(NotFound):
            await proposals.take(session, made.id, now=NOON)

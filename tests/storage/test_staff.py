import hashlib
import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from storage import audit, staff
from storage.credentials import Invitation
from storage.database import Database
from storage.errors import NotFound, SealBroken
from storage.records import Role, Staff, StaffSession
from storage.staff import ABSOLUTE_LIMIT, IDLE_LIMIT
from storage.tables import invitations
from storage.tables import staff as table
from tests.factories import NOON

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
TOKEN_HASH = hashlib.sha256(b"token").digest()


async def _invite(database: Database, role: Role = Role.COUNSELOR) -> str:
    async with database.transaction() as session:
        return await staff.invite(
            session, database.vault, role=role, invited_by=None, now=NOON, lifetime=HOUR
        )


async def _join(
    database: Database, token: str, *, name: str = "소나무", after: timedelta = SECOND
) -> Staff:
    async with database.transaction() as session:
        return await staff.join(
            session,
            database.vault,
            token=token,
            name=name,
            password_hash="$argon2id$x",
            totp_secret="SEEDSEED",
            now=NOON + after,
        )


async def _member(database: Database, name: str = "소나무") -> Staff:
    return await _join(database, await _invite(database), name=name)


async def _signed_in(database: Database) -> StaffSession:
    member = await _member(database)
    async with database.transaction() as session:
        return await staff.start_session(
            session, staff=member, token_hash=TOKEN_HASH, csrf_token="csrf", now=NOON
        )


async def _session_at(database: Database, after: timedelta) -> StaffSession | None:
    async with database.transaction() as session:
        return await staff.session_of(session, TOKEN_HASH, now=NOON + after)


@pytest.mark.parametrize("role", Role)
async def test_who_is_invited_joins_in_the_role_they_were_invited_for(
    database: Database, role: Role
) -> None:
    token = await _invite(database, role)
    async with database.reading() as session:
        found = await staff.invitation(session, token, now=NOON)
        assert found == Invitation(role, with_password=True)

    member = await _join(database, token)

    assert (member.name, member.role, member.active) == ("소나무", role, True)
    async with database.reading() as session:
        assert await staff.count(session) == 1


async def test_an_invitation_works_once(database: Database) -> None:
    token = await _invite(database)
    await _join(database, token)

    with pytest.raises(NotFound):
        await _join(database, token, name="잣나무")
    with pytest.raises(NotFound):
        async with database.reading() as session:
            await staff.invitation(session, token, now=NOON)


async def test_an_invitation_expires(database: Database) -> None:
    token = await _invite(database)

    with pytest.raises(NotFound):
        await _join(database, token, after=HOUR)
    await _join(database, token, after=HOUR - SECOND)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 9999])
async def test_an_unknown_invitation_is_refused(database: Database, token: str) -> None:
    await _invite(database)
    with pytest.raises(NotFound):
        await _join(database, token)


async def test_a_taken_name_is_refused_and_the_invitation_stays_good(
    database: Database,
) -> None:
    await _member(database)
    token = await _invite(database)

    with pytest.raises(NotFound, match="name_taken"):
        await _join(database, token)

    assert (await _join(database, token, name="잣나무")).name == "잣나무"


async def test_only_the_hash_of_an_invitation_is_stored(database: Database) -> None:
    token = await _invite(database)
    async with database.reading() as session:
        row = (await session.execute(select(invitations))).one()
    assert row.token_hash == hashlib.sha256(token.encode()).digest()
    assert token not in repr(row)


async def test_what_a_member_signs_in_with_comes_back(database: Database) -> None:
    member = await _member(database)
    async with database.reading() as session:
        found = await staff.secrets_of(session, database.vault, "소나무")
        nobody = await staff.secrets_of(session, database.vault, "잣나무")

    assert nobody is None
    assert found is not None
    assert found.staff == member
    assert (found.password_hash, found.totp_secret) == ("$argon2id$x", "SEEDSEED")
    assert "SEED" not in repr(found)


async def test_a_seed_moved_to_another_member_does_not_open(database: Database) -> None:
    one = await _member(database)
    other = await _join(database, await _invite(database), name="잣나무")
    async with database.transaction() as session:
        seed = select(table.c.totp_ct).where(table.c.id == one.id).scalar_subquery()
        await session.execute(update(table).where(table.c.id == other.id).values(totp_ct=seed))

    with pytest.raises(SealBroken):
        async with database.reading() as session:
            await staff.secrets_of(session, database.vault, "잣나무")


async def test_a_one_time_code_works_once_and_no_older_one_after_it(
    database: Database,
) -> None:
    member = await _member(database)
    async with database.transaction() as session:
        answers = [await staff.use_totp_step(session, member.id, step) for step in (5, 5, 4, 6)]
    assert answers == [True, False, False, True]


async def test_a_signed_in_browser_is_known(database: Database) -> None:
    signed_in = await _signed_in(database)
    assert await _session_at(database, SECOND) == signed_in


async def test_signing_in_leaves_nothing_of_it_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await _signed_in(database)
    for secret in ("csrf", "argon2id"):
        assert secret not in caplog.text.replace("csrf_token", "")


async def test_an_idle_browser_is_signed_out(database: Database) -> None:
    await _signed_in(database)
    assert await _session_at(database, IDLE_LIMIT) is None
    assert await _session_at(database, IDLE_LIMIT - SECOND) is not None


async def test_work_keeps_a_browser_signed_in_but_not_for_ever(database: Database) -> None:
    await _signed_in(database)
    step = IDLE_LIMIT - SECOND
    after = step
    while after < ABSOLUTE_LIMIT:
        assert await _session_at(database, after) is not None
        after += step

    assert await _session_at(database, ABSOLUTE_LIMIT) is None


async def test_use_is_noted_once_a_minute_at_most(database: Database) -> None:
    await _signed_in(database)
    seen = []
    for seconds in (59, 60, 61):
        found = await _session_at(database, seconds * SECOND)
        assert found is not None
        seen.append(found.seen_at - NOON)
    assert seen == [timedelta(), 60 * SECOND, 60 * SECOND]


async def test_a_look_that_is_no_activity_is_not_noted_and_needs_no_write(
    database: Database,
) -> None:
    signed_in = await _signed_in(database)
    late = NOON + IDLE_LIMIT - SECOND
    async with database.reading() as session:
        found = await staff.session_of(session, TOKEN_HASH, now=late, touch=False)

    assert found == signed_in
    assert await _session_at(database, IDLE_LIMIT) is None


async def test_who_signed_out_is_out(database: Database) -> None:
    signed_in = await _signed_in(database)
    async with database.transaction() as session:
        await staff.end_session(session, signed_in.id)
    assert await _session_at(database, SECOND) is None


async def test_who_was_disabled_is_out_at_once(database: Database) -> None:
    signed_in = await _signed_in(database)
    async with database.transaction() as session:
        member = update(table).where(table.c.id == signed_in.staff.id)
        await session.execute(member.values(active=False))
    assert await _session_at(database, SECOND) is None


@pytest.mark.parametrize(("after", "on"), [(IDLE_LIMIT, False), (IDLE_LIMIT - SECOND, True)])
async def test_many_sign_ins_are_asked_at_once_whether_they_go_on(
    database: Database, after: timedelta, on: bool
) -> None:
    signed_in = await _signed_in(database)
    async with database.reading() as session:
        ids = [signed_in.id, uuid4()]
        found = await staff.still_signed_in(session, ids, now=NOON + after)
    assert found == ({signed_in.id} if on else set())


async def test_the_audit_log_keeps_acts_in_order(database: Database) -> None:
    member, talk = await _member(database), uuid4()
    async with database.transaction() as session:
        await audit.record(session, staff=member, action="claim", object_id=talk, now=NOON)
        await audit.record(session, staff=None, action="lapse", object_id=talk, now=NOON)
        await audit.record(
            session, staff=member, action="sign_in", object_id=None, result="refused", now=NOON
        )

    async with database.reading() as session:
        everything = await audit.entries(session)
        about_talk = await audit.entries(session, object_id=talk)
    assert [entry.action for entry in everything] == ["claim", "lapse", "sign_in"]
    assert about_talk == everything[:2]
    assert (everything[0].staff_id, everything[0].role) == (member.id, "counselor")
    assert everything[1].staff_id is None
    assert everything[2].result == "refused"


async def test_an_act_that_fails_is_not_in_the_audit_log(database: Database) -> None:
    with pytest.raises(RuntimeError):
        await _fail_after_recording(database)
    async with database.reading() as session:
        assert await audit.entries(session) == ()


async def _fail_after_recording(database: Database) -> None:
    async with database.transaction() as session:
        await audit.record(session, staff=None, action="x", object_id=None, now=NOON)
        raise RuntimeError

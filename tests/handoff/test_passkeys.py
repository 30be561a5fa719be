"""Passkeys: who has the device is in, and nobody else."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from handoff.auth import Door, InvitationRefused, JoinRefused, SignedIn, SignInRefused
from handoff.passkeys import CHALLENGE_LIFETIME, PasskeyRefused, Passkeys, Site
from storage import audit, staff
from storage.credentials import Passkey
from storage.database import Database
from storage.records import Role, Staff
from storage.tables import staff as people
from tests.factories import NOON
from tests.fakes.authenticator import Authenticator
from tests.handoff.conftest import CHEAP, PASSWORD, member

SITE = Site("https://gyeot.example", "gyeot.example")
ELSEWHERE = Site("https://gyeot.example.evil", "gyeot.example.evil")
SECOND = timedelta(seconds=1)


@pytest.fixture
async def owner(database: Database) -> Staff:
    return (await member(database)).staff


async def registered(
    database: Database, owner: Staff, device: Authenticator, label: str = "책상 위"
) -> Passkey:
    keys = Passkeys(database)
    options = await keys.registration(owner, SITE, now=NOON)
    return await keys.register(owner, SITE, device.make(options), label, now=NOON)


def device(**of_its_own: object) -> Authenticator:
    return Authenticator(SITE.origin, **of_its_own)  # type: ignore[arg-type]


async def signed_in(database: Database, device: Authenticator) -> SignedIn:
    keys = Passkeys(database)
    return await keys.sign_in(SITE, device.sign(keys.request(SITE, now=NOON)), now=NOON)


async def refused(database: Database, answer: str, *, site: Site = SITE) -> None:
    with pytest.raises(SignInRefused):
        await Passkeys(database).sign_in(site, answer, now=NOON)


async def test_who_has_the_device_is_in_and_it_is_written_down(
    database: Database, owner: Staff
) -> None:
    mine = device()
    key = await registered(database, owner, mine)

    entered = await signed_in(database, mine)

    assert entered.session.staff == owner
    async with database.reading() as session:
        acts = [(act.action, act.object_id) for act in await audit.entries(session)]
    assert acts[-2:] == [("passkey_add", key.id), ("sign_in", None)]


async def test_a_new_device_is_not_offered_where_one_is_known(
    database: Database, owner: Staff
) -> None:
    mine = device()
    await registered(database, owner, mine)

    options = json.loads(await Passkeys(database).registration(owner, SITE, now=NOON))

    assert len(options["excludeCredentials"]) == 1
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    with pytest.raises(PasskeyRefused, match="passkey_taken"):
        await registered(database, owner, mine)


@pytest.mark.parametrize("label", ["", "   ", "x" * 41, "a\nb"])
async def test_a_label_must_be_one_short_line(database: Database, owner: Staff, label: str) -> None:
    with pytest.raises(PasskeyRefused, match="passkey_label"):
        await registered(database, owner, device(), label)


async def test_a_device_that_verified_nobody_is_no_passkey(
    database: Database, owner: Staff
) -> None:
    with pytest.raises(PasskeyRefused, match="passkey"):
        await registered(database, owner, device(verifies=False))
    mine = device()
    await registered(database, owner, mine)
    mine.verifies = False

    with pytest.raises(SignInRefused):
        await signed_in(database, mine)


async def test_an_answer_works_once(database: Database, owner: Staff) -> None:
    mine = device()
    await registered(database, owner, mine)
    keys = Passkeys(database)
    answer = mine.sign(keys.request(SITE, now=NOON))
    await keys.sign_in(SITE, answer, now=NOON)

    await refused(database, answer)


async def test_an_answer_that_comes_late_is_refused(database: Database, owner: Staff) -> None:
    mine = device()
    await registered(database, owner, mine)
    keys = Passkeys(database)
    answer = mine.sign(keys.request(SITE, now=NOON - CHALLENGE_LIFETIME))

    await refused(database, answer)


async def test_a_challenge_is_good_for_its_own_purpose_and_person(
    database: Database, owner: Staff
) -> None:
    mine, keys = device(), Passkeys(database)
    await registered(database, owner, mine)
    other = (await member(database, name="바다")).staff
    theirs = await keys.registration(other, SITE, now=NOON)

    challenge = json.loads(theirs)["challenge"]
    await refused(database, mine.sign(keys.request(SITE, now=NOON), challenge=challenge))
    with pytest.raises(PasskeyRefused, match="passkey"):
        await keys.register(owner, SITE, device().make(theirs), "다른 것", now=NOON)


async def test_a_challenge_that_is_not_ours_is_refused(database: Database, owner: Staff) -> None:
    mine, keys = device(), Passkeys(database)
    await registered(database, owner, mine)

    await refused(database, mine.sign(keys.request(SITE, now=NOON), challenge="QUFBQQ"))


async def test_what_was_signed_for_another_site_is_refused(
    database: Database, owner: Staff
) -> None:
    mine, keys = device(), Passkeys(database)
    await registered(database, owner, mine)
    lured = Authenticator(ELSEWHERE.origin, credential_id=mine.credential_id, key=mine.key)

    await refused(database, lured.sign(keys.request(ELSEWHERE, now=NOON)))


async def test_another_key_under_a_known_id_is_refused(database: Database, owner: Staff) -> None:
    mine = device()
    await registered(database, owner, mine)
    copied = device(credential_id=mine.credential_id)

    with pytest.raises(SignInRefused):
        await signed_in(database, copied)


async def test_a_copied_device_is_found_by_its_count(database: Database, owner: Staff) -> None:
    mine = device(count=1)
    await registered(database, owner, mine)
    copy = device(count=1, credential_id=mine.credential_id, key=mine.key)
    await signed_in(database, mine)

    with pytest.raises(SignInRefused):
        await signed_in(database, copy)


async def test_who_does_not_work_here_any_more_is_not_let_in(
    database: Database, owner: Staff
) -> None:
    mine = device()
    await registered(database, owner, mine)
    async with database.transaction() as session:
        await session.execute(update(people).values(active=False))

    with pytest.raises(SignInRefused):
        await signed_in(database, mine)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": 1}', "[" * 5000, "\ud800"])
async def test_what_is_no_answer_is_refused(database: Database, owner: Staff, answer: str) -> None:
    await refused(database, answer)
    with pytest.raises(PasskeyRefused, match="passkey"):
        await Passkeys(database).register(owner, SITE, answer, "책상", now=NOON)


async def test_a_lost_device_is_removed_by_its_owner_only(database: Database, owner: Staff) -> None:
    mine, keys = device(), Passkeys(database)
    key = await registered(database, owner, mine)
    other = (await member(database, name="바다", role=Role.SUPERVISOR)).staff

    for wrong, passkey in ((other, key.id), (owner, uuid4())):
        with pytest.raises(PasskeyRefused):
            await keys.remove(wrong, passkey, now=NOON)
    await keys.remove(owner, key.id, now=NOON)

    assert await keys.of(owner) == []
    with pytest.raises(SignInRefused):
        await signed_in(database, mine)


async def test_of_two_passkeys_removed_at_once_the_last_way_in_stays(
    database: Database, owner: Staff
) -> None:
    async with database.transaction() as session:
        await session.execute(update(people).values(password_hash=staff.NO_PASSWORD))
    keys = Passkeys(database)
    both = [await registered(database, owner, device()) for _ in range(2)]

    ends = await asyncio.gather(
        *(keys.remove(owner, key.id, now=NOON) for key in both), return_exceptions=True
    )

    assert [str(end) for end in ends if end] == ["passkey_last"]
    assert len(await keys.of(owner)) == 1


async def invitation(database: Database, *, with_password: bool = False) -> str:
    async with database.transaction() as session:
        return await staff.invite(
            session, database.vault, role=Role.COUNSELOR, invited_by=None, now=NOON,
            lifetime=timedelta(hours=1), with_password=with_password,
        )  # fmt: skip


async def test_an_invited_person_joins_with_a_passkey_and_has_no_password(
    database: Database,
) -> None:
    mine, keys, token = device(), Passkeys(database), await invitation(database)
    options = await keys.enrollment(token, "은하", SITE, now=NOON)

    entered = await keys.join(token, "은하", SITE, mine.make(options), "책상", now=NOON)

    person = entered.session.staff
    assert (person.name, person.role) == ("은하", Role.COUNSELOR)
    assert (await signed_in(database, mine)).session.staff == person
    door = Door(database, hasher=CHEAP)
    with pytest.raises(SignInRefused):
        await door.sign_in("은하", staff.NO_PASSWORD, "000000", now=NOON)


async def test_an_invitation_for_a_passkey_takes_no_password(database: Database) -> None:
    door, token = Door(database, hasher=CHEAP), await invitation(database)

    with pytest.raises(JoinRefused, match="passkey_only"):
        await door.enrollment(token, now=NOON)
    with pytest.raises(JoinRefused, match="passkey_only"):
        await door.join(token, sealed=None, name="은하", password=PASSWORD, code="000000", now=NOON)


async def test_a_passkey_joins_by_its_own_invitation_once(database: Database) -> None:
    mine, keys, token = device(), Passkeys(database), await invitation(database)
    answer = mine.make(await keys.enrollment(token, "은하", SITE, now=NOON))
    another = await invitation(database)

    with pytest.raises(PasskeyRefused, match="passkey"):
        await keys.join(another, "은하", SITE, answer, "책상", now=NOON)
    await keys.join(token, "은하", SITE, answer, "책상", now=NOON)
    with pytest.raises(PasskeyRefused, match="passkey"):
        await keys.join(token, "바다", SITE, answer, "책상", now=NOON)


async def test_a_name_that_is_taken_uses_neither_invitation_nor_answer_up(
    database: Database, owner: Staff
) -> None:
    mine, keys, token = device(), Passkeys(database), await invitation(database)
    answer = mine.make(await keys.enrollment(token, owner.name, SITE, now=NOON))

    with pytest.raises(JoinRefused, match="name_taken"):
        await keys.join(token, owner.name, SITE, answer, "책상", now=NOON)

    assert (await keys.join(token, "은하", SITE, answer, "책상", now=NOON)).session.staff.active


async def test_an_unknown_invitation_gets_no_challenge(database: Database) -> None:
    with pytest.raises(InvitationRefused):
        await Passkeys(database).enrollment("unknown", "은하", SITE, now=NOON)

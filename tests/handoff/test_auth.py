"""Who may enter."""

from datetime import timedelta
from typing import Literal

import pyotp
import pytest
from argon2 import PasswordHasher

from handoff.auth import (
    ENROLLMENT_LIFETIME,
    Door,
    Enrollment,
    InvitationRefused,
    JoinRefused,
    SignInRefused,
    TooManyTries,
    hash_of,
    same_origin,
    same_site,
)
from storage import audit, staff
from storage.database import Database
from storage.records import Role
from tests.factories import NOON
from tests.handoff.conftest import CHEAP, DAY, PASSWORD, HandClock, member, sign_in

NAME = "별"


class CountingHasher(PasswordHasher):
    """A cheap hasher that remembers what it was asked to verify against."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked: list[str | bytes] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.asked.append(hash)
        return super().verify(hash, password)


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database, hasher=CHEAP)


async def results(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        return [(entry.action, entry.result) for entry in await audit.entries(session)]


async def invited(database: Database, *, role: Role = Role.COUNSELOR) -> str:
    async with database.transaction() as session:
        return await staff.invite(
            session, database.vault, role=role, invited_by=None, now=NOON, lifetime=DAY
        )


def joining(enrollment: Enrollment, clock: HandClock) -> dict[str, str]:
    """What a browser that was shown this brings back."""
    code = pyotp.TOTP(enrollment.secret).at(clock.now)
    return {"sealed": enrollment.sealed, "code": code}


async def test_the_right_three_things_let_somebody_in(
    database: Database, door: Door, clock: HandClock
) -> None:
    person = await member(database)

    token = await sign_in(door, person, clock)

    session = await door.session(token, now=clock.now)
    assert session is not None
    assert session.staff == person.staff
    assert await results(database) == [("sign_in", "ok")]


async def test_every_wrong_thing_gets_the_same_answer(
    database: Database, door: Door, clock: HandClock
) -> None:
    person = await member(database)
    for typed in (
        {"name": "아무도"},
        {"password": "wrong"},
        {"code": "000000"},
        {"code": ""},
        {"code": "가나다라마바"},
        {"password": "\ud800"},
        {"name": "a" * 10_000},
    ):
        clock.pass_(minutes=5)
        with pytest.raises(SignInRefused) as caught:
            await sign_in(door, person, clock, **typed)
        assert str(caught.value) == "sign_in_refused"
    assert set(await results(database)) == {("sign_in", "refused")}


async def test_an_unknown_name_costs_a_hash_too(database: Database, clock: HandClock) -> None:
    hasher = CountingHasher()
    with pytest.raises(SignInRefused):
        await Door(database, hasher=hasher).sign_in("아무도", PASSWORD, "000000", now=clock.now)
    assert len(hasher.asked) == 1


async def test_a_code_works_once(database: Database, door: Door, clock: HandClock) -> None:
    person = await member(database)
    code = person.code(clock.now)
    await sign_in(door, person, clock, code=code)

    clock.pass_(seconds=20)
    with pytest.raises(SignInRefused):
        await sign_in(door, person, clock, code=code)

    clock.pass_(seconds=30)
    assert await sign_in(door, person, clock)


@pytest.mark.parametrize(("seconds", "works"), [(-60, False), (-30, True), (30, True), (60, False)])
async def test_a_clock_may_be_one_step_off(
    database: Database, door: Door, clock: HandClock, seconds: int, works: bool
) -> None:
    person = await member(database)
    code = person.code(clock.now + timedelta(seconds=seconds))
    if works:
        assert await sign_in(door, person, clock, code=code)
    else:
        with pytest.raises(SignInRefused):
            await sign_in(door, person, clock, code=code)


async def test_guessing_at_one_name_is_slowed_before_any_hash(
    database: Database, clock: HandClock
) -> None:
    hasher = CountingHasher()
    door = Door(database, hasher=hasher)
    person = await member(database)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await sign_in(door, person, clock, password="wrong")
    assert len(hasher.asked) == 5

    for spelling in (NAME, f" {NAME} "):
        with pytest.raises(TooManyTries):
            await sign_in(door, person, clock, name=spelling)

    assert len(hasher.asked) == 5
    clock.pass_(seconds=30)
    assert await sign_in(door, person, clock)


async def test_guessing_at_many_names_is_slowed_too(
    database: Database, door: Door, clock: HandClock
) -> None:
    refusals = []
    for number in range(25):
        with pytest.raises((SignInRefused, TooManyTries)) as caught:
            await door.sign_in(f"name-{number}", "x", "0", now=clock.now)
        refusals.append(caught.type)
    assert refusals.count(SignInRefused) == 20


async def test_a_session_ends_when_it_is_left_alone_or_ended(
    database: Database, door: Door, clock: HandClock
) -> None:
    person = await member(database)
    token = await sign_in(door, person, clock)
    clock.pass_(minutes=14)
    assert await door.still_signed_in(token, now=clock.now)
    clock.pass_(minutes=2)
    assert not await door.still_signed_in(token, now=clock.now), "looking is not activity"

    token = await sign_in(door, person, clock)
    session = await door.session(token, now=clock.now)
    assert session is not None
    await door.sign_out(session, now=clock.now)
    assert await door.session(token, now=clock.now) is None
    assert (await results(database))[-1] == ("sign_out", "ok")


async def test_activity_keeps_a_session_but_not_past_ten_hours(
    database: Database, door: Door, clock: HandClock
) -> None:
    token = await sign_in(door, await member(database), clock)
    for _ in range(59):
        clock.pass_(minutes=10)
        assert await door.session(token, now=clock.now) is not None
    clock.pass_(minutes=11)
    assert await door.session(token, now=clock.now) is None


async def test_a_token_is_256_bits_and_only_its_hash_is_kept(
    database: Database, door: Door, clock: HandClock
) -> None:
    person = await member(database)
    first = await sign_in(door, person, clock)
    clock.pass_(minutes=1)
    second = await sign_in(door, person, clock)
    assert first != second
    assert len(first) == 43
    assert len(hash_of(first)) == 32
    assert await door.session(hash_of(first).hex(), now=clock.now) is None
    assert await door.session("", now=clock.now) is None


async def test_an_invited_person_joins_and_is_in(
    database: Database, door: Door, clock: HandClock
) -> None:
    invitation = await invited(database, role=Role.SUPERVISOR)
    enrollment = await door.enrollment(invitation, now=clock.now)
    code = pyotp.TOTP(enrollment.secret).at(clock.now)

    signed_in = await door.join(
        invitation,
        sealed=enrollment.sealed,
        name=" 달 ",
        password=PASSWORD,
        code=code,
        now=clock.now,
    )

    assert (signed_in.session.staff.name, signed_in.session.staff.role) == ("달", Role.SUPERVISOR)
    assert await door.session(signed_in.token, now=clock.now) is not None
    with pytest.raises(SignInRefused):
        await door.sign_in("달", PASSWORD, code, now=clock.now)


async def test_a_reload_shows_the_same_seed_and_another_browser_another(
    database: Database, door: Door, clock: HandClock
) -> None:
    invitation, other = await invited(database), await invited(database)
    first = await door.enrollment(invitation, now=clock.now)

    reload = await door.enrollment(invitation, sealed=first.sealed, now=clock.now)
    elsewhere = await door.enrollment(invitation, now=clock.now)
    of_other = await door.enrollment(other, sealed=first.sealed, now=clock.now)

    assert reload == first
    assert len({first.secret, elsewhere.secret, of_other.secret}) == 3
    assert len(first.secret) == 32


async def test_joining_may_begin_at_one_process_and_end_at_another(
    database: Database, clock: HandClock
) -> None:
    invitation = await invited(database)
    one, other = Door(database, hasher=CHEAP), Door(database, hasher=CHEAP)
    enrollment = await one.enrollment(invitation, now=clock.now)

    reload = await other.enrollment(invitation, sealed=enrollment.sealed, now=clock.now)
    signed_in = await other.join(
        invitation, **joining(enrollment, clock), name="달", password=PASSWORD, now=clock.now
    )

    assert reload.secret == enrollment.secret
    assert await one.session(signed_in.token, now=clock.now) is not None


async def test_a_seed_that_is_old_forged_or_of_another_invitation_joins_nobody(
    database: Database, door: Door, clock: HandClock
) -> None:
    invitation, other = await invited(database), await invited(database)
    foreign = await door.enrollment(other, now=clock.now)
    old = await door.enrollment(invitation, now=clock.now)
    clock.pass_(seconds=ENROLLMENT_LIFETIME.total_seconds())
    code = pyotp.TOTP(old.secret).at(clock.now)

    for sealed in (
        old.sealed,
        foreign.sealed,
        None,
        "",
        "x",
        "\ud800",
        "A" * 4000,
        old.sealed[:-8],
    ):
        with pytest.raises(JoinRefused) as caught:
            await door.join(
                invitation, sealed=sealed, name="달", password=PASSWORD, code=code, now=clock.now
            )
        assert caught.value.code == "enrollment_expired"

    fresh = await door.enrollment(invitation, sealed=old.sealed, now=clock.now)
    assert fresh.secret != old.secret
    fields = joining(fresh, clock)
    joined = await door.join(invitation, **fields, name="달", password=PASSWORD, now=clock.now)
    assert joined.session.staff.name == "달"


async def test_an_invitation_works_once_and_not_for_ever(
    database: Database, door: Door, clock: HandClock
) -> None:
    used, old = await invited(database), await invited(database)
    fields = joining(await door.enrollment(used, now=clock.now), clock)
    await door.join(used, **fields, name="달", password=PASSWORD, now=clock.now)

    with pytest.raises(InvitationRefused):
        await door.join(used, **fields, name="해", password=PASSWORD, now=clock.now)
    clock.pass_(days=1, seconds=1)
    for token in (used, old, "", "x" * 10_000, "\ud800"):
        with pytest.raises(InvitationRefused):
            await door.enrollment(token, now=clock.now)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "short"}, "password_length"),
        ({"password": "p" * 257}, "password_length"),
        ({"name": " "}, "name"),
        ({"name": "n" * 41}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": NAME}, "name_taken"),
        ({"code": "000000"}, "code"),
    ],
)
async def test_what_cannot_be_taken_is_named_and_uses_nothing_up(
    database: Database, door: Door, clock: HandClock, changed: dict[str, str], code: str
) -> None:
    await member(database)
    invitation = await invited(database)
    right = joining(await door.enrollment(invitation, now=clock.now), clock)
    fields = {"name": "달", "password": PASSWORD, **right}

    with pytest.raises(JoinRefused) as caught:
        await door.join(invitation, **{**fields, **changed}, now=clock.now)

    assert caught.value.code == code
    joined = await door.join(invitation, **fields, now=clock.now)
    assert joined.session.staff.name == "달"


@pytest.mark.parametrize(
    ("origin", "fetch_site", "ours"),
    [
        ("http://console.test", "same-origin", True),
        ("http://console.test", None, True),
        ("HTTP://CONSOLE.test", None, True),
        ("null", "same-origin", True),
        (None, "same-origin", True),
        (None, None, False),
        ("null", None, False),
        ("null", "cross-site", False),
        (None, "none", False),
        (None, "same-site", False),
        ("http://console.test", "cross-site", False),
        ("http://console.test", "same-site", False),
        ("http://evil.test", None, False),
        ("http://evil.test", "same-origin", False),
        ("http://console.test.evil.test", None, False),
        ("http://console.test:8000", None, False),
        ("http://user@console.test", None, False),
        ("http://[", None, False),
        ("", None, False),
    ],
)
def test_only_a_page_of_ours_may_change_anything(
    origin: str | None, fetch_site: str | None, ours: bool
) -> None:
    assert same_site("console.test", origin, fetch_site) is ours


@pytest.mark.parametrize("origin", [None, "", "null", "http://evil.test", "http://["])
def test_only_a_page_of_ours_may_open_a_socket(origin: str | None) -> None:
    assert not same_origin("console.test", origin)
    assert same_origin("console.test", "https://console.test")

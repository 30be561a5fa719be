from datetime import timedelta

import pytest

from storage import audit, settings
from storage.database import Database, Topic
from storage.errors import SettingRefused
from storage.records import Role, Staff
from storage.setting_names import NAMES, declared
from tests.factories import NOON
from tests.storage.members import member

MINUTE = timedelta(minutes=1)
WEEK = '{"mon": [["09:00", "12:00"], ["13:00", "24:00"]]}'


async def _put(
    database: Database, name: str, value: str, person: Staff, after: timedelta = MINUTE
) -> None:
    async with database.transaction() as session:
        await settings.put(session, name, value, staff=person, now=NOON + after)


async def _now(database: Database, name: str) -> str:
    async with database.reading() as session:
        return (await settings.current(session))[name]


async def _refused(database: Database, name: str, value: str, person: Staff) -> str:
    with pytest.raises(SettingRefused) as refused:
        await _put(database, name, value, person)
    return refused.value.code


async def test_the_newest_value_of_a_name_holds_and_every_one_before_it_is_history(
    database: Database,
) -> None:
    person = await member(database, Role.ADMINISTRATOR)
    assert await _now(database, "channel.line") == "on"  # before anybody set it

    await _put(database, "channel.line", "off", person)
    await _put(database, "days.contacts", "20", person)
    await _put(database, "channel.line", "on", person, after=2 * MINUTE)

    assert await _now(database, "channel.line") == "on"
    async with database.reading() as session:
        assert (await settings.histories(session)).get("channel.line", ()) == (
            settings.Set("off", person.name, NOON + MINUTE),
            settings.Set("on", person.name, NOON + 2 * MINUTE),
        )


async def test_setting_is_written_down_without_the_value_in_the_same_transaction(
    database: Database,
) -> None:
    person = await member(database, Role.SUPERVISOR)
    await _put(database, "surge", "surge.busy", person)

    async with database.reading() as session:
        rows = [one for one in await audit.entries(session) if one.action == "setting"]
    assert [(one.staff_id, one.purpose, one.object_id) for one in rows] == [
        (person.id, "surge", None)
    ]
    assert "busy" not in repr(rows)


async def test_a_setting_that_is_refused_leaves_neither_value_nor_act(database: Database) -> None:
    person = await member(database, Role.ADMINISTRATOR)
    assert await _refused(database, "telegram_token", "x", person) == "unknown_setting"
    assert await _refused(database, "channel.line", "maybe", person) == "bad_value"
    assert await _refused(database, "surge", "Not a name of ours!", person) == "bad_value"
    async with database.reading() as session:
        assert "setting" not in {one.action for one in await audit.entries(session)}
        assert (await settings.histories(session)).get("channel.line", ()) == ()


@pytest.mark.parametrize(
    ("role", "name", "value"),
    [
        (Role.COUNSELOR, "surge", ""),
        (Role.AUDITOR, "hours", ""),
        (Role.SUPERVISOR, "channel.line", "off"),
        (Role.SUPERVISOR, "days.contacts", "20"),
    ],
)
async def test_a_role_sets_only_what_is_declared_for_it(
    database: Database, role: Role, name: str, value: str
) -> None:
    person = await member(database, role)
    assert await _refused(database, name, value, person) == "not_for_this_role"


async def test_every_process_hears_of_a_change(database: Database) -> None:
    person = await member(database, Role.ADMINISTRATOR)
    async with database.wakeups.subscribe(Topic.SETTINGS) as bell:
        await _put(database, "channel.web", "off", person)
        assert await bell.wait(1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hours", ""), ("hours", "{}"), ("hours", WEEK), ("surge", ""), ("surge", "surge.busy"),
        ("days.transcripts", "7"), ("days.transcripts", "365"),
        ("resource.women-1366", "out 2026-11-28"),
        ("resource.women-1366", "in 2026-11-28"), ("resource.police-112", "in 2026-11-28"),
        ("authority_requests", '{"2026-1": [3, 0]}'),
    ],
)  # fmt: skip
def test_what_a_setting_may_be(name: str, value: str) -> None:
    meant = declared(name)
    assert meant is not None
    assert meant.good(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hours", "[]"), ("hours", "always"), ("hours", '{"mon": [["12:00", "09:00"]]}'),
        ("hours", '{"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}'),
        ("hours", '{"someday": []}'), ("hours", '{"mon": [["9:00", "12:00"]]}'),
        ("hours", '{"mon": [["09:00", "25:00"]]}'), ("hours", '{"mon": 1}'),
        ("hours", '{"mon": [["24:00", "24:00"]]}'), ("hours", "[" * 3999),
        ("days.transcripts", "6"), ("days.transcripts", "366"), ("days.transcripts", "٣٠"),
        ("days.transcripts", ""), ("days.contacts", "91"), ("surge", "surge\n"),
        ("channel.web", "ON"), ("authority_requests", '{"2026-3": [1, 0]}'),
        ("authority_requests", '{"2026-1": [1, 2]}'),
        ("authority_requests", '{"2026-1": [true, 0]}'),
        ("authority_requests", '{"2026-1": [1]}'), ("authority_requests", "null"),
    ],
)  # fmt: skip
def test_what_a_setting_may_not_be(name: str, value: str) -> None:
    assert not NAMES[name].good(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resource.women-1366", "gone 2026-11-28"), ("resource.women-1366", "out 2026-02-30"),
        ("resource.women-1366", "out"), ("resource.police-112", "out 2026-11-28"),
        ("resource.ambulance-119", "out 2026-11-28"),
    ],
)  # fmt: skip
def test_what_may_not_be_said_of_a_help_service(name: str, value: str) -> None:
    meant = declared(name)
    assert meant is not None
    assert not meant.good(value)


def test_a_name_that_nothing_declares_is_no_setting() -> None:
    assert declared("telegram_token") is None
    assert declared("resource.") is None
    assert declared("resource.A b") is None

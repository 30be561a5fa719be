"""Letting go on the command line: counts, what is over its time, and two people for the keys."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import purge
from bot.config import Settings
from bot.purge import PurgeRefused, Terminal
from storage import audit, conversations
from storage.database import Database, open_database
from storage.errors import BackupNotMade
from storage.keyring import Keyring, Purpose
from storage.keyring_file import KeyringFile
from storage.records import ConversationState
from tests.factories import NOON, said, talk_of
from tests.handoff.conftest import PASSWORD, Member, member
from tests.remains import everything

LATER = NOON + timedelta(days=100)


async def over(database: Database) -> None:
    talk = await talk_of(database)
    await said(database, talk.id, "이것은 지워져요")
    async with database.transaction() as session:
        after = replace(talk, state=ConversationState.CLOSED, closed_at=NOON)
        await conversations.save(session, talk, after)


async def test_a_dry_run_only_counts(database: Database, database_url: str) -> None:
    await over(database)
    before = await everything(database_url)

    text = await purge.over(database, Settings(), lambda: LATER, dry=True)

    assert [line.split() for line in text.splitlines()] == [
        ["class", "would", "go"],
        ["transcripts", "1"],
        ["contacts", "1"],
        ["dead", "letters", "0"],
        ["tombstones", "0"],
    ]
    assert await everything(database_url) == before


async def test_a_purge_does_what_the_dry_run_said(database: Database, database_url: str) -> None:
    await over(database)

    await purge.over(database, Settings(), lambda: LATER, dry=False)

    rows = await everything(database_url)
    assert not rows["conversations"] | rows["lines"] | rows["contacts"] | rows["data_keys"]


def typed(*people: Member, now: datetime = NOON) -> Terminal:
    answers: Iterator[str] = iter(
        [word for one in people for word in (one.staff.name, PASSWORD, one.code(now))]
    )
    return Terminal(ask=lambda _: next(answers), ask_hidden=lambda _: next(answers))


def backed_up(*, now: datetime) -> str:
    return "made a backup"


def not_backed_up(*, now: datetime) -> str:
    raise BackupNotMade("disk_full")


async def test_a_backup_that_fails_is_said_with_what_was_destroyed(filed: Database) -> None:
    star, moon = await member(filed, "별"), await member(filed, "달")

    text = await purge.at_once(filed, lambda: NOON, typed(star, moon), not_backed_up)

    assert "keys destroyed" in text
    assert "no backup was made (disk_full)" in text
    await filed.close()


@pytest.fixture
async def filed(database_url: str, keyring: Keyring, tmp_path: Path) -> Database:
    return open_database(database_url, keyring=KeyringFile(tmp_path / "keyring.json"))


async def test_two_people_destroy_every_older_key(filed: Database) -> None:
    star, moon = await member(filed, "별"), await member(filed, "달")
    talk = await talk_of(filed)
    before = filed.vault.keyring.keys

    text = await purge.at_once(filed, lambda: NOON, typed(star, moon), backed_up)

    gone = {key.purpose for key in before} - {
        key.purpose for key in before if key in filed.vault.keyring.keys
    }
    # The index key is needed until the person writes again: their address is not their account.
    assert gone == {Purpose.WRAP, Purpose.WRAP_CONTACT, Purpose.EDGE, Purpose.INTAKE}
    assert "4 keys destroyed" in text
    assert "1 keys are still needed" in text
    assert text.endswith("made a backup")
    assert (await filed.vault.data_key(talk.id)) is not None
    async with filed.reading() as session:
        acts = await audit.entries(session)
    who = {act.staff_id for act in acts if act.action == "purge_now"}
    assert who == {star.staff.id, moon.staff.id}
    await filed.close()


async def test_one_person_alone_destroys_nothing(filed: Database) -> None:
    star = await member(filed, "별")
    before = filed.vault.keyring.keys
    later = NOON + timedelta(minutes=1)
    answers = iter([star.staff.name, PASSWORD, star.code(NOON)] * 2)
    codes = Terminal(ask=lambda _: next(answers), ask_hidden=lambda _: next(answers))

    with pytest.raises(PurgeRefused):
        await purge.at_once(filed, lambda: NOON, codes, backed_up)  # a code works once

    both = iter(
        [star.staff.name, PASSWORD, star.code(later), star.staff.name, PASSWORD,
         star.code(later + timedelta(minutes=1))]
    )  # fmt: skip
    two = Terminal(ask=lambda _: next(both), ask_hidden=lambda _: next(both))
    clock = iter([later, later, later + timedelta(minutes=1), later + timedelta(minutes=1)])
    with pytest.raises(PurgeRefused, match="two different people"):
        await purge.at_once(filed, lambda: next(clock), two, backed_up)

    assert filed.vault.keyring.keys == before
    await filed.close()


async def test_a_wrong_password_destroys_nothing(filed: Database) -> None:
    star, moon = await member(filed, "별"), await member(filed, "달")
    before = filed.vault.keyring.keys
    answers = iter([star.staff.name, PASSWORD, star.code(NOON), moon.staff.name, "wrong", "1"])
    terminal = Terminal(ask=lambda _: next(answers), ask_hidden=lambda _: next(answers))

    with pytest.raises(PurgeRefused, match="nothing was purged"):
        await purge.at_once(filed, lambda: NOON, terminal, backed_up)

    assert filed.vault.keyring.keys == before
    await filed.close()

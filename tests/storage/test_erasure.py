"""The ledger is replayed before anything is served, and nothing is served without it."""

import shutil
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from storage import (
    case_notes,
    companions,
    contacts,
    conversations,
    erasure,
    offers,
    outbox,
    outcomes,
    tables,
)
from storage.database import Database, open_database
from storage.engines import sqlite_path
from storage.erasure import LastWord
from storage.errors import KeyMissing, LedgerDamaged, LedgerMissing
from storage.keyring import Keyring
from storage.ledger import Ledger
from storage.records import Companion, Conversation, FollowUp, Offer, Outcome
from storage.tables import outbox as deliveries
from tests.database import ON_SQLITE
from tests.factories import NOON, said, sent_out, talk_of
from tests.remains import everything, naming

LAST = LastWord("fake", "to-account-1", "{}")
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path, keyring: Keyring) -> Ledger:
    return Ledger(tmp_path / "keyring.json.erased", keyring.id)


async def erased(database: Database, ledger: Ledger, talk: Conversation) -> None:
    async with database.transaction() as session:
        await erasure.cut_off(
            session, database.vault, talk.contact_id, b"route" * 6, LAST, now=NOON
        )
    await erasure.finish(database, ledger, [talk.contact_id], now=NOON)


async def test_the_first_start_begins_a_ledger(database: Database, ledger: Ledger) -> None:
    assert await erasure.prepare(database, ledger, now=NOON) == 0

    assert ledger.read() == ()


@pytest.mark.parametrize("has_erased", [False, True])
async def test_without_the_ledger_it_began_nothing_is_served(
    database: Database, ledger: Ledger, has_erased: bool
) -> None:
    await erasure.prepare(database, ledger, now=NOON)
    if has_erased:
        await erased(database, ledger, await talk_of(database))
    ledger.path.unlink()

    with pytest.raises(LedgerMissing, match="ledger_missing"):
        await erasure.prepare(database, ledger, now=NOON)

    assert not ledger.exists


async def test_an_older_copy_of_the_ledger_is_refused(database: Database, ledger: Ledger) -> None:
    await erasure.prepare(database, ledger, now=NOON)
    older = ledger.path.read_bytes()
    await erased(database, ledger, await talk_of(database))
    ledger.path.write_bytes(older)

    with pytest.raises(LedgerMissing, match="ledger_behind"):
        await erasure.prepare(database, ledger, now=NOON)


async def test_a_damaged_ledger_is_refused(database: Database, ledger: Ledger) -> None:
    await erasure.prepare(database, ledger, now=NOON)
    ledger.path.write_bytes(b"x" + ledger.path.read_bytes()[1:])

    with pytest.raises(LedgerDamaged):
        await erasure.prepare(database, ledger, now=NOON)


@ON_SQLITE
async def test_a_restored_backup_never_shows_what_was_erased(
    database_url: str, keyring: Keyring, ledger: Ledger, tmp_path: Path
) -> None:
    database = open_database(database_url, keyring=keyring)
    await erasure.prepare(database, ledger, now=NOON)
    talk, other = await talk_of(database), await talk_of(database, account="account-2")
    await said(database, talk.id, "이것은 지워져요")
    await sent_out(database, talk, "이것도")
    await said(database, other.id, "이것은 남아요")
    await database.close()
    before = await everything(database_url)
    backup, files = tmp_path / "backup", _files(database_url)
    backup.mkdir()
    for file in files:
        shutil.copy(file, backup)
    database = open_database(database_url, keyring=keyring)
    await erased(database, ledger, talk)
    await database.close()
    for file in files:
        file.unlink()
        shutil.copy(backup / file.name, file)

    database = open_database(database_url, keyring=keyring)
    assert await erasure.replay(database, ledger, now=NOON + HOUR) == 2
    assert await erasure.replay(database, ledger, now=NOON + HOUR) == 0

    rows = await everything(database_url)
    assert set(naming(rows, talk.id, talk.contact_id)) == {"erasures"}
    for name in before.keys() - {"ledgers", "erasures"}:
        kept = {r for r in before[name] if repr(talk.id) not in r}
        assert rows[name] == {r for r in kept if repr(talk.contact_id) not in r}
    with pytest.raises(KeyMissing):
        await database.vault.data_key(talk.id)
    await database.vault.data_key(other.id)  # is there
    await database.close()


async def test_erasing_again_changes_nothing(
    database: Database, database_url: str, ledger: Ledger
) -> None:
    await erasure.prepare(database, ledger, now=NOON)
    talk = await talk_of(database)
    await erased(database, ledger, talk)
    before = await everything(database_url)

    await erasure.finish(database, ledger, [talk.contact_id], now=NOON + HOUR)

    assert await everything(database_url) == before


async def test_notes_offers_and_outcomes_go_with_the_talk(
    database: Database, ledger: Ledger
) -> None:
    await erasure.prepare(database, ledger, now=NOON)
    talk, staff_id = await talk_of(database), uuid4()
    async with database.transaction() as session:
        await case_notes.add(
            session, database.vault, talk.id,
            note_id=uuid4(), staff_id=staff_id, text="메모", kind="note", now=NOON,
        )  # fmt: skip
        await offers.make(session, Offer(talk.id, talk.epoch, staff_id), now=NOON)
        await companions.ask(session, Companion(talk.id, talk.epoch, staff_id), now=NOON)
        await outcomes.record(
            session, talk.id,
            staff_id=staff_id, outcome=Outcome.HEARD, follow_up=FollowUp.NONE, now=NOON,
        )  # fmt: skip

    await erased(database, ledger, talk)

    async with database.reading() as session:
        for table in (tables.case_notes, tables.offers, tables.companions, tables.outcomes):
            assert (await session.execute(select(table))).all() == []


async def test_a_talk_that_went_over_to_another_channel_stays(
    database: Database, ledger: Ledger
) -> None:
    """Accounts are never compared, so who erases here erases here."""
    await erasure.prepare(database, ledger, now=NOON)
    talk = await talk_of(database)
    await sent_out(database, talk, "먼저 간 말")
    async with database.transaction() as session:
        await session.execute(update(deliveries).values(state="sent"))
        there = await contacts.find_or_make(
            session, database.vault, channel="fake", account="there", address="there", now=NOON
        )
        moved = await conversations.move(session, talk, there)
        await outbox.redirect(session, moved, now=NOON)

    await erased(database, ledger, talk)

    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)).contact_id == there.id
    await database.vault.data_key(talk.id)  # is there


def _files(url: str) -> list[Path]:
    main = sqlite_path(url)
    return [main, main.with_suffix(".keys.db")]

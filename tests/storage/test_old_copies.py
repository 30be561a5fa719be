"""P5: what was erased is dead in every old copy once the keys of its day are destroyed."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from storage import contacts, conversations, erasure, rotation, transcript
from storage.database import Database, open_database
from storage.engines import sqlite_path
from storage.erasure import LastWord
from storage.errors import KeyMissing
from storage.keyring import Keyring
from storage.keyring_file import KeyringFile
from storage.ledger import Ledger
from storage.records import Conversation
from tests.database import ON_SQLITE
from tests.factories import NOON, said, talk_of

DAY = timedelta(days=1)
LAST = LastWord("fake", "to-account-1", "{}")


@ON_SQLITE
@pytest.mark.parametrize(("days", "readable"), [(6, True), (7, False)])
async def test_an_old_copy_and_the_keyring_of_now_read_nothing_after_the_window(
    database_url: str, keyring: Keyring, tmp_path: Path, days: int, readable: bool
) -> None:
    """The six days show that the copy itself is whole: only the keys are missing."""
    path, ledger = tmp_path / "keyring.json", Ledger(tmp_path / "ledger", keyring.id)
    database = open_database(database_url, keyring=KeyringFile(path))
    await erasure.prepare(database, ledger, now=NOON)
    talk = await talk_of(database, account="to-account-1")
    await said(database, talk.id, "이것은 지워져요")
    copy = _copied(database_url, tmp_path / "copy")  # with its log, as after a power cut
    async with database.transaction() as session:
        await erasure.cut_off(session, database.vault, talk.contact_id, b"r" * 32, LAST, now=NOON)
    await erasure.finish(database, ledger, [talk.contact_id], now=NOON)

    for day in range(1, days + 1):
        await rotation.rotate(database, now=NOON + day * DAY, notice=timedelta(0))
    await database.close()

    old = open_database(copy, keyring=KeyringFile(path))
    assert await _reads(old, talk) is readable
    assert await _knows(old) is readable
    await old.close()


async def _reads(database: Database, talk: Conversation) -> bool:
    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)) == talk
        try:
            lines = await transcript.read(session, database.vault, talk.id)
        except KeyMissing:
            return False
    return [line.text for line in lines] == ["이것은 지워져요"]


async def _knows(database: Database) -> bool:
    """Whether that account can be confirmed to have written."""
    account = {"channel": "fake", "account": "to-account-1"}
    async with database.reading() as session:
        return await contacts.find(session, database.vault, **account) is not None


def _copied(url: str, folder: Path) -> str:
    folder.mkdir()
    for file in sqlite_path(url).parent.glob("gyeot*.db*"):
        shutil.copy(file, folder)
    return f"sqlite+aiosqlite:///{folder / sqlite_path(url).name}"

"""What is restored is whole, and nothing that was erased is in it."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from storage import audit, audit_seal, facts
from storage.alone import held_alone
from storage.backup.archive import read_manifest
from storage.backup.verifying import SEALED, verify
from storage.database import Database
from storage.engines import is_sqlite, sqlite_path
from storage.errors import (
    BackupUnusable,
    DatabaseTaken,
    KeyMissing,
    LedgerMissing,
    RestoreUnfinished,
    RestoreUnsound,
    TargetTaken,
)
from storage.facts import Fact
from storage.keyring import create_keyring
from storage.keyring_file import KeyringFile
from storage.tables import KEYS, METADATA, lines
from storage.tables import audit as acts
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.storage.installation import (
    KILLED,
    LATER,
    Place,
    aside,
    count,
    databases,
    drop,
    nowhere,
    place,
    repacked,
    script,
)

__all__ = ["place"]


async def test_what_was_said_is_there_again_after_a_restore(place: Place) -> None:
    talk = await place.told("하나", "둘")
    backup = place.back_up()
    later = await place.told("셋", account="account-2")

    moved = await place.restore(backup, replace=True)

    assert await place.heard(talk) == ["하나", "둘", "answer"]
    assert await place.heard(later) == []
    assert moved


async def test_what_was_erased_since_the_backup_stays_erased(place: Place) -> None:
    talk = await place.told("하나")
    kept = await place.told("둘", account="account-2")
    backup = place.back_up()
    await place.erase(talk)

    await place.restore(backup, replace=True)

    assert await place.heard(talk) == []
    assert await place.heard(kept) == ["둘", "answer"]
    database = place.open()
    with pytest.raises(KeyMissing):
        await database.vault.data_key(talk)
    await database.close()


async def test_nothing_is_restored_without_the_ledger(place: Place) -> None:
    talk = await place.told("하나")
    backup = place.back_up()
    await place.erase(talk)
    place.ledger.path.unlink()

    with pytest.raises(LedgerMissing, match="ledger_missing"):
        await place.restore(backup, replace=True)

    assert await place.heard(talk) == []


async def test_a_ledger_older_than_the_backup_is_refused(place: Place) -> None:
    talk = await place.told("하나")
    old = place.ledger.path.read_bytes()
    await place.erase(talk)
    backup = place.back_up()
    place.ledger.path.write_bytes(old)

    with pytest.raises(LedgerMissing, match="ledger_behind"):
        await place.restore(backup, replace=True)


async def test_a_database_that_is_there_is_kept_unless_told_and_then_moved(place: Place) -> None:
    talk = await place.told("하나")
    backup = place.back_up()
    await place.told("둘", account="account-2")

    with pytest.raises(TargetTaken, match="target_not_empty"):
        await place.restore(backup)
    moved = await place.restore(backup, replace=True)

    assert await place.heard(talk) == ["하나", "answer"]
    assert await count(place, aside(place, moved)) == 4
    assert await count(place, place.url) == 2


async def test_an_empty_place_needs_no_word(place: Place) -> None:
    talk = await place.told("하나")
    backup = place.back_up()
    place.url = nowhere(place)

    assert await place.restore(backup) == ""
    assert await place.heard(talk) == ["하나", "answer"]
    if not is_sqlite(place.url):
        drop(place.url)


async def test_a_place_in_use_is_refused(place: Place) -> None:
    talk = await place.told("하나")
    backup = place.back_up()

    if is_sqlite(place.url):
        with held_alone(place.url), pytest.raises(DatabaseTaken):
            await place.restore(backup, replace=True)
    else:
        served = place.open()
        async with served.reading() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(TargetTaken, match="database_in_use"):
                await place.restore(backup, replace=True)
        await served.close()

    assert await place.heard(talk) == ["하나", "answer"]


async def test_a_backup_beyond_the_days_of_its_keys_is_refused(place: Place) -> None:
    await place.told("하나")
    backup = place.back_up(days=-7)
    assert await place.drill(place.back_up(days=-6)) > 0

    with pytest.raises(BackupUnusable, match="backup_too_old"):
        await place.restore(backup, replace=True)


async def test_a_backup_whose_keys_were_destroyed_is_refused(place: Place) -> None:
    await place.told("하나")
    backup = place.back_up()
    ring = KeyringFile(place.keyring)
    newest = ring.current.keys[-1].number
    ring.change(lambda found: found.without({newest}))

    with pytest.raises(BackupUnusable, match="backup_keys_destroyed"):
        await place.restore(backup, replace=True)


async def test_a_backup_of_another_keyring_is_refused(place: Place, tmp_path: Path) -> None:
    await place.told("하나")
    backup = place.back_up()
    (tmp_path / "other").mkdir()
    place.keyring = tmp_path / "other/keyring.json"
    create_keyring(place.keyring, now=NOON)
    place.ledger.begin()

    with pytest.raises(BackupUnusable, match="backup_of_another_keyring"):
        await place.restore(backup, replace=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revision": "9999"}, "backup_of_a_newer_version"),
        ({"kind": "other"}, "backup_of_another_kind_of_database"),
        ({"made_at": NOON + timedelta(days=1)}, "backup_of_the_future"),
    ],
)
@ON_SQLITE
async def test_a_backup_that_does_not_fit_is_refused(
    place: Place, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    await place.told("하나")
    backup = repacked(place.back_up(), tmp_path, **change)

    with pytest.raises(BackupUnusable, match=code):
        await place.restore(backup, replace=True)


async def test_rows_that_the_manifest_counts_must_be_there(place: Place, tmp_path: Path) -> None:
    await place.told("하나")
    made = place.back_up()
    rows = dict(read_manifest(made).rows)
    backup = repacked(made, tmp_path, rows=rows | {"lines": rows["lines"] + 1})

    with pytest.raises(RestoreUnsound, match="rows_missing"):
        await place.restore(backup, replace=True)


@ON_SQLITE
async def test_a_file_that_was_cut_off_or_altered_is_refused(place: Place) -> None:
    talk = await place.told("하나")
    backup = place.back_up()
    whole = backup.read_bytes()
    end = len(whole.rstrip(b"\0"))

    for length in (0, 100, 512, 2000, end // 2, end - 1):
        backup.write_bytes(whole[:length])
        with pytest.raises((BackupUnusable, RestoreUnsound)):
            await place.restore(backup, replace=True)
    for at in (3, 130, 600, 700, end // 2, end - 1):
        backup.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BackupUnusable):
            await place.restore(backup, replace=True)

    assert await place.heard(talk) == ["하나", "answer"]


async def test_a_transcript_with_a_gap_is_not_put_in_place(place: Place) -> None:
    talk = await place.told("하나", "둘")
    await place.change(delete(lines).where(lines.c.conversation_id == talk, lines.c.seq == 1))
    backup = place.back_up()

    with pytest.raises(RestoreUnsound, match="gaps_1"):
        await place.restore(backup, replace=True)
    with pytest.raises(RestoreUnsound, match="gaps_1"):
        await place.drill(backup)


async def test_a_seal_that_does_not_open_is_seen_and_may_be_accepted(place: Place) -> None:
    talk = await place.told("하나", "둘")
    other = await place.told("셋", account="account-2")
    await place.change(
        update(lines)
        .where(lines.c.conversation_id == talk, lines.c.seq == 1)
        .values(text_ct=b"\1\1\0\0\0\1" + bytes(40))
    )
    backup = place.back_up()

    with pytest.raises(RestoreUnsound, match="broken_1_locked_0_gaps_0"):
        await place.restore(backup, replace=True)
    await place.restore(backup, replace=True, accept=True)

    assert await place.heard(other) == ["셋", "answer"]


async def test_an_audit_log_that_was_altered_is_seen(place: Place) -> None:
    await place.told("하나")
    database = place.open()
    async with database.transaction() as session:
        await audit.record(session, staff=None, action="read", object_id=None, now=NOON)
    async with database.transaction() as session:
        await audit_seal.seal(session, database.vault, now=NOON)
    await database.close()
    assert await place.drill(place.back_up(days=-1)) == 5
    await place.change(update(acts).values(action="claim"))

    with pytest.raises(RestoreUnsound, match="gaps_0_audit_1"):
        await place.restore(place.back_up(), replace=True)


async def test_a_key_that_is_gone_without_an_erasure_is_seen(place: Place) -> None:
    talk = await place.told("하나")
    database = place.open()
    await database.vault.destroy_data_key(talk)
    await database.close()

    with pytest.raises(RestoreUnsound, match="broken_0_locked_3_gaps_0"):
        await place.restore(place.back_up(), replace=True)


def test_every_sealed_column_is_opened_when_a_restore_is_verified() -> None:
    tables = (*METADATA.tables.values(), *KEYS.tables.values())
    sealed = {column for table in tables for column in table.c if column.name.endswith("_ct")}

    assert {one.column for one in SEALED} == sealed


async def test_verifying_opens_more_than_one_bite(place: Place) -> None:
    for number in range(4):
        await place.told(*["하나"] * 150, account=f"account-{number}")
    database = place.open()
    try:
        found = await verify(database)
    finally:
        await database.close()

    # Each: 151 lines, an address, an outbox body; and a delivery.
    assert (found.opened, found.sound) == (4 * 154, True)


async def test_a_drill_changes_nothing_and_leaves_nothing(place: Place) -> None:
    talk = await place.told("하나")
    backup = place.back_up()
    before = sorted(path.name for path in place.folder.parent.iterdir())

    assert await place.drill(backup) == 5

    after = {path.name for path in place.folder.parent.iterdir()}
    assert after - set(before) <= {".gyeot-restoring-lock"}
    assert await place.heard(talk) == ["하나", "answer"]
    if not is_sqlite(place.url):
        assert databases(place.url, "gyeot_restoring_") == []


async def test_a_refused_restore_leaves_nothing(place: Place) -> None:
    talk = await place.told("하나", "둘")
    await place.change(delete(lines).where(lines.c.conversation_id == talk, lines.c.seq == 1))
    backup = place.back_up()

    with pytest.raises(RestoreUnsound):
        await place.restore(backup, replace=True)

    assert [one for one in place.folder.parent.glob("*.gyeot-restoring-*") if one.is_dir()] == []
    if not is_sqlite(place.url):
        assert databases(place.url, "gyeot_restoring_") == []


@ON_SQLITE
@pytest.mark.parametrize("moves", range(9))
async def test_a_restore_that_was_killed_in_between_is_finished_and_serves_nobody_till_then(
    place: Place, moves: int
) -> None:
    talk = await place.told("하나")
    backup = place.back_up()
    later = await place.told("둘", account="account-2")

    killed = subprocess.run(
        script(KILLED, place, backup, moves),
        env={**os.environ, "PYTHONPATH": "."},
        check=False,
        timeout=60,
    )
    if killed.returncode != 9:  # there were no more moves
        assert killed.returncode == 0
        assert await place.heard(talk) == ["하나", "answer"]
        return
    marked = sqlite_path(place.url).with_suffix(".restoring").exists()
    if marked:
        with pytest.raises(RestoreUnfinished):
            place.open()
        with pytest.raises(TargetTaken, match="target_not_empty"):
            await place.restore(backup)  # which finishes the other first

    assert await place.heard(talk) == ["하나", "answer"]
    assert await place.heard(later) == ([] if marked else ["둘", "answer"])


async def test_the_last_good_restore_is_a_fact(database: Database) -> None:
    async with database.transaction() as session:
        assert await facts.last(session, Fact.GOOD_RESTORE) is None
        await facts.note(session, Fact.GOOD_RESTORE, now=NOON)
        await facts.note(session, Fact.GOOD_RESTORE, now=LATER)
        assert await facts.last(session, Fact.GOOD_RESTORE) == LATER

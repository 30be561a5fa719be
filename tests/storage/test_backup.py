"""Backups are whole or not there, and hold ciphertext only."""

import base64
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.backup.archive import unpack
from storage.backup.making import backups_in
from storage.backup.postgres import PostgresStore
from storage.errors import (
    BackupNotMade,
    LedgerMissing,
    StorageError,
)
from storage.keyring import load_keyring
from tests.database import ON_POSTGRESQL, ON_SQLITE
from tests.storage.installation import (
    SMALL_DISK,
    Place,
    dumped,
    limit,
    made_on,
    nowhere,
    place,
)

__all__ = ["place"]


async def test_nothing_is_backed_up_without_the_ledger(place: Place) -> None:
    await place.told("하나")
    place.ledger.path.unlink()

    with pytest.raises(LedgerMissing):
        place.back_up()

    assert backups_in(place.folder) == []


async def test_neither_keys_nor_ledger_nor_words_are_in_a_backup(
    place: Place, tmp_path: Path
) -> None:
    talk = await place.told("카나리아 zq9f2c")
    erased = await place.told("지난 이야기", account="account-2")
    await place.erase(erased)
    backup = place.back_up()
    parts = tmp_path / "parts"
    parts.mkdir()
    unpack(backup, parts)

    ring = load_keyring(place.keyring)
    secrets = [key.secret for key in ring.keys]
    secrets += [(tmp_path / "root.key").read_bytes()]
    forms = [form for one in secrets for form in (one, base64.b64encode(one), one.hex().encode())]
    forms += [line for line in place.keyring.read_bytes().split(b'"') if len(line) > 60]
    forms += place.ledger.path.read_bytes().splitlines()
    forms += ["카나리아 zq9f2c".encode(), b"to-account-1", b"account-1"]
    content = backup.read_bytes() + dumped(parts)

    assert [form for form in forms if form in content] == []
    assert talk.hex.encode() in content or talk.bytes in content or str(talk).encode() in content


async def test_a_backup_is_for_its_owner_only_and_no_draft_is_left(place: Place) -> None:
    await place.told("하나")
    backup = place.back_up()

    assert backup.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in place.folder.iterdir()} == {backup.name, ".lock"}


async def test_a_full_disk_is_said_and_leaves_the_older_backup(place: Place) -> None:
    await place.told("하나" * 3000)
    older = place.back_up(days=-1)

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SMALL_DISK,
            place.url,
            str(place.keyring),
            str(place.folder),
            str(limit(place)),
        ],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout.strip() == "disk_full", done.stderr
    assert {path.name for path in place.folder.iterdir()} == {older.name, ".lock"}


async def test_backups_whose_keys_are_gone_are_removed_but_never_the_newest(place: Place) -> None:
    await place.told("하나")
    for days in (-9, -7, -6):
        place.back_up(days=days)
    assert made_on(place) == ["16", "18", "19"]
    (place.folder / "something-else.backup").touch()

    place.back_up(days=5)

    assert made_on(place) == ["30"]
    assert (place.folder / "something-else.backup").exists()


async def test_a_backup_that_fails_removes_none(place: Place) -> None:
    await place.told("하나")
    older = place.back_up(days=-20)
    place.url = nowhere(place)

    with pytest.raises(StorageError):
        place.back_up()

    assert backups_in(place.folder) == [older]


@ON_SQLITE
async def test_one_backup_at_a_time_is_written_to_a_folder(place: Place) -> None:
    await place.told("하나")
    place.back_up(days=-1)
    with (place.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupNotMade, match="another_backup_runs"):
            place.back_up()


@ON_POSTGRESQL
async def test_a_password_is_on_no_command_line(place: Place, tmp_path: Path) -> None:
    await place.told("하나")
    seen = tmp_path / "seen"
    program = tmp_path / "99/bin/pg_dump"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0 $*" > {seen}\nenv >> {seen}\nexit 1\n')
    program.chmod(0o700)
    url = place.url.replace("gyeot@", "gyeot:zq81secret@")

    with pytest.raises(BackupNotMade, match="pg_dump_failed"):
        PostgresStore(url, programs=tmp_path).copy(tmp_path)

    line, *environment = seen.read_text().splitlines()
    assert "zq81secret" not in line
    assert "PGPASSWORD=zq81secret" in environment

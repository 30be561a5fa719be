"""Backups on the command line."""

import argparse
from datetime import timedelta
from pathlib import Path

import pytest

from bot import backup
from bot.config import Settings
from storage.database import migrate
from storage.errors import BackupNotMade, BackupUnusable, StorageError
from storage.keyring import create_keyring
from storage.ledger import Ledger
from tests.factories import NOON


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, _env_file=None)  # type: ignore[call-arg]  # of pydantic-settings
    await migrate(made.database)
    keyring = create_keyring(made.keyring_path, now=NOON)
    Ledger(made.ledger_path, keyring.id).begin()
    return made


async def run(settings: Settings, *words: str, days: int = 0) -> str:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    backup.declare(lambda name, _: commands.add_parser(name))
    return await backup.run(settings, parser.parse_args(words), now=NOON + timedelta(days=days))


async def test_a_backup_goes_where_the_settings_say(settings: Settings, tmp_path: Path) -> None:
    said = await run(settings, "backup")

    (made,) = (tmp_path / "backups").glob("*.backup")
    assert str(made) in said
    assert "for 7 days" in said


async def test_backups_never_go_where_keys_are(settings: Settings, tmp_path: Path) -> None:
    await run(settings, "backup-keys", str(tmp_path / "copies"))

    for folder in (tmp_path, tmp_path / "copies"):
        with pytest.raises(BackupNotMade, match="backups_need_a_folder_of_their_own"):
            await run(settings, "backup", str(folder))


async def test_check_says_when_a_drill_last_went_well_and_when_that_is_too_long_ago(
    settings: Settings,
) -> None:
    with pytest.raises(BackupUnusable, match="backup_absent"):
        await run(settings, "drill")
    never = await backup.restore_line(settings, now=NOON)
    await run(settings, "backup")
    said = await run(settings, "drill")

    later = [await backup.restore_line(settings, now=NOON + timedelta(days=n)) for n in (8, 9)]
    assert "can be restored" in said
    assert never == ("last good restore: never; python -m bot drill", True)
    assert later == [
        ("last good restore: 8 days ago", True),
        ("last good restore: 9 days ago", False),
    ]


async def test_the_newest_backup_is_drilled(settings: Settings, tmp_path: Path) -> None:
    await run(settings, "backup")
    await run(settings, "backup", days=1)
    newest = sorted((tmp_path / "backups").glob("*.backup"))[-1]
    newest.write_bytes(b"cut off")

    with pytest.raises(BackupUnusable, match="backup_damaged"):
        await run(settings, "drill", days=1)


async def test_a_restore_into_what_is_there_says_what_it_moved(
    settings: Settings, tmp_path: Path
) -> None:
    await run(settings, "backup")
    (made,) = (tmp_path / "backups").glob("*.backup")

    with pytest.raises(StorageError, match="target_not_empty"):
        await run(settings, "restore", str(made))
    said = await run(settings, "restore", str(made), "--replace")

    assert "gyeot_before_20261125t120000z" in said
    assert (tmp_path / "gyeot_before_20261125t120000z/gyeot.db").exists()

"""Backups on the command line: made, restored, drilled; copies of the keys."""

import argparse
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bot.config import Settings
from bot.root import keyring_of
from storage import facts
from storage.backup.key_copies import copy_keys, holds_keys
from storage.backup.making import back_up, backups_in, store_of
from storage.backup.restoring import Keeping, Restored, drill, restore
from storage.database import Database, open_database
from storage.errors import (
    BackupNotMade,
    BackupUnusable,
    RestoreUnfinished,
    RestoreUnsound,
    StorageError,
    TargetTaken,
)
from storage.facts import Fact
from storage.ledger import Ledger

DRILL_DAYS = 8  # a drill a week, and a day for trouble


SENTENCES: Mapping[type[StorageError], str] = {
    BackupNotMade: "nothing was written ({code}); what was there stays.",
    BackupUnusable: "this backup cannot be restored here ({code}); see docs/operations.md.",
    TargetTaken: "the database is in use or not empty ({code}); nothing was changed.",
    RestoreUnsound: "not all of this backup is whole ({code}); nothing was changed.",
    RestoreUnfinished: "a restore was cut off; stop the house and run it again to finish it.",
}

WORDS: Mapping[str, str] = {
    "disk_full": "the disk is full: nothing was written, and the older backups stay.",
    "backup_too_old": "this backup is too old: its keys are destroyed, nothing in it opens.",
    "backup_keys_destroyed": "the keys of this backup are destroyed; nothing in it opens.",
    "backup_damaged": "this file is damaged or cut off; take another backup.",
    "backup_of_another_keyring": "this backup is of another keyring; bring that one back first.",
    "backup_of_a_newer_version": "this backup is of a newer version; install that one first.",
    "target_not_empty": "there is a database already; --replace moves it aside and keeps it.",
    "database_in_use": "somebody is connected to this database; stop the house first.",
    "postgresql_programs_absent": "pg_dump and pg_restore are not installed (postgresql-client).",
    "keys_need_a_folder_of_their_own": "keys and backups must not lie in one folder.",
    "backups_need_a_folder_of_their_own": "keys and backups must not lie in one folder.",
}
"""Sentences for codes that need more than their class says."""


def declare(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Declare the commands; each is run by `run`."""
    making = command("backup", "copy the database into one file, while it is served")
    making.add_argument("folder", nargs="?", type=Path, help="default: GYEOT_BACKUPS")
    copying = command("backup-keys", "copy the keyring and the erasure ledger")
    copying.add_argument("folder", type=Path, help="apart from every backup")
    restoring = command("restore", "put the database of a backup in place")
    restoring.add_argument("file", type=Path)
    restoring.add_argument("--replace", action="store_true", help="move what is there aside")
    restoring.add_argument(
        "--accept-losses", action="store_true", help="though some of it does not open"
    )
    drilling = command("drill", "restore the newest backup into a scratch place")
    drilling.add_argument("folder", nargs="?", type=Path, help="default: GYEOT_BACKUPS")
    for name, parser in (
        ("backup", making),
        ("backup-keys", copying),
        ("restore", restoring),
        ("drill", drilling),
    ):
        parser.set_defaults(action=name)


async def run(settings: Settings, arguments: argparse.Namespace, *, now: datetime) -> str:
    """Do what a command says; return what to print.

    Raises:
        StorageError: it was not done, and nothing was changed.
    """
    if arguments.action == "backup":
        return run_backup(settings, arguments.folder, now=now)
    if arguments.action == "backup-keys":
        return run_backup_keys(settings, arguments.folder)
    if arguments.action == "restore":
        return await run_restore(settings, arguments, now=now)
    return await run_drill(settings, arguments.folder, now=now)


def run_backup(settings: Settings, folder: Path | None, *, now: datetime) -> str:
    """Make a backup in a folder and remove those that are over; return what to print.

    Raises:
        StorageError: no backup was made; the older ones stay.
    """
    folder = folder or settings.backups_path
    if holds_keys(folder, settings.keyring_path):
        raise BackupNotMade("backups_need_a_folder_of_their_own")
    keeping = _keeping(settings)
    made = back_up(
        store_of(settings.database),
        folder,
        keeping.keys.current,
        keeping.ledger,
        window=keeping.window,
        now=now,
    )
    size = made.stat().st_size / 2**20
    return (
        f"gyeot: made {made} ({size:.1f} MiB); it can be restored for {settings.backup_days} days"
    )


def run_backup_keys(settings: Settings, folder: Path) -> str:
    """Copy the keyring and the erasure ledger, over the earlier copy; return what to print.

    Raises:
        StorageError: nothing was copied; the earlier copy stays.
    """
    copy_keys(folder, settings.keyring_path, _keeping(settings).ledger)
    return f"gyeot: the keyring and the erasure ledger are in {folder}; their root is not"


async def run_restore(settings: Settings, arguments: argparse.Namespace, *, now: datetime) -> str:
    """Restore a backup; return what to print.

    Raises:
        StorageError: nothing was changed.
    """
    done = await restore(
        arguments.file,
        store_of(settings.database),
        _keeping(settings),
        work=settings.home,
        replace=arguments.replace,
        accept=arguments.accept_losses,
        now=now,
    )
    where = f"\ngyeot: what was there before is kept as {done.moved}" if done.moved else ""
    return f"gyeot: restored. {_said(done)}{where}\ngyeot: start the house now"


async def run_drill(settings: Settings, folder: Path | None, *, now: datetime) -> str:
    """Restore the newest backup into a scratch place, and note that it went well.

    Raises:
        StorageError: it could not be restored.
    """
    found = backups_in(folder or settings.backups_path)
    if not found:
        raise BackupUnusable("backup_absent")
    keeping = _keeping(settings)
    done = await drill(found[-1], store_of(settings.database), keeping, work=settings.home, now=now)
    database = open_database(settings.database, keyring=keeping.keys)
    try:
        async with database.transaction() as session:
            await facts.note(session, Fact.GOOD_RESTORE, now=now)
    finally:
        await database.close()
    return f"gyeot: {found[-1].name} can be restored. {_said(done)}"


async def days_since_restore(database: Database, *, now: datetime) -> int | None:
    """Return how many days ago a drill last went well; None: never."""
    async with database.reading() as session:
        last = await facts.last(session, Fact.GOOD_RESTORE)
    return None if last is None else (now - last).days


async def restore_line(settings: Settings, *, now: datetime) -> tuple[str, bool]:
    """Return what `check` says of drills, and whether that is well."""
    database = None
    try:
        database = open_database(settings.database, keyring=keyring_of(settings))
        days = await days_since_restore(database, now=now)
    except StorageError as error:
        return f"last good restore: not known ({error.code})", True
    finally:
        if database is not None:
            await database.close()
    if days is None:
        return "last good restore: never; python -m bot drill", True
    return f"last good restore: {days} days ago", days <= DRILL_DAYS


def _keeping(settings: Settings) -> Keeping:
    keys = keyring_of(settings)
    return Keeping(keys, Ledger(settings.ledger_path, keys.current.id), settings.window)


def _said(done: Restored) -> str:
    found = done.findings
    lost = "" if found.sound else f" (not whole: {found.code})"
    return (
        f"It is of {done.made_at:%Y-%m-%d %H:%M} UTC; erased again: {done.replayed}; "
        f"sealed values that open: {found.opened}{lost}"
    )

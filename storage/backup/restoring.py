"""Restoring a backup: into a new place, brought up to date, erased again, verified, put there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete

from storage import erasure
from storage.backup.archive import Manifest, read_manifest, unpack
from storage.backup.making import STAMP, is_outdated
from storage.backup.stores import Store
from storage.backup.verifying import Findings, verify
from storage.database import open_database
from storage.errors import BackupUnusable, LedgerMissing, RestoreUnsound, TargetTaken
from storage.keyring import Keyring
from storage.keyring_file import Keys
from storage.ledger import Ledger
from storage.migrate import knows_revision, migrate
from storage.tables import invitations, processes, staff_sessions

CLOCKS = timedelta(hours=1)  # how far two clocks may be apart


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a restored database must agree with: the keys, the ledger, how long keys are kept."""

    keys: Keys
    ledger: Ledger
    window: timedelta


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore or a drill did."""

    made_at: datetime  # the backup
    replayed: int  # erasures that the backup did not know
    findings: Findings
    moved: str = ""  # under which name lies what was there before


async def restore(
    backup: Path,
    store: Store,
    keeping: Keeping,
    *,
    work: Path,
    replace: bool = False,
    accept: bool = False,
    now: datetime,
) -> Restored:
    """Put the database of a backup in place, once it is known to be whole and erased again.

    Args:
        backup: the file.
        store: the database to restore to.
        keeping: what it must agree with.
        work: a folder for what is unpacked, on PostgreSQL.
        replace: move what is there aside; without it a database that is not empty stays.
        accept: put it in place though some of it does not open.
        now: aware UTC time.

    Raises:
        BackupUnusable: not this file.
        TargetTaken, DatabaseTaken: stop what uses the database, or say `replace`.
        LedgerMissing, LedgerDamaged, KeyringUnusable: bring them back first.
        RestoreUnsound: it is not whole; nothing was changed.
    """
    manifest = _fit(backup, store, keeping, now=now)
    with store.held():
        empty = store.is_empty()
        if not empty and not replace:
            raise TargetTaken("target_not_empty")
        async with _brought_up(backup, store, keeping, work=work, now=now) as (url, done):
            if not done.findings.sound and not accept:
                raise RestoreUnsound(done.findings.code)
            moved = store.put(url, f"before_{now.strftime(STAMP).lower()}")
    return Restored(manifest.made_at, done.replayed, done.findings, "" if empty else moved)


async def drill(
    backup: Path, store: Store, keeping: Keeping, *, work: Path, now: datetime
) -> Restored:
    """Do all that `restore` does in a scratch place, which is gone at the end.

    Raises:
        As `restore`.
    """
    _fit(backup, store, keeping, now=now)
    async with _brought_up(backup, store, keeping, work=work, now=now) as (_, done):
        if not done.findings.sound:
            raise RestoreUnsound(done.findings.code)
    return done


def _fit(backup: Path, store: Store, keeping: Keeping, *, now: datetime) -> Manifest:
    """See that a backup can be restored here and now."""
    manifest, keyring = read_manifest(backup), keeping.keys.current
    refusals = {
        "backup_of_another_kind_of_database": manifest.kind != store.kind,
        "backup_of_another_keyring": manifest.keyring != keyring.id,
        "backup_of_the_future": manifest.made_at > now + CLOCKS,
        "backup_too_old": is_outdated(manifest.made_at, keeping.window, now),
        "backup_keys_destroyed": _lacks_keys(manifest, keyring),
        "backup_of_a_newer_version": not knows_revision(manifest.revision),
    }
    for code, refused in refusals.items():
        if refused:
            raise BackupUnusable(code)
    if len(keeping.ledger.read()) < manifest.erasures:
        raise LedgerMissing("ledger_behind")
    return manifest


def _lacks_keys(manifest: Manifest, keyring: Keyring) -> bool:
    return not set(manifest.newest.values()) <= {key.number for key in keyring.keys}


@asynccontextmanager
async def _brought_up(
    backup: Path, store: Store, keeping: Keeping, *, work: Path, now: datetime
) -> AsyncGenerator[tuple[str, Restored]]:
    """Give the URL of the backup's database, up to date, erased again and verified."""
    with store.working(work) as folder:
        manifest = unpack(backup, folder)
        with store.loaded(folder) as url:
            found = store.contents(url)
            if (found.revision, found.rows) != (manifest.revision, manifest.rows):
                raise RestoreUnsound("rows_missing")
            await migrate(url)
            yield url, await _checked(url, keeping, manifest, now=now)


async def _checked(url: str, keeping: Keeping, manifest: Manifest, *, now: datetime) -> Restored:
    database = open_database(url, keyring=keeping.keys)
    try:
        await database.prove_keyring()
        replayed = await erasure.replay(database, keeping.ledger, now=now)
        async with database.transaction() as session:
            # Nobody is signed in, and no link that was used since works again.
            for table in (staff_sessions, processes):
                await session.execute(delete(table))
            await session.execute(delete(invitations).where(invitations.c.used_at.is_(None)))
        return Restored(manifest.made_at, replayed, await verify(database))
    finally:
        await database.close()

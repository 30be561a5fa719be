"""Making a backup, and removing those whose keys are gone by now."""

import fcntl
import re
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.backup.archive import Manifest, full_disk_said, pack, part_of
from storage.backup.postgres import PostgresStore
from storage.backup.sqlite import SqliteStore
from storage.backup.stores import Copied, Store
from storage.engines import is_sqlite
from storage.errors import BackupNotMade
from storage.keyring import Keyring
from storage.ledger import Ledger
from storage.rotation import day

STAMP = "%Y%m%dT%H%M%SZ"
ENDING = ".backup"
DRAFT = ".gyeot-backing-up-"
_NAME = re.compile(r"gyeot-(\d{8}T\d{6}Z)\.backup")


def store_of(url: str) -> Store:
    """Return what backs a database up and restores it."""
    return SqliteStore(url) if is_sqlite(url) else PostgresStore(url)


def back_up(
    store: Store,
    folder: Path,
    keyring: Keyring,
    ledger: Ledger,
    *,
    window: timedelta,
    now: datetime,
) -> Path:
    """Write a backup into `folder`, then remove those that nobody can open any more.

    The database is served meanwhile.

    Args:
        store: what is backed up.
        folder: made if it is absent; never one that holds keys.
        keyring: named in the backup by its id and the numbers of its keys.
        ledger: named by the number of its lines.
        window: how long a backup can be opened.
        now: aware UTC time.

    Raises:
        BackupNotMade: no backup was made; the older ones stay.
        DatabaseAway: the same.
        LedgerMissing, LedgerDamaged: the same; nothing could be restored without it.
    """
    target = folder / f"gyeot-{now.astimezone(UTC).strftime(STAMP)}{ENDING}"
    with _alone_in(folder), full_disk_said():
        parts = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
        try:
            # First the ledger: whatever it names by now is gone from the copy or gone on restore.
            erasures = len(ledger.read())
            copied = store.copy(parts)
            pack(parts, _manifest(store, copied, parts, keyring, erasures, now), target)
        finally:
            shutil.rmtree(parts, ignore_errors=True)
        remove_outdated(folder, window=window, now=now)
    return target


def backups_in(folder: Path) -> Sequence[Path]:
    """Return the backups of a folder, oldest first."""
    return sorted(path for path in folder.glob(f"*{ENDING}") if _NAME.fullmatch(path.name))


def remove_outdated(folder: Path, *, window: timedelta, now: datetime) -> int:
    """Remove the backups whose keys are destroyed by now, never the newest; return how many."""
    old = [one for one in backups_in(folder)[:-1] if is_outdated(made_at(one), window, now)]
    for one in old:
        one.unlink()
    return len(old)


def is_outdated(made: datetime, window: timedelta, now: datetime) -> bool:
    """Tell whether the keys of a backup are over; counted in days, as keys are."""
    return day(now) - day(made) >= window


def made_at(backup: Path) -> datetime:
    """Return when a backup was made, as its name says."""
    found = _NAME.fullmatch(backup.name)
    return datetime.strptime(found[1] if found else "", STAMP).replace(tzinfo=UTC)


def _manifest(
    store: Store, copied: Copied, parts: Path, keyring: Keyring, erasures: int, now: datetime
) -> Manifest:
    return Manifest(
        made_at=now,
        kind=store.kind,
        revision=copied.revision,
        keyring=keyring.id,
        newest={key.purpose.value: key.number for key in keyring.keys},
        erasures=erasures,
        rows=copied.rows,
        parts=tuple(part_of(parts / name) for name in copied.parts),
    )


@contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """Let one process at a time write backups here; remove what a dead one left."""
    with full_disk_said():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupNotMade("another_backup_runs") from None
        for left in folder.glob(f"{DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        for left in folder.glob(f".*{ENDING}.part"):
            left.unlink(missing_ok=True)
        yield

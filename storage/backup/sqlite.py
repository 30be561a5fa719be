"""Copying and replacing an embedded database: two files, and a mark while they change places."""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from storage.alone import held_alone, mark_of
from storage.backup.archive import full_disk_said, sync_folder
from storage.backup.stores import KEYS_PREFIX, Copied, revision_of, rows_of
from storage.engines import keys_url_of, sqlite_path
from storage.errors import BackupNotMade, DatabaseAway, RestoreUnsound, TargetTaken

MAIN, KEYS = "main.db", "main.keys.db"
DRAFT = ".gyeot-restoring-"


class SqliteStore:
    """A SQLite database and its key table's file."""

    kind = "sqlite"

    def __init__(self, url: str) -> None:
        self._url = url
        self._main = sqlite_path(url)
        self._keys = sqlite_path(keys_url_of(url, None))

    def copy(self, folder: Path) -> Copied:
        """Copy both files by SQLite's online backup; see `Store.copy`.

        The keys come second: a key is committed before the row that needs it, so every row
        copied has its key, but for what was erased meanwhile.
        """
        _copy(self._main, folder / MAIN)
        _copy(self._keys, folder / KEYS)
        return self.contents(_url(folder))

    @contextmanager
    def working(self, work: Path) -> Generator[Path]:
        """Give a folder beside the database; see `Store.working`."""
        with working_folder(self._main.parent) as folder:
            yield folder

    @contextmanager
    def loaded(self, folder: Path) -> Generator[str]:
        """Look whether the files are sound; they are the database. See `Store.loaded`."""
        for name in (MAIN, KEYS):
            try:
                with closing(sqlite3.connect(folder / name)) as connection:
                    answer = connection.execute("PRAGMA integrity_check").fetchone()
            except sqlite3.DatabaseError:
                raise RestoreUnsound("files_damaged") from None
            if answer != ("ok",):
                raise RestoreUnsound("files_damaged")
        yield _url(folder)

    def contents(self, url: str) -> Copied:
        """Return what is in a copy; see `Store.contents`."""
        path = sqlite_path(url)
        with _connected(path) as main, _connected(path.with_suffix(".keys.db")) as keys:
            rows = rows_of(main, None) | rows_of(keys, None, prefix=KEYS_PREFIX)
            return Copied(revision_of(main), rows, (MAIN, KEYS))

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the lock that the serving process holds; see `Store.held`."""
        self._main.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held_alone(self._url):
            if mark_of(self._url).exists():
                self._swap()
            yield

    def is_empty(self) -> bool:
        """Tell whether neither file is there."""
        return not self._main.exists() and not self._keys.exists()

    def put(self, url: str, old: str) -> str:
        """Write down what is to be done, then do it; see `Store.put`."""
        _close_log(sqlite_path(url))
        aside = self._main.with_name(f"{self._main.stem}_{old}")
        mark = mark_of(self._url)
        draft = mark.with_name(f"{mark.name}.part")
        with full_disk_said():
            aside.mkdir(mode=0o700)
            draft.write_text(f"{sqlite_path(url).parent.name}\n{aside.name}\n")
            _sync(draft)
            draft.rename(mark)
            sync_folder(mark.parent)
        self._swap()
        return aside.name

    def _swap(self) -> None:
        """Move the old files out and the new ones in; taken again, it goes on where it was.

        The main file is the last to come: while it waits, what lies here is old.
        """
        mark = mark_of(self._url)
        new, aside = (mark.with_name(name) for name in mark.read_text().split())
        if (new / MAIN).exists():
            for path in self._old_files():
                if path != self._keys or (new / KEYS).exists():
                    _move(path, aside / path.name)
            _move(new / KEYS, self._keys)
            _move(new / MAIN, self._main)
        mark.unlink()
        sync_folder(mark.parent)
        with suppress(OSError):  # nothing was here before
            aside.rmdir()

    def _old_files(self) -> list[Path]:
        """Return what belongs to the database, the main file first."""
        endings = ("", "-wal", "-shm", "-journal")
        paths = [
            path.with_name(f"{path.name}{ending}")
            for path in (self._main, self._keys)
            for ending in endings
        ]
        return [path for path in paths if path.exists()]


@contextmanager
def working_folder(beside: Path) -> Generator[Path]:
    """Give a new folder to one at a time; remove it at the end, and what a dead one left."""
    beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (beside / f"{DRAFT}lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TargetTaken("another_restore_runs") from None
        _sweep(beside)
        with full_disk_said():
            folder = Path(tempfile.mkdtemp(prefix=DRAFT, dir=beside))
        try:
            yield folder
        finally:
            _sweep(beside)


def _sweep(beside: Path) -> None:
    needed = {name for mark in beside.glob("*.restoring") for name in mark.read_text().split()}
    for left in beside.glob(f"{DRAFT}*"):
        if left.is_dir() and left.name not in needed:
            shutil.rmtree(left, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as found,
            closing(sqlite3.connect(target)) as copy,
        ):
            found.execute("PRAGMA busy_timeout=60000")
            found.execute("PRAGMA query_only=ON")
            found.backup(copy)  # all pages in one step: one moment of the database
    except sqlite3.Error as error:
        raise _said(error) from None


def _said(error: sqlite3.Error) -> BackupNotMade | DatabaseAway:
    number = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if number == sqlite3.SQLITE_FULL:
        return BackupNotMade("disk_full")
    if number in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN):
        return DatabaseAway(f"sqlite_{number}")
    return BackupNotMade(f"sqlite_{number}")


def _close_log(path: Path) -> None:
    """Let the write-ahead log of a loaded database go into its file."""
    for one in (path, path.with_suffix(".keys.db")):
        with closing(sqlite3.connect(one)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _sync(one)


def _move(path: Path, to: Path) -> None:
    if path.exists():
        path.rename(to)
        sync_folder(path.parent)
        sync_folder(to.parent)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / MAIN}"


def _connected(path: Path) -> Connection:
    return create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True).connect()

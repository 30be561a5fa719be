"""A lock that lets one process at a time serve an embedded database."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from storage.engines import is_sqlite, sqlite_path
from storage.errors import DatabaseTaken, RestoreUnfinished


@contextmanager
def held_alone(url: str) -> Generator[bool]:
    """Hold a SQLite database for this process; the lock ends with the process, however it ends.

    Yields:
        Whether nobody else can be at work on it; False on PostgreSQL.

    Raises:
        DatabaseTaken: another process serves it.
    """
    if not is_sqlite(url):
        yield False
        return
    with sqlite_path(url).with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseTaken("database_taken") from None
        yield True


def mark_of(url: str) -> Path:
    """Return the file that is there while a restored SQLite database is being put in place."""
    return sqlite_path(url).with_suffix(".restoring")


def refuse_half_restored(url: str) -> None:
    """See that no restore was cut off while it changed files.

    Raises:
        RestoreUnfinished: one was; the files that lie here do not belong together.
    """
    if is_sqlite(url) and mark_of(url).exists():
        raise RestoreUnfinished("restore_unfinished")

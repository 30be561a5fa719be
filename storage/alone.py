"""A lock that lets one process at a time serve an embedded database."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager

from storage.engines import is_sqlite, sqlite_path
from storage.errors import DatabaseTaken


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

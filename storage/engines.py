"""How connections to the database and the key table are made, and how they fail."""

import logging
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.errors import DatabaseAway
from storage.sessions import WAIT_SECONDS, FileSessions, ServerSessions, Sessions
from storage.tables import KEYS_SCHEMA

CONNECT_SECONDS = 5
PRAGMAS = (
    f"busy_timeout={WAIT_SECONDS * 1000}",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "synchronous=FULL",
)
# A truncated rollback journal keeps no old page, unlike a write-ahead log: a deleted key is
# gone from the disk (measured, see docs).
KEYS_PRAGMAS = (*PRAGMAS, "journal_mode=TRUNCATE")
MAIN_PRAGMAS = (*PRAGMAS, "journal_mode=WAL")
READING_PRAGMAS = (*MAIN_PRAGMAS, "query_only=ON")

# Its debug lines quote every statement with its values.
logging.getLogger("aiosqlite").setLevel(logging.WARNING)

_AWAY_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
}


def main_sessions(url: str) -> tuple[Sessions, Sessions]:
    """Make the sessions that write, and those that only read.

    SQLite has one writer, so it gets one connection, and waiting for it is fair; readers are
    beside it. PostgreSQL has one pool for both.
    """
    if is_sqlite(url):
        return (
            _file_sessions(url, MAIN_PRAGMAS, begin="BEGIN IMMEDIATE", connections=1),
            _file_sessions(url, READING_PRAGMAS, begin="BEGIN", connections=5),
        )
    engine = _postgresql(url, connections=10)
    reading = engine.execution_options(postgresql_readonly=True)
    return ServerSessions(engine), ServerSessions(reading)


def keys_engine(url: str, keys_url: str | None) -> AsyncEngine:
    """Make the engine of the key table.

    It has connections of its own: a transaction that waits for a new key must not wait for
    a connection that another such transaction holds.
    """
    place = keys_url_of(url, keys_url)
    if not is_sqlite(place):
        return _postgresql(place, connections=5)
    engine = _sqlite(make_url(place), KEYS_PRAGMAS, begin="BEGIN IMMEDIATE", connections=1)
    return engine.execution_options(schema_translate_map={KEYS_SCHEMA: None})


def keys_url_of(url: str, keys_url: str | None) -> str:
    """Return where the key table is: as told, else beside the database or inside it."""
    if keys_url is not None or not is_sqlite(url):
        return keys_url or url
    path = sqlite_path(url)
    return make_url(url).set(database=str(path.with_suffix(".keys.db"))).render_as_string(False)


def is_sqlite(url: str) -> bool:
    """Tell SQLite from PostgreSQL."""
    return make_url(url).get_backend_name() == "sqlite"


def sqlite_path(url: str) -> Path:
    """Return the file of a SQLite URL."""
    return Path(make_url(url).database or "")


@contextmanager
def driver_errors() -> Generator[None]:
    """Turn every driver error that passes and means "not now" into DatabaseAway."""
    try:
        yield
    except PoolTimeout:
        raise DatabaseAway("no_connection") from None
    except DBAPIError as error:
        code = away_code(error)
        if code is None:
            raise
        raise DatabaseAway(code) from None


def away_code(error: DBAPIError) -> str | None:
    """Return a code for an error that means "not now", None for any other."""
    cause: Any = error.orig
    if isinstance(cause, sqlite3.Error):
        number = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the primary result code
        return f"sqlite_{number}" if number in _AWAY_SQLITE else None
    if error.connection_invalidated:
        return "connection_lost"
    # psycopg sorts lost connections, lock waits, deadlocks, shutdowns and full disks here.
    if isinstance(cause, psycopg.OperationalError):
        return f"postgresql_{cause.sqlstate or 'unreachable'}"
    return None


def _postgresql(url: str, *, connections: int) -> AsyncEngine:
    options = f"-c timezone=UTC -c lock_timeout={WAIT_SECONDS}s -c statement_timeout=30s"
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        connect_args={"options": options, "connect_timeout": CONNECT_SECONDS},
    )


def _file_sessions(
    url: str,
    pragmas: tuple[str, ...],
    *,
    begin: Literal["BEGIN", "BEGIN IMMEDIATE"],
    connections: int,
) -> FileSessions:
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False},  # one at a time, see `FileSessions`
    )
    _prepare(engine, pragmas, begin)
    return FileSessions(engine, connections=connections, writing=begin != "BEGIN")


def _sqlite(
    url: URL,
    pragmas: tuple[str, ...],
    *,
    begin: Literal["BEGIN", "BEGIN IMMEDIATE"],
    connections: int,
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
    )
    _prepare(engine.sync_engine, pragmas, begin)
    return engine


def _prepare(
    engine: Engine, pragmas: tuple[str, ...], begin: Literal["BEGIN", "BEGIN IMMEDIATE"]
) -> None:
    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else begin)

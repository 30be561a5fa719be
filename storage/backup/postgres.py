"""Copying and replacing a PostgreSQL database, by the programs that come with the server."""

import os
import re
import shutil
import signal
import subprocess  # nosec B404
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.pq import Conninfo
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from storage.backup.sqlite import working_folder
from storage.backup.stores import KEYS_PREFIX, Copied, revision_of, rows_of
from storage.engines import CONNECT_SECONDS, driver_errors
from storage.errors import BackupNotMade, DatabaseAway, RestoreUnsound, StorageError, TargetTaken
from storage.tables import KEYS_SCHEMA

DUMP = "database.dump"
SCRATCH = "gyeot_restoring_"
LONGEST = 63  # characters of a database's name
LOCK = 7205194  # one restore or drill of a server at a time
PROGRAMS = Path("/usr/lib/postgresql")  # where Debian puts them, by major version
_REASONS = (  # what a program says, and our word for it; its own words may quote a row
    (re.compile("No space left on device|File too large"), "disk_full"),
    (re.compile("server version mismatch"), "programs_too_old"),
    (re.compile("permission denied"), "permission_denied"),
)
_AWAY = re.compile("connection to server|could not connect|password authentication")


class PostgresStore:
    """A PostgreSQL database, the schema of the key table in it."""

    kind = "postgresql"

    def __init__(self, url: str, *, programs: Path = PROGRAMS) -> None:
        self._url = url
        self._programs = programs
        self._name = make_url(url).database or ""

    def copy(self, folder: Path) -> Copied:
        """Dump one snapshot, and count in the same; see `Store.copy`."""
        engine = _engine(self._url).execution_options(isolation_level="REPEATABLE READ")
        with driver_errors(), engine.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            found = _contents(connection)
            words = ["--format=custom", "--compress=1", f"--snapshot={snapshot}"]
            major = _major(connection)
            self._run("pg_dump", major, self._url, *words, f"--file={folder / DUMP}")
        return found

    @contextmanager
    def working(self, work: Path) -> Generator[Path]:
        """Give a folder under `work`; see `Store.working`."""
        with working_folder(work) as folder, self._server() as server:
            query = "SELECT pg_try_advisory_lock(%s)"
            if server.execute(query, [LOCK]).fetchone() != (True,):
                raise TargetTaken("another_restore_runs")
            for name in _names(server, SCRATCH):  # left by one that died
                with suppress(psycopg.Error):
                    _change(server, "DROP DATABASE {}", name)
            yield folder

    @contextmanager
    def loaded(self, folder: Path) -> Generator[str]:
        """Restore the dump into a new database beside the target; see `Store.loaded`."""
        name = f"{SCRATCH}{uuid4().hex[:12]}"
        with self._server() as server:
            with _refused("may_not_make_a_database"):
                _change(server, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name)
            major = server.info.server_version // 10000
        url = make_url(self._url).set(database=name).render_as_string(hide_password=False)
        try:
            words = ["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction"]
            target = f"--dbname={name}"
            try:
                self._run("pg_restore", major, url, *words, target, str(folder / DUMP))
            except BackupNotMade as error:
                raise RestoreUnsound(error.code) from None
            yield url
        finally:
            with suppress(psycopg.Error, StorageError), self._server() as server:
                _change(server, "DROP DATABASE IF EXISTS {}", name)

    def contents(self, url: str) -> Copied:
        """Return what is in a loaded database; see `Store.contents`."""
        with driver_errors(), _engine(url).connect() as connection:
            return _contents(connection)

    @contextmanager
    def held(self) -> Generator[None]:
        """See that nobody is connected; `put` finds out for good. See `Store.held`."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        with self._server() as server:
            if server.execute(query, [self._name]).fetchone() != (0,):
                raise TargetTaken("database_in_use")
        yield

    def is_empty(self) -> bool:
        """Tell whether there is no such database, or no table in it."""
        with self._server() as server:
            if self._name not in _names(server, self._name):
                return True
        return not self.contents(self._url).rows

    def put(self, url: str, old: str) -> str:
        """Give both databases their new names in one transaction; see `Store.put`."""
        loaded, aside = make_url(url).database or "", f"{self._name}_{old}"[:LONGEST]
        with self._server() as server, _refused("may_not_rename_a_database"):
            _change_in(server, loaded, "ANALYZE")
            with server.transaction():
                if self._name in _names(server, self._name):
                    _change(server, "ALTER DATABASE {} RENAME TO {}", self._name, aside)
                _change(server, "ALTER DATABASE {} RENAME TO {}", loaded, self._name)
        return aside

    @contextmanager
    def _server(self) -> Generator[psycopg.Connection]:
        """Connect to the server's own database, since the target may not be there."""
        try:
            connection = psycopg.connect(
                _conninfo(self._url),
                dbname="postgres",
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
            )
        except psycopg.OperationalError:
            raise DatabaseAway("postgresql_unreachable") from None
        with connection:
            yield connection

    def _run(self, program: str, major: int, url: str, *words: str) -> None:
        """Run a program of the server; who and the password go by its environment."""
        command = [_program(self._programs, program, major), *words]
        own = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **_environment(url)}
        done = subprocess.run(  # noqa: S603  # nosec B603
            command, env=own, check=False, capture_output=True, text=True, errors="replace"
        )
        if done.returncode == -signal.SIGXFSZ:
            raise BackupNotMade("disk_full")
        if done.returncode != 0:
            raise _said(program, done.stderr)


def _program(programs: Path, name: str, major: int) -> str:
    """Return the program of the server's version, a newer one, or the one on the path."""
    versions = sorted(
        (int(found.name), found)
        for found in programs.glob("*")
        if found.name.isdigit() and int(found.name) >= major and (found / "bin" / name).exists()
    )
    found = str(versions[0][1] / "bin" / name) if versions else shutil.which(name)
    if found is None:
        raise BackupNotMade("postgresql_programs_absent")
    return found


def _said(program: str, words: str) -> StorageError:
    for pattern, code in _REASONS:
        if pattern.search(words):
            return BackupNotMade(code)
    if _AWAY.search(words):
        return DatabaseAway("postgresql_unreachable")
    return BackupNotMade(f"{program}_failed")


def _environment(url: str) -> Mapping[str, str]:
    """Return what a connection is made of as the variables that libpq reads."""
    parsed = Conninfo.parse(_conninfo(url).encode())
    given = ((one.envvar, one.val) for one in parsed)
    return {name.decode(): value.decode() for name, value in given if name and value is not None}


def _conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _engine(url: str) -> Engine:
    wait = {"connect_timeout": CONNECT_SECONDS}
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=wait)


def _contents(connection: Connection) -> Copied:
    rows = rows_of(connection, None) | rows_of(connection, KEYS_SCHEMA, prefix=KEYS_PREFIX)
    return Copied(revision_of(connection), rows, (DUMP,))


def _major(connection: Connection) -> int:
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000


def _names(server: psycopg.Connection, begin: str) -> list[str]:
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    return [row[0] for row in server.execute(query, [begin]).fetchall()]


def _change(server: psycopg.Connection, statement: str, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _change_in(server: psycopg.Connection, database: str, statement: str) -> None:
    info = server.info
    with psycopg.connect(
        info.dsn, dbname=database, password=info.password, autocommit=True
    ) as other:
        _change(other, statement)


@contextmanager
def _refused(code: str) -> Generator[None]:
    try:
        yield
    except psycopg.errors.ObjectInUse:
        raise TargetTaken("database_in_use") from None
    except psycopg.errors.InsufficientPrivilege:
        raise TargetTaken(code) from None
    except psycopg.Error as error:
        raise DatabaseAway(f"postgresql_{error.sqlstate or 'unreachable'}") from None

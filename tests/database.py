"""The databases that tests run on: a SQLite file, and a scratch PostgreSQL cluster."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from storage.database import Database, migrate, open_database
from storage.keyring import Keyring, create_keyring
from tests.factories import NOON

__all__ = [
    "NOON",
    "ON_POSTGRESQL",
    "ON_SQLITE",
    "connections_ended",
    "database",
    "database_url",
    "keyring",
    "postgres_template",
]

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
ON_SQLITE = pytest.mark.parametrize("database_url", BACKENDS[:1], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", BACKENDS[1:], indirect=True)
MISSING = "PostgreSQL's server programs are not installed (Debian: apt install postgresql)"
TEMPLATE = "gyeot_template"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL server that tests may make databases in."""

    admin: str  # a URL psycopg understands

    def url(self, name: str) -> str:
        """SQLAlchemy's URL of one database."""
        url = make_url(self.admin).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def run(self, statement: str, *names: str) -> None:
        """Run one statement, `{}` standing for names of databases."""
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(query)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """A fresh keyring; its file is `tmp_path / "keyring.json"`."""
    return create_keyring(tmp_path / "keyring.json", now=NOON)


@pytest.fixture(scope="session")
def postgres_template() -> Generator[Cluster]:
    """A cluster with a migrated database to copy from."""
    with _cluster() as cluster:
        cluster.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", TEMPLATE)
        cluster.run("CREATE DATABASE {}", TEMPLATE)
        _migrate(cluster.url(TEMPLATE))
        yield cluster
        cluster.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", TEMPLATE)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """The URL of an empty, migrated database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'gyeot.db'}"
        _migrate(url)
        yield url
        return
    cluster: Cluster = request.getfixturevalue("postgres_template")
    name = f"gyeot_{uuid4().hex}"
    cluster.run("CREATE DATABASE {} TEMPLATE {}", name, TEMPLATE)
    yield cluster.url(name)
    cluster.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncGenerator[Database]:
    """An empty, migrated database of each kind, open."""
    opened = open_database(database_url, keys_url=None, keyring=keyring)
    yield opened
    await opened.close()


async def connections_ended() -> None:
    """Wait for the threads of SQLite connections that could not be opened.

    aiosqlite lets them end in their own time, which may be after the test's loop.
    """
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


def _migrate(url: str) -> None:
    # In a loop of its own, so that fixtures of every scope may call it.
    with asyncio.Runner() as runner:
        runner.run(migrate(url, None))


@contextmanager
def _cluster() -> Generator[Cluster]:
    given = os.environ.get("GYEOT_TEST_DATABASE_URL")
    if given:
        yield Cluster(make_url(given).set(drivername="postgresql").render_as_string(False))
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="gyeot-postgres-"))
    try:
        with _running(programs[-1].parent, folder) as port:
            yield Cluster(f"postgresql://gyeot@127.0.0.1:{port}/postgres")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path) -> Generator[int]:
    data, port = folder / "data", _free_port()
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    _run(programs / "initdb", "-D", data, "-U", "gyeot", "-A", "trust", "-E", "UTF8", "--no-sync")
    settings = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",  # a scratch cluster: nothing to keep
        "max_connections": "100",
    }
    options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
    control = programs / "pg_ctl"
    _run(control, "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
    try:
        yield port
    finally:
        _run(control, "-D", data, "-m", "immediate", "-w", "stop")


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    subprocess.run(
        words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", timeout=60
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

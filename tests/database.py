"""The databases that tests run on: a SQLite file, and a scratch PostgreSQL cluster."""

import asyncio
import os
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
from tests.postgres import MISSING, programs, scratch_server

__all__ = [
    "NOON",
    "ON_POSTGRESQL",
    "ON_SQLITE",
    "connections_ended",
    "database",
    "database_url",
    "keyless",
    "keyring",
    "postgres_template",
]

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
ON_SQLITE = pytest.mark.parametrize("database_url", BACKENDS[:1], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", BACKENDS[1:], indirect=True)
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


@pytest.fixture
async def keyless(database_url: str, keyring: Keyring) -> AsyncGenerator[Database]:
    """The same database as `database`, its key table out of reach."""
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    opened = open_database(database_url, keys_url=nowhere, keyring=keyring)
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
    if programs() is None:
        pytest.skip(MISSING)
    # A scratch cluster: nothing to keep, so nothing is synced.
    with scratch_server("postgres", "--no-sync", fsync="off", max_connections="100") as server:
        yield Cluster(server.address())

"""A scratch PostgreSQL cluster that syncs every commit, as one that keeps things must."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.postgres import Server, scratch_server


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server that databases can be made in."""

    server: Server

    @property
    def version(self) -> str:
        """The major version."""
        return self.server.version

    def make(self, name: str) -> str:
        """Make an empty database; return its address as psycopg takes it."""
        with psycopg.connect(self.server.address(), autocommit=True) as connection:
            name_ = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name_))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name_))
        return self.server.address(name)


@contextmanager
def cluster() -> Generator[Cluster]:
    """Run a cluster of the newest installed version, with its defaults, until the block ends."""
    with scratch_server("bench-postgres") as server:
        yield Cluster(server)

"""A PostgreSQL cluster that keeps what it says it kept, and can be stopped as by a power cut."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from tests.postgres import MISSING, Server, programs, scratch_server

SETTINGS = {"max_connections": "200", "fsync": "on", "synchronous_commit": "on"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server of its own, with nothing else in it."""

    server: Server

    def make(self, name: str) -> str:
        """Make an empty database; return SQLAlchemy's address of it."""
        with psycopg.connect(self.server.address(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.server.address(name).replace("postgresql", "postgresql+psycopg", 1)

    async def crash(self) -> None:
        """Stop without a checkpoint and without a goodbye; what was committed must survive."""
        await asyncio.to_thread(self.server.crash)

    async def start(self) -> None:
        """Start, recovering from the log if need be."""
        await asyncio.to_thread(self.server.start)


@contextmanager
def running_cluster() -> Generator[Cluster]:
    """Run a cluster until the block ends; skip the test where PostgreSQL is not installed."""
    if programs() is None:
        pytest.skip(MISSING)
    with scratch_server("faults", **SETTINGS) as server:
        yield Cluster(server)

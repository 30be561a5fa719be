"""A PostgreSQL cluster that keeps what it says it kept, and can be stopped as by a power cut."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.database import MISSING
from tests.scenarios.house import free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server of its own, with nothing else in it."""

    programs: Path
    folder: Path
    port: int

    def make(self, name: str) -> str:
        """Make an empty database; return SQLAlchemy's address of it."""
        admin = f"postgresql://gyeot@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://gyeot@127.0.0.1:{self.port}/{name}"

    async def crash(self) -> None:
        """Stop without a checkpoint and without a goodbye; what was committed must survive."""
        await asyncio.to_thread(self._control, "-m", "immediate", "-w", "stop")

    async def start(self) -> None:
        """Start, recovering from the log if need be."""
        await asyncio.to_thread(self.start_now)

    def start_now(self) -> None:
        given = {"port": str(self.port), **SETTINGS}
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in given.items())
        self._control("-l", self.folder / "log", "-o", options, "-w", "-t", "60", "start")

    def end(self) -> None:
        if (self.folder / "data/postmaster.pid").exists():
            self._control("-m", "immediate", "-w", "stop")

    def _control(self, *words: str | Path) -> None:
        _run(self.programs / "pg_ctl", "-D", self.folder / "data", *words)


@contextmanager
def running_cluster() -> Generator[Cluster]:
    """Run a cluster until the block ends; skip the test where PostgreSQL is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="gyeot-faults-"))
    cluster = Cluster(programs[-1].parent, folder, free_port())
    try:
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
        initdb = cluster.programs / "initdb"
        _run(initdb, "-D", folder / "data", "-U", "gyeot", "-A", "trust", "-E", "UTF8")
        cluster.start_now()
        yield cluster
    finally:
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    subprocess.run(
        words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=90
    )

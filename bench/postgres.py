"""A scratch PostgreSQL cluster that syncs every commit, as one that keeps things must."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from bench.running import free_port


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server that databases can be made in."""

    port: int
    version: str

    def make(self, name: str) -> str:
        """Make an empty database; return its address as psycopg takes it."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            name_ = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name_))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name_))
        return self._address(name)

    def _address(self, name: str) -> str:
        return f"postgresql://gyeot@127.0.0.1:{self.port}/{name}"


@contextmanager
def cluster() -> Generator[Cluster]:
    """Run a cluster of the newest installed version, with its defaults, until the block ends."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        raise FileNotFoundError("PostgreSQL's server programs (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="gyeot-bench-postgres-"))
    try:
        with _running(programs[-1].parent, folder) as port:
            yield Cluster(port, programs[-1].parent.parent.name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path) -> Generator[int]:
    data, port = folder / "data", free_port()
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
    _run(programs / "initdb", "-D", data, "-U", "gyeot", "-A", "trust", "-E", "UTF8")
    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    control = programs / "pg_ctl"
    _run(control, "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
    try:
        yield port
    finally:
        _run(control, "-D", data, "-m", "fast", "-w", "stop")


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    subprocess.run(
        words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", timeout=60
    )

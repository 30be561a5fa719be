"""A scratch PostgreSQL server, made and run with the programs Debian installs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.loopback import free_port

MISSING = "PostgreSQL's server programs are not installed (Debian: apt install postgresql)"


@dataclass(frozen=True, slots=True)
class Server:
    """A server of its own on loopback, with nothing of anybody else in it."""

    programs: Path
    folder: Path
    port: int
    settings: Mapping[str, str]

    def address(self, name: str = "postgres") -> str:
        """Return a database's address as psycopg takes it."""
        return f"postgresql://gyeot@127.0.0.1:{self.port}/{name}"

    @property
    def version(self) -> str:
        """The major version, as its folder is named."""
        return self.programs.parent.name

    def start(self) -> None:
        """Start, recovering from the log if need be."""
        local = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        given = {"port": str(self.port), **local, **self.settings}
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in given.items())
        self._control("-l", self.folder / "log", "-o", options, "-w", "-t", "60", "start")

    def crash(self) -> None:
        """Stop without a checkpoint and without a goodbye, if it runs."""
        if (self.folder / "data/postmaster.pid").exists():
            self._control("-m", "immediate", "-w", "stop")

    def _control(self, *words: str | Path) -> None:
        _run(self.programs / "pg_ctl", "-D", self.folder / "data", *words)


def programs() -> Path | None:
    """Return the folder of the newest installed version's programs, None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def scratch_server(name: str, *initdb: str, **settings: str) -> Generator[Server]:
    """Run a server of the newest installed version until the block ends.

    Raises:
        FileNotFoundError: PostgreSQL is not installed (`MISSING`).
    """
    installed = programs()
    if installed is None:
        raise FileNotFoundError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix=f"gyeot-{name}-"))
    server = Server(installed, folder, free_port(), settings)
    try:
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _run(installed / "initdb", "-D", data, "-U", "gyeot", "-A", "trust", "-E", "UTF8", *initdb)
        server.start()
        yield server
    finally:
        server.crash()
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    # Its output is a file that a running server would keep open: nothing is read of it.
    nothing = subprocess.DEVNULL
    subprocess.run(words, check=True, stdout=nothing, stderr=nothing, cwd="/", timeout=90)

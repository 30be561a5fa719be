"""The real product as a process of its own, for a bench."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.running import ROOT, Server, serving
from bench.stacks import summary
from tests.fakes.line import SECRET, TOKEN
from tests.loopback import free_port
from tests.scenarios.house import House, ready

READY_SECONDS = 30.0
PYSPY = ROOT / "bench/peers/pyspy/.venv/bin/py-spy"


@dataclass(frozen=True, slots=True)
class Setting:
    """How the product is started.

    `database` is psycopg's address of an empty database, None for SQLite; `provider` and
    `nlu` are ports of 127.0.0.1; `settle` False takes the 0.3 s away in which a burst
    becomes one turn, to see what the machine itself costs.
    """

    folder: Path
    provider: int
    nlu: int
    database: str | None = None
    nlu_token: str = field(default="", repr=False)
    settle: bool = True


@asynccontextmanager
async def running(setting: Setting) -> AsyncGenerator[tuple[Server, House]]:
    """Set up and serve the product; the block starts when it says that it is ready."""
    port = free_port()
    own = environment(setting, port)
    done = await asyncio.to_thread(_set_up, own)
    log = setting.folder / "product.log"
    async with serving(command(setting), port, log, environment=own) as server:
        await ready(f"http://127.0.0.1:{port}", READY_SECONDS)
        invitation = re.search(r"/console/join#(\S+)", done)
        house = House(
            f"http://127.0.0.1:{port}",
            setting.folder,
            invitation[1] if invitation else "",
            server.pid,
            own,
        )
        yield server, house


def command(setting: Setting) -> list[str]:
    """Return the command line that serves the product."""
    module = "bot" if setting.settle else "bench.unsettled"
    return [sys.executable, "-m", module, "serve"]


@asynccontextmanager
async def profiled(server: Server, report: Path | None) -> AsyncGenerator[None]:
    """Sample what the server does during the block; write stacks to `report`, and beside it
    the 20 functions that took most as Markdown.

    The samples are py-spy's "raw" format: a stack from the outside in, then how often it
    was seen. It costs the server about a tenth of its speed.
    """
    if report is None:
        yield
        return
    words = [PYSPY, "record", "-p", str(server.pid), "-f", "raw", "-o", report, "-r", "200"]
    with report.with_suffix(".log").open("wb") as log:
        sampler = await asyncio.create_subprocess_exec(*map(str, words), stdout=log, stderr=log)
    try:
        yield
    finally:
        sampler.send_signal(signal.SIGINT)
        await asyncio.wait_for(sampler.wait(), 30)
        await asyncio.to_thread(_sum_up, report)


def _sum_up(report: Path) -> None:
    if report.exists():  # py-spy writes none of a server that ended
        report.with_suffix(".md").write_text(summary(report))


def environment(setting: Setting, port: int) -> dict[str, str]:
    """Return what the process is told, and nothing of ours that was set around the bench."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
    provider = f"http://127.0.0.1:{setting.provider}"
    ours = {
        "GYEOT_HOME": str(setting.folder),
        "GYEOT_PORT": str(port),
        "GYEOT_LOG_LEVEL": "WARNING",
        "GYEOT_NLU_URL": f"http://127.0.0.1:{setting.nlu}",
        "GYEOT_NLU_TOKEN": setting.nlu_token,
        "GYEOT_LINE_SECRET": SECRET,
        "GYEOT_LINE_TOKEN": TOKEN,
        "GYEOT_LINE_API": provider,
    }
    if setting.database is not None:
        driver = setting.database.replace("postgresql://", "postgresql+psycopg://", 1)
        ours["GYEOT_DATABASE_URL"] = driver
    return own | ours


def _set_up(environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "setup"],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout

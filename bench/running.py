"""Processes of a bench: started, waited for, measured, and ended by their own id."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0  # seconds until a process listens
_TICKS = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A process ended, or did not listen in time; its log says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens on a port of 127.0.0.1."""

    port: int
    pid: int
    log: Path

    def cpu(self) -> float:
        """Return the seconds of processor it has used so far, in all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mib(self) -> float:
        """Return the memory it holds now, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return float("nan")


@asynccontextmanager
async def serving(
    command: Sequence[str | Path],
    port: int,
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    ending: signal.Signals = signal.SIGTERM,
    patience: float = PATIENCE,
) -> AsyncGenerator[Server]:
    """Run a command until the block ends; the block starts when its port answers.

    Raises:
        NotStarted: it did not come to listen.
    """
    words = [str(word) for word in command]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        await _listening(process, port, log, patience)
        yield Server(port, process.pid, log)
    finally:
        await _end(process, ending)


async def _listening(process: Process, port: int, log: Path, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return
    except TimeoutError:
        raise NotStarted(f"does not listen: {_end_of(log)}") from None
    raise NotStarted(f"ended: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-600:]


async def _end(process: Process, ending: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(ending)
    try:
        await asyncio.wait_for(process.wait(), 15)
    except TimeoutError:
        process.kill()
        await process.wait()

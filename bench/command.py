"""The command line that every bench shares, and what it hands to it."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.machine import describe
from bench.running import ROOT, serving
from tests.loopback import free_port

SCRATCH = ROOT / "var/bench"


@dataclass(frozen=True, slots=True)
class Options:
    """What a bench is asked for.

    `folder` is scratch on the disk that is measured; `profiles` is where stacks go, None
    for no profile; `nlu_port` is the stubbed language service's.
    """

    short: bool
    folder: Path
    profiles: Path | None
    nlu_port: int

    def seconds(self, full: float) -> float:
        """Return how long one load lasts: `full` seconds, or 1.5 in a smoke run."""
        return min(full, 1.5) if self.short else full

    def count(self, full: int) -> int:
        """Return how many times something is done: a twentieth in a smoke run."""
        return max(full // 20, 10) if self.short else full

    def fresh(self, name: str) -> Path:
        """Return an empty folder for one installation."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def report(self, name: str) -> Path | None:
        """Return where the profile of one server goes, None when none is wanted."""
        return None if self.profiles is None else self.profiles / f"{name.lower()}.txt"


Measure = Callable[[Options], Awaitable[str]]


def report(measure: Measure, title: str) -> None:
    """Run one bench from the command line and print its Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="a smoke run: seconds, no figures")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="where sampled stacks go")
    asked = parser.parse_args()
    print(run(measure, title, short=asked.short, profiles=asked.profile))


def run(measure: Measure, title: str, *, short: bool, profiles: Path | None = None) -> str:
    """Run one bench in a scratch folder; return its section, machine and command included."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    if profiles is not None:
        profiles.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        machine = describe(Path(folder))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            body = runner.run(_with_stub(measure, short, Path(folder), profiles))
    command = f"`.venv/bin/python -m {_module(measure)}`"
    busy = " Smoke run: the figures mean nothing." if short else ""
    return f"## {title}\n\n{command}, {machine}{busy}\n\n{body}\n"


async def _with_stub(measure: Measure, short: bool, folder: Path, profiles: Path | None) -> str:
    port = free_port()
    command = [sys.executable, "-m", "bench.stand_ins", str(port)]
    async with serving(command, port, folder / "stub.log"):
        return await measure(Options(short, folder, profiles, port))


def _module(measure: Measure) -> str:
    name = measure.__module__
    return f"bench.{Path(sys.argv[0]).stem}" if name == "__main__" else name

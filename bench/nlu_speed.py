"""How quick, how large and how soon ready the language model is.

.venv/bin/python -m bench.nlu_speed

It starts a service of its own, which needs `nlu/.venv` and a trained model.
"""

import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.command import Options
from bench.figures import table, verdict
from tests.rasa_process import (
    NLU,
    PYTHON,
    RasaProcess,
    RasaUnavailable,
    environment,
    missing,
    start_rasa,
)

HELD_OUT, STRANGER = NLU / "tests/held_out.jsonl", NLU / "tests/stranger.jsonl"
PARSE_MS, RESIDENT_MB, READY_S = 15.0, 800.0, 15.0
LONG, LONGS = 300, 200  # characters of a text, and how many such
LONGEST, LONGESTS = 1000, 48  # the most that the product asks about
SHORT_RUN = 20  # one sentence of so many is enough for a smoke run
HEAD = ("figure", "measured", "target", "")

Example = dict[str, Any]
"""A line of a test set: text, language, intent."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table, and what it may be at most; None where nothing is asked of it."""

    name: str
    value: float
    most: float | None = None

    def row(self) -> tuple[object, ...]:
        """Return its line of the table."""
        if self.most is None:
            return self.name, f"{self.value:.1f}", "", ""
        return self.name, f"{self.value:.1f}", f"at most {self.most:.0f}", self.verdict()

    def verdict(self) -> str:
        """Say whether it reaches its target; what has none is met."""
        return verdict(self.value, self.most, at_most=True)


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes that a process holds, and the most that it ever held."""

    resident: float
    most: float


def main() -> int:
    """Print a table in Markdown; fail if a target is missed."""
    reason = missing()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(Path(folder), every=1)
    print(table(HEAD, [figure.row() for figure in figures]))
    return int(any(figure.verdict() == "missed" for figure in figures))


async def measure(options: Options) -> str:
    """Run it beside the other benches; return Markdown.

    Raises:
        RasaUnavailable: there is no environment or no model.
    """
    reason = missing()
    if reason:
        raise RasaUnavailable(reason)
    every = SHORT_RUN if options.short else 1
    figures = await asyncio.to_thread(measured, options.fresh("nlu"), every=every)
    return table(HEAD, [figure.row() for figure in figures])


def measured(folder: Path, *, every: int) -> list[Figure]:
    """Measure one sentence of so many, in one process and then as a service."""
    held_out, stranger = (_read(path)[::every] for path in (HELD_OUT, STRANGER))
    chance = random.Random(1)
    long = long_texts(held_out, LONG, LONGS // every, chance)
    longest = long_texts(held_out, LONGEST, LONGESTS // every, chance)
    return [
        *_parsed(folder, f"{len(held_out)} held-out sentences", held_out, PARSE_MS),
        *_parsed(folder, f"{len(stranger)} sentences of strangers", stranger),
        *_parsed(folder, f"{len(long)} texts of {LONG} characters", long),
        *_as_service(folder, [*held_out, *stranger, *long, *longest]),
    ]


def long_texts(
    examples: Sequence[Example], length: int, count: int, chance: random.Random
) -> list[Example]:
    """Return texts of exactly so many characters, sentences of one language joined, in turn."""
    texts = []
    for lang in (("ko", "en")[number % 2] for number in range(count)):
        own = [example for example in examples if example["lang"] == lang]
        drawn = _drawn(own, length, chance)
        joined = " ".join(example["text"] for example in drawn)
        texts.append({**drawn[0], "text": joined[:length]})
    return texts


def memory(pid: int) -> Memory:
    """Return what a process holds now, and its high-water mark."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kilobytes = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", status))
    return Memory(int(kilobytes["VmRSS"]) / 1024, int(kilobytes["VmHWM"]) / 1024)


def parse_all(url: str, token: str, texts: Sequence[str]) -> None:
    """Have a service parse texts one after the other.

    Raises:
        httpx.HTTPError: it does not answer, or refuses.
    """
    about = {"token": token}
    with httpx.Client(base_url=url, params=about, timeout=30, trust_env=False) as service:
        for text in texts:
            service.post("/model/parse", json={"text": text}).raise_for_status()


def _drawn(examples: Sequence[Example], length: int, chance: random.Random) -> list[Example]:
    drawn: list[Example] = []
    while sum(len(example["text"]) + 1 for example in drawn) <= length:
        drawn.append(chance.choice(examples))
    return drawn


def _read(path: Path) -> list[Example]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _parsed(
    folder: Path, what: str, examples: Sequence[Example], most: float | None = None
) -> Iterator[Figure]:
    """Parse all in one process, one after the other."""
    asked, answer = folder / "asked.jsonl", folder / "report.json"
    asked.write_text("\n".join(json.dumps(each) for each in examples), encoding="utf-8")
    subprocess.run(
        [PYTHON, NLU / "evaluate.py", "--set", asked, "--json", answer],
        env=environment(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    found = json.loads(answer.read_text(encoding="utf-8"))
    yield Figure(f"parse p50, ms, {what}", found["parse_ms_p50"])
    yield Figure(f"parse p95, ms, {what}", found["parse_ms_p95"], most)


def _as_service(folder: Path, examples: Sequence[Example]) -> list[Figure]:
    """Measure until `/status` names a model, what is held then, and after all were parsed."""
    started = time.monotonic()
    rasa = start_rasa(folder / "rasa.log")
    try:
        ready = time.monotonic() - started
        idle = memory(rasa.pid)
        after = _used(rasa, [example["text"] for example in examples])
    finally:
        rasa.stop()
    used = f"after {len(examples)} parses"
    return [
        Figure("ready, s", ready, READY_S),
        Figure("resident, MB, idle", idle.resident),
        Figure("most ever resident, MB, idle", idle.most),
        Figure(f"resident, MB, {used}", after.resident, RESIDENT_MB),
        Figure(f"most ever resident, MB, {used}", after.most),
    ]


def _used(rasa: RasaProcess, texts: Sequence[str]) -> Memory:
    parse_all(rasa.url, rasa.token, texts)
    return memory(rasa.pid)


if __name__ == "__main__":
    sys.exit(main())

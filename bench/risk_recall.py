"""What the risk screen finds, with the language service and without it.

.venv/bin/python -m bench.risk_recall [FILE.jsonl …]

Lines have `text` and `risk` (or `level`): none, low, high, imminent. Without a file: all sets
of the project that say it.
"""

import asyncio
import json
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.dialogue.risk import screen
from bot.hearing import heard
from bot.messages import NluResult
from bot.nlu_client import PATIENCE, NluClient
from storage.records import Risk
from tests.rasa_process import NLU, RasaProcess, missing, start_rasa

ROOT = NLU.parent
STRANGERS = (NLU / "tests/stranger.jsonl", NLU / "tests/everyday.jsonl")
SETS = (*STRANGERS, *sorted((ROOT / "tests/risk").rglob("*.jsonl")))


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence, how soon a person must look, and what the service made of it."""

    text: str
    risk: Risk
    nlu: NluResult | None


def main() -> int:
    """Print a table in Markdown."""
    reason = missing()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    paths = [Path(name) for name in sys.argv[1:]] or SETS
    with tempfile.TemporaryDirectory() as folder:
        rasa = start_rasa(Path(folder) / "rasa.log")
        try:
            asyncio.run(show(rasa, paths))
        finally:
            rasa.stop()
    return 0


async def show(rasa: RasaProcess, paths: Sequence[Path]) -> None:
    """Ask the service and print what the screen does with each set."""
    print("| set | with | imminent as imminent | danger: alarm | precision | alarms on none |")
    print("|---|---|---|---|---|---|")
    async with httpx.AsyncClient(base_url=rasa.url) as http:
        client = NluClient(http, rasa.token, patient=True)
        for path in paths:
            items = [await read(client, line) for line in path.read_text("utf-8").splitlines()]
            print(row(path.stem, "rules", items, lambda item: screen([item.text]).level))
            print(
                row(path.stem, "both", items, lambda item: screen([item.text], nlu=item.nlu).level)
            )


async def read(client: NluClient, line: str) -> Item:
    """Return one line with what the service says of it."""
    told = json.loads(line)
    risk = Risk[str(told.get("risk") or told["level"]).upper()]
    return Item(told["text"], risk, await heard(client, [told["text"]], wait=PATIENCE))


def row(name: str, layers: str, items: Sequence[Item], level: Callable[[Item], Risk]) -> str:
    """Return one line of the table: shares with their 95 % Wilson intervals."""
    found = [(item.risk, level(item)) for item in items]
    imminent = [said is Risk.IMMINENT for risk, said in found if risk is Risk.IMMINENT]
    dangers = [said >= Risk.HIGH for risk, said in found if risk >= Risk.HIGH]
    alarms = [risk >= Risk.HIGH for risk, said in found if said >= Risk.HIGH]
    nothing = [said >= Risk.HIGH for risk, said in found if risk is Risk.NONE]
    return f"| {name} | {layers} | {' | '.join(map(share, (imminent, dangers, alarms, nothing)))} |"


def share(hits: Sequence[bool]) -> str:
    """Return a share with its interval, as in `9/10 = .90 [.60, .98]`."""
    if not hits:
        return "none"
    low, high = wilson(sum(hits), len(hits))
    return f"{sum(hits)}/{len(hits)} = {sum(hits) / len(hits):.3f} [{low:.2f}, {high:.2f}]"


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's interval of a share; 1.96 is 95 %."""
    middle = (hits + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(hits * (of - hits) / of + z * z / 4)
    return middle - half, middle + half


if __name__ == "__main__":
    raise SystemExit(main())

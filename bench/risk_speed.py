"""How long the risk screen takes for a message of 200 Korean characters.

.venv/bin/python -m bench.risk_speed [--count 400] [--seed 1]
"""

import argparse
import json
import random
import time
from functools import cache
from pathlib import Path

from bot.dialogue.risk import screen

SETS = Path(__file__).resolve().parent.parent / "tests/risk"
LENGTH = 200  # characters
BUDGET = 0.3  # milliseconds, issue 5
REPEATS = 5  # the best of so many, so that other work on the machine counts less


def main() -> int:
    """Print median and p95 for everyday and for dangerous texts; fail beyond the budget."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)
    screen(["안녕"])  # reads the lexicon
    medians = []
    print("| texts | characters | median ms | p95 ms |\n|---|---|---|---|")
    for name, levels in (
        ("everyday", frozenset({"none"})),
        ("danger", frozenset({"high", "imminent"})),
    ):
        texts = [_text(levels, chance) for _ in range(wanted.count)]
        taken = sorted(map(_milliseconds, texts))
        medians.append(taken[len(taken) // 2])
        print(f"| {name} | {LENGTH} | {medians[-1]:.3f} | {taken[int(len(taken) * 0.95)]:.3f} |")
    return 1 if medians[0] > BUDGET else 0


def _text(levels: frozenset[str], chance: random.Random) -> str:
    text = ""
    while len(text) < LENGTH:
        text += chance.choice(_sentences(levels)) + " "
    return text[:LENGTH]


@cache
def _sentences(levels: frozenset[str]) -> list[str]:
    lines = [line for file in sorted(SETS.glob("*.jsonl")) for line in file.open(encoding="utf-8")]
    items = [json.loads(line) for line in lines]
    return [item["text"] for item in items if item["level"] in levels and item["lang"] == "ko"]


def _milliseconds(text: str) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        screen([text])
        best = min(best, time.perf_counter() - started)
    return best * 1000


if __name__ == "__main__":
    raise SystemExit(main())

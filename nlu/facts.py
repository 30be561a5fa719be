"""Writes what is known of the served model as a file beside it: figures and known words.

The model page of the product reads `<model>.facts.json`, and its drift counters the words.
No sentence goes into either file.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

import candidates  # noqa: E402 -- this folder is no package
import report  # noqa: E402
import train  # noqa: E402
from report import Asked  # noqa: E402

MISSES = 25
BEGINNING = 3  # letters; what follows is mostly an ending
WORD = re.compile(r"[가-힣]{2,}|[a-z]{2,}")


def main() -> int:
    """Measure the served model on every test set and write the file; return 0."""
    name = train.current()["model"].partition(".")[0]
    model = report.load_model(train.MODELS / f"{name}.tar.gz")
    abstain = report.abstain_rule()
    paths = sorted((ROOT / "tests").glob("*.jsonl"))
    sets = [report.ask(model, path) for path in paths]
    facts = {
        "model": name,
        "sets": {one.name: _of_set(model, one, abstain) for one in sets},
        "misses": _misses(sets),
        "words": _known_words(),
    }
    target = train.MODELS / f"{name}.facts.json"
    target.write_text(json.dumps(facts, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target.name} is new")
    return 0


def _of_set(model: Any, asked: Asked, abstain: Any) -> dict[str, Any]:
    meant, found = [list(map(str, each)) for each in (asked.meant, asked.found)]
    beliefs = [abstain.believe(report.ranking(model, row)) for row in asked.rows]
    stakes = {name: one.value for one, names in abstain.STAKES.items() for name in names}
    grave = [[stakes.get(name, "service") for name in names] for names in (meant, found)]
    return {
        "sentences": len(meant),
        "right": sum(a == b for a, b in zip(meant, found, strict=True)),
        "abstained": sum(belief.intent is None for belief in beliefs),
        "intents": _counts(meant, found),
        "risks": _counts(*grave),
    }


def _counts(meant: Sequence[str], found: Sequence[str]) -> dict[str, list[int]]:
    """Return by name how many were right, how many were meant, how many were found."""
    right = Counter(a for a, b in zip(meant, found, strict=True) if a == b)
    asked, told = Counter(meant), Counter(found)
    return {name: [right[name], asked[name], told[name]] for name in sorted(asked | told)}


def _misses(sets: Iterable[Asked]) -> list[list[Any]]:
    pairs = Counter(
        (str(meant), str(found))
        for asked in sets
        for meant, found in zip(asked.meant, asked.found, strict=True)
        if meant != found
    )
    return [[*pair, count] for pair, count in pairs.most_common(MISSES)]


def _known_words() -> list[str]:
    """Return the beginnings of all words the model learned; bot/drift.py cuts alike."""
    texts = [text for text, *_ in candidates.sentences()]
    return sorted({word[:BEGINNING] for text in texts for word in WORD.findall(text.lower())})


if __name__ == "__main__":
    raise SystemExit(main())

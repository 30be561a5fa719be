"""The guard's sentences, one JSON object a line."""

import json
from pathlib import Path
from typing import Any

from scripts.train_guard import SENTENCES

FOLDER = Path(__file__).parent


def sentences(name: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def learned_sentences() -> list[dict[str, Any]]:
    lines = [path.read_text(encoding="utf-8").splitlines() for path in SENTENCES.glob("*.jsonl")]
    return [json.loads(line) for each in lines for line in each]

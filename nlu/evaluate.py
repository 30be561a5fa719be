"""Measures the language model on sentences it has never seen."""

import argparse
import asyncio
import json
import logging
import os
import resource
import statistics
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
HELD_OUT = ROOT / "tests/held_out.jsonl"
CRITICAL = (
    "self_harm",
    "danger_now",
    "sextortion",
    "grooming",
    "paid_offer",
    "runaway_helper",
)


def main() -> int:
    """Parse every held-out sentence in this process and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, default=HELD_OUT, help="sentences, one JSON a line")
    parser.add_argument("--json", type=Path, help="write the report here, too")
    parser.add_argument("--errors", action="store_true", help="list ids that went wrong")
    options = parser.parse_args()
    held_out = [json.loads(line) for line in options.set.read_text(encoding="utf-8").splitlines()]
    answers, timing = asyncio.run(_parse([example["text"] for example in held_out]))
    report = {**_report(held_out, answers), **timing}
    print(json.dumps(report, indent=2, ensure_ascii=False))
    if options.errors:
        _print_errors(held_out, answers)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


async def _parse(texts: list[str]) -> tuple[list[dict[str, Any]], dict[str, float]]:
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One message is too small to share between threads, which would wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.simplefilter("ignore")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    started = time.monotonic()
    import structlog  # noqa: PLC0415

    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)  # unconfigured, it prints every sentence
    from rasa.core.agent import Agent  # noqa: PLC0415
    from serve import current_model  # noqa: PLC0415

    model = current_model()
    if model is None:
        raise SystemExit("there is no trained language model: run nlu/train.py first")
    agent = Agent.load(str(model))
    await agent.parse_message("안녕")
    ready = time.monotonic() - started
    answers, spent = [], []
    for text in texts:
        before = time.perf_counter()
        answers.append(await agent.parse_message(text))
        spent.append(1000 * (time.perf_counter() - before))
    cuts = statistics.quantiles(spent, n=100)
    return answers, {
        "parse_ms_p50": round(cuts[49], 1),
        "parse_ms_p95": round(cuts[94], 1),
        "start_s": round(ready, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _report(held_out: list[dict[str, str]], answers: list[dict[str, Any]]) -> dict[str, Any]:
    from sklearn.metrics import f1_score  # noqa: PLC0415

    report: dict[str, Any] = {"sentences": len(held_out)}
    said = [answer["intent"]["name"] for answer in answers]
    for lang in ("ko", "en"):
        mine = [i for i, example in enumerate(held_out) if example["lang"] == lang]
        meant = [held_out[i]["intent"] for i in mine]
        found = [said[i] for i in mine]
        right = sum(a == b for a, b in zip(meant, found, strict=True))
        report[lang] = {
            "accuracy": round(right / len(mine), 3),
            "macro_f1": round(float(f1_score(meant, found, average="macro")), 3),
        }
    report["accuracy"] = round(sum(map(_right, held_out, answers)) / len(held_out), 3)
    report["recall"] = {
        name: "/".join(map(str, counts)) for name, counts in _recall(held_out, answers).items()
    }
    report["confidence"] = _by_threshold(held_out, answers)
    return report


def _recall(
    held_out: list[dict[str, str]], answers: list[dict[str, Any]]
) -> dict[str, tuple[int, int]]:
    found: dict[str, list[bool]] = defaultdict(list)
    for example, answer in zip(held_out, answers, strict=True):
        if example["intent"] in CRITICAL:
            found[example["intent"]].append(_right(example, answer))
    return {name: (sum(found[name]), len(found[name])) for name in CRITICAL}


def _by_threshold(
    held_out: list[dict[str, str]], answers: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    table = {}
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6):
        sure = [
            _right(example, answer)
            for example, answer in zip(held_out, answers, strict=True)
            if answer["intent"]["confidence"] >= threshold
        ]
        table[str(threshold)] = {
            "answered": round(len(sure) / len(answers), 3),
            "right_when_answered": round(sum(sure) / max(1, len(sure)), 3),
        }
    return table


def _print_errors(held_out: list[dict[str, str]], answers: list[dict[str, Any]]) -> None:
    for example, answer in zip(held_out, answers, strict=True):
        if not _right(example, answer):
            intent = answer["intent"]
            print(f"{example['id']}: {intent['name']} {intent['confidence']:.2f}")


def _right(example: dict[str, str], answer: dict[str, Any]) -> bool:
    return bool(answer["intent"]["name"] == example["intent"])


if __name__ == "__main__":
    raise SystemExit(main())

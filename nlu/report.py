"""Measures the language model and writes `docs/nlu.md` with its pictures: `make nlu-report`."""

import argparse
import importlib.util
import json
import os
import random
import re
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent
DOCS = ROOT.parent / "docs"
sys.path.insert(0, str(ROOT))

import candidates  # noqa: E402 -- this folder is not a package
import train  # noqa: E402
from components.intent_model import IntentModel  # noqa: E402
from components.noise import LEVELS, noised  # noqa: E402
from figures import accuracy, calibration_error, interval, macro_f1, reliability  # noqa: E402
from pictures import draw_confusion, draw_noise, draw_reliability  # noqa: E402

BY_HAND = ("thumbs", "shaking", "trembling")
"""Sets whose sentences somebody wrote three times: with care, in a hurry, with shaking thumbs."""
NOISE_SEEDS = (101, 102, 103)  # none of them is the seed of the training noise
OUTSIDE = ("out_of_scope", "smalltalk")
OPEN_DATA = ("oos_ko_dev", "songys_ko_train", "massive_ko_dev", "massive_en_dev")
OPEN_SAMPLE = 400
OLD_FLOOR = 0.35
MISSES = 25
MOST_LOST = {"mild": 2.0, "heavy": 6.0}  # points of accuracy
LEAST_LET_IN, LEAST_KEPT_OUT = 0.93, 0.85
SAME = 1e-9  # what floats of one figure may differ by
PLACE = re.compile(r"\{([a-z_]+)\}")
"""Where report.md wants a part."""

Array = Any


@dataclass
class Asked:
    """The sentences of one test set, and what the model made of them."""

    name: str
    ids: list[str]
    texts: list[str]
    langs: Array
    meant: Array
    rows: Array  # (sentences, intents), probabilities
    found: Array

    def of(self, lang: str) -> Array:
        """Return which sentences are in a language."""
        return self.langs == lang


def main() -> int:
    """Measure everything and write the page; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", action="store_true", help="measure them, too: 45 minutes")
    wanted = parser.parse_args()
    started = time.monotonic()
    if wanted.candidates:
        candidates.measure(train.fingerprint()[:16], time.strftime("%Y-%m-%d", time.gmtime()))
    name = train.current()["model"]
    model = load_model(train.MODELS / name)
    sets = [ask(model, path) for path in sorted((ROOT / "tests").glob("*.jsonl"))]
    parts = {
        "model": f"`{name.partition('.')[0]}`",
        "sets": _sets_table(sets),
        "noise": _noise_table(model, sets),
        "by_hand": _by_hand_table(model),
        "calibration": _calibration(sets),
        "abstain": _abstain_table(model, sets),
        "outside": _outside_table(model, sets),
        "misses": _misses_table(sets),
        "candidates": candidates_part(json.loads(candidates.STORED.read_text(encoding="utf-8"))),
    }
    _draw_confusion(model, sets)
    page = (ROOT / "report.md").read_text(encoding="utf-8")
    (DOCS / "nlu.md").write_text(filled(page, parts), encoding="utf-8")
    print(f"docs/nlu.md is new, after {time.monotonic() - started:.0f} s")
    return 0


def filled(page: str, parts: Mapping[str, str]) -> str:
    """Return the page with each part in its place.

    Raises:
        KeyError: a place has no part.
        ValueError: a part has no place, and would be lost.
    """
    places = set(PLACE.findall(page))
    if unplaced := sorted(parts.keys() - places):
        raise ValueError(f"report.md has no place for {', '.join(unplaced)}")
    return PLACE.sub(lambda place: parts[place[1]], page)


def verdict(figure: float, target: float) -> str:
    """Say whether a figure reaches its target: at least so much, before it is rounded."""
    return "met" if figure >= target - SAME else "missed"


def load_model(archive: Path) -> IntentModel:
    """Return the intent model inside a Rasa model file."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as inside:
        facts = next(name for name in inside.getnames() if Path(name).name == "model.json")
        beside = [m for m in inside.getmembers() if Path(m.name).parent == Path(facts).parent]
        inside.extractall(folder, members=beside)  # noqa: S202 -- our own file
        return IntentModel.load(next(Path(folder).rglob("model.json")).parent)


def ask(model: IntentModel, path: Path) -> Asked:
    """Ask the model about every sentence of a test set."""
    examples = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [example["text"] for example in examples]
    rows = model.probabilities(texts)
    return Asked(
        name=path.stem,
        ids=[example["id"] for example in examples],
        texts=texts,
        langs=np.array([example["lang"] for example in examples]),
        meant=np.array([example["intent"] for example in examples]),
        rows=rows,
        found=np.array(model.intents)[rows.argmax(axis=1)],
    )


def _sets_table(sets: Sequence[Asked]) -> str:
    lines = ["| set | language | sentences | accuracy | macro-F1 |", "|---|---|---|---|---|"]
    for asked, lang, own in _by_language(sets):
        meant, found = asked.meant[own], asked.found[own]
        lines.append(
            f"| {asked.name} | {lang} | {own.sum()} | {_with_interval(meant, found, accuracy)} | "
            f"{_with_interval(meant, found, macro_f1)} |"
        )
    return "\n".join(lines)


def _noise_table(model: IntentModel, sets: Sequence[Asked]) -> str:
    levels = ["none", *LEVELS]
    lines = [f"| set | language | {' | '.join(levels)} |", "|---" * (2 + len(levels)) + "|"]
    shares = {}
    found = {(asked.name, level): _found(model, asked, level) for asked in sets for level in LEVELS}
    for asked, lang, own in _by_language(sets):
        values = [accuracy(asked.meant[own], asked.found[own])]
        values += [float(found[asked.name, level][:, own].mean()) for level in LEVELS]
        shares[f"{asked.name} {lang}"] = values
        lines.append(f"| {asked.name} | {lang} | {with_losses(values)} |")
    draw_noise(DOCS / "images/nlu-noise.svg", levels, shares)
    return "\n".join(lines)


def _by_hand_table(model: IntentModel) -> str:
    lines = ["| set | language | sentences | with care | mild | heavy |", "|---" * 6 + "|"]
    return "\n".join(lines + [row for name in BY_HAND for row in _by_hand_rows(model, name)])


def _by_hand_rows(model: IntentModel, name: str) -> list[str]:
    text = (ROOT / f"tests/{name}.jsonl").read_text(encoding="utf-8")
    examples = [json.loads(line) for line in text.splitlines()]
    meant = np.array([example["intent"] for example in examples])
    langs = np.array([example["lang"] for example in examples])
    hands = [_guessed(model, [each[hand] for each in examples]) for hand in ("text", *LEVELS)]
    rows = []
    for lang in sorted(set(langs), reverse=True):
        own = langs == lang
        values = with_losses([accuracy(meant[own], found[own]) for found in hands])
        rows.append(f"| {name} | {lang} | {own.sum()} | {values} |")
    return rows


def with_losses(values: Sequence[float]) -> str:
    """Return the first share, and the others with the points they lost, as cells of a table."""
    cells = [f"{values[0]:.3f}"]
    for level, value in zip(LEVELS, values[1:], strict=True):
        lost = 100 * (value - values[0])
        cells.append(f"{value:.3f} ({lost:+.1f}, {verdict(lost, -MOST_LOST[level])})")
    return " | ".join(cells)


def _found(model: IntentModel, asked: Asked, level: str) -> Array:
    """Return which sentences were understood, one row a seed."""
    rows = []
    for seed in NOISE_SEEDS:
        chance = random.Random(seed)  # noqa: S311 -- no secret
        texts = [noised(text, level, chance) for text in asked.texts]
        rows.append(_guessed(model, texts) == asked.meant)
    return np.array(rows)


def _guessed(model: IntentModel, texts: Sequence[str]) -> Array:
    """Return the intent that each text was taken for."""
    return np.array(model.intents)[model.probabilities(texts).argmax(axis=1)]


def _calibration(sets: Sequence[Asked]) -> str:
    tables = {
        asked.name: reliability(asked.rows.max(axis=1), asked.found == asked.meant)
        for asked in sets
    }
    draw_reliability(DOCS / "images/nlu-calibration.svg", tables)
    lines = ["| set | mean confidence | share right | calibration error |", "|---|---|---|---|"]
    lines += [
        f"| {asked.name} | {asked.rows.max(axis=1).mean():.3f} | "
        f"{accuracy(asked.meant, asked.found):.3f} | {calibration_error(tables[asked.name]):.3f} |"
        for asked in sets
    ]
    return "\n".join(lines)


def _abstain_table(model: IntentModel, sets: Sequence[Asked]) -> str:
    abstain = abstain_rule()
    lines = [
        "| set | rule | believed | right when believed | asks which of two | one of them right | "
        "asks openly | cost a message |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for asked in sets:
        rankings = [ranking(model, row) for row in asked.rows]
        old = [
            abstain.Belief(r[0][0]) if r[0][1] >= OLD_FLOOR else abstain.Belief() for r in rankings
        ]
        for rule, beliefs in (
            (f"floor {OLD_FLOOR}", old),
            ("least cost", [abstain.believe(ranking) for ranking in rankings]),
        ):
            cells = _abstain_cells(beliefs, asked.meant, abstain.cost)
            lines.append(f"| {asked.name} | {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _abstain_cells(beliefs: Sequence[Any], meant: Array, cost: Any) -> list[str]:
    told = list(zip(beliefs, meant, strict=True))
    believed = [belief.intent == intent for belief, intent in told if belief.intent]
    choices = [intent in belief.between for belief, intent in told if belief.between]
    mean = sum(cost(belief, intent) for belief, intent in told) / len(told)
    return [
        _share(len(believed), len(told)),
        _share(sum(believed), len(believed)),
        _share(len(choices), len(told)),
        _share(sum(choices), len(choices)),
        _share(len(told) - len(believed) - len(choices), len(told)),
        f"{mean:.2f}",
    ]


def _outside_table(model: IntentModel, sets: Sequence[Asked]) -> str:
    """Outside: taken for out of scope or small talk, or asked about instead of answered."""
    abstain = abstain_rule()
    lines = ["| sentences | number | kept out | let in | target |", "|---" * 5 + "|"]
    named = [(f"{a.name}, in scope", a.rows[~np.isin(a.meant, OUTSIDE)], True) for a in sets]
    named += [(f"{a.name}, out of scope", a.rows[np.isin(a.meant, OUTSIDE)], False) for a in sets]
    for name, texts in _open_data():
        named.append((f"{name} (open data, out of scope)", model.probabilities(texts), False))
    for name, rows, inside in named:
        if len(rows):
            beliefs = [abstain.believe(ranking(model, row)) for row in rows]
            out = sum(belief.intent in (None, *OUTSIDE) for belief in beliefs)
            lines.append(f"| {name} | {scope_cells(out, len(rows), inside=inside)} |")
    return "\n".join(lines)


def scope_cells(out: int, whole: int, *, inside: bool) -> str:
    """Return number, shares kept out and let in, and what the target says, as cells of a table."""
    let_in = (whole - out) / whole
    if inside:
        target = f"let in {LEAST_LET_IN}: {verdict(let_in, LEAST_LET_IN)}"
    else:
        target = f"kept out {LEAST_KEPT_OUT}: {verdict(out / whole, LEAST_KEPT_OUT)}"
    return f"{whole} | {out / whole:.3f} | {let_in:.3f} | {target}"


def _open_data() -> Iterator[tuple[str, list[str]]]:
    folder = os.environ.get("GYEOT_NLU_OPEN_DATA")
    for name in OPEN_DATA if folder else ():
        lines = (Path(str(folder)) / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        sample = random.Random(1).sample(lines, min(OPEN_SAMPLE, len(lines)))  # noqa: S311
        yield name, [json.loads(line)["text"] for line in sample]


def _misses_table(sets: Sequence[Asked]) -> str:
    pairs: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[str, str], list[str]] = {}
    for asked in sets:
        for i in np.flatnonzero(asked.meant != asked.found):
            pair = (str(asked.meant[i]), str(asked.found[i]))
            pairs[pair] += 1
            seen.setdefault(pair, []).append(asked.ids[i])
    lines = ["| meant | taken for | times | for example |", "|---|---|---|---|"]
    for (meant, found), count in pairs.most_common(MISSES):
        lines.append(f"| {meant} | {found} | {count} | `{seen[meant, found][0]}` |")
    total = sum(pairs.values())
    lines.append(f"\n{total} misses in {len(pairs)} pairs; the {MISSES} most frequent are listed.")
    return "\n".join(lines)


def candidates_part(stored: Mapping[str, Any]) -> str:
    """Return the table of what was measured of the candidates, and of what and when."""
    head = "| candidate | accuracy | macro-F1 Korean | macro-F1 English | p against the served |"
    lines = [head, "|---" * 5 + "|", *map(_candidate_row, stored["rows"])]
    count = stored["networks"]
    lines.append(
        f"\nMeasured on {stored['date']} with {stored['sentences']:,} sentences, beside the model "
        f"`{stored['model']}`, which had {count} network{'s' * (count != 1)}."
    )
    return "\n".join(lines)


def _candidate_row(row: Mapping[str, Any]) -> str:
    share, low, high = row["accuracy"]
    p = "" if row["p"] is None else f"{row['p']:.1g}"
    return (
        f"| {row['candidate']} | {share:.3f} ({low:.3f} to {high:.3f}) | "
        f"{row['macro_f1_ko']:.3f} | {row['macro_f1_en']:.3f} | {p} |"
    )


def _draw_confusion(model: IntentModel, sets: Sequence[Asked]) -> None:
    places = {intent: place for place, intent in enumerate(model.intents)}
    counts = np.zeros((len(places), len(places)))
    for asked in sets:
        for meant, found in zip(asked.meant, asked.found, strict=True):
            counts[places[meant], places[found]] += 1
    draw_confusion(DOCS / "images/nlu-confusion.svg", model.intents, counts)


def abstain_rule() -> Any:
    """Load the product's rule by its path: the product itself needs another Python."""
    path = ROOT.parent / "bot/dialogue/abstain.py"
    spec = importlib.util.spec_from_file_location("abstain", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"there is no {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["abstain"] = module
    spec.loader.exec_module(module)
    return module


def ranking(model: IntentModel, row: Array) -> list[tuple[str, float]]:
    """Return the five likeliest intents."""
    return [(model.intents[i], float(row[i])) for i in row.argsort()[::-1][:5]]


def _by_language(sets: Sequence[Asked]) -> Iterator[tuple[Asked, str, Array]]:
    for asked in sets:
        for lang in ("ko", "en"):
            if asked.of(lang).any():
                yield asked, lang, asked.of(lang)


def _with_interval(meant: Array, found: Array, figure: Any) -> str:
    if figure is macro_f1 and len(meant) > 2000:
        return f"{figure(meant, found):.3f}"
    low, high = interval(meant, found, figure=figure)
    return f"{figure(meant, found):.3f} ({low:.3f} to {high:.3f})"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


if __name__ == "__main__":
    raise SystemExit(main())

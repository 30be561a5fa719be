"""The sentence encoder taught further: what it makes of a text when our sentences moved it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.meaning import layers, piece_rows, pieces

WINDOWS = ((2, 0), (3, 1), (5, 2))
"""Of each branch: how many word pieces it reads at once, and how many of them lie before."""
WIDTH = 256  # numbers of a branch a word piece
LEVEL = 1e-12
"""The encoder's own: added to a spread before it is divided by."""
MEANING_LENGTH, POOLED_LENGTH = 4.0, 0.25
"""What a meaning of length 1, and what all pieces say together, are multiplied by."""

Array = Any  # numpy of this age has no common type
Weights = Mapping[str, Array]


class TunedEncoder:
    """Google's sentence encoder with layers that were moved, and two more for our questions.

    The encoder alone knows what a sentence is about in general. Moved by sentences that sound
    alike and differ in danger, it tells apart what general meaning does not. How it learns is in
    `tuning.py`: TensorFlow is needed for that alone.
    """

    def __init__(self, moved: Weights) -> None:
        """Make an encoder from what `tuning.tuned` found: an array by name.

        What is not among them is as Google left it.
        """
        self.moved = {name: np.asarray(each, np.float32) for name, each in moved.items()}
        self._weights = {**layers(), **self.moved}

    def scores(self, texts: Sequence[str]) -> Array:
        """Return one row a text, one column an intent or danger: the higher, the likelier.

        A text of several stretches is what they are on the whole.
        """
        return np.array(
            [np.mean([self._score(piece_rows(part)) for part in pieces(text)], 0) for text in texts]
        )

    def _score(self, rows: Array) -> Array:
        w = self._weights
        pooled = self._pooled(rows)
        said = np.concatenate([MEANING_LENGTH * self._meaning(pooled, len(rows)),
                               POOLED_LENGTH * pooled])  # fmt: skip
        return _positive(said @ w["hidden"] + w["height"]) @ w["out"] + w["usual"]

    def _pooled(self, rows: Array) -> Array:
        """Return what the word pieces say among their neighbors: a sum over the root of a count."""
        w, parts = self._weights, [rows]
        level = _leveled(rows @ w["proj_W"] + w["proj_b"], w["ln_g_all"], w["ln_b_all"])
        for number, window in enumerate(WINDOWS):
            part = level[:, number * WIDTH : (number + 1) * WIDTH]
            for layer in (1, 2):
                near = _neighbors(part, *window) @ w[f"w{layer}_{number}"]
                part = part + _positive(near + w[f"b{layer}_{number}"])
            parts.append(part)
        together = _leveled(np.hstack(parts), w["ln_g"], w["ln_b"])
        return together.sum(axis=0) / np.sqrt(len(rows), dtype=np.float32)

    def _meaning(self, pooled: Array, length: int) -> Array:
        w = self._weights
        mean = pooled @ w["cnn_W"] + np.sqrt(length, dtype=np.float32) * w["cnn_b"]
        first = _positive(mean @ w["p1"] + _positive(mean @ w["d0"]) @ w["d1"])
        told = np.tanh(first @ w["p3"] + _positive(first @ w["d2"]) @ w["d3"])
        return told / np.linalg.norm(told)


def _neighbors(rows: Array, size: int, before: int) -> Array:
    """Return for each row itself and those around it, side by side; zeros beyond the ends."""
    padded = np.pad(rows, ((before, size - 1 - before), (0, 0)))
    return np.hstack([padded[start : start + len(rows)] for start in range(size)])


def _leveled(rows: Array, slope: Array, height: Array) -> Array:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.sqrt((rows**2).mean(axis=1, keepdims=True) + LEVEL) * slope + height


def _positive(values: Array) -> Array:
    return np.maximum(values, 0)

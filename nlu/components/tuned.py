"""The sentence encoder taught further: what it makes of a text when our sentences moved it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.meaning import layers, meanings, piece_rows, pieces

WINDOWS = ((2, 0), (3, 1), (5, 2))
"""Of each branch: how many word pieces it reads at once, and how many of them lie before."""
BEFORE, AFTER = 2, 2  # word pieces that any of them reads, at most
WIDTH = 256  # numbers of a branch a word piece
LEFT = ("proj", "ln_g_all", "ln_b_all", "w1", "b1")
"""Beginnings of the names of layers that stay as they are: the lowest. To move them as well took
twice as long and won nothing."""
LEVEL = 1e-12
"""The encoder's own: added to a spread before it is divided by."""
TOGETHER = 16
"""Texts that go through the layers together: to fetch the weights takes most of the time."""
MEANING_LENGTH, POOLED_LENGTH = 4.0, 0.25
"""What a meaning of length 1, and what all pieces say together, are multiplied by."""

Array = Any  # numpy of this age has no common type
Weights = Mapping[str, Array]


class TunedEncoder:
    """Google's sentence encoder with layers that were moved, and two more for our questions.

    The encoder alone knows what a sentence is about in general. Moved by sentences that sound
    alike and differ in danger, it tells apart what general meaning does not. The lowest layers
    stay as they were, so a message goes through them once for both. How it learns is in
    `tuning.py`: TensorFlow is needed for that alone.
    """

    def __init__(self, moved: Weights) -> None:
        """Make an encoder from what `tuning.tuned` found: an array by name.

        What is not among them is as Google left it.

        Raises:
            ValueError: one of the lowest layers is among them.
        """
        if any(name.startswith(LEFT) for name in moved):
            raise ValueError("the lowest layers of an encoder stay as they are")
        self.moved = {name: np.asfortranarray(each, np.float32) for name, each in moved.items()}
        self._general = layers()
        self._weights = {**self._general, **self.moved}

    def read(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Return one row a text each: what it is about, as `meanings` tells it, and its scores.

        Scores are one column an intent or danger: the higher, the likelier. Those of a text of
        several stretches are what they are on the whole.
        """
        starts = range(0, len(texts), TOGETHER)
        told = [self._told(texts[start : start + TOGETHER]) for start in starts]
        about, scores = (np.concatenate(each) for each in zip(*told, strict=True))
        return about, scores

    def _told(self, texts: Sequence[str]) -> tuple[Array, Array]:
        read = [pieces(text) for text in texts]
        counts = np.array([len(parts) for parts in read])
        stretches = [piece_rows(part) for parts in read for part in parts]
        lengths = np.array([len(rows) for rows in stretches])
        rows = np.concatenate(stretches)
        around = _around(lengths)
        branches = _below(self._general, rows, around)
        whole = counts.max() == 1  # what a text of several stretches is about is told by the whole
        both = [self._weights, self._general] if whole else [self._weights]
        pooled = _pooled(both, rows, branches, around, lengths)
        about = _meaning(self._general, pooled[1], lengths) if whole else meanings(texts)
        scores = self._score(pooled[0], lengths)
        return about, np.add.reduceat(scores, np.cumsum(counts) - counts) / counts[:, None]

    def _score(self, pooled: Array, lengths: Array) -> Array:
        w = self._weights
        said = np.hstack([MEANING_LENGTH * _meaning(w, pooled, lengths), POOLED_LENGTH * pooled])
        return _positive(said @ w["hidden"] + w["height"]) @ w["out"] + w["usual"]


def _below(w: Weights, rows: Array, around: Array) -> list[Array]:
    """Return for each branch what the lowest layers make of the word pieces."""
    level = _leveled(rows @ w["proj_W"] + w["proj_b"], w["ln_g_all"], w["ln_b_all"])
    parts = np.split(level, len(WINDOWS), axis=1)
    return [
        _layer(w, f"1_{number}", part, _windows(part, around, number))
        for number, part in enumerate(parts)
    ]


def _layer(w: Weights, name: str, part: Array, windows: Array) -> Array:
    return part + _positive(windows @ w[f"w{name}"] + w[f"b{name}"])


def _pooled(
    some: Sequence[Weights], rows: Array, branches: Sequence[Array], around: Array, lengths: Array
) -> list[Array]:
    """Return, by each of some weights, what the word pieces of each stretch say among their
    neighbors: a sum over the root of their count."""
    parts: list[list[Array]] = [[rows] for _ in some]
    for number, part in enumerate(branches):
        windows = _windows(part, around, number)
        for own, w in zip(parts, some, strict=True):
            own.append(_layer(w, f"2_{number}", part, windows))
    starts, root = np.cumsum(lengths) - lengths, _root(lengths)
    leveled = [
        _leveled(np.hstack(own), w["ln_g"], w["ln_b"]) for own, w in zip(parts, some, strict=True)
    ]
    return [np.add.reduceat(each, starts) / root for each in leveled]


def _meaning(w: Weights, pooled: Array, lengths: Array) -> Array:
    mean = pooled @ w["cnn_W"] + _root(lengths) * w["cnn_b"]
    first = _positive(mean @ w["p1"] + _positive(mean @ w["d0"]) @ w["d1"])
    told = np.tanh(first @ w["p3"] + _positive(first @ w["d2"]) @ w["d3"])
    return told / np.linalg.norm(told, axis=1, keepdims=True)


def _root(lengths: Array) -> Array:
    return np.sqrt(lengths.astype(np.float32))[:, None]


def _around(lengths: Array) -> Array:
    """Return for each row the numbers of those around it in its stretch, -1 beyond."""
    ends = np.cumsum(lengths)
    firsts, afters = (np.repeat(each, lengths)[:, None] for each in (ends - lengths, ends))
    places = np.arange(ends[-1])[:, None] + np.arange(-BEFORE, AFTER + 1)
    return np.where((firsts <= places) & (places < afters), places, -1)


def _windows(rows: Array, around: Array, number: int) -> Array:
    """Return for each row what a branch reads at once, side by side; zeros beyond its stretch."""
    size, before = WINDOWS[number]
    start = BEFORE - before
    padded = np.vstack([rows, np.zeros_like(rows[:1])])
    return padded[around[:, start : start + size]].reshape(len(rows), -1)


def _leveled(rows: Array, slope: Array, height: Array) -> Array:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.sqrt((rows**2).mean(axis=1, keepdims=True) + LEVEL) * slope + height


def _positive(values: Array) -> Array:
    return np.maximum(values, 0)

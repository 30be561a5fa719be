"""The arithmetic of the report: shares with intervals, paired tests, calibration."""

from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

RESAMPLES = 1000
SEED = 1
BINS = 10

Array = Any


def accuracy(meant: Array, found: Array) -> float:
    """Return the share of sentences that were understood."""
    return float(np.mean(meant == found))


def macro_f1(meant: Array, found: Array) -> float:
    """Return the mean F1 over the intents that the sentences were written for."""
    labels = sorted(set(meant))
    return float(f1_score(meant, found, labels=labels, average="macro", zero_division=0))


def interval(meant: Array, found: Array, *, figure: Any = accuracy) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure over whole sentences."""
    chance = np.random.default_rng(SEED)
    draws = chance.integers(0, len(meant), (RESAMPLES, len(meant)))
    low, high = np.quantile([figure(meant[rows], found[rows]) for rows in draws], [0.025, 0.975])
    return float(low), float(high)


def mcnemar(right: Array, other: Array) -> float:
    """Return the exact two-sided p-value that two models err equally often.

    Source: McNemar 1947, with the binomial distribution over the sentences they differ on.
    """
    only, theirs = int(np.sum(right & ~other)), int(np.sum(other & ~right))
    differing = only + theirs
    tail = sum(comb(differing, k) for k in range(min(only, theirs) + 1))
    return min(1.0, 2 * tail / 2**differing)


def reliability(confidence: Array, right: Array) -> list[tuple[float, float, int]]:
    """Return mean confidence, share right and count for each tenth that holds sentences."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (
            float(confidence[bins == b].mean()),
            float(right[bins == b].mean()),
            int((bins == b).sum()),
        )
        for b in range(BINS)
        if (bins == b).any()
    ]


def calibration_error(table: Sequence[tuple[float, float, int]]) -> float:
    """Return how far confidence is from the share right, on average over sentences."""
    total = sum(count for *_, count in table)
    return sum(abs(sure - right) * count for sure, right, count in table) / total

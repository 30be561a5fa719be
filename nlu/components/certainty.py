"""How sure to be: one temperature for the intents, a logistic curve for each danger."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logit
from sklearn.linear_model import LogisticRegression

RISKS = ("none", "low", "high", "imminent")
"""How soon a person must look, as training sentences say it; the last two are dangers."""
DANGERS = ("high", "imminent")
LEAST_SHARE = 1e-3
"""Added to the share of dangers that the likely intents usually hold, before its odds are taken."""

Array = Any  # neither numpy nor scipy of this age has a common type


def temperature(scores: Array, truth: Sequence[int]) -> float:
    """Return the factor by which scores become the likeliest probabilities."""

    def surprise(factor: float) -> float:
        logs = log_softmax(scores * factor, axis=1)
        return -float(logs[np.arange(len(truth)), truth].mean())

    return float(minimize_scalar(surprise, bounds=(0.5, 30.0), method="bounded").x)


def curve(signs: Array, is_one: Array) -> list[float]:
    """Return the slopes and the height of the logistic curve that tells a danger by its signs."""
    if is_one.all() or not is_one.any():
        return [*[0.0] * len(DANGERS), 1.0, 0.0]  # nothing to tell apart
    fitted = LogisticRegression().fit(signs, is_one)
    return [*map(float, fitted.coef_[0]), float(fitted.intercept_[0])]


def is_danger(risks: Sequence[str | None]) -> Array:
    """Return one row a sentence, one column a danger; where nobody said, it is none."""
    levels = np.array([RISKS.index(risk or "none") for risk in risks])
    return levels[:, None] >= [RISKS.index(danger) for danger in DANGERS]


def usual_shares(
    intents: Sequence[str], risks: Sequence[str | None], names: Sequence[str]
) -> list[list[float]]:
    """Return one row an intent: the share of its sentences that is each danger, as far as said."""
    is_one, known = is_danger(risks), np.array([risk is not None for risk in risks])
    mine = [known & (np.array(intents) == name) for name in names]
    return [
        is_one[rows].mean(axis=0).tolist() if rows.any() else [0.0] * len(DANGERS) for rows in mine
    ]


def danger_signs(
    intents: Sequence[str], risks: Sequence[str | None], usual: Mapping[str, Sequence[float]]
) -> Array:
    """Return 1 for a danger and -1 for none; where nobody said, what is usual for the intent."""
    told = is_danger(risks)
    shares = [
        usual[intent] if risk is None else told[row]
        for row, (intent, risk) in enumerate(zip(intents, risks, strict=True))
    ]
    return 2.0 * np.array(shares, dtype=float) - 1.0


def log_odds(share: Array) -> Array:
    """Return the logarithm of the odds of a share, finite even where it is 0 or 1."""
    return logit((share + LEAST_SHARE) / (1 + 2 * LEAST_SHARE))

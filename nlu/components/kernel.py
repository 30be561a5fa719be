"""How alike sentences are: by their n-grams, and by what they are about."""

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from components.aside import BLOCK

# Chosen by grouped five-fold cross-validation; the surface is flat around them (docs/nlu.md).
FORM_WEIGHT = 0.5
MEANING_WEIGHT = 3.0
MEANING_WIDTH = 1.0
RIDGE = 0.3
SPACE = 384
"""Numbers kept of a meaning's 512: 99 % of what they tell apart, at three quarters of the time."""
READINGS = 2  # of a mistyped message
Array = Any  # numpy and scipy.sparse of this age have no common type


def principal(meant: Array) -> Array:
    """Return the directions in which meanings differ most, one a column, at most `SPACE`."""
    spread = np.linalg.eigh(meant.T @ meant)[1]
    return np.ascontiguousarray(spread[:, ::-1][:, :SPACE])


def likeness(some: Array, others: Array) -> Array:
    """Return how alike two meanings are, 0 to 1, for each row of some and of others."""
    # For two rows of its first factor BLAS copies the second: twice as long as to read it twice.
    if len(some) == READINGS:
        return np.concatenate([likeness(each[None], others) for each in some])
    return np.exp(-2.0 * MEANING_WIDTH * (1.0 - some @ others.T))


def similarity(form: Array, meaning: Array) -> Array:
    """Return how alike sentences are, each to each, `RIDGE` added to itself; a gigabyte for 16,000.

    Args:
        form: one sparse row of n-grams a sentence.
        meaning: one row a sentence.
    """
    kernel = np.empty((len(meaning), len(meaning)), np.float32)
    for start in range(0, len(kernel), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel[rows] = MEANING_WEIGHT * likeness(meaning[rows], meaning)
        kernel[rows] += FORM_WEIGHT * (form[rows] @ form.T).toarray()
    kernel[np.diag_indices_from(kernel)] += RIDGE
    return kernel


def weighed(similarity: Array, wanted: Array) -> Array:
    """Return what each sentence must weigh for all of them to say what is wanted; kernel ridge.

    Args:
        similarity: as the function of that name returns it; it is overwritten.
        wanted: one row a sentence.
    """
    # In two threads, SciPy's OpenBLAS 0.3.18 fell over 28,000 sentences on an Intel processor.
    with threadpool_limits(1):
        # Turned over, it is the same table, but is not copied: it is the half of all memory.
        factor = cho_factor(similarity.T, overwrite_a=True, check_finite=False)
    return cho_solve(factor, wanted)

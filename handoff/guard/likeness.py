"""How much a text is like what nobody may ask, learned from sentences of several authors.

The patterns of `rules.toml` know the ways of asking that their author thought of; strangers
have others. Weights are learned by `scripts/train_guard.py` from `sentences/` and shipped in
`weights.json`: a sum over the pieces of a text, so that what counted can be looked up.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from handoff.guard.rules import FOLDER
from handoff.guard.wording import squeezed

LONGEST = 4  # letters of a piece
NEAR = 5  # words within which two beginnings make a pair
BEGINNING = 2  # letters of a word: what particles and endings leave of a Korean one
SCALE = 100  # weights are kept as whole hundredths
_ENDS = re.compile(r"(?<=[.?!\n])\s+|\n")
_ENGLISH = re.compile(r"[a-z']+(?:[ ,]+[a-z0-9']+){2,}")
_HANGUL = re.compile("[가-힣]")
CAP = 2000  # letters that are read; a counselor's message has at most 1,000


@dataclass(frozen=True, slots=True)
class Weights:
    """What each piece of a text adds to its likeness, in hundredths."""

    start: int
    ruled: int  # where a pattern of the rules matches
    enough: int  # from here on it is an asking
    pieces: Mapping[str, int] = field(repr=False)
    about: Mapping[str, Mapping[str, int]] = field(repr=False)  # piece -> what is asked -> weight


def pieces(text: str) -> Iterator[str]:
    """Yield every piece of a plain text.

    They are up to four letters as they are heard, its words and pairs of neighbors, and pairs of
    beginnings of words that stand near each other: 사진 … 보내 whatever is between them.
    """
    heard = f"^{squeezed(text[:CAP])}$"
    for length in range(1, LONGEST + 1):
        yield from (heard[at : at + length] for at in range(len(heard) - length + 1))
    words = text[:CAP].split()
    yield from (f" {word}" for word in words)
    yield from (f" {one} {two}" for one, two in pairwise(words))
    begun = [word[:BEGINNING] for word in words]
    for at, one in enumerate(begun):
        yield from (f"~{one} {two}" for two in begun[at + 1 : at + 1 + NEAR])


def spans(text: str) -> list[str]:
    """Return a plain text, each of its sentences, and what is English in a Korean one.

    A harmless sentence hides no asking beside it, in whatever language.
    """
    found = [part for part in _ENDS.split(text) if part.strip()]
    english = _ENGLISH.findall(text) if _HANGUL.search(text) else []
    return [text, *(found if len(found) > 1 else []), *english]


def likeness(text: str, weights: Weights, *, ruled: bool) -> int:
    """Return how much a plain text, or the worst of its sentences, is like an asking."""
    found = max(_sum(span, weights.pieces) for span in spans(text))
    return weights.start + found + (weights.ruled if ruled else 0)


def _sum(text: str, known: Mapping[str, int]) -> int:
    return sum(known[piece] for piece in set(pieces(text)) if piece in known)


def likeliest(text: str, weights: Weights) -> str:
    """Return what a plain text most likely asks for, if it asks."""
    told = [weights.about[piece] for piece in set(pieces(text)) if piece in weights.about]
    scores = {ask: sum(each.get(ask, 0) for each in told) for ask in weights.about[""]}
    return max(scores, key=lambda ask: scores[ask])


@lru_cache(maxsize=1)
def load_weights() -> Weights:
    """Read the weights that are shipped; they are part of the program, so a fault is a bug."""
    read = json.loads((FOLDER / "weights.json").read_text(encoding="utf-8"))
    return Weights(**{name: read[name] for name in ("start", "ruled", "enough", "pieces", "about")})

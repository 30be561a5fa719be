"""How hard a sentence of ours is to read, by the length of its sentences and words."""

import re
from dataclasses import dataclass
from enum import StrEnum

from storage.records import Language

_END = re.compile(r"[.?!…]+(?:\s|$)|\n")
_SLOT = re.compile(r"\{[a-z_.]+\}")


class Band(StrEnum):
    """Whom a sentence is for, by school; never an age."""

    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Limits:
    """What readers of a band can follow, at most."""

    mean: float  # words a sentence
    longest: int  # words of the longest sentence
    long_words: float  # long words a sentence


KOREAN: dict[Band, Limits] = {
    Band.ELEMENTARY: Limits(8, 12, 0),
    Band.MIDDLE: Limits(11, 16, 0),
    Band.HIGH: Limits(14, 20, 0),
}
"""Words (어절) a sentence (shared/beyond-chat.md, section 6; Korean textbooks' instructions have
6.9 on the mean). Korean words carry their particles, so their length tells nothing."""

ENGLISH: dict[Band, Limits] = {
    Band.ELEMENTARY: Limits(10, 15, 1.3),
    Band.MIDDLE: Limits(14, 20, 2.4),
    Band.HIGH: Limits(18, 25, 3.7),
}
"""Long words a sentence are the index Rix: below 1.3 reads a child in the fourth year of school,
below 2.4 in the sixth, below 3.7 in the eighth (J. Anderson, Lix and Rix, Journal of Reading 26,
1983, 490-496). Words a sentence are ours: an English text has about 1.25 for each Korean word."""

LONG = 7
"""Letters from which on a word is long, for Rix."""

LIMITS = {Language.KO: KOREAN, Language.EN: ENGLISH}


@dataclass(frozen=True, slots=True)
class ReadingLevel:
    """Words a sentence on the mean and in the longest, and long words a sentence."""

    mean: float
    longest: int
    long_words: float = 0  # of English only
    language: Language = Language.KO

    def suits(self, band: Band) -> bool:
        """Tell whether readers of this band can be expected to follow."""
        most = LIMITS[self.language][band]
        short = self.mean <= most.mean and self.longest <= most.longest
        return short and self.long_words <= most.long_words

    @property
    def band(self) -> Band | None:
        """The youngest readers it suits; None when it is too long for all."""
        return next((band for band in Band if self.suits(band)), None)


def reading_level(text: str, language: Language = Language.KO) -> ReadingLevel:
    """Return how hard a text is to read; one without words is the easiest."""
    parts = [part.split() for part in _END.split(_SLOT.sub("0", text)) if part.strip()]
    if not parts:
        return ReadingLevel(0, 0, 0, language)
    counts = [len(words) for words in parts]
    long = sum(_is_long(word) for words in parts for word in words)
    return ReadingLevel(
        mean=sum(counts) / len(parts),
        longest=max(counts),
        long_words=long / len(parts) if language is Language.EN else 0,
        language=language,
    )


def _is_long(word: str) -> bool:
    return sum(map(str.isalpha, word)) >= LONG

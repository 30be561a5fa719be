"""How hard a sentence of ours is to read, by the length of its sentences."""

import re
from dataclasses import dataclass
from enum import StrEnum

_END = re.compile(r"[.?!…]+(?:\s|$)|\n")
_SLOT = re.compile(r"\{[a-z_.]+\}")


class Band(StrEnum):
    """Whom a sentence is for, by school; never an age."""

    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"


LIMITS: dict[Band, tuple[float, int]] = {
    Band.ELEMENTARY: (8, 12),
    Band.MIDDLE: (11, 16),
    Band.HIGH: (14, 20),
}
"""Words a sentence at most, on the mean and in the longest (shared/beyond-chat.md, section 6;
Korean textbooks' instructions have 6.9 on the mean)."""


@dataclass(frozen=True, slots=True)
class ReadingLevel:
    """Words (어절) a sentence: on the mean, and in the longest."""

    mean: float
    longest: int

    def suits(self, band: Band) -> bool:
        """Tell whether readers of this band can be expected to follow."""
        mean, longest = LIMITS[band]
        return self.mean <= mean and self.longest <= longest

    @property
    def band(self) -> Band | None:
        """The youngest readers it suits; None when it is too long for all."""
        return next((band for band in Band if self.suits(band)), None)


def reading_level(text: str) -> ReadingLevel:
    """Return how hard a text is to read; one without words is the easiest."""
    counts = [len(part.split()) for part in _END.split(_SLOT.sub("0", text)) if part.strip()]
    if not counts:
        return ReadingLevel(0, 0)
    return ReadingLevel(sum(counts) / len(counts), max(counts))

"""Whom a sentence is for, as far as they said it themselves."""

from bot.dialogue.memory import Memory
from bot.dialogue.reading_level import Band

GROWN_UPS = ("worried_adult",)
"""Topics of somebody who speaks of a child and is none."""


def band_of(memory: Memory) -> Band | None:
    """Return the age band that was named in the talk; the youngest of several, None for none.

    Nobody is asked for it. Where it was somebody else's, simpler words do no harm.
    """
    if memory.subject in GROWN_UPS:
        return None
    return next((band for band in Band if f"age_band:{band}" in memory.mentions), None)

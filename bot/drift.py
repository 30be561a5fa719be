"""How well the language model still knows what young people write: sums of a week, no word."""

import json
import logging
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

from bot.dialogue.abstain import believe
from bot.messages import NluResult
from storage import weekly
from storage.database import Database
from storage.errors import StorageError
from storage.periods import Span, period_of

log = logging.getLogger("gyeot.drift")

WORD = re.compile(r"[가-힣]{2,}|[a-z]{2,}")
BEGINNING = 3  # letters; nlu/facts.py cuts alike


class Drift:
    """Counts in memory what each turn adds, and writes the sums now and then.

    Args:
        models: the file that names the model that is served; None: its words are not known.
    """

    def __init__(self, models: Path | None = None) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._known = _known_words(models)

    def note(self, text: str, found: NluResult | None, now: datetime) -> None:
        """Count one text; nothing of it is kept."""
        week = period_of(Span.WEEK, now)
        self._count(week, "asked", 1)
        if found is None:
            self._count(week, "away", 1)
            return
        self._count(week, "percent", round(100 * found.confidence))
        ranking = found.ranking or ((found.intent, found.confidence),)
        self._count(week, "abstained", int(believe(ranking).intent is None))
        if self._known:
            words = WORD.findall(text.lower())
            self._count(week, "words", len(words))
            unknown = sum(word[:BEGINNING] not in self._known for word in words)
            self._count(week, "unknown", unknown)

    async def write(self, database: Database) -> None:
        """Add what was counted to the database; what cannot be written now is kept."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            async with database.transaction() as session:
                await weekly.add(session, counts)
        except StorageError as error:
            self._counts += counts
            log.info("tallies not written", extra={"code": error.code})

    def _count(self, week: str, name: str, count: int) -> None:
        if count:
            self._counts[week, name] += count


def _known_words(models: Path | None) -> frozenset[str]:
    try:
        if models is None:
            return frozenset()
        name = str(json.loads(models.read_text("utf-8"))["model"]).partition(".")[0]
        facts = json.loads((models.parent / f"{name}.facts.json").read_text("utf-8"))
        return frozenset(facts["words"])
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()

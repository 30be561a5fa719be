"""How well the language model still knows what young people write: sums of a week, no word."""

import json
import re
from datetime import datetime
from pathlib import Path

from bot.dialogue.abstain import believe
from bot.messages import NluResult
from bot.weekly_sums import WeeklySums
from storage.periods import Span, period_of

WORD = re.compile(r"[가-힣]{2,}|[a-z]{2,}")
BEGINNING = 3  # letters; nlu/facts.py cuts alike


class Drift:
    """Counts what each turn adds.

    Args:
        sums: where it is counted.
        models: the file that names the model that is served; None: its words are not known.
    """

    def __init__(self, sums: WeeklySums, models: Path | None = None) -> None:
        self._sums = sums
        self._known = _known_words(models)

    def note(self, text: str, found: NluResult | None, now: datetime) -> None:
        """Count one text; nothing of it is kept."""
        week = period_of(Span.WEEK, now)
        self._sums.add(week, "asked")
        if found is None:
            self._sums.add(week, "away")
            return
        self._sums.add(week, "percent", round(100 * found.confidence))
        ranking = found.ranking or ((found.intent, found.confidence),)
        self._sums.add(week, "abstained", int(believe(ranking).intent is None))
        if self._known:
            words = WORD.findall(text.lower())
            self._sums.add(week, "words", len(words))
            unknown = sum(word[:BEGINNING] not in self._known for word in words)
            self._sums.add(week, "unknown", unknown)


def _known_words(models: Path | None) -> frozenset[str]:
    try:
        if models is None:
            return frozenset()
        name = str(json.loads(models.read_text("utf-8"))["model"]).partition(".")[0]
        facts = json.loads((models.parent / f"{name}.facts.json").read_text("utf-8"))
        return frozenset(facts["words"])
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()

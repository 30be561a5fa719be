"""What a word that staff propose must pass, and what it would change on sentences of ours."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bot.dialogue.content_file import ContentError, Entry
from bot.dialogue.lexicon import Lexicon, code_of, lay_words
from bot.dialogue.risk import screen
from storage.drafts import Draft
from storage.records import Risk

TRIALS = Path(__file__).parent / "dialogue" / "trials.jsonl"
"""Sentences of ours with the level they have; nobody's talk is read for a preview."""

LEVELS = ("low", "high", "imminent")
SHOWN = 5  # harmless sentences that are shown when a word fires on them


@dataclass(frozen=True, slots=True)
class Trial:
    """One sentence of ours and how soon a person must look at it."""

    text: str
    level: Risk


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a word: problems as codes, and a preview as counts only."""

    problems: tuple[str, ...] = ()
    harmless: tuple[str, ...] = field(default=(), repr=False)  # of ours, that it would alarm on
    changes: Mapping[tuple[str, str], int] = field(default_factory=dict)  # level before, after
    tried: int = 0


def entry_of(draft: Draft) -> Entry:
    """Return a draft as the lexicon reads it; before the decision it is nobody's yet."""
    decided = draft.decided_at or draft.proposed_at
    return {
        **_body(draft.body),
        "id": f"staff-{draft.id.hex[:12]}",
        "author": draft.proposed_by,
        "approver": draft.decided_by or "not decided yet",
        "date": date(decided.year, decided.month, decided.day),
    }


def check(entry: Entry, lexicon: Lexicon, *, without: Sequence[Risk] | None = None) -> Checked:
    """Lay a word over the lexicon, and read every sentence of ours with and without it.

    Args:
        entry: the word.
        lexicon: what it is laid over.
        without: the levels of the sentences before, where they are known.
    """
    try:
        laid = lay_words(lexicon, "drafts", [entry])
    except ContentError as error:
        return Checked((code_of(error),))
    tried = trials()
    before = levels(lexicon) if without is None else without
    after = [_level(one.text, laid) for one in tried]
    pairs = list(zip(tried, before, after, strict=True))
    harmless = tuple(one.text for one, was, is_ in pairs if one.level is Risk.NONE and is_ > was)
    problems = ["fires_on_harmless"] if harmless else []
    if any(is_ < was for _, was, is_ in pairs):
        problems.append("weakens")
    moved = Counter((was.name.lower(), is_.name.lower()) for _, was, is_ in pairs if is_ != was)
    return Checked(tuple(problems), harmless[:SHOWN], dict(moved), len(pairs))


@cache
def trials() -> Sequence[Trial]:
    """Return the sentences a word is tried on."""
    lines = TRIALS.read_text("utf-8").splitlines()
    return tuple(Trial(one["text"], Risk[one["level"].upper()]) for one in map(json.loads, lines))


def levels(lexicon: Lexicon) -> Sequence[Risk]:
    """Return what a lexicon makes of each sentence a word is tried on."""
    return [_level(one.text, lexicon) for one in trials()]


def _level(text: str, lexicon: Lexicon) -> Risk:
    return screen([text], lexicon=lexicon).level


def _body(body: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

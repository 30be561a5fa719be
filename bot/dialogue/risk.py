"""The risk screen: how much danger a text speaks of, by rules that never wait for a model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bot.dialogue.content_file import (
    ContentError,
    Entry,
    day,
    entries,
    joined,
    patterns,
    read_file,
    string,
    strings,
)
from bot.dialogue.turn import Screening
from bot.dialogue.wording import Wording, is_payload, normalize
from storage.records import Risk

LEXICON_FILE = "lexicon.toml"
CATEGORIES = (
    "self_harm", "danger", "threat", "assault", "sextortion", "exploitation", "grooming",
    "runaway", "filming", "worry", "friend_self_harm",
    "pregnancy",
)  # fmt: skip
"""What a rule can be about; bot/dialogue/policy.py knows an answer to each."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the lexicon.

    `squeezed` patterns read the text without spaces and punctuation, `spaced` ones read
    words. `everyday` is cut out of the text before the patterns count.
    """

    id: str
    level: Risk
    category: str
    squeezed: re.Pattern[str] | None = field(repr=False)
    spaced: re.Pattern[str] | None = field(repr=False)
    everyday: re.Pattern[str] | None = field(repr=False)

    def fires(self, wording: Wording) -> bool:
        """Tell whether the rule finds its danger in the text, everyday phrases left out."""
        if not self._found(wording):
            return False
        if self.everyday is None:
            return True
        cut = self.everyday.sub("□", wording.squeezed), self.everyday.sub("□", wording.spaced)
        return self._found(Wording(spaced=cut[1], squeezed=cut[0]))

    def _found(self, wording: Wording) -> bool:
        return bool(
            (self.squeezed and self.squeezed.search(wording.squeezed))
            or (self.spaced and self.spaced.search(wording.spaced))
        )


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All rules, the most urgent first."""

    rules: tuple[Rule, ...]


def load_lexicon(folder: Path) -> Lexicon:
    """Read `lexicon.toml` from a content folder.

    Raises:
        ContentError: an entry is incomplete, unknown or not a regular expression.
    """
    table = read_file(folder / LEXICON_FILE)
    sets = table.get("everyday", {})
    rules = [_rule(entry, sets) for entry in entries(LEXICON_FILE, table, "rule")]
    return Lexicon(tuple(sorted(rules, key=lambda rule: -rule.level)))


def screen(parts: Sequence[str], *, lexicon: Lexicon | None = None) -> Screening:
    """Return the highest risk any part, or the joined burst, speaks of.

    Args:
        parts: the texts of one burst, in the order they were sent.
        lexicon: None takes the one that is shipped beside this module.
    """
    rules = (lexicon or _shipped()).rules
    # A button's meaning is the policy's business; its letters are no words.
    words = [part for part in parts if not is_payload(part)]
    texts = [*words, " ".join(words)] if len(words) > 1 else words
    wordings = [_read(text) for text in texts if text]
    for rule in rules:
        if any(rule.fires(wording) for wording in wordings):
            return Screening(rule.level, rule.category, rule.id)
    return Screening()


_HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LATIN = re.compile("[a-z]")


def _read(text: str) -> Wording:
    """Normalize a text; a spelling no pattern of its language can match is left empty."""
    wording = normalize(text)
    return Wording(
        spaced=wording.spaced if _LATIN.search(wording.spaced) else "",
        squeezed=wording.squeezed if _HANGUL.search(wording.squeezed) else "",
    )


@cache
def _shipped() -> Lexicon:
    return load_lexicon(Path(__file__).parent / "content")


def _rule(entry: Entry, sets: Mapping[str, Entry]) -> Rule:
    name = string(LEXICON_FILE, entry, "id")
    level = string(LEXICON_FILE, entry, "level").upper()
    category = string(LEXICON_FILE, entry, "category")
    if level not in Risk.__members__ or category not in CATEGORIES:
        raise ContentError(LEXICON_FILE, name, "has an unknown level or category")
    string(LEXICON_FILE, entry, "author")
    day(LEXICON_FILE, entry)
    squeezed = joined(patterns(LEXICON_FILE, entry, "ko"))
    spaced = joined(patterns(LEXICON_FILE, entry, "en"))
    if squeezed is None and spaced is None:
        raise ContentError(LEXICON_FILE, name, "has no pattern")
    everyday = joined([item for each in _everyday(entry, sets) for item in each])
    return Rule(name, Risk[level], category, squeezed, spaced, everyday)


def _everyday(entry: Entry, sets: Mapping[str, Entry]) -> list[tuple[re.Pattern[str], ...]]:
    chosen = strings(LEXICON_FILE, entry, "except")
    missing = [name for name in chosen if name not in sets]
    if missing:
        raise ContentError(LEXICON_FILE, str(entry["id"]), f"excepts unknown {missing[0]}")
    return [patterns(LEXICON_FILE, {"id": name, **sets[name]}, "patterns") for name in chosen]

"""Words too hard for the youngest readers, and what to say instead."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.dialogue.content_file import ContentError, entries, read_file, string, strings
from bot.dialogue.reading_level import Band
from bot.dialogue.sentences import SLOT, Sentence
from storage.records import Language

HARD_FILE = "hard_words.toml"
"""Where they stand."""


@dataclass(frozen=True, slots=True)
class HardWord:
    """Some words of one language that a child of nine may not know, and easier ones."""

    language: Language
    pattern: re.Pattern[str]
    instead: str


def read_hard_words(folder: Path) -> tuple[HardWord, ...]:
    """Read the list.

    Raises:
        ContentError: it is not right.
    """
    found = []
    for entry in entries(HARD_FILE, read_file(folder / HARD_FILE), "hard"):
        for language, start in ((Language.KO, ""), (Language.EN, r"\b")):
            words = "|".join(map(re.escape, strings(HARD_FILE, entry, language.value)))
            instead = string(HARD_FILE, entry, f"say_{language.value}")
            if words:
                found.append(HardWord(language, re.compile(f"{start}(?:{words})"), instead))
    return tuple(found)


def check_easy(file: str, sentence: Sentence, hard: Sequence[HardWord]) -> None:
    """Refuse a wording for elementary school that holds a hard word.

    Raises:
        ContentError: names the word and what to say instead.
    """
    for language, text in sentence.bands.get(Band.ELEMENTARY, {}).items():
        for met, instead in hard_in(text, language, hard):
            problem = f"{language.value}_elementary has a hard word: {met}; {instead}"
            raise ContentError(file, sentence.id, problem)


def hard_in(text: str, language: Language, hard: Sequence[HardWord]) -> Iterator[tuple[str, str]]:
    """Yield each hard word of a text, and what to say instead."""
    bare = SLOT.sub("", text).lower()
    for word in hard:
        if word.language is language and (met := word.pattern.search(bare)):
            yield met[0], word.instead

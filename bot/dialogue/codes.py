"""Return codes as words: three of them, in Korean or English, easy to hide among other notes.

A word has two parts, each one of 64 ("초록" + "고래"), so 4096 words, 12 bits. Three words are
4096 ** 3 = 64 ** 6 = 68,719,476,736 codes: 36 bits. That is little against somebody who has the
stored hashes and their key, and much against five tries a day (see storage/returning.py).
The words are a spelling of a number; both languages spell the same one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.dialogue.content_file import ContentError, Entry, read_file, strings
from bot.dialogue.wording import normalize
from storage.records import Language

FILE = "return_words.toml"
PARTS = 64
WORDS = 3
HIDDEN = "···"
"""Stands in a transcript where a code was."""
_LIKELY = 2  # known words of three: meant as a code, and so not for anybody's eyes


@dataclass(frozen=True, slots=True)
class _Spelling:
    first: Sequence[str]
    second: Sequence[str]
    whole: re.Pattern[str] = field(repr=False)
    one: re.Pattern[str] = field(repr=False)
    amid: re.Pattern[str] = field(repr=False)  # a code as it is written, among other words

    def word(self, number: int) -> str:
        first, second = divmod(number, PARTS)
        return self.first[first] + self.second[second]

    def number(self, parts: Sequence[str]) -> int:
        found = 0
        for place, part in enumerate(parts):
            words = self.first if place % 2 == 0 else self.second
            found = found * PARTS + words.index(part)
        return found


def load_spellings(folder: Path) -> dict[Language, _Spelling]:
    """Read the parts of the words.

    Raises:
        ContentError: a list has not 64 different parts.
    """
    table = read_file(folder / FILE)
    return {language: _spelling(table, language) for language in Language}


def spelled(code: int, language: Language, spellings: dict[Language, _Spelling]) -> str:
    """Return the three words of a code."""
    numbers = []
    for _ in range(WORDS):
        code, number = divmod(code, PARTS**2)
        numbers.append(number)
    return " ".join(spellings[language].word(number) for number in reversed(numbers))


def code_in(text: str, spellings: dict[Language, _Spelling]) -> tuple[bool, int | None]:
    """Return whether a whole message is meant as a code, and which one.

    Two known words of three are meant as one, with a slip in it: no code, and a try.
    """
    squeezed = _squeezed(text)
    for one in spellings.values():
        if found := one.whole.fullmatch(squeezed):
            return True, one.number(found.groups())
    words = text.split()
    if len(words) != WORDS:
        return False, None
    known = [
        any(one.one.fullmatch(_squeezed(word)) for one in spellings.values()) for word in words
    ]
    return sum(known) >= _LIKELY, None


def hidden_in(text: str, spellings: dict[Language, _Spelling]) -> str:
    """Return a text without the codes in it: nobody but the young person may have them."""
    composed = unicodedata.normalize("NFKC", text)
    found = composed
    for one in spellings.values():
        found = one.amid.sub(HIDDEN, found)
    return text if found == composed else found


def _squeezed(word: str) -> str:
    # Typed without spaces, two words of a code may hold a syllable three times in a row.
    return normalize(word, shortens=False).squeezed


def _spelling(table: Entry, language: Language) -> _Spelling:
    first, second = (_parts(table, place, language) for place in ("first", "second"))
    pair = f"({'|'.join(map(re.escape, first))})({'|'.join(map(re.escape, second))})"
    amid = re.compile(r"[\W_]*".join([pair] * WORDS), re.IGNORECASE)
    return _Spelling(first, second, re.compile(pair * WORDS), re.compile(pair), amid)


def _parts(table: Entry, place: str, language: Language) -> Sequence[str]:
    parts = strings(FILE, {"id": place, **table[place]}, language.value)
    if len(parts) != PARTS or len(set(parts)) != PARTS:
        raise ContentError(FILE, place, f"needs {PARTS} different parts in {language.value}")
    return parts

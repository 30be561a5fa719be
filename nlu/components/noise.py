"""Korean and English as hurried thumbs type it: seeded noise for measuring, at two levels."""

import random
from collections.abc import Callable

from components.hangul import LEADS, TAILS, VOWELS, decompose

LEVELS = {"mild": 1, "heavy": 3}
"""Changes made to one sentence of up to `SPAN` characters; longer ones get as many again."""

SPAN = 20

# 두벌식, as the keys lie; a neighbor is one key away on the same row or half a key above or below.
ROWS_KO = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
ROWS_EN = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

EMOJI = ("😭", "ㅠㅠ", "😢", "ㅋㅋ", "🙏", "...", "ㅜㅜ", "!!", "😱")

# Revised Romanization, letter by letter: people type it without sound changes.
_LATIN_LEADS = (
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "-", "j", "jj", "ch", "k", "t",
    "p", "h",
)  # fmt: skip
_LATIN_VOWELS = (
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo",
    "we", "wi", "yu", "eu", "ui", "i",
)  # fmt: skip
_LATIN_TAILS = (
    "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p",
    "t", "t", "ng", "t", "t", "k", "t", "p", "t",
)  # fmt: skip

Change = Callable[[str, random.Random], str]


def noised(text: str, level: str, chance: random.Random) -> str:
    """Return `text` with as many changes as its level and length ask for.

    Args:
        text: a sentence in Korean, English or both.
        level: a name in `LEVELS`.
        chance: seeded by the caller; the same seed gives the same noise.
    """
    changes = CHANGES[level]
    for _ in range(LEVELS[level] * (1 + len(text) // SPAN)):
        text = chance.choice(changes)(text, chance)
    return text


def drop_space(text: str, chance: random.Random) -> str:
    """Take away one space."""
    return _at_one(text, chance, lambda _sign, _: "", str.isspace)


def drop_spaces(text: str, chance: random.Random) -> str:
    """Take away each space with an even chance."""
    return "".join(sign for sign in text if sign != " " or chance.random() < 0.5)


def add_space(text: str, chance: random.Random) -> str:
    """Put a space where none belongs."""
    place = chance.randrange(len(text) + 1)
    return f"{text[:place]} {text[place:]}"


def slip(text: str, chance: random.Random) -> str:
    """Hit the key beside the one that was meant, inside a syllable or a Latin word."""
    return _at_one(text, chance, _slipped, lambda sign: bool(_is_syllable(sign) or sign in NEAR))


def swap(text: str, chance: random.Random) -> str:
    """Type two neighboring characters in the wrong order."""
    if len(text) < 2:
        return text
    place = chance.randrange(len(text) - 1)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def drop(text: str, chance: random.Random) -> str:
    """Leave out a last consonant (않 becomes 아) or a Latin letter."""
    return _at_one(text, chance, _dropped, lambda sign: _has_tail(sign) or _is_latin(sign))


def split_letters(text: str, chance: random.Random) -> str:
    """Type the letters of one syllable apart."""
    return _at_one(text, chance, lambda sign, _: decompose(sign), _is_syllable)


def initials(text: str, chance: random.Random) -> str:
    """Write one short word by the first letters of its syllables (사진 becomes ㅅㅈ)."""
    return _at_word(text, chance, lambda word: "".join(decompose(sign)[0] for sign in word))


def latin(text: str, chance: random.Random) -> str:
    """Write one short Korean word in Latin letters."""
    return _at_word(text, chance, romanized)


def romanized(word: str) -> str:
    """Return a Korean word in Latin letters, syllable by syllable."""
    return "".join(map(_romanized, word))


def repeat(text: str, chance: random.Random) -> str:
    """Stretch one character (제발요 becomes 제발요요요요)."""
    place = chance.randrange(len(text)) if text else 0
    return text[:place] + text[place : place + 1] * chance.randint(2, 5) + text[place + 1 :]


def decorate(text: str, chance: random.Random) -> str:
    """Put a sign of feeling at the end."""
    return text + chance.choice(("", " ")) + chance.choice(EMOJI) * chance.randint(1, 3)


_MILD: tuple[Change, ...] = (drop_space, drop_space, add_space, slip, drop, repeat, decorate)
CHANGES: dict[str, tuple[Change, ...]] = {
    "mild": _MILD,
    "heavy": (*_MILD, drop_spaces, slip, swap, split_letters, initials, latin),
}
"""What may happen at each level; one that is named twice happens twice as often."""


def _at_one(
    text: str,
    chance: random.Random,
    change: Callable[[str, random.Random], str],
    fits: Callable[[str], bool],
) -> str:
    places = [place for place, sign in enumerate(text) if fits(sign)]
    if not places:
        return text
    place = chance.choice(places)
    return text[:place] + change(text[place], chance) + text[place + 1 :]


def _at_word(text: str, chance: random.Random, change: Callable[[str], str]) -> str:
    words = text.split(" ")
    places = [i for i, word in enumerate(words) if len(word) <= 3 and word and _is_korean(word)]
    if places:
        place = chance.choice(places)
        words[place] = change(words[place])
    return " ".join(words)


def _slipped(sign: str, chance: random.Random) -> str:
    letters = list(decompose(sign))
    place = chance.randrange(len(letters))
    near = [key for key in NEAR.get(letters[place], "") if _same_kind(key, letters[place])]
    if near:
        letters[place] = chance.choice(near)
    return _composed(letters)


def _dropped(sign: str, _chance: random.Random) -> str:
    return _composed(list(decompose(sign))[:-1])


def _composed(letters: list[str]) -> str:
    """Return the syllable of two or three letters; other letters as they are."""
    if len(letters) < 2 or letters[0] not in LEADS or letters[1] not in VOWELS:
        return "".join(letters)
    tail = TAILS.find(letters[2]) + 1 if len(letters) > 2 else 0
    code = (LEADS.index(letters[0]) * len(VOWELS) + VOWELS.index(letters[1])) * (len(TAILS) + 1)
    return chr(0xAC00 + code + tail)


def _romanized(sign: str) -> str:
    letters = decompose(sign)
    lead = _LATIN_LEADS[LEADS.index(letters[0])].strip("-")
    tail = _LATIN_TAILS[TAILS.index(letters[2])] if len(letters) > 2 else ""
    return lead + _LATIN_VOWELS[VOWELS.index(letters[1])] + tail


def _is_syllable(sign: str) -> bool:
    return "가" <= sign <= "힣"


def _is_korean(word: str) -> bool:
    return all(map(_is_syllable, word))


def _has_tail(sign: str) -> bool:
    return _is_syllable(sign) and len(decompose(sign)) == 3


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _same_kind(one: str, other: str) -> bool:
    return (one in VOWELS) == (other in VOWELS)


def _near(rows: tuple[str, ...]) -> dict[str, str]:
    """Return the neighbors of each key: left and right, and the two below and above."""
    found = {}
    for row, keys in enumerate(rows):
        for place, key in enumerate(keys):
            beside = [(row, place - 1), (row, place + 1), (row - 1, place), (row - 1, place + 1)]
            beside += [(row + 1, place - 1), (row + 1, place)]
            found[key] = "".join(_key(rows, *spot) for spot in beside)
    return found


def _key(rows: tuple[str, ...], row: int, place: int) -> str:
    inside = 0 <= row < len(rows) and 0 <= place < len(rows[row])
    return rows[row][place] if inside else ""


NEAR = {**_near(ROWS_KO), **_near(ROWS_EN)}
"""Key -> the keys that a finger hits instead."""

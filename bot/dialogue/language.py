"""Which language an answer is in."""

import unicodedata

from bot.dialogue.wording import hangul_share, latin_share, letter_count, normalize
from storage.records import Language

KOREAN_SHARE = 0.5  # of the letters; English words inside Korean are common, the reverse is rare
ENGLISH_SHARE = 0.9
FIRST_LETTERS = 2  # so few letters tell the language of somebody's very first words
LATER_WORDS = 3  # so many words change it later: "ok", "lol" and "why" do not
FOREIGN_LETTERS = 4
FOREIGN_WORDS = 2  # with letters that English has not (tôi, rất); one may be a café
FOREIGN_SHARE = 1 / 3  # of all words
ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ",
    "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ",
    "ㅋㅌㅊㅍㅠㅜㅡ",
)
"""The letters of a Korean keyboard as they lie side by side."""
MASH_LETTERS = 3
MASH_VOWELS = 0.15  # share of vowels; below it no English word of four letters or more is common
COMMANDS = ("start", "menu")
"""Typed in every language, so they tell none."""


def language_of(text: str, current: Language, *, first: bool) -> Language:
    """Return the language of a message, or the current one when it does not tell."""
    text = " ".join(word for word in text.split() if not _tells_nothing(word))
    if hangul_share(text) >= KOREAN_SHARE and letter_count(text) >= FIRST_LETTERS:
        return Language.KO
    enough = letter_count(text) >= FIRST_LETTERS and (
        first or len(normalize(text).spaced.split()) >= LATER_WORDS
    )
    if enough and latin_share(text) >= ENGLISH_SHARE:
        return Language.EN
    return current


def other_language(language: Language) -> Language:
    """Return the language that is not this one."""
    return Language.EN if language is Language.KO else Language.KO


def is_foreign(text: str) -> bool:
    """Tell whether a text is written in a script or a language we do not answer in.

    Words without a letter that English has not (Indonesian, Filipino) cannot be told apart here;
    they are not understood, and a person is called then.
    """
    known = hangul_share(text) + latin_share(text)
    words = unicodedata.normalize("NFC", text).split()
    strange = sum(map(_has_foreign_letter, words))
    if strange >= FOREIGN_WORDS and strange >= FOREIGN_SHARE * len(words):
        return not hangul_share(text)
    return letter_count(text) >= FOREIGN_LETTERS and known < 0.5


def _has_foreign_letter(word: str) -> bool:
    return any(not one.isascii() and "LATIN" in unicodedata.name(one, "") for one in word)


def _tells_nothing(word: str) -> bool:
    letters = "".join(filter(str.isalpha, word)).lower()
    return letters in COMMANDS or _is_mash(letters)


def _is_mash(letters: str) -> bool:
    """Tell whether fingers ran over the keys: asdfgh, qweqwe, sdkjfhsk, ㅁㄴㅇㄹ."""
    if len(letters) < MASH_LETTERS:
        return False
    run, again = letters[:4], letters[3:6]
    if any(run in row or (letters[:3] in row and again == letters[:3]) for row in ROWS):
        return True
    if any(letters[:3] in row for row in ROWS if not row.isascii()):
        return True
    long = len(letters) > MASH_LETTERS and letters.isascii()
    return long and (sum(map(letters.count, "aeiouy")) / len(letters) < MASH_VOWELS)

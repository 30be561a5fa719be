"""Which language an answer is in."""

from bot.dialogue.wording import hangul_share, latin_share, letter_count, normalize
from storage.records import Language

KOREAN_SHARE = 0.5  # of the letters; English words inside Korean are common, the reverse is rare
ENGLISH_SHARE = 0.9
FIRST_LETTERS = 2  # so few letters tell the language of somebody's very first words
LATER_WORDS = 3  # so many words change it later: "ok", "lol" and "why" do not
FOREIGN_LETTERS = 4


def language_of(text: str, current: Language, *, first: bool) -> Language:
    """Return the language of a message, or the current one when it does not tell."""
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
    """Tell whether a text is written in a script we do not answer in."""
    known = hangul_share(text) + latin_share(text)
    return letter_count(text) >= FOREIGN_LETTERS and known < 0.5

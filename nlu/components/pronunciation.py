"""How Korean words sound: one key for the ways in which a child spells one word by ear.

Source: Standard Pronunciation of Korean (표준 발음법, 국립국어원), chapters 2 and 4 to 6, in part:
consonants that move on, breath, closing, noses, ㄹ, and what is tense after a closed syllable.
Vowels that young people no longer tell apart are one (ㅐ ㅔ ㅒ ㅖ; ㅙ ㅚ ㅞ; after a consonant,
all).
"""

from components.hangul import decompose

_TWO = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
"""Two consonants below a vowel: which stays, and which moves on."""
_CLOSED = {
    **dict.fromkeys("ㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㅅㅆㅈㅊㅌㅎ", "ㄷ"),
    **dict.fromkeys("ㅍㅄㄿ", "ㅂ"),
    **dict.fromkeys("ㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄼㄽㄾㅀ", "ㄹ"),
    "ㄻ": "ㅁ",
}
_PLAIN = {"ㄲ": "ㄱ", "ㄸ": "ㄷ", "ㅃ": "ㅂ", "ㅆ": "ㅅ", "ㅉ": "ㅈ"}
_TENSE = {plain: tense for tense, plain in _PLAIN.items()}
_BREATHED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ", **dict.fromkeys("ㅅㅆㅌ", "ㅌ")}
_SWALLOWED = {"ㄱ": "ㄱ", "ㅂ": "ㅂ", "ㄷ": "ㄱㄷㅂㅅㅈ"}
"""Below a vowel -> before the next, where in quick speech, not in the standard, only the second,
made tense, is heard (죽고: 주꼬)."""
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_PALATAL = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}
_VOWELS = {**dict.fromkeys("ㅐㅒㅖ", "ㅔ"), **dict.fromkeys("ㅙㅚ", "ㅞ")}
_AFTER_A_CONSONANT = {"ㅞ": "ㅔ", "ㅢ": "ㅣ"}


def sound(word: str) -> str:
    """Return how a word of Hangul syllables, and nothing else, sounds; not for reading aloud."""
    below, told = "", []
    for syllable in word:
        lead, vowel, *tail = decompose(syllable)
        below, lead = _met(below, lead, vowel)
        told += [below, lead, _vowel(lead, vowel)]
        below = "".join(tail)
    return "".join([*told, _CLOSED.get(below, below)])


def _vowel(lead: str, vowel: str) -> str:
    if lead in ("ㅈ", "ㅉ", "ㅊ") and vowel == "ㅕ":
        return "ㅓ"
    vowel = _VOWELS.get(vowel, vowel)
    return vowel if lead == "ㅇ" else _AFTER_A_CONSONANT.get(vowel, vowel)


def _met(below: str, lead: str, vowel: str) -> tuple[str, str]:
    """Return what becomes of the consonants below one vowel and of the one before the next."""
    stays, moves = _TWO.get(below, ("", below))
    if moves == "ㅎ" and lead in "ㄱㄷㅂㅈ":
        return stays, _BREATHED[lead]
    if lead == "ㅎ" and moves in _BREATHED:
        return stays, _BREATHED[moves]
    if lead == "ㅇ" and moves == "ㅎ":  # it falls silent, and what stood before it moves
        return ("", stays) if stays else ("", lead)
    if lead == "ㅇ" and moves not in ("", "ㅇ"):
        return stays, moves if stays else _moved(moves, vowel)
    if below == "ㄺ" and lead in ("ㄱ", "ㄲ"):
        below = "ㄹ"
    return _neighbors(_CLOSED.get(below, below), lead)


def _neighbors(closed: str, lead: str) -> tuple[str, str]:
    """Return what becomes of a consonant that closes a syllable, and of the next one."""
    if {closed, lead} == {"ㄴ", "ㄹ"}:
        return "ㄹ", "ㄹ"
    if lead == "ㄹ" and closed not in ("", "ㄹ"):
        lead = "ㄴ"
    if lead in ("ㄴ", "ㅁ"):
        return _NASAL.get(closed, closed), lead
    plain = _PLAIN.get(lead, lead)
    if plain in _SWALLOWED.get(closed, ""):
        return "", _TENSE[plain]
    return closed, plain if closed in ("ㄱ", "ㄷ", "ㅂ", "ㄹ") else lead


def _moved(consonant: str, vowel: str) -> str:
    """Return how a consonant begins the next syllable."""
    if consonant == "ㅅ":
        return "ㅆ"  # a child writes either (왓어)
    return _PALATAL.get(consonant, consonant) if vowel in ("ㅣ", "ㅕ") else consonant

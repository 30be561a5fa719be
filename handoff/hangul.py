"""Hangul syllables and the letters inside them, and the signs around them that nobody means.

Both sides read what is typed in a hurry or on purpose: the dialogue what young people write, the
guard what counselors write.
"""

import re

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
FIRST_SYLLABLE = 0xAC00  # 가; The Unicode Standard, section 3.12
SYLLABLES = range(FIRST_SYLLABLE, FIRST_SYLLABLE + 11172)
SAME_VOWELS = {"ㅐ": "ㅔ", "ㅒ": "ㅔ", "ㅖ": "ㅔ", "ㅙ": "ㅚ", "ㅞ": "ㅚ"}
"""Vowel -> the one that sounds like it."""
SAME_TAILS = {
    **dict.fromkeys("ㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㅆㄷㅈㅊㅌ", "ㅅ"),
    **dict.fromkeys("ㅍㅄㄿ", "ㅂ"),
    **dict.fromkeys("ㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄼㄽㄾㅀ", "ㄹ"),
    "ㄻ": "ㅁ",
    "ㅎ": " ",
}
"""Tail -> the one that sounds like it."""
JAMO = re.compile("[ㄱ-ㅎㅏ-ㅣ]")
# Format characters that nobody sees: zero width, direction marks, soft hyphen, fillers.
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
                       "\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0]")  # fmt: skip
PLAIN = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full-width letters
    **dict.fromkeys(map(ord, "'’‘`´")),
}
"""For `str.translate`: full-width letters become plain ones, apostrophes go."""


def composed(text: str, split: re.Pattern[str]) -> str:
    """Join letters that were typed apart into syllables.

    Args:
        text: NFC.
        split: finds a lead, a vowel and perhaps a tail; one group each.
    """
    if not JAMO.search(text):
        return text
    whole = _PAIR.sub(lambda found: _PAIRS[found[0]], text)
    return _APART.sub(_with_tail, split.sub(_syllable, whole))


_PAIRS = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}
_PAIR = re.compile("|".join(_PAIRS))
_WHOLE = {
    f"{lead}{vowel}{tail.strip()}": chr(FIRST_SYLLABLE + (first * 21 + second) * 28 + last)
    for first, lead in enumerate(LEADS)
    for second, vowel in enumerate(VOWELS)
    for last, tail in enumerate(TAILS)
}
"""Letters typed apart -> their syllable; The Unicode Standard, section 3.12."""
# A tail typed apart inside a word, as in 주ㄱ고; ㅋ and ㅎ there are laughter.
_APART = re.compile(r"([가-힣])([ㄱ-ㅊㅌㅍ])(?=[가-힣])")


def _syllable(found: re.Match[str]) -> str:
    return _WHOLE.get(found[0], found[0])


def _with_tail(found: re.Match[str]) -> str:
    syllable, tail = found.groups()
    if (ord(syllable) - FIRST_SYLLABLE) % 28 or tail not in TAILS:
        return found[0]
    return chr(ord(syllable) + TAILS.index(tail))

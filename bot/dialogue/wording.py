"""One spelling for the many ways in which the same words are typed."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from handoff.hangul import (
    FIRST_SYLLABLE,
    INVISIBLE,
    JAMO,
    LEADS,
    PLAIN,
    SAME_TAILS,
    SAME_VOWELS,
    SYLLABLES,
    TAILS,
    VOWELS,
    composed,
)

KEYS = 4  # fewer letters tell nothing about the keyboard
LOOSE = 0.34  # letters left over for each syllable; English words leave one or more
ADULT = 20  # years


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in the two spellings that rules read."""

    spaced: str = field(repr=False)  # lowercase, single spaces, no apostrophes
    squeezed: str = field(repr=False)  # the same without spaces and punctuation

    def holds(self, patterns: Iterable[re.Pattern[str]]) -> bool:
        """Tell whether one of these patterns is found in either spelling."""
        said = self.spaced, self.squeezed
        return any(pattern.search(text) for pattern in patterns for text in said)


def normalize(text: str, *, shortens: bool = True) -> Wording:
    """Fold a text: NFC, split jamo composed, invisible marks gone, long letters shortened.

    A letter that stands three times or more in a row is kept once; digits stay. A final ㅆ
    becomes ㅅ, as it is typed in a hurry (했어, 햇어): patterns are folded in the same way.
    """
    plain = unicodedata.normalize("NFC", text)
    if _UNUSUAL.search(plain):
        plain = plain.translate(PLAIN)
    plain = plain.lower()
    if not plain.isascii():
        plain = INVISIBLE.sub("", plain)
        plain = fold_tails(composed(plain, _SPLIT))
    folded = _LONG.sub(r"\1", plain) if shortens and _THRICE.search(plain) else plain
    words = folded.split()
    return Wording(" ".join(words), _alphanumeric("".join(words)))


def dying_spelled_out(wording: Wording) -> Wording:
    """Return a wording with what is said of dying by ear (주꼬시퍼, 주글래) as it is spelled.

    So all rules about it apply. Not for return words, which are typed without spaces.
    """
    said = wording.spaced
    if ("주꼬" not in said and "주글" not in said) or _GIVEN.search(said):
        return wording
    words = _DYING.sub(_spelled_out, said)
    return Wording(words, _alphanumeric(words.replace(" ", "")))


def tells_dying_by_ear(text: str) -> bool:
    """Tell whether a text says of dying by ear what only `dying_spelled_out` reads."""
    wording = normalize(text)
    return dying_spelled_out(wording) != wording


def _spelled_out(found: re.Match[str]) -> str:
    return found["before"] + ("죽고" if found["wish"] else "죽을")


def _alphanumeric(text: str) -> str:
    """Leave out all but letters and digits; one sign after the other, as there are few."""
    if not text.isalnum():
        for sign in set(text):
            if not sign.isalnum():
                text = text.replace(sign, "")
    return text


def fold_tails(text: str) -> str:
    """Return a text with every final ㅆ written as ㅅ, and 져, 쳐, 쪄 as 저, 처, 쩌.

    Both are heard alike and typed for each other: 만졌어, 만젓어.
    """
    return _TO_FOLD.sub(lambda found: _FOLDED[found[0]], text)  # faster than `translate`


def by_sound(squeezed: str) -> str:
    """Fold a squeezed spelling to how it is heard, so that typing by ear hides nothing.

    ㅐ and ㅔ and ㅖ, ㅙ and ㅚ and ㅞ become one; tails that sound alike become one; loose
    ㅋㅎㅠㅜ go; a number becomes 0, an age of twenty or more 00.
    """
    if squeezed.isascii():
        return _numbers(squeezed)
    return _numbers(squeezed.translate(_HEARD))


def as_korean_keys(text: str) -> str:
    """Return what was typed on a Korean keyboard left in English: wnrrh is 죽고.

    "" when the letters make no Korean syllables, as with English words.
    """
    if _NO_KEY.search(text) or letter_count(text) < KEYS:
        return ""
    jamo = "".join(_KEYS.get(sign) or _KEYS.get(sign.lower(), sign) for sign in text)
    joined = composed(jamo, _SPLIT)
    loose, whole = len(JAMO.findall(joined)), len(_SYLLABLE.findall(joined))
    return JAMO.sub("", joined) if whole and loose <= LOOSE * whole else ""


def has_words(text: str) -> bool:
    """Tell whether there is anything to understand: not only emoji, signs, ㅋㅋ or ㅠㅠ."""
    return any(letter.isalnum() and letter not in "ㅋㅎㅠㅜ" for letter in text)


def is_payload(text: str) -> bool:
    """Tell whether a text has the form of a pressed button, known or not: go:calm, ask:person."""
    return _PAYLOAD.fullmatch(text) is not None


def is_sad(text: str) -> bool:
    """Tell whether a text without words is crying: ㅠㅠ, ㅜㅜ or a crying face."""
    return any(sign in text for sign in ("ㅠ", "ㅜ", "😭", "😢", "😥", "😰", "💔", "T_T", ":("))


def is_ominous(text: str) -> bool:
    """Tell whether a text holds a sign of a weapon, blood, pills or a grave."""
    return any(sign in text for sign in "🔪🗡🩸💊🔫⚰🪦🪢")


def hangul_share(text: str) -> float:
    """Return the share of Hangul among all letters, 0 to 1; 0 when there is no letter."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(map(_is_hangul, letters)) / len(letters) if letters else 0.0


def latin_share(text: str) -> float:
    """Return the share of Latin letters among all letters, 0 to 1."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum("a" <= c.lower() <= "z" for c in letters) / len(letters) if letters else 0.0


def letter_count(text: str) -> int:
    """Return how many letters of any script a text has."""
    return sum(letter.isalpha() for letter in text)


def _folded(code: int) -> int:
    """Fold one syllable: lead * 588 + vowel * 28 + tail; The Unicode Standard, section 3.12."""
    lead, rest = divmod(code - FIRST_SYLLABLE, 588)
    vowel, tail = divmod(rest, 28)
    if VOWELS[vowel] == "ㅕ" and LEADS[lead] in "ㅈㅉㅊ":
        vowel = VOWELS.index("ㅓ")
    if TAILS[tail] == "ㅆ":
        tail = TAILS.index("ㅅ")
    return FIRST_SYLLABLE + lead * 588 + vowel * 28 + tail


_FOLDED = {chr(code): chr(_folded(code)) for code in SYLLABLES if _folded(code) != code}
_TO_FOLD = re.compile(f"[{''.join(_FOLDED)}]")
_AFTER_J = {**SAME_VOWELS, "ㅑ": "ㅏ", "ㅛ": "ㅗ", "ㅠ": "ㅜ"}


def _heard(code: int) -> int:
    """Fold one syllable to its sound; the same arithmetic as above."""
    lead, rest = divmod(_folded(code) - FIRST_SYLLABLE, 588)
    vowel, tail = divmod(rest, 28)
    same = _AFTER_J if LEADS[lead] in "ㅈㅉㅊ" else SAME_VOWELS
    heard = VOWELS.index(same.get(VOWELS[vowel], VOWELS[vowel]))
    ended = TAILS.index(SAME_TAILS.get(TAILS[tail], TAILS[tail]))
    return FIRST_SYLLABLE + lead * 588 + heard * 28 + ended


_HEARD = {
    **{code: _heard(code) for code in SYLLABLES},
    **dict.fromkeys(map(ord, "ㅋㅎㅠㅜ")),
    **{code: code for code in range(128)},  # what is not there is looked for, and not found, slowly
}
# What follows tells that it is an age.
_NUMBER = re.compile(r"\d+(?=(살|세|인데|오빠|형|남친|아저씨)?)")
_KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnmQWERTOP",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ",
        strict=True,
    )
)
_SYLLABLE = re.compile("[가-힣]")


def _numbers(text: str) -> str:
    return _NUMBER.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    return "00" if found[1] and int(found[0][:3]) >= ADULT else "0"


_PAYLOAD = re.compile(r"(?:go|ask|say|wait|lang):[a-z0-9_.]+")
_THRICE = re.compile(r"(.)\1\1")
_LONG = re.compile(r"([^\d\s])\1{2,}")
_SOMEHOW = (
    "나[는도]?|난|저[는도]?|전|[내제]가|우리|진짜|정말|걍|그냥|너무|자꾸|계속|지금|이제|콱|차라리|매일|맨날"
    "|그만|혼자|요즘|가끔|항상|빨리|갑자기|밤에|낼|(?:오늘|내일)[가-힣]{0,2}"
)
_HURT = "(?:힘들|괴로|아프|아파|무서|외로|슬[프퍼]|지[쳐쳤친]|싫|우울)[가-힣]{0,3}"
# Not after any other word: what is given, or done for somebody (선물 주꼬시퍼, 안아 주꼬시퍼), or a
# text about it (저주글).
_DYING = re.compile(
    rf"(?P<before>(?:^|[^가-힣 ] ?|(?<![가-힣])(?:{_HURT}|{_SOMEHOW}) ?|(?:때문에|먹고) ?)"
    rf"(?:(?:{_SOMEHOW}) ?)*)"
    "주(?:(?P<wish>꼬)(?= ?(?:싶|시[퍼포프픈]|십))"
    "|글(?= ?(?:래|까(?!지)|꺼|거[야예에애라]|게(?!시|재|임|이)|께|생각|수)))"
)
_GIVEN = re.compile("선물|사탕|과자|간식|편지|용돈|젤리")
_UNUSUAL = re.compile(f"[{''.join(map(chr, PLAIN))}]")
_NO_KEY = re.compile(r"[^\W\d_a-zA-Z]")  # a letter that no Latin key types
# A lead, a vowel, and a tail unless that consonant leads the next syllable.
_SPLIT = re.compile(r"([ㄱ-ㅎ])([ㅏ-ㅣ])(?:([ㄱ-ㅎ])(?![ㅏ-ㅣ]))?")


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣" or "ㄱ" <= letter <= "ㆎ" or "\u1100" <= letter <= "\u11ff"

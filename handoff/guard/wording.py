"""One spelling of a text for the guard: no spaces, split letters joined, folded to its sound.

`bot/dialogue/wording.py` does the same for what young people write; this room may not know
that one, and needs the ends of sentences that it drops.
"""

import re
import unicodedata

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
FIRST_SYLLABLE = 0xAC00  # 가; The Unicode Standard, section 3.12


def plain(text: str) -> str:
    """Return a text in lower case, with split letters joined and unseen signs taken out."""
    normal = unicodedata.normalize("NFC", text.translate(_PLAIN)).lower()
    if normal.isascii():
        return normal
    return _compose(_UNSEEN.sub("", normal))


def squeezed(text: str) -> str:
    """Return a plain text without spaces, as it is heard.

    "," stands for a comma or a new line, "." and "?" for the end of a sentence.
    """
    marked = _QUESTION.sub("?", _STOP.sub(".", _PAUSE.sub(",", _LAUGHTER.sub("", text))))
    return fold(_LAST_LAUGH.sub("", _BETWEEN.sub("", marked)))


def fold(text: str) -> str:
    """Return a text with vowels and tails that sound alike written as one."""
    return text.translate(_HEARD)


def _compose(text: str) -> str:
    if not _JAMO.search(text):
        return text
    return _APART.sub(_with_tail, _SPLIT.sub(_syllable, _PAIR.sub(_joined, text)))


def _joined(found: re.Match[str]) -> str:
    return _PAIRS[found[0].replace(" ", "")]


def _syllable(found: re.Match[str]) -> str:
    lead, vowel, tail = found.groups()
    if lead not in LEADS or (tail and tail not in TAILS):
        return found[0]
    number = (LEADS.index(lead) * 21 + VOWELS.index(vowel)) * 28
    return chr(FIRST_SYLLABLE + number + (TAILS.index(tail) if tail else 0))


def _with_tail(found: re.Match[str]) -> str:
    syllable, tail = found.groups()
    if (ord(syllable) - FIRST_SYLLABLE) % 28 or tail not in TAILS:
        return found[0]
    return chr(ord(syllable) + TAILS.index(tail))


def _heard(code: int) -> int:
    lead, rest = divmod(code - FIRST_SYLLABLE, 588)  # lead * 588 + vowel * 28 + tail
    vowel, tail = divmod(rest, 28)
    spoken = _SAME_VOWELS.get(VOWELS[vowel], VOWELS[vowel])
    if spoken == "ㅕ" and LEADS[lead] in "ㅈㅉㅊ":
        spoken = "ㅓ"
    ended = _SAME_TAILS.get(TAILS[tail], TAILS[tail])
    return FIRST_SYLLABLE + lead * 588 + VOWELS.index(spoken) * 28 + TAILS.index(ended)


_SAME_VOWELS = {"ㅐ": "ㅔ", "ㅒ": "ㅔ", "ㅖ": "ㅔ", "ㅙ": "ㅚ", "ㅞ": "ㅚ"}
_SAME_TAILS = {
    **dict.fromkeys("ㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㅆㄷㅈㅊㅌ", "ㅅ"),
    **dict.fromkeys("ㅍㅄㄿ", "ㅂ"),
    **dict.fromkeys("ㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄼㄽㄾㅀ", "ㄹ"),
    "ㄻ": "ㅁ",
    "ㅎ": " ",
}
_KEPT = "많매"  # by their sound 많나 would be 만나 (meet), and 매일 would be 메일 (mail)
_HEARD = {
    code: _heard(code)
    for code in range(FIRST_SYLLABLE, FIRST_SYLLABLE + 11172)
    if _heard(code) != code and chr(code) not in _KEPT
}
_PLAIN = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full-width letters
    **dict.fromkeys(map(ord, "'’‘`´")),
    0x3000: " ",
}
# Format characters that nobody sees: zero width, direction marks, soft hyphen, fillers.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
                     "\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0]")  # fmt: skip
_LAUGHTER = re.compile("[ㅋㅎㅠㅜ]{2,}|[ㅋㅎㅠㅜ](?=[^ㄱ-ㅣ가-힣]*$)")
_LAST_LAUGH = re.compile("(?<=[가-힣])[ㅋㅎㅠㅜ](?=[.,?])")
_STOP = re.compile(r"[.!。…]+(?=\s|$)|…")
_QUESTION = re.compile(r"[?？]+[!.?]*")
_PAUSE = re.compile(r"[,、\n;]+")
_BETWEEN = re.compile(r"[^\w.,?]|_|(?<![가-힣a-z0-9])\.|\.(?=[\w])")
_JAMO = re.compile("[ㄱ-ㅎㅏ-ㅣ]")
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
# A lead, a vowel, and a tail unless that consonant leads the next syllable.
_SPLIT = re.compile(r"([ㄱ-ㅎ]) ?([ㅏ-ㅣ])(?: ?([ㄱ-ㅎ])(?! ?[ㅏ-ㅣ]))?")
# A tail typed apart inside a word, as in 지ㄴ짜; ㅋ and ㅎ there are laughter.
_APART = re.compile(r"([가-힣])([ㄱ-ㅊㅌㅍ])(?=[가-힣])")

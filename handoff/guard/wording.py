"""One spelling of a text for the guard: no spaces, split letters joined, folded to its sound.

`bot/dialogue/wording.py` does the like for what young people write, and drops the ends of
sentences, which are needed here.
"""

import re
import unicodedata

from handoff.hangul import (
    FIRST_SYLLABLE,
    INVISIBLE,
    LEADS,
    PLAIN,
    SAME_TAILS,
    SAME_VOWELS,
    SYLLABLES,
    TAILS,
    VOWELS,
    composed,
)


def plain(text: str) -> str:
    """Return a text in lower case, with split letters joined and unseen signs taken out."""
    normal = unicodedata.normalize("NFC", text.translate(_MEANT)).lower()
    if normal.isascii():
        return normal
    return composed(INVISIBLE.sub("", normal), _SPLIT)


def squeezed(text: str) -> str:
    """Return a plain text without spaces, as it is heard.

    "," stands for a comma or a new line, "." and "?" for the end of a sentence.
    """
    marked = _QUESTION.sub("?", _STOP.sub(".", _PAUSE.sub(",", _LAUGHTER.sub("", text))))
    return fold(_LAST_LAUGH.sub("", _BETWEEN.sub("", marked)))


def fold(text: str) -> str:
    """Return a text with vowels and tails that sound alike written as one."""
    return text.translate(_HEARD)


def _heard(code: int) -> int:
    lead, rest = divmod(code - FIRST_SYLLABLE, 588)  # lead * 588 + vowel * 28 + tail
    vowel, tail = divmod(rest, 28)
    spoken = SAME_VOWELS.get(VOWELS[vowel], VOWELS[vowel])
    if spoken == "ㅕ" and LEADS[lead] in "ㅈㅉㅊ":
        spoken = "ㅓ"
    ended = SAME_TAILS.get(TAILS[tail], TAILS[tail])
    return FIRST_SYLLABLE + lead * 588 + VOWELS.index(spoken) * 28 + TAILS.index(ended)


_KEPT = "많매"  # by their sound 많나 would be 만나 (meet), and 매일 would be 메일 (mail)
_HEARD = {
    code: _heard(code) for code in SYLLABLES if _heard(code) != code and chr(code) not in _KEPT
}
_MEANT = {**PLAIN, 0x3000: " "}
_LAUGHTER = re.compile("[ㅋㅎㅠㅜ]{2,}|[ㅋㅎㅠㅜ](?=[^ㄱ-ㅣ가-힣]*$)")
_LAST_LAUGH = re.compile("(?<=[가-힣])[ㅋㅎㅠㅜ](?=[.,?])")
_STOP = re.compile(r"[.!。…]+(?=\s|$)|…")
_QUESTION = re.compile(r"[?？]+[!.?]*")
_PAUSE = re.compile(r"[,、\n;]+")
_BETWEEN = re.compile(r"[^\w.,?]|_|(?<![가-힣a-z0-9])\.|\.(?=[\w])")
# A lead, a vowel, and a tail unless that consonant leads the next syllable.
_SPLIT = re.compile(r"([ㄱ-ㅎ]) ?([ㅏ-ㅣ])(?: ?([ㄱ-ㅎ])(?! ?[ㅏ-ㅣ]))?")

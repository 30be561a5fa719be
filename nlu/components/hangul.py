"""Arithmetic of Korean text: one form for many ways of typing. Needs neither Rasa nor a dictionary.

Source: The Unicode Standard, section 3.12, "Conjoining Jamo Behavior".
"""

import re
import unicodedata

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
TAILS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

FIRST_SYLLABLE = 0xAC00
LAST_SYLLABLE = 0xD7A3
SYLLABLES_PER_VOWEL = len(TAILS) + 1
SYLLABLES_PER_LEAD = len(VOWELS) * SYLLABLES_PER_VOWEL

# Conjoining jamo that stayed alone after NFC, to the letters a keyboard types.
_CONJOINING = {
    **{0x1100 + index: letter for index, letter in enumerate(LEADS)},
    **{0x1161 + index: letter for index, letter in enumerate(VOWELS)},
    **{0x11A8 + index: letter for index, letter in enumerate(TAILS)},
}
_WIDTH_FORMS = re.compile("[\uff01-\uffdc]+")
_INVISIBLE = re.compile(
    "[\u00ad\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u3164\ufe0e\ufe0f\ufeff]"
)
_TYPED_APART = re.compile(
    # A vowel that runs on is a face (ㅋㅋㅠㅠ), not a syllable; so is laughter before tears.
    f"(?![ㅋㅎ][ㅠㅜㅡ])([{LEADS}])([{VOWELS}])(?![{VOWELS}])(?:([{TAILS}])(?![{VOWELS}]))?"
)
_SPELLED = re.compile(f"([{LEADS}])([{VOWELS}])(?:([{TAILS}])(?![{VOWELS}]))?")
_TEARS = re.compile("[ㅜㅠ]{2,}")
_RUN = re.compile(r"([^\d\s])\1{2,}")
_SPACES = re.compile(r"\s+")


def normalize(text: str) -> str:
    """Return `text` in the one form the model learns from and is asked in.

    NFC, width forms and stray conjoining jamo as typed letters, letters typed apart put
    together (ㄴㅏ becomes 나), invisible characters gone, lower case, runs of three and more
    of one character cut to two (ㅋㅋㅋㅋ becomes ㅋㅋ), tears as ㅠㅠ, single spaces.
    Digits keep their runs. A second call changes nothing.
    """
    return fold(joined(text))


def joined(text: str) -> str:
    """Do what `normalize` does, but leave runs, tears and spaces as they were typed."""
    plain = _WIDTH_FORMS.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    plain = unicodedata.normalize("NFC", _INVISIBLE.sub("", plain)).translate(_CONJOINING)
    return compose(plain).lower()


def compose(text: str) -> str:
    """Put letters typed apart together into syllables, where they can only be that.

    A run of vowels or of consonants (ㅠㅠ, ㅋㅋ, ㅇㅇ) stays as it is.
    """
    return _TYPED_APART.sub(_syllable, text)


def fold(text: str) -> str:
    """Cut runs of one character, or of tears, to two; spaces to one; digits keep their runs."""
    short = _RUN.sub(r"\1\1", _TEARS.sub("ㅠㅠ", text))
    return _SPACES.sub(" ", short).strip()


def decompose(text: str) -> str:
    """Spell every precomposed syllable as its two or three letters; the rest stays.

    Letters are the compatibility jamo a keyboard types (U+3131 to U+3163).
    """
    return "".join(_letters(character) for character in text)


def recompose(letters: str) -> str:
    """Undo `decompose`, where no loose consonant stood after an open syllable."""
    return _SPELLED.sub(_syllable, letters)


def _letters(character: str) -> str:
    code = ord(character)
    if not FIRST_SYLLABLE <= code <= LAST_SYLLABLE:
        return character
    lead, rest = divmod(code - FIRST_SYLLABLE, SYLLABLES_PER_LEAD)
    vowel, tail = divmod(rest, SYLLABLES_PER_VOWEL)
    return LEADS[lead] + VOWELS[vowel] + (TAILS[tail - 1] if tail else "")


def _syllable(letters: "re.Match[str]") -> str:
    lead, vowel, tail = letters.groups()
    code = FIRST_SYLLABLE + LEADS.index(lead) * SYLLABLES_PER_LEAD
    code += VOWELS.index(vowel) * SYLLABLES_PER_VOWEL
    return chr(code + (TAILS.index(tail) + 1 if tail else 0))

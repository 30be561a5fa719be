"""Reads mistyped messages as they were meant, before anything is made of them."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from components.hangul import decompose, normalize
from components.noise import romanized
from components.pronunciation import sound
from components.spelling import Script, Speller

LATIN = Script(
    longest=14, least=3, often=1, usual=5.0, lost_space=5.0, added_space=5.0, unknown=(6.0, 2.2)
)
HANGUL = Script(
    longest=22, least=5, often=2, usual=7.5, lost_space=4.0, added_space=4.0, unknown=(8.0, 1.6)
)
LETTERS_LEFT = "bcdefghjklmnopqrstvwxyz"
"""English letters that are no word by themselves."""
LONGEST_TEXT = 400
"""Characters of a text that is mended: a page of nonsense would take seconds."""
LONGEST_SWAP = 8  # syllables
SEEN = 3
"""How often training must have seen what a mere hint is taken for."""
OF_THEIR_OWN = frozenset(
    (
        *("주거", "시름", "낳아", "낳은", "실어", "실은", "안자", "재가", "마나"),
        *("세계", "대만", "인내", "연예", "아내", "엎다", "날아", "너머", "파래", "사라"),
    )
)
"""Words that sound like common ones and are none of them."""
LAUGHTER = frozenset(("ㅋㅎ", "ㅎㅋ", "ㅋㄷ", "ㅎㅇ"))
"""Two different letters that stand for no word's first ones; ㅎㅇ is a greeting."""
CLEAR_SHARE = 0.34
"""Share of the words with the same first letters that the commonest one must have."""

Read = Callable[[str], list[str]]

_LATIN_RUN = re.compile(r"[a-z'](?:[a-z' ]*[a-z'])?")
_JAMO = "가-힣ㄱ-ㅊㅌㅍㅏ-ㅛㅝ-ㅟㅢㅣ"  # no ㅋ, ㅎ, ㅠ, ㅜ, ㅡ: laughter and tears are no words
_HANGUL_RUN = re.compile(f"[{_JAMO}](?:[{_JAMO} ]*[{_JAMO}])?")
_LATIN_WORD = re.compile(r"[a-z']+")
_HANGUL_WORD = re.compile(f"[{_JAMO}]+")
_SYLLABLES = re.compile(r"[가-힣]+")
_HELD_DOWN = re.compile(r"(?<=[가-힣])([가-힣])\1(?=[가-힣])")  # at an end, it is a sound (쑥쑥)
_INITIALS = re.compile(r"(?<![가-힣ㄱ-ㅣ])[ㄱ-ㅎ]{2,3}(?![가-힣ㄱ-ㅣ])")
_ROMANIZED = re.compile(r"[a-z]{3,}")


class Mender:
    """Puts known words in the place of unknown ones that are one mistake away from them.

    It knows the words of training sentences, and English words that it leaves alone but never
    puts in the place of others. It changes no sentence of known words, and keeps nothing of what
    it reads. In Korean it also knows a word by the first letters of its syllables, where one word
    is far commoner than the others, in Latin letters, with two syllables swapped, with one held
    down too long, and spelled as it sounds.
    """

    def __init__(self, words: Mapping[str, int], others: Mapping[str, float]) -> None:
        """Make a mender.

        Args:
            words: words, and how often training sentences hold each.
            others: English words to leave alone, and how rare each is: minus the logarithm of
                its share.
        """
        self.words, self.others = dict(words), dict(others)
        hangul = {word: count for word, count in words.items() if _SYLLABLES.search(word)}
        latin = {word: count for word, count in words.items() if _LATIN_WORD.fullmatch(word)}
        self._latin = Speller(latin, LATIN, others)
        spelled: Counter[str] = Counter()
        self._shown = {}
        for word, count in hangul.items():
            spelled[decompose(word)] += count
            self._shown[decompose(word)] = word
        self._hangul = Speller(spelled, HANGUL)
        self._hints = {**_romanized(hangul), **_initials(hangul)}
        self._sounds = _by_sound(hangul)

    @classmethod
    def learned(cls, texts: Iterable[str], others: Mapping[str, float]) -> "Mender":
        """Return a mender that knows the words of some sentences, and leaves others alone."""
        plain = [normalize(text) for text in texts]
        found = (word.findall(text) for text in plain for word in (_LATIN_WORD, _HANGUL_WORD))
        return cls(Counter(word for words in found for word in words), others)

    def mend(self, text: str) -> str:
        """Return a text in its one form, with what is mistyped in it as it was meant."""
        text = normalize(text)
        if len(text) > LONGEST_TEXT:
            return text
        if not _SYLLABLES.search(text):
            return _LATIN_RUN.sub(lambda found: self._english(found.group()), text)
        text = _ROMANIZED.sub(lambda found: self._hinted(found.group()), text)
        text = _INITIALS.sub(lambda found: self._hinted(found.group()), text)
        return _HANGUL_RUN.sub(lambda found: self._korean(found.group()), text)

    def strange(self, text: str) -> float:
        """Return the share of a mended text's letters that stand in unknown words, 0 to 1.

        Other scripts, laughter and tears have no words here.
        """
        words = [word.strip("'") for word in _LATIN_WORD.findall(text)]
        words += _HANGUL_WORD.findall(text)
        strange = [w for w in words if w not in self.words and w not in self.others]
        return sum(map(len, strange)) / max(1, sum(map(len, words)))

    def _hinted(self, word: str) -> str:
        return word if word in self.words else self._hints.get(word, word)

    def _english(self, run: str) -> str:
        parts = run.split(" ")
        known = self._latin.__contains__
        strange = [not known(word) or word in LETTERS_LEFT for word in parts]
        return _mended(parts, strange, self._latin.read)

    def _korean(self, run: str) -> str:
        parts = [self._by_syllable(word) for word in run.split(" ")]
        return _mended(parts, [word not in self.words for word in parts], self._read_hangul)

    def _by_syllable(self, word: str) -> str:
        """Return a known word for an unknown one by ear, or with syllables held down or swapped."""
        if word in self.words or len(word) > LONGEST_SWAP or not _SYLLABLES.fullmatch(word):
            return word
        if _may_be_by_ear(word) and (heard := self._sounds.get(sound(word))):
            return heard
        swaps = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
        likely = (_HELD_DOWN.sub(r"\1", word), *swaps)
        return next((each for each in likely if self.words.get(each, 0) >= SEEN), word)

    def _read_hangul(self, typed: str) -> list[str]:
        shown = {decompose(word): word for word in typed.split(" ")}
        found = self._hangul.read(decompose(typed))
        return [shown.get(word) or self._shown.get(word, word) for word in found]


def _mended(parts: Sequence[str], strange: Sequence[bool], read: Read) -> str:
    """Return words with each group of strange ones, and the word on either side, read anew."""
    anew = [any(strange[max(0, i - 1) : i + 2]) for i in range(len(parts))]
    groups = groupby(zip(anew, parts, strict=True), key=lambda pair: pair[0])
    told: list[str] = []
    for changes, group in groups:
        words = [word for _, word in group]
        told += read(" ".join(words)) if changes else words
    return " ".join(told)


def _by_sound(words: Mapping[str, int]) -> dict[str, str]:
    """Return how words sound -> the commonest that sounds so, of those seen often."""
    common = sorted((word for word in words if words[word] >= SEEN), key=words.__getitem__)
    return {sound(word): word for word in common if _SYLLABLES.fullmatch(word)}


def _may_be_by_ear(word: str) -> bool:
    """Tell whether a word may be spelled as it sounds; of one syllable, too many are."""
    return len(word) > 1 and word not in OF_THEIR_OWN


def _romanized(words: Mapping[str, int]) -> dict[str, str]:
    """Return Latin letters -> the commonest Korean word that is written so."""
    common = sorted(words, key=words.__getitem__)
    return {romanized(word): word for word in common if _SYLLABLES.fullmatch(word)}


def _initials(words: Mapping[str, int]) -> dict[str, str]:
    """Return first letters -> the word they stand for, where one is far commoner than others.

    One letter again and again is laughter, or a word of its own (ㅋㅋ, ㄴㄴ).
    """
    fitting: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        if _SYLLABLES.fullmatch(word) and 2 <= len(word) <= 3:
            fitting["".join(decompose(sign)[0] for sign in word)].append(word)
    best = {
        letters: max(found, key=words.__getitem__)
        for letters, found in fitting.items()
        if len(set(letters)) > 1 and letters not in LAUGHTER
    }
    return {
        letters: word
        for letters, word in best.items()
        if words[word] >= max(SEEN, CLEAR_SHARE * sum(words[other] for other in fitting[letters]))
    }

"""Reads mistyped messages as they were meant, before anything is made of them."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path

from components.hangul import decompose, normalize, recompose
from components.noise import romanized
from components.pronunciation import sound
from components.spelling import Script, Speller

LATIN = Script(
    longest=14,
    least=3,
    often=1,
    usual=5.0,
    lost_space=5.0,
    added_space=5.0,
    unknown=(6.0, 2.2),
    glued=21,
    syllable=re.compile("[a-z]"),
)
HANGUL = Script(
    longest=22,
    least=5,
    often=2,
    usual=7.5,
    lost_space=4.0,
    added_space=4.0,
    unknown=(8.0, 1.6),
    glued=15,
    syllable=re.compile("[ㄱ-ㅎ][ㅏ-ㅣ]"),
)
LETTERS_LEFT = "bcdefghjklmnopqrstvwxyz"
"""English letters that are no word by themselves."""
LONGEST_TEXT = 400
"""Characters of a text that is mended: a page of nonsense would take seconds."""
LONGEST_SWAP = 8  # syllables
LEAST_GLUED = 4  # syllables of a pair
NOT = frozenset(("안", "못"))
PAIRED = 0.7
"""Share of what a pair of words tells that is believed; flat from 0.5 to 1 (docs/nlu.md)."""
SEEN = 3
"""How often training must have seen what a mere hint is taken for."""
ORDINARY = Path(__file__).parent / "ordinary_ko.txt"
"""Korean words that training sentences do not hold, one a line, written for this list."""
LET_STAND = 12.0
"""What one of them costs; from 9 to 13 nothing moves but some spaces."""
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
_WORD = re.compile(f"{_LATIN_WORD.pattern}|{_HANGUL_WORD.pattern}")
_SYLLABLES = re.compile(r"[가-힣]+")
_HELD_DOWN = re.compile(r"(?<=[가-힣])([가-힣])\1(?=[가-힣])")  # at an end, it is a sound (쑥쑥)
_INITIALS = re.compile(r"(?<![가-힣ㄱ-ㅣ])[ㄱ-ㅎ]{2,3}(?![가-힣ㄱ-ㅣ])")
_ROMANIZED = re.compile(r"[a-z]{3,}")


class Mender:
    """Puts known words in the place of unknown ones that are one mistake away from them.

    It knows the words of training sentences, and other words that it leaves alone but never puts
    in the place of others. It changes no sentence of known words, and keeps nothing of what
    it reads. In Korean it also knows a word by the first letters of its syllables, where one word
    is far commoner than the others, in Latin letters, with two syllables swapped, with one held
    down too long, and spelled as it sounds, alone or together with the next.
    """

    def __init__(
        self,
        words: Mapping[str, int],
        others: Mapping[str, float],
        pairs: Mapping[str, int] | None = None,
    ) -> None:
        """Make a mender.

        Args:
            words: words, and how often training sentences hold each.
            others: words to leave alone, and how rare each is: minus the logarithm of its share.
            pairs: two neighboring words with a space between, and how often they were seen so.
        """
        self.words, self.others, self.pairs = dict(words), dict(others), dict(pairs or {})
        hangul = {word: count for word, count in words.items() if _SYLLABLES.search(word)}
        latin = {word: count for word, count in words.items() if _LATIN_WORD.fullmatch(word)}
        expected = _expected(self.pairs, self.words)
        self._latin = Speller(latin, LATIN, others, expected)
        let_stand = {decompose(w): cost for w, cost in others.items() if _SYLLABLES.search(w)}
        spelled: Counter[str] = Counter()
        self._shown = {}
        for word, count in hangul.items():
            spelled[decompose(word)] += count
            self._shown[decompose(word)] = word
        self._hangul = Speller(spelled, HANGUL, let_stand, expected)
        self._hints = {**_romanized(hangul), **_initials(hangul)}
        self._sounds = {**_by_sound(_glued(self.pairs)), **_by_sound(hangul)}

    @classmethod
    def learned(cls, texts: Iterable[str], others: Mapping[str, float]) -> "Mender":
        """Return a mender that knows the words of some sentences, and leaves others alone."""
        plain = [normalize(text) for text in texts]
        words = Counter(word for text in plain for word in _WORD.findall(text))
        beside = (pair for text in plain for pair in pairwise(text.split(" ")))
        seen = Counter(" ".join(pair) for pair in beside if all(map(_WORD.fullmatch, pair)))
        return cls(words, others, {pair: count for pair, count in seen.items() if count >= SEEN})

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
        strange = [word for word in words if not self._knows(word)]
        return sum(map(len, strange)) / max(1, sum(map(len, words)))

    def _knows(self, word: str) -> bool:
        return word in self.words or word in self.others

    def _hinted(self, word: str) -> str:
        return word if word in self.words else self._hints.get(word, word)

    def _english(self, run: str) -> str:
        parts = run.split(" ")
        known = self._latin.__contains__
        strange = [not known(word) or word in LETTERS_LEFT for word in parts]
        return _mended(parts, strange, self._latin.read)

    def _korean(self, run: str) -> str:
        parts = [self._by_syllable(word) for word in run.split(" ")]
        return _mended(parts, [not self._knows(word) for word in parts], self._read_hangul)

    def _by_syllable(self, word: str) -> str:
        """Return a known word for an unknown one by ear, or with syllables held down or swapped."""
        if self._knows(word) or len(word) > LONGEST_SWAP or not _SYLLABLES.fullmatch(word):
            return word
        if len(word) > 1 and (heard := self._sounds.get(sound(word))):
            return heard  # of one syllable, too many words sound alike
        places = range(len(word) - 1 if len(word) > 2 else 0)  # 살자 is no 자살
        swaps = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in places)
        likely = (_HELD_DOWN.sub(r"\1", word), *swaps)
        return next((each for each in likely if self.words.get(each, 0) >= SEEN), word)

    def _read_hangul(self, typed: str) -> list[str]:
        shown = {decompose(word): word for word in typed.split(" ")}
        found = self._hangul.read(decompose(typed))
        return [shown.get(word) or self._shown.get(word, recompose(word)) for word in found]


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
    """Return how words, or pairs of them, sound -> the commonest of those seen often."""
    common = sorted((word for word in words if words[word] >= SEEN), key=words.__getitem__)
    spoken = ((word, word.replace(" ", "")) for word in common)
    return {sound(said): word for word, said in spoken if _SYLLABLES.fullmatch(said)}


def _glued(pairs: Mapping[str, int]) -> dict[str, int]:
    """Return the pairs that may be typed as one word by ear.

    Shorter ones sound like words of their own, and an added "not" turns all around (도난: 돈 안).
    """
    parted = {pair: pair.split(" ") for pair in pairs}
    long = (pair for pair, two in parted.items() if len("".join(two)) >= LEAST_GLUED)
    return {pair: pairs[pair] for pair in long if not NOT.intersection(parted[pair])}


def _expected(pairs: Mapping[str, int], words: Mapping[str, int]) -> dict[tuple[str, str], float]:
    """Return a word and the next one, spelled out -> how much less the second one costs.

    Part of the pointwise mutual information (Church and Hanks 1990): pairs are few, and what is
    mistyped may be anything.
    """
    total, costs = sum(words.values()), {}
    for pair, count in pairs.items():
        one, other = pair.split(" ")
        told = math.log(count * total / (words[one] * words[other]))
        costs[decompose(one), decompose(other)] = PAIRED * max(0.0, told)
    return costs


def ordinary_words() -> dict[str, float]:
    """Return Korean words to leave alone, and what each costs."""
    return dict.fromkeys(ORDINARY.read_text(encoding="utf-8").split(), LET_STAND)


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

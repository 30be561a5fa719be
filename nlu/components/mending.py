"""Reads mistyped messages as they were meant, before anything is made of them."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, groupby, pairwise, zip_longest
from pathlib import Path

from components.hangul import decompose, fold, joined, normalize, recompose
from components.noise import romanized
from components.pronunciation import sound
from components.spelling import Script, Speller

LATIN = Script(
    longest=14,
    shortest=2,
    least=3,
    often=1,
    usual=5.0,
    lost_space=5.0,
    added_space=5.0,
    unknown=(6.0, 2.2),
    glued=21,
    letter=re.compile("[a-z']"),
    syllable=re.compile("[a-z]"),
)
HANGUL = Script(
    longest=22,
    shortest=5,
    least=5,
    often=2,
    usual=7.5,
    lost_space=4.0,
    added_space=4.0,
    unknown=(8.0, 1.6),
    glued=15,
    letter=re.compile("[ㄱ-ㅣ]"),
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
LISTS = ("ordinary_ko", "ordinary_en", "grave")
"""Files of words that training sentences may not hold, written for them: ordinary ones, and words
of danger that were read as harmless neighbors (팼어 as 했어)."""
LET_STAND = 12.0
"""What one of them costs; from 9 to 13 nothing moves but some spaces."""
OWN = frozenset(("ㅋㅎ", "ㅎㅋ", "ㅋㄷ", "ㅎㅇ", "ㅈㅎ", "ㅈㅅ", "ㅊㅋ", "ㅅㄹㅎ"))
"""Letters that mean what words with them would hide: laughter, greetings, harm to oneself."""
CLEAR_SHARE = {2: 0.6, 3: 0.4}
"""Letters -> share of what words with the same first letters weigh here that the likeliest one must
have."""
COMMONER, COMMON = 10, 100
"""Times a Korean word must have been seen for once that the same letters were one in English; and
to be meant by two Latin letters at all, or by an English word that training does not hold."""
ARTICLE = "an"
"""No word of a Korean sentence: it is 안 (not) there."""

Known = tuple[dict[str, int], dict[str, float], dict[str, int]]
"""Words, words to leave alone, and pairs of words, as a `Mender` is made of them."""
Read = Callable[[str], list[list[str]]]
"""Tells the words that were meant by others, once for each way of reading."""

_LATIN_RUN = re.compile(r"[a-z'](?:[a-z' ]*[a-z'])?")
_JAMO = "가-힣ㄱ-ㅊㅌㅍㅏ-ㅛㅝ-ㅟㅢㅣ"  # no ㅋ, ㅎ, ㅠ, ㅜ, ㅡ: laughter and tears are no words
_HANGUL_RUN = re.compile(f"[{_JAMO}](?:[{_JAMO} ]*[{_JAMO}])?")
_LATIN_WORD = re.compile(r"[a-z']+")
_HANGUL_WORD = re.compile(f"[{_JAMO}]+")
_WORD = re.compile(f"{_LATIN_WORD.pattern}|{_HANGUL_WORD.pattern}")
_SYLLABLES = re.compile(r"[가-힣]+")
_STRETCHED = re.compile(r"(?<=[가-힣])([가-힣])\1{2,}|([가-힣])\2{2,}(?=[가-힣])")
_INITIALS = re.compile(r"(?<![가-힣ㄱ-ㅣ])[ㄱ-ㅎ]{2,3}(?![가-힣ㄱ-ㅣ])")
_DRAWN_OUT = re.compile(
    "(?:" + "|".join(f"(?<=[{like}])(?:ㅇ{vowel})+" for vowel, like in (
        ("ㅏ", "ㅏㅑㅘ"), ("ㅓ", "ㅓㅕㅝ"), ("ㅗ", "ㅗㅛ"), ("ㅜ", "ㅜㅠ"), ("ㅡ", "ㅡ"),
        ("ㅣ", "ㅣㅢㅟ"), ("ㅐ", "ㅐㅒㅔㅖㅙㅚㅞ"),
    )) + ")$"
)  # fmt: skip
"""A vowel that goes on in syllables of its own, at the end of a word spelled out (도와줘어).

에 is left alone: it is what follows a place."""
_ROMANIZED = re.compile(r"(?<![a-z'’])[a-z]{2,}(?![a-z'’])")  # not in don't


class Mender:
    """Puts known words in the place of unknown ones that are one mistake away from them.

    It knows the words of training sentences, and other words that it leaves alone but never puts
    in the place of others. Known words stay, but for rare English ones amid Korean that are Korean
    in Latin letters. It keeps nothing of what it reads. In Korean it also knows a word by the first
    letters of its syllables, where one word is far likelier here than the others, in Latin letters,
    with two syllables swapped, with one held down too long or drawn out, and spelled as it sounds,
    alone or together with the next.
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
        expected = self._follows = _expected(self.pairs, self.words)
        self._latin = Speller(latin, LATIN, others, expected)
        let_stand = {decompose(w): cost for w, cost in others.items() if _SYLLABLES.search(w)}
        spelled: Counter[str] = Counter()
        self._shown = {}
        for word, count in hangul.items():
            spelled[decompose(word)] += count
            self._shown[decompose(word)] = word
        self._hangul = Speller(spelled, HANGUL, let_stand, expected)
        self._romanized, self._initialed = _romanized(hangul), _by_initials(hangul)
        self._doubled = {word[0] for word in [*words, *others] if word == word[:1] * 2}
        self._sounds = {**_by_sound(_glued(self.pairs)), **_by_sound(hangul)}

    @classmethod
    def learned(cls, texts: Iterable[str], others: Mapping[str, float]) -> "Mender":
        """Return a mender that knows the words of some sentences, and leaves others alone."""
        plain = [normalize(text) for text in texts]
        words = Counter(word for text in plain for word in _WORD.findall(text))
        beside = (pair for text in plain for pair in pairwise(text.split(" ")))
        seen = Counter(" ".join(pair) for pair in beside if all(map(_WORD.fullmatch, pair)))
        return cls(words, others, {pair: count for pair, count in seen.items() if count >= SEEN})

    @property
    def known(self) -> Known:
        """Return what makes another mender like this one, in another process."""
        return self.words, self.others, self.pairs

    def readings(self, text: str) -> list[str]:
        """Return what a text may mean: read with care, and read eagerly where that differs."""
        return list(dict.fromkeys(self._read(text, (False, True))))

    def mend(self, text: str) -> str:
        """Return a text in its one form, with what is mistyped in it as it was meant."""
        return self._read(text, (False,))[0]

    def _read(self, text: str, eagerly: Sequence[bool]) -> list[str]:
        """Return a text once for each way of reading it, or once where nothing in it is read."""
        text = fold(_STRETCHED.sub(self._shortened, joined(text)))
        if len(text) > LONGEST_TEXT:
            return [text]
        if not _SYLLABLES.search(text):
            return _each_run(_LATIN_RUN, text, lambda run: self._english(run, eagerly))
        text = _ROMANIZED.sub(lambda found: self._in_hangul(found.group()), text)
        text = self._written_out(text)
        told = _each_run(_HANGUL_RUN, text, lambda run: self._korean(run, eagerly))
        return [self._written_out(each) for each in told]  # their neighbors may be read now

    def _shortened(self, found: "re.Match[str]") -> str:
        """Return a syllable once that was held down amid others (새새새벽), twice if that is a word
        (뚝뚝뚝떨어져)."""
        syllable = found.group()[0]
        return syllable * (2 if syllable in self._doubled else 1)

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

    def _in_hangul(self, word: str) -> str:
        meant = self._romanized.get(word, word)
        english = 0 if word == ARTICLE else self.words.get(word, 0)
        least = max(COMMONER * english, COMMON * (len(word) == 2 or word in self.others))
        return word if self.words.get(meant, 0) < least else meant

    def _written_out(self, text: str) -> str:
        """Return a text with the words whose first letters alone were typed, if clear."""
        words = ["", *text.split(" "), ""]
        for place, word in enumerate(words):
            if letters := _INITIALS.search(word):
                meant = self._by_letters(words[place - 1], letters.group(), words[place + 1])
                words[place] = _INITIALS.sub(meant, word, count=1)
        return " ".join(words[1:-1])

    def _by_letters(self, before: str, letters: str, after: str) -> str:
        """Return the word that is likeliest between its neighbors, or the letters as they are."""
        if letters in self.words:
            return letters
        weights = {
            word: self.words[word] * self._fits(before, word) * self._fits(word, after)
            for word in self._initialed.get(letters, ())
        }
        best = max(weights, key=weights.__getitem__, default=letters)
        clear = weights.get(best, 0.0) > CLEAR_SHARE[len(letters)] * sum(weights.values())
        return best if clear and self.words[best] >= SEEN else letters

    def _fits(self, word: str, after: str) -> float:
        return math.exp(self._follows.get((decompose(word), decompose(after)), 0.0))

    def _english(self, run: str, eagerly: Sequence[bool]) -> list[str]:
        parts = run.split(" ")
        known = self._latin.__contains__
        strange = [not known(word) or word in LETTERS_LEFT for word in parts]
        return _mended(parts, strange, lambda typed: self._latin.read(typed, eagerly), len(eagerly))

    def _korean(self, run: str, eagerly: Sequence[bool]) -> list[str]:
        parts = [self._by_syllable(word) for word in run.split(" ")]
        strange = [not self._knows(word) and not _INITIALS.fullmatch(word) for word in parts]
        return _mended(
            parts, strange, lambda typed: self._read_hangul(typed, eagerly), len(eagerly)
        )

    def _by_syllable(self, word: str) -> str:
        """Return a known word for an unknown one by ear, drawn out, or with syllables swapped."""
        if self._knows(word) or len(word) > LONGEST_SWAP or not _SYLLABLES.fullmatch(word):
            return word
        if len(word) > 1 and (heard := self._sounds.get(sound(word))):
            return heard  # of one syllable, too many words sound alike
        places = range(len(word) - 1 if len(word) > 2 else 0)  # 살자 is no 자살
        swaps = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in places)
        short = recompose(_DRAWN_OUT.sub("", decompose(word)))
        likely = (*swaps, short if len(short) > 1 else word)
        return next((each for each in likely if self.words.get(each, 0) >= SEEN), word)

    def _read_hangul(self, typed: str, eagerly: Sequence[bool]) -> list[list[str]]:
        shown = {decompose(word): word for word in typed.split(" ")}
        return [
            [shown.get(word) or self._shown.get(word, recompose(word)) for word in found]
            for found in self._hangul.read(decompose(typed), eagerly)
        ]


def _each_run(run: "re.Pattern[str]", text: str, read: Callable[[str], list[str]]) -> list[str]:
    """Return a text once for each way in which its runs are read, or once where it has none."""
    told = [read(found) for found in run.findall(text)]
    between = run.split(text)
    ways = zip(*told, strict=True) if told else [()]
    return ["".join(chain(*zip_longest(between, way, fillvalue=""))) for way in ways]


def _mended(parts: Sequence[str], strange: Sequence[bool], read: Read, ways: int) -> list[str]:
    """Return words with each group of strange ones, and the word on either side, read anew: once
    for each way of reading."""
    anew = [any(strange[max(0, i - 1) : i + 2]) for i in range(len(parts))]
    groups = groupby(zip(anew, parts, strict=True), key=lambda pair: pair[0])
    told = []
    for changes, group in groups:
        words = [word for _, word in group]
        told.append(read(" ".join(words)) if changes else [words] * ways)
    return [" ".join(chain(*way)) for way in zip(*told, strict=True)]


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
    """Return the words of our lists, to be left alone, and what each costs."""
    folder = Path(__file__).parent
    texts = [(folder / f"{name}.txt").read_text(encoding="utf-8") for name in LISTS]
    return dict.fromkeys(" ".join(texts).split(), LET_STAND)


def _romanized(words: Mapping[str, int]) -> dict[str, str]:
    """Return Latin letters -> the commonest Korean word that is written so."""
    common = sorted(words, key=words.__getitem__)
    return {romanized(word): word for word in common if _SYLLABLES.fullmatch(word)}


def _by_initials(words: Iterable[str]) -> dict[str, list[str]]:
    """Return first letters -> the words of two or three syllables that begin so.

    One letter again and again is laughter, or a word of its own (ㅋㅋ, ㄴㄴ).
    """
    fitting: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        letters = "".join(decompose(sign)[0] for sign in word)
        short = _SYLLABLES.fullmatch(word) and 2 <= len(word) <= 3
        if short and len(set(letters)) > 1 and letters not in OWN:
            fitting[letters].append(word)
    return fitting

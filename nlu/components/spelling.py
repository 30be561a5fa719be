"""What was meant by mistyped letters: the cheapest way to read them as known words."""

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from components.letters import Letters
from components.noise import NEAR

# Costs are negative logarithms of how often a thumb does it: set by hand, fitted to no noise.
NEIGHBOR, OTHER_KEY = 5.0, 7.5
SWAPPED = 5.0
DOUBLED, GRAZED, ADDED = 3.5, 5.5, 6.5
"""A letter too many: the one before it again, the key beside that one, any other."""
SYLLABLE_DOUBLED = 7.0
"""More than a space lost between two words of which one ends as the other begins (엄마만 만나)."""
UNDOUBLED, LOST = 4.5, 5.5
TWO_MISTAKES = 12.0
AT_THE_FRONT = 1.0
"""People see what they do to the first letter of a word."""
MEANT, WAYS = 3, 3
"""Words that one may have been meant for, and last words that a way may end with: the cheapest."""
LONGEST_GAP, CHEAPER = 8, 2.0
"""Letters that may stay unread amid read ones, and what they cost less than a whole word."""
BELIEVED = 0.8
"""Share of what letters tell of a word that nobody knows that is believed in reading eagerly."""

_HELD_DOWN = re.compile(
    r"(?<=.)(?!ㅇㅏㄴ|ㅁㅗㅅ)([ㄱ-ㅎ][ㅏ-ㅣ][ㄱ-ㅎ]?)\1(?![ㅏ-ㅣ]|[ㄱ-ㅎ](?![ㅏ-ㅣ]))"
)
"""A syllable twice, to its end (마만 is none), not the first of a word (당당하고 is no 당하고), and
neither 안 nor 못, which may begin another word (그동안안때렸어)."""

Way = tuple[float, int, str]
"""What reading so far costs, where its last word began, and the word before that one."""
Nearest = Callable[[str], list[tuple[float, str]]]
"""Tells which words letters may have been meant for, and what each costs."""


@dataclass(frozen=True)
class Script:
    """How words of one script are read: lengths in letters, costs of spaces, when to give up."""

    longest: int
    shortest: int  # letters that may be a mistyped word
    least: int  # letters of a word that they may have been meant for
    often: int  # times a word must have been seen to be what was meant
    usual: float  # letters from one space to the next, as people write
    lost_space: float
    added_space: float
    unknown: tuple[float, float]  # what a word costs that stays as it is: once, and a letter
    glued: int  # letters of a word that is surely several
    letter: re.Pattern[str]  # one
    syllable: re.Pattern[str]  # how one begins, if letters may be parted there

    def lost(self, typed: str) -> float:
        """Return the cost of a lost space: the fewer stand in the words read anew, the less."""
        length = len(typed) / (1 + typed.count(" "))
        return self.lost_space * self.usual / max(self.usual, length)

    def unread(self, letters: int) -> float:
        """Return the cost of leaving so many letters as they were typed."""
        once, each = self.unknown
        return once + each * letters


class Speller:
    """Reads typed letters as the likeliest words, by how often each was seen in training.

    Every stretch of letters may be a known word, a known word with one mistake in it, or stay as
    it is between two spaces; a space may be lost or added. A word that is expected after the one
    before it costs less. Dynamic programming finds the cheapest way through. Known words are
    found by leaving out one letter on both sides. Of what stays and is longer than any word,
    short stretches may stay, and what is around them is read: one word that nobody knows hid all
    that was typed together with it.

    What stays costs the more, the longer it is. Read eagerly, it costs the more, the less its
    letters look like those of a word: "mhname" is read then, and "derm" stays.

    Source: Kernighan, Church and Gale 1990 (noisy channel); Garbe 2012 (deletions only).
    """

    def __init__(
        self,
        counts: Mapping[str, int],
        script: Script,
        others: Mapping[str, float] | None = None,
        expected: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        """Make a speller.

        Args:
            counts: words, and how often each was seen.
            script: how they are read.
            others: words that it only lets stand, and what they cost.
            expected: a word and the next one, and how much less the second costs then.
        """
        self._expected = expected or {}
        total = sum(counts.values())
        self._script = script
        rare = {word: math.log(total / count) for word, count in counts.items()}
        self._costs = {**(others or {}), **rare}
        spelled = re.compile(f"(?:{script.letter.pattern})+").fullmatch
        self._letters = Letters(filter(spelled, self._costs))
        meant = {w for w, seen in counts.items() if len(w) >= script.least and seen >= script.often}
        self._meant, self._near = meant, _Near(sorted(meant))
        self._begins = {word[:end] for word in meant for end in range(len(word) // 2 + 1)}
        self._ends = {word[start:] for word in meant for start in range(len(word) // 2, len(word))}

    def __contains__(self, word: str) -> bool:
        return word in self._costs

    def read(self, typed: str, eagerly: Sequence[bool]) -> list[list[str]]:
        """Return the words that were meant by letters and single spaces, once for each way.

        Args:
            typed: letters and single spaces.
            eagerly: the ways of reading, each with care or eagerly.
        """
        nearest = cache(self._nearest)  # most of the time; for this text alone
        return [self._words(typed, eager, nearest) for eager in eagerly]

    def _words(self, typed: str, eager: bool, nearest: Nearest) -> list[str]:
        unread = self._implausible if eager else self._long
        parts: list[str] = []
        for word in self._read(typed, unread, nearest):
            several = word not in self and len(word) >= self._script.glued
            parts += self._read(word, unread, nearest, gaps=True) if several else [word]
        return parts

    def _long(self, word: str) -> float:
        return self._script.unread(len(word))

    def _implausible(self, word: str) -> float:
        return self._script.unread(0) + BELIEVED * self._letters.surprise(word)

    def _read(
        self, typed: str, unread: Callable[[str], float], nearest: Nearest, gaps: bool = False
    ) -> list[str]:
        """Return the cheapest words; with gaps, some letters of one may stay unread.

        Args:
            typed: letters and single spaces.
            unread: what a word costs that stays as it is.
            nearest: what others may have been meant for.
            gaps: whether a part of a word may stay.
        """
        lost = self._script.lost(typed)
        ways: list[dict[str, Way]] = [{} for _ in range(len(typed) + 1)]
        ways[0][""] = (0.0, 0, "")
        for start in range(len(typed)):
            before = sorted((way[0], last) for last, way in ways[start].items())[:WAYS]
            if not before:
                continue
            first = start + (typed[start] == " ")
            space = lost * (0 < start == first)
            left = self._left(typed, first, unread, gaps)
            for end, cost, word in (*left, *self._spans(typed, first, nearest)):
                so_far, last = min(
                    (way - self._expected.get((last, word), 0.0), last) for way, last in before
                )
                way = (so_far + space + cost, start, last)
                ways[end][word] = min(way, ways[end].get(word, way))
        return _backwards(ways)

    def _left(
        self, typed: str, first: int, unread: Callable[[str], float], gaps: bool
    ) -> Iterator[tuple[int, float, str]]:
        """Yield what may stay as it is from here: where it ends, its cost, and the letters."""
        if gaps:
            yield from self._gaps(typed, first)
        if first == 0 or typed[first - 1] == " ":
            end = (typed + " ").index(" ", first)
            yield end, unread(typed[first:end]), typed[first:end]

    def _spans(self, typed: str, first: int, nearest: Nearest) -> Iterator[tuple[int, float, str]]:
        """Yield where a known word that begins here may end, its cost, and the word."""
        for end in range(first + 1, min(len(typed), first + self._script.longest) + 1):
            spaces = typed.count(" ", first, end)
            if spaces > 1:
                return
            if typed[end - 1] == " ":
                continue
            letters = typed[first:end].replace(" ", "")
            for cost, word in nearest(letters) or self._held_down(letters, spaces):
                yield end, cost + self._script.added_space * spaces, word

    def _gaps(self, typed: str, first: int) -> Iterator[tuple[int, float, str]]:
        """Yield where letters that begin here and stay unread may end, their cost, and they."""
        begins = self._script.syllable.match
        if not begins(typed, first):
            return
        for end in range(first + 1, min(len(typed), first + LONGEST_GAP) + 1):
            if end == len(typed) or begins(typed, end):
                yield end, self._script.unread(end - first) - CHEAPER, typed[first:end]

    def _nearest(self, typed: str) -> list[tuple[float, str]]:
        """Return what a word may have been meant for, and its cost: the cheapest few."""
        if typed in self._costs:
            return [(self._costs[typed], typed)]
        if len(typed) < self._script.shortest or not self._may_be_known(typed):
            return []
        near = self._near.of(typed)
        return sorted((self._costs[word] + mistake(typed, word), word) for word in near)[:MEANT]

    def _held_down(self, typed: str, spaces: int) -> list[tuple[float, str]]:
        """Return the word in which one syllable was held down too long, if there is one."""
        word = typed if spaces else _HELD_DOWN.sub(r"\1", typed, count=1)
        meant = word != typed and word in self._meant
        return [(self._costs[word] + SYLLABLE_DOUBLED, word)] if meant else []

    def _may_be_known(self, typed: str) -> bool:
        # One mistake leaves the first half or the second one whole; this is most of the speed.
        half = (len(typed) - 1) // 2
        return typed[:half] in self._begins or typed[-half:] in self._ends


class _Near:
    """Which words differ from others in one letter, by hashes of what is left of both without one.

    The hash is this process's own. A dictionary of what is left took 27 MB more.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        hashes = array("q")
        places = array("i")
        for place, word in enumerate(words):
            parts = _shorter(word)
            hashes.extend(map(hash, parts))
            places.extend([place] * len(parts))
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        self._hashes = array("q", map(hashes.__getitem__, order))
        self._places = array("i", map(places.__getitem__, order))

    def of(self, typed: str) -> set[str]:
        """Return the words one letter away, and a few others, of the same hash or further away."""
        return {word for part in _shorter(typed) for word in self._with(hash(part))}

    def _with(self, one: int) -> Iterator[str]:
        place = bisect_left(self._hashes, one)
        while place < len(self._hashes) and self._hashes[place] == one:
            yield self._words[self._places[place]]
            place += 1


def mistake(typed: str, meant: str) -> float:
    """Return the cost of typing one word for another that differs in one place."""
    same = _alike(typed, meant)
    before = meant[same - 1 : same]
    front = 0.0 if same else AT_THE_FRONT
    typed, meant = typed[same:], meant[same:]
    after = _alike(typed[::-1], meant[::-1])
    typed, meant = typed[: len(typed) - after], meant[: len(meant) - after]
    if typed == meant:
        return 0.0
    return front + _change(typed, meant, before)


def _change(typed: str, meant: str, before: str) -> float:
    sizes = len(typed), len(meant)
    if sizes == (1, 1):
        return NEIGHBOR if meant in NEAR.get(typed, "") else OTHER_KEY
    if sizes == (0, 1):
        return UNDOUBLED if meant == before else LOST
    if sizes == (1, 0):
        beside = GRAZED if typed in NEAR.get(before, "") else ADDED
        return DOUBLED if typed == before else beside
    return SWAPPED if sizes == (2, 2) and typed == meant[::-1] else TWO_MISTAKES


def _alike(one: str, other: str) -> int:
    """Return how many letters two words have in common before they part."""
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in pairs if a != b), shorter)


def _shorter(word: str) -> set[str]:
    """Return a word, and what is left of it without any one letter."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _backwards(ways: list[dict[str, Way]]) -> list[str]:
    """Return the words of the cheapest way to the end."""
    word = min(ways[-1], key=lambda last: ways[-1][last])
    words, place = [], len(ways) - 1
    while place:
        words.append(word)
        _, place, word = ways[place][word]
    return words[::-1]

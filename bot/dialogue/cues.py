"""Small words that mean little alone, and the combinations in which they mean danger."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from bot.dialogue.wording import Wording, by_sound, fold_tails
from storage.records import Risk

SYLLABLE = 3  # a Korean syllable counts as so many Latin letters of distance
TOGETHER = 50  # syllables in which points add up
STRIDE = 10  # syllables from one such stretch to the next
BESIDE = 14  # syllables around a combination in which an excusing word counts
_KOREAN_KEY, _LATIN_KEY = 2, 3  # letters by which the index finds a word
_NOT_LATIN = re.compile(r"[^a-z0-9]+")
_WORD = re.compile(r"(?<=\s)[a-z0-9]")
_CHOICE = re.compile(r"\(([^()]*)\)")

Span = tuple[int, int]
_Placed = tuple[int, int, str]
"""Where a cue begins and ends, and its name."""
Found = Mapping[str, Sequence[Span]]
"""Cue -> where its words stand, in Latin letters or thirds of a syllable."""
_Words = Mapping[str, frozenset[str]]
_Index = Mapping[str, Mapping[int, _Words]]
"""First letters -> length -> word -> its cues: some words begin hundreds of others."""


@dataclass(frozen=True, slots=True)
class CueWords:
    """The words of one cue; patterns read Korean as it is heard."""

    korean: Sequence[str] = field(default=(), repr=False)
    latin: Sequence[str] = field(default=(), repr=False)
    patterns: Sequence[re.Pattern[str]] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CueIndex:
    """All words of all cues, found in one walk over a text."""

    korean: _Index = field(repr=False)
    latin: _Index = field(repr=False)
    patterns: tuple[tuple[str, re.Pattern[str]], ...] = field(repr=False)

    def joined(self, other: "CueIndex") -> "CueIndex":
        """Return the words of both."""
        return CueIndex(
            _merged(self.korean, other.korean, _KOREAN_KEY),
            _merged(self.latin, other.latin, _LATIN_KEY),
            self.patterns + other.patterns,
        )

    def find(self, wording: Wording) -> Found:
        """Return every cue the text holds.

        Korean is read by sound and without spaces, Latin letters from the start of a word.
        """
        found: dict[str, list[Span]] = {}
        if wording.squeezed:
            heard = by_sound(wording.squeezed)
            _walk(heard, self.korean, found)
            for name, pattern in self.patterns:
                for each in pattern.finditer(heard):
                    span = (SYLLABLE * each.start(), SYLLABLE * each.end())
                    found.setdefault(name, []).append(span)
        if wording.spaced:
            _walk_words(wording, self.latin, found)
        return found


@dataclass(frozen=True, slots=True)
class Combination:
    """Cues that mean danger when they stand near each other, one of each group.

    `unless` are cues that take the danger away when they stand beside them.
    """

    id: str
    level: Risk
    category: str
    groups: tuple[frozenset[str], ...] = field(repr=False)
    unless: frozenset[str] = field(repr=False)
    near: int  # syllables from the first to the last cue

    def fires(self, found: Found) -> bool:
        """Tell whether every group is there, near enough and unexcused."""
        cues = found.keys()  # goes through the smaller of the two; a set's method takes the other
        if any(cues.isdisjoint(group) for group in self.groups):
            return False
        return self._stands((), [self._spans(found, group) for group in self.groups], found, (0, 0))

    def _spans(self, found: Found, group: Iterable[str]) -> list[Span]:
        return [span for cue in group if cue in found for span in found[cue]]

    def _stands(
        self, taken: tuple[Span, ...], rest: Sequence[list[Span]], found: Found, reach: Span
    ) -> bool:
        """Try every cue of the next group that stands apart from those taken, and near enough."""
        start, end = reach  # of those taken
        if not rest:
            return not self._excused(start, end, found)
        for span in rest[0]:
            longer = (min(start, span[0]), max(end, span[1])) if taken else span
            too_long = taken and longer[1] - longer[0] > self.near * SYLLABLE
            if too_long or any(_same(span, own) for own in taken):
                continue
            if self._stands((*taken, span), rest[1:], found, longer):
                return True
        return False

    def _excused(self, start: int, end: int, found: Found) -> bool:
        return any(
            span[0] < end + BESIDE * SYLLABLE and start - BESIDE * SYLLABLE < span[1]
            for span in self._spans(found, self.unless)
        )


@dataclass(frozen=True)
class Tally:
    """Points for cues that add up to danger when no combination fits.

    Of each line only the highest points count, so that one word is counted once.
    """

    need: int
    lines: tuple[Mapping[str, int], ...] = field(repr=False)
    excuses: Mapping[str, int] = field(repr=False)
    categories: Mapping[str, frozenset[str]] = field(repr=False)

    @cached_property
    def _counted(self) -> frozenset[str]:
        return frozenset[str]().union(*self.lines)

    @cached_property
    def _used(self) -> frozenset[str]:
        return self._counted.union(self.excuses, *self.categories.values())

    def count(self, found: Found) -> tuple[int, str | None]:
        """Return the most points that stand together, and what they are about.

        Where all of them are fewer than `need` they are not worth counting: 0, about None.
        """
        if self._points(set(found)) < self.need:
            return 0, None
        placed = sorted((*span, cue) for cue in self._used & found.keys() for span in found[cue])
        starts = [start for start, _, cue in placed if cue in self._counted]
        counted = [self._count_from(start, placed, found) for start in _apart(starts)]
        nothing: tuple[int, set[str]] = (0, set())
        points, near = max(counted, key=lambda each: each[0], default=nothing)
        return (points, self._about(near)) if points > 0 else (0, None)

    def is_excused(self, found: Found) -> bool:
        """Tell whether something in the text takes points away."""
        return not self.excuses.keys().isdisjoint(found)

    def _count_from(
        self, start: int, placed: Sequence[_Placed], found: Found
    ) -> tuple[int, set[str]]:
        near = _beginning(placed, start)
        # What excuses often comes first: "in that film …".
        before = start - TOGETHER * SYLLABLE
        excused = [self.excuses[cue] for cue in self.excuses.keys() & found.keys()
                   if cue in near or _within(found[cue], before)]  # fmt: skip
        return self._points(near) - sum(excused), near

    def _points(self, near: set[str]) -> int:
        return sum(
            max([line[cue] for cue in line.keys() & near])
            for line in self.lines
            if not line.keys().isdisjoint(near)
        )

    def _about(self, near: set[str]) -> str:
        def weight(category: str) -> int:
            cues = self.categories[category] & near
            return sum(line[cue] for line in self.lines for cue in line.keys() & cues)

        return max(self.categories, key=weight)


def make_index(cues: Mapping[str, CueWords]) -> CueIndex:
    """Build the index of all cues.

    Args:
        cues: name -> words; `(a|b|)` inside one means each in turn.

    Raises:
        ValueError: a word is too short to be found; its message is the word.
    """
    korean: dict[str, set[str]] = {}
    latin: dict[str, set[str]] = {}
    for name, words in cues.items():
        for word in words.korean:
            for each in spelled(word):
                _put(korean, by_sound(fold_tails(each)), name, _KOREAN_KEY)
        for word in words.latin:
            for each in spelled(word):
                _put(latin, each, name, _LATIN_KEY)
    patterns = [(name, each) for name, words in cues.items() for each in words.patterns]
    return CueIndex(_sealed(korean, _KOREAN_KEY), _sealed(latin, _LATIN_KEY), tuple(patterns))


def spelled(word: str) -> tuple[str, ...]:
    """Return every spelling of a word with choices: 뿌(린|릴)다 is 뿌린다 and 뿌릴다."""
    pieces = _CHOICE.split(word)
    return tuple("".join(each) for each in product(*(piece.split("|") for piece in pieces)))


def _put(words: dict[str, set[str]], word: str, name: str, key: int) -> None:
    if len(word) < key:
        raise ValueError(word)
    words.setdefault(word, set()).add(name)


def _sealed(words: Mapping[str, Collection[str]], key: int) -> _Index:
    index: dict[str, dict[int, dict[str, frozenset[str]]]] = {}
    for word, names in words.items():
        index.setdefault(word[:key], {}).setdefault(len(word), {})[word] = frozenset(names)
    return index


def _merged(one: _Index, other: _Index, key: int) -> _Index:
    words: dict[str, frozenset[str]] = {}
    for index in (one, other):
        for lengths in index.values():
            for found in lengths.values():
                for word, names in found.items():
                    words[word] = words.get(word, frozenset()) | names
    return _sealed(words, key)


def _walk(text: str, index: _Index, found: dict[str, list[Span]]) -> None:
    for start in range(len(text) - 1):
        words = index.get(text[start : start + _KOREAN_KEY])
        if words is not None:
            _note(text, start, words, found, SYLLABLE)


def _walk_words(wording: Wording, index: _Index, found: dict[str, list[Span]]) -> None:
    text = f" {_NOT_LATIN.sub(' ', wording.spaced.replace('$', ' dollars '))} "
    for word in _WORD.finditer(text):
        words = index.get(text[word.start() : word.start() + _LATIN_KEY])
        if words is not None:
            _note(text, word.start(), words, found, 1)


def _note(
    text: str, start: int, lengths: Mapping[int, _Words], found: dict[str, list[Span]], size: int
) -> None:
    for length, words in lengths.items():
        names = words.get(text[start : start + length])
        if names is not None:
            for name in names:
                found.setdefault(name, []).append((start * size, (start + length) * size))


def _apart(starts: Iterable[int]) -> Iterator[int]:
    """Leave out starts so near to the one before that they would see the same."""
    last = -STRIDE * SYLLABLE
    for start in sorted(starts):
        if start - last >= STRIDE * SYLLABLE:
            last = start
            yield start


def _beginning(placed: Sequence[_Placed], start: int) -> set[str]:
    """Return the cues that stand within one stretch from `start` on."""
    end = start + TOGETHER * SYLLABLE
    first, last = bisect_left(placed, (start,)), bisect_left(placed, (end,))
    return {cue for _, ends, cue in placed[first:last] if ends <= end}


def _within(spans: Sequence[Span], start: int) -> bool:
    end = start + TOGETHER * SYLLABLE
    return any(start <= span[0] and span[1] <= end for span in spans)


def _same(one: Span, other: Span) -> bool:
    """Tell whether one word is a part of the other, and so says nothing more."""
    return (one[0] <= other[0] and other[1] <= one[1]) or (
        other[0] <= one[0] and one[1] <= other[1]
    )

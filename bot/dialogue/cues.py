"""Small words that mean little alone, and the combinations in which they mean danger."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product

import ahocorasick

from bot.dialogue.sieve import Sieve, make_sieve
from bot.dialogue.wording import Wording, by_sound, fold_tails
from storage.records import Risk

SYLLABLE = 3  # a Korean syllable counts as so many Latin letters of distance
TOGETHER = 50  # syllables in which points add up
STRIDE = 10  # syllables from one such stretch to the next
BESIDE = 14  # syllables around a combination in which an excusing word counts
_BESIDE = BESIDE * SYLLABLE
_KOREAN_LEAST, _LATIN_LEAST = 2, 3  # letters; anything shorter is found everywhere
_NOT_LATIN = re.compile(r"[^a-z0-9]+")
_CHOICE = re.compile(r"\(([^()]*)\)")

Span = tuple[int, int]
_Placed = tuple[int, int, int]
"""Where a cue begins and ends, and its bit."""
_Excuse = tuple[int, int, Sequence[Span]]
"""How many points it takes away, the bit of its cue, and where that stands."""
Found = Mapping[str, Sequence[Span]]
"""Cue -> where its words stand, in Latin letters or thirds of a syllable."""
Excused = dict[str | frozenset[str], int]
"""Cue that excuses, or several -> a bit for each place where they do, in one text."""
_Words = Mapping[str, frozenset[str]]
"""Word -> its cues."""


@dataclass(frozen=True, slots=True)
class CueWords:
    """The words of one cue; patterns read Korean as it is heard."""

    korean: Sequence[str] = field(default=(), repr=False)
    latin: Sequence[str] = field(default=(), repr=False)
    patterns: Sequence[re.Pattern[str]] = field(default=(), repr=False)


@dataclass(frozen=True)
class CueIndex:
    """All words of all cues, found in one walk over a text."""

    korean: _Words = field(repr=False)
    latin: _Words = field(repr=False)
    patterns: tuple[tuple[str, re.Pattern[str]], ...] = field(repr=False)

    def joined(self, other: "CueIndex") -> "CueIndex":
        """Return the words of both."""
        return CueIndex(
            _merged(self.korean, other.korean),
            _merged(self.latin, other.latin),
            self.patterns + other.patterns,
        )

    @cached_property
    def _korean_walk(self) -> "ahocorasick.Automaton":
        return _automaton(self.korean)

    @cached_property
    def _latin_walk(self) -> "ahocorasick.Automaton":
        return _automaton({f" {word}": cues for word, cues in self.latin.items()})

    @cached_property
    def _sieve(self) -> Sieve:
        return make_sieve([pattern for _, pattern in self.patterns])

    def find(self, wording: Wording) -> Found:
        """Return every cue the text holds.

        Korean is read by sound and without spaces, Latin letters from the start of a word.
        """
        found: dict[str, list[Span]] = {}
        if wording.squeezed:
            heard = by_sound(wording.squeezed)
            _walk(heard, self._korean_walk, found)
            for number in self._sieve.likely(heard):
                name, pattern = self.patterns[number]
                for each in pattern.finditer(heard):
                    span = (SYLLABLE * each.start(), SYLLABLE * each.end())
                    found.setdefault(name, []).append(span)
        if wording.spaced:
            _walk_words(wording, self._latin_walk, found)
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

    @property
    def narrowest(self) -> frozenset[str]:
        """The group of the fewest cues: without one of them nothing fires."""
        return min(self.groups, key=len)

    def fires(self, found: Found, excused: Excused | None = None) -> bool:
        """Tell whether every group is there, near enough and unexcused.

        Args:
            found: the cues of a text.
            excused: what other combinations worked out about the same cues.
        """
        excuses = self._excuses(found, {} if excused is None else excused)
        groups = []
        for group in self.groups:
            groups.append(_outside(found, group, excuses))
            if not groups[-1]:
                return False
        first, *rest = sorted(groups, key=len)
        return any(self._stands(anchor, rest, excuses) for anchor in first)

    def _excuses(self, found: Found, excused: Excused) -> int:
        """Return where excuses reach; what excuses a cue excuses all that it is a part of."""
        known = excused.get(self.unless)
        if known is None:
            known = 0
            for cue in found.keys() & self.unless:
                if cue not in excused:
                    excused[cue] = _around(found[cue])
                known |= excused[cue]
            excused[self.unless] = known
        return known

    def _stands(self, anchor: Span, rest: Sequence[Sequence[Span]], excuses: int) -> bool:
        """Tell whether a cue of every other group stands near this one, apart from all others."""
        reach = self.near * SYLLABLE
        near = [_apart_from(anchor, spans, reach) for spans in rest]
        return any(_is_danger((anchor, *others), reach, excuses) for others in product(*near))


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
    def _bits(self) -> Mapping[str, int]:
        """Cue -> a bit of its own; a set of cues is the sum of theirs."""
        used = {*self.excuses, *(cue for line in self.lines for cue in line)}
        used.update(*self.categories.values())
        return {cue: 1 << number for number, cue in enumerate(sorted(used))}

    @cached_property
    def _worth(self) -> Sequence[tuple[int, int]]:
        """Points that each step of a line adds to the step below, and the cues that reach it."""
        found = []
        for line in self.lines:
            below = 0
            for points in sorted({*line.values()}):
                reach = sum(self._bits[cue] for cue in line if line[cue] >= points)
                found.append((points - below, reach))
                below = points
        return found

    @cached_property
    def _counting(self) -> int:
        return sum(self._bits[cue] for cue in {cue for line in self.lines for cue in line})

    def count(self, found: Found) -> tuple[int, str | None]:
        """Return the most points that stand together, and what they are about.

        Where these are fewer than `need` they are not worth counting: 0, about None.
        """
        used = [(self._bits[cue], found[cue]) for cue in self._bits.keys() & found.keys()]
        if self._points(sum([cue for cue, _ in used])) < self.need:
            return 0, None
        placed = sorted([(*span, cue) for cue, spans in used for span in spans])
        excuses = [(self.excuses[cue], self._bits[cue], found[cue])
                   for cue in self.excuses.keys() & found.keys()]  # fmt: skip
        starts = [start for start, _, cue in placed if cue & self._counting]
        counted = [self._count_from(start, placed, excuses) for start in _apart(starts)]
        points, near = max(counted, key=lambda each: each[0], default=(0, 0))
        return (points, self._about(near)) if points >= self.need else (0, None)

    def _count_from(
        self, start: int, placed: Sequence[_Placed], excuses: Sequence[_Excuse]
    ) -> tuple[int, int]:
        near = _beginning(placed, start)
        points = self._points(near)
        if points < self.need:
            return 0, near
        points -= sum([fewer for fewer, cue, _ in excuses if cue & near])
        if points < self.need:
            return 0, near
        # What excuses often comes first: "in that film …".
        before = start - TOGETHER * SYLLABLE
        first = [fewer for fewer, cue, spans in excuses
                 if not cue & near and _within(spans, before)]  # fmt: skip
        return points - sum(first), near

    def _points(self, near: int) -> int:
        return sum([points for points, cues in self._worth if cues & near])

    def _about(self, near: int) -> str:
        def weight(category: str) -> int:
            cues = {cue for cue in self.categories[category] if self._bits[cue] & near}
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
                _put(korean, by_sound(fold_tails(each)), name, _KOREAN_LEAST)
        for word in words.latin:
            for each in spelled(word):
                _put(latin, each, name, _LATIN_LEAST)
    patterns = [(name, each) for name, words in cues.items() for each in words.patterns]
    return CueIndex(_sealed(korean), _sealed(latin), tuple(patterns))


def spelled(word: str) -> tuple[str, ...]:
    """Return every spelling of a word with choices: 뿌(린|릴)다 is 뿌린다 and 뿌릴다."""
    pieces = _CHOICE.split(word)
    return tuple("".join(each) for each in product(*(piece.split("|") for piece in pieces)))


def _put(words: dict[str, set[str]], word: str, name: str, least: int) -> None:
    if len(word) < least:
        raise ValueError(word)
    words.setdefault(word, set()).add(name)


def _sealed(words: Mapping[str, Collection[str]]) -> _Words:
    return {word: frozenset(names) for word, names in words.items()}


def _merged(one: _Words, other: _Words) -> _Words:
    return {word: one.get(word, frozenset()) | other.get(word, frozenset())
            for word in {**one, **other}}  # fmt: skip


def _automaton(words: _Words) -> "ahocorasick.Automaton":
    made = ahocorasick.Automaton()
    same: dict[tuple[int, frozenset[str]], tuple[int, tuple[str, ...]]] = {}
    for word, names in words.items():  # few values for many words: a processor keeps them at hand
        value = same.setdefault((len(word), names), (len(word), tuple(names)))
        made.add_word(word, value)
    made.make_automaton()
    return made


def _walk(text: str, walk: "ahocorasick.Automaton", found: dict[str, list[Span]]) -> None:
    for last, (length, names) in walk.iter(text) if len(walk) else ():
        span = (SYLLABLE * (last + 1 - length), SYLLABLE * (last + 1))
        for name in names:
            found.setdefault(name, []).append(span)


def _walk_words(
    wording: Wording, walk: "ahocorasick.Automaton", found: dict[str, list[Span]]
) -> None:
    """Find words where a word begins: each of them is looked for with the space before it."""
    text = f" {_NOT_LATIN.sub(' ', wording.spaced.replace('$', ' dollars '))} "
    for last, (length, names) in walk.iter(text) if len(walk) else ():
        for name in names:
            found.setdefault(name, []).append((last + 2 - length, last + 1))


def _apart(starts: Iterable[int]) -> Iterator[int]:
    """Leave out sorted starts so near to the one before that they would see the same."""
    last = -STRIDE * SYLLABLE
    for start in starts:
        if start - last >= STRIDE * SYLLABLE:
            last = start
            yield start


def _beginning(placed: Sequence[_Placed], start: int) -> int:
    """Return the cues that stand within one stretch from `start` on."""
    end = start + TOGETHER * SYLLABLE
    near = 0
    for begins, ends, cue in placed[bisect_left(placed, (start,)) :]:
        if begins >= end:
            break
        if ends <= end:
            near |= cue
    return near


def _within(spans: Sequence[Span], start: int) -> bool:
    end = start + TOGETHER * SYLLABLE
    return any(start <= span[0] and span[1] <= end for span in spans)


def _is_danger(chosen: Sequence[Span], reach: int, excuses: int) -> bool:
    start, end = min(chosen)[0], max([span[1] for span in chosen])
    if end - start > reach or any(_same(*pair) for pair in combinations(chosen[1:], 2)):
        return False
    return not ((1 << end) - (1 << start)) & excuses


def _around(spans: Sequence[Span]) -> int:
    """Return a bit for each place that one of these covers, or stands beside."""
    places = 0
    for begins, ends in spans:
        places |= (1 << ends + _BESIDE) - (1 << max(0, begins - _BESIDE))
    return places


def _outside(found: Found, group: Set[str], places: int) -> list[Span]:
    """Return where cues of a group stand that touch none of these places."""
    spans = [span for cue in found.keys() & group for span in found[cue]]
    if not places:
        return spans
    return [span for span in spans if not ((1 << span[1]) - (1 << span[0])) & places]


def _apart_from(anchor: Span, spans: Sequence[Span], reach: int) -> list[Span]:
    """Return those that are within reach of one, and no part of it nor it of them."""
    first, last = anchor
    return [
        (start, end)
        for start, end in spans
        if end - first <= reach >= last - start
        and not (start <= first and last <= end)
        and not (first <= start and end <= last)
    ]


def _same(one: Span, other: Span) -> bool:
    """Tell whether one word is a part of the other, and so says nothing more."""
    return (one[0] <= other[0] and other[1] <= one[1]) or (
        other[0] <= one[0] and one[1] <= other[1]
    )

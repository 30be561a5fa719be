"""Many patterns tried on a text at once: which of them could match at all."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick

_MOST = 256  # spellings of letters in a row, of which some may differ; more are cut in two
_ANY = {op.ANY, op.NOT_LITERAL}
_LOOKS = {op.AT, op.ASSERT, op.ASSERT_NOT}  # left out, so that more is likely, never less
_CLASSES = {op.CATEGORY_DIGIT, op.CATEGORY_WORD, op.CATEGORY_SPACE}

_Words = frozenset[str]
"""Words of which one must be there."""
_Part = tuple[_Words | None, list[_Words]]
"""All that a part of a pattern matches, if that is few words; else what it cannot be without."""
_NOTHING: _Words = frozenset(("",))


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """Patterns that are searched one by one only where the words that they need are there.

    One walk finds the words of all patterns. It is no automaton of RE2: those make a state for
    every choice of words that stood in a text so far, and so nearly every new text waits for some.
    """

    patterns: tuple[re.Pattern[str], ...] = field(repr=False)
    _walk: "ahocorasick.Automaton" = field(repr=False)
    _needed: tuple[int, ...] = field(repr=False)  # by each pattern: a bit for each choice of words
    _always: tuple[int, ...] = field(repr=False)  # numbers of the patterns that need no word

    def likely(self, text: str) -> list[int]:
        """Return the numbers of the patterns that may match, in order; no other one does."""
        there, named = 0, set(self._always)
        for _, (choices, numbers) in self._walk.iter(text) if len(self._walk) else ():
            there |= choices
            if numbers:
                named.update(numbers)
        return sorted([number for number in named if not self._needed[number] & ~there])

    def replaced(self, text: str, by: str, likely: Collection[int]) -> str:
        """Return the text with `by` for every match of these patterns, one after the other.

        Args:
            text: what is read.
            by: a sign that no pattern names, so that what it replaces makes no other one likely.
            likely: numbers of the patterns, in order; those that could not match are left out.
        """
        for number in likely:
            text = self.patterns[number].sub(by, text)
        return text


def make_sieve(patterns: Sequence[re.Pattern[str]]) -> Sieve:
    """Build the sieve of these patterns; one that needs no word that is known is always likely."""
    needs = [_needs(pattern) for pattern in patterns]
    bits = {words: 1 << at for at, words in enumerate({words for each in needs for words in each})}
    rarest = [_rarest(each) for each in needs]
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for words, bit in bits.items():
        numbers = tuple(at for at, each in enumerate(rarest) if each == words)
        for word in words:
            choices, others = found.get(word, (0, ()))
            found[word] = choices | bit, others + numbers
    needed = tuple(sum(bits[words] for words in {*each}) for each in needs)
    always = tuple(at for at, each in enumerate(needs) if not each)
    return Sieve(tuple(patterns), _automaton(found), needed, always)


def _automaton(words: Mapping[str, tuple[int, tuple[int, ...]]]) -> "ahocorasick.Automaton":
    made = ahocorasick.Automaton()
    for word, found in words.items():
        made.add_word(word, found)
    made.make_automaton()
    return made


def _needs(pattern: re.Pattern[str]) -> list[_Words]:
    """Return the words of each of which every match holds one; none where that is unknown."""
    try:
        needs = _cannot_lack(_row(parser.parse(pattern.pattern, pattern.flags)))
    except NotImplementedError:
        return []
    known = needs if not pattern.flags & re.IGNORECASE else []
    return [words for words in known if _least(words) > 1] or known


def _cannot_lack(part: _Part) -> list[_Words]:
    whole, needs = part
    return [words for words in (needs if whole is None else [whole]) if _least(words)]


def _least(words: _Words) -> int:
    return min(map(len, words), default=0)


def _rarest(needs: Sequence[_Words]) -> _Words:
    return max(needs, key=lambda words: (_least(words), -len(words)), default=frozenset())


def _row(nodes: Sequence[Any]) -> _Part:
    """Read what stands one after the other."""
    needs: list[_Words] = []
    run = _NOTHING
    for node in nodes:
        whole, others = _part(*node)
        if whole is not None and len(run) * len(whole) <= _MOST:
            run = frozenset(before + behind for before in run for behind in whole)
        else:
            needs += [run, *others]
            run = _NOTHING if whole is None else whole
    return (None, [*needs, run]) if needs else (run, [])


def _part(kind: Any, value: Any) -> _Part:
    if kind is op.LITERAL:
        return frozenset((chr(value),)), []
    if kind in _LOOKS or kind in _ANY:
        return (_NOTHING if kind in _LOOKS else None), []
    if kind is op.IN:
        return _class(value), []
    if kind is op.BRANCH:
        return _either([_row(each) for each in value[1]])
    if kind is op.SUBPATTERN and not value[1] and not value[2]:  # no flags of its own
        return _row(value[3])
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
        return _repeated(value[0], value[1], _row(value[2]))
    raise NotImplementedError


def _class(signs: Sequence[Any]) -> _Words | None:
    """Return the signs of a class; None for too many."""
    if any(kind is op.CATEGORY and value not in _CLASSES for kind, value in signs):
        raise NotImplementedError
    if len(signs) > _MOST or any(kind is not op.LITERAL for kind, _ in signs):
        return None
    return frozenset(chr(value) for _, value in signs)


def _either(parts: Sequence[_Part]) -> _Part:
    whole = [words for words, _ in parts if words is not None]
    if len(whole) == len(parts) and sum(map(len, whole)) <= _MOST:
        return frozenset[str]().union(*whole), []
    needs = [_cannot_lack(part) for part in parts]
    return None, [frozenset[str]().union(*map(_rarest, needs))] if all(needs) else []


def _repeated(least: int, most: int, part: _Part) -> _Part:
    whole = part[0]
    if whole is not None and most == 1:
        return (whole if least else whole | _NOTHING), []
    return None, _cannot_lack(part) if least else []

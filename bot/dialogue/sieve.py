"""Many patterns tried on a text at once: which of them could match at all."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import re2

_MEMORY = 64 << 20  # bytes that RE2's automaton may take; ours takes under 4 MiB
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
# RE2 knows ASCII only in these; here they may be more than they are, never less.
_WIDER = ((r"\b", ""), (r"\d", r"\p{Nd}"), (r"\w", r"[\pL\pM\pN_]"))
_NOT_WIDENED = re.compile(r"\\[WBSs]|\[[^\]]*\\[wb]")


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """Patterns that are searched one by one only where RE2 finds that they could match.

    RE2 reads a text once for all of them, in a hundredth of the time; what it lets through, the
    patterns themselves decide.
    """

    patterns: tuple[re.Pattern[str], ...] = field(repr=False)
    _set: re2.Set = field(repr=False)
    _numbers: tuple[int, ...] = field(repr=False)  # of the patterns in the set
    _always: tuple[int, ...] = field(repr=False)  # of those that RE2 cannot read

    def likely(self, text: str) -> list[int]:
        """Return the numbers of the patterns that may match, in order; no other one does."""
        if not self._numbers:
            return list(self._always)
        # Half of a surrogate pair is no text; no pattern names one.
        found = self._set.Match(text.encode("utf-8", "replace")) or ()
        return sorted((*(self._numbers[each] for each in found), *self._always))

    def replaced(self, text: str, by: str, among: Collection[int]) -> str:
        """Return the text with `by` for every match of these patterns, one after the other."""
        done = -1
        while True:
            left = (each for each in self.likely(text) if each > done and each in among)
            number = next(left, None)
            if number is None:
                return text
            text, done = self.patterns[number].sub(by, text), number


def make_sieve(patterns: Sequence[re.Pattern[str]]) -> Sieve:
    """Build the sieve of these patterns; one that RE2 cannot read is always likely."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False  # else a pattern would be written to stderr
    together = re2.Set.SearchSet(options)
    numbers: list[int] = []
    always: list[int] = []
    for number, pattern in enumerate(patterns):
        (numbers if _added(together, _wider(pattern.pattern)) else always).append(number)
    if numbers:
        together.Compile()
    return Sieve(tuple(patterns), together, tuple(numbers), tuple(always))


def _added(together: re2.Set, pattern: str | None) -> bool:
    try:
        return pattern is not None and together.Add(pattern) >= 0
    except re2.error:
        return False


def _wider(pattern: str) -> str | None:
    """Return a pattern for RE2 that matches at least what this one does; None: not to be had."""
    if _NOT_WIDENED.search(pattern):
        return None
    for ours, wider in _WIDER:
        pattern = pattern.replace(ours, wider)
    return _without_looks(pattern)


def _without_looks(pattern: str) -> str:
    """Leave out what only looks ahead or back: `(?!…)` and its kin, at any depth."""
    while (start := min(filter(lambda at: at >= 0, map(pattern.find, _LOOKS)), default=-1)) >= 0:
        pattern = pattern[:start] + pattern[_closing(pattern, start) + 1 :]
    return pattern


def _closing(pattern: str, start: int) -> int:
    """Return where the group that opens at `start` closes."""
    depth, at, in_class = 0, start, False
    while True:
        sign = pattern[at]
        if sign == "\\":
            at += 2
            continue
        if in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        else:
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                return at
        at += 1

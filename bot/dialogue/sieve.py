"""Many patterns tried on a text at once: which of them could match at all."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import re2

_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
# RE2 knows ASCII only in these; here they may be more than they are, never less.
_WIDER = ((r"\b", ""), (r"\d", r"\p{Nd}"), (r"\w", r"[\pL\pM\pN_]"))
_NOT_WIDENED = re.compile(r"\\[WBSs]|\[[^\]]*\\[wb]")


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """Patterns that are searched one by one only where RE2 finds that they could match.

    RE2 looks for the letters that each of them needs, for all of them in one walk; what it lets
    through, the patterns themselves decide. One automaton of the whole patterns finds fewer, but
    its states do not fit into any memory: every new text builds them anew, for milliseconds.
    """

    patterns: tuple[re.Pattern[str], ...] = field(repr=False)
    _filter: re2.Filter = field(repr=False)
    _numbers: tuple[int, ...] = field(repr=False)  # of the patterns in the filter
    _always: tuple[int, ...] = field(repr=False)  # of those that RE2 cannot read

    def likely(self, text: str) -> list[int]:
        """Return the numbers of the patterns that may match, in order; no other one does."""
        if not self._numbers:
            return list(self._always)
        # Half of a surrogate pair is no text; no pattern names one.
        found = self._filter.Match(text.encode("utf-8", "replace"), potential=True) or ()
        return sorted((*(self._numbers[each] for each in found), *self._always))

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
    """Build the sieve of these patterns; one that RE2 cannot read is always likely."""
    together = re2.Filter()
    numbers: list[int] = []
    always: list[int] = []
    for number, pattern in enumerate(patterns):
        (numbers if _added(together, _wider(pattern.pattern)) else always).append(number)
    if numbers:
        together.Compile()
    return Sieve(tuple(patterns), together, tuple(numbers), tuple(always))


def _added(together: re2.Filter, pattern: str | None) -> bool:
    options = re2.Options()
    options.log_errors = False  # else a pattern would be written to stderr
    try:
        return pattern is not None and together.Add(pattern, options) >= 0
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

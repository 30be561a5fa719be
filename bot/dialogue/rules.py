"""A rule of the risk screen, and a text as rules read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.dialogue.cues import Combination, CueIndex, Excused, Found
from bot.dialogue.sieve import Sieve
from bot.dialogue.wording import Wording
from storage.records import Risk


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: patterns hash slowly
class Everyday:
    """Harmless phrases: Korean ones in the squeezed text, Latin ones in the spaced text."""

    squeezed: Sieve = field(repr=False)  # of all everyday phrases that there are
    spaced: Sieve = field(repr=False)
    own: tuple[frozenset[int], frozenset[int]] = field(repr=False)  # which of them count here

    def cut(self, wording: Wording, likely: "Likely") -> Wording:
        """Return the text with a box in the place of each such phrase; itself without one.

        Args:
            wording: the text.
            likely: the numbers of all everyday phrases that may be in it.
        """
        squeezed = [number for number in likely[0] if number in self.own[0]]
        spaced = [number for number in likely[1] if number in self.own[1]]
        if not squeezed and not spaced:
            return wording
        return Wording(
            spaced=self.spaced.replaced(wording.spaced, "□", spaced),
            squeezed=self.squeezed.replaced(wording.squeezed, "□", squeezed),
        )

    def likely(self, wording: Wording) -> "Likely":
        """Return the numbers of all everyday phrases that may be in a text, own ones or not."""
        return (
            self.squeezed.likely(wording.squeezed) if wording.squeezed else (),
            self.spaced.likely(wording.spaced) if wording.spaced else (),
        )


Likely = tuple[Sequence[int], Sequence[int]]


@dataclass(slots=True)
class _Known:
    """What was worked out about a text, so that it is worked out once."""

    likely: dict[Sieve, Likely] = field(default_factory=dict, repr=False)
    cuts: dict[Everyday, Wording] = field(default_factory=dict, repr=False)
    founds: dict[Everyday, Found] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in every spelling the rules read, with the cues found in it."""

    wording: Wording
    found: Found = field(repr=False)
    excused: Excused = field(default_factory=dict, repr=False, compare=False)
    _known: _Known = field(default_factory=_Known, repr=False, compare=False)

    def cut(self, everyday: Everyday) -> Wording:
        """Return the text without everyday phrases, itself where it has none; worked out once."""
        known = self._known.cuts.get(everyday)
        if known is None:
            # All sets of everyday phrases share the sieves that know all phrases there are.
            if everyday.squeezed not in self._known.likely:
                self._known.likely[everyday.squeezed] = everyday.likely(self.wording)
            known = everyday.cut(self.wording, self._known.likely[everyday.squeezed])
            self._known.cuts[everyday] = self.wording if known == self.wording else known
        return self._known.cuts[everyday]

    def found_without(self, everyday: Everyday, index: CueIndex) -> Found:
        """Return the cues of the text without everyday phrases; worked out once."""
        known = self._known.founds
        if everyday not in known:
            cut = self.cut(everyday)
            known[everyday] = self.found if cut is self.wording else index.find(cut)
        return known[everyday]


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns that mean danger by themselves.

    `squeezed` patterns read the text without spaces and punctuation, `spaced` ones read
    words. `everyday` is cut out of the text before the patterns count.
    """

    id: str
    level: Risk
    category: str
    squeezed: tuple[re.Pattern[str], ...] = field(repr=False)
    spaced: re.Pattern[str] | None = field(repr=False)
    everyday: Everyday | None = field(repr=False)

    def fires(
        self,
        reading: Reading,
        _index: CueIndex,
        likely: Sequence[re.Pattern[str]] | None = None,
    ) -> bool:
        """Tell whether the rule finds its danger in the text, everyday phrases left out.

        Args:
            reading: the text.
            likely: those of its patterns that may match; None for all.
        """
        tried = self._all() if likely is None else likely
        if not self._found(reading.wording, tried):
            return False
        if self.everyday is None:
            return True
        cut = reading.cut(self.everyday)
        return cut is reading.wording or self._found(cut, tried)

    def _all(self) -> Sequence[re.Pattern[str]]:
        return self.squeezed if self.spaced is None else (*self.squeezed, self.spaced)

    def _found(self, wording: Wording, tried: Sequence[re.Pattern[str]]) -> bool:
        # One by one: a pattern that begins with a plain word is skipped through far faster
        # alone than inside one large alternation.
        for pattern in tried:
            text = wording.spaced if pattern is self.spaced else wording.squeezed
            if (text or pattern is not self.spaced) and pattern.search(text):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Pairing:
    """A combination of cues as a rule."""

    combination: Combination
    everyday: Everyday | None = field(repr=False)

    @property
    def id(self) -> str:
        """The short name that is shown beside an alarm."""
        return self.combination.id

    @property
    def level(self) -> Risk:
        """How soon a person must look."""
        return self.combination.level

    @property
    def category(self) -> str:
        """What it is about."""
        return self.combination.category

    def fires(
        self,
        reading: Reading,
        index: CueIndex,
        _likely: Sequence[re.Pattern[str]] | None = None,
    ) -> bool:
        """Tell whether the cues stand together, everyday phrases left out."""
        if not self.combination.fires(reading.found, reading.excused):
            return False
        if self.everyday is None or reading.cut(self.everyday) is reading.wording:
            return True
        return self.combination.fires(reading.found_without(self.everyday, index))

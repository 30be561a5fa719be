"""A rule of the risk screen, and a text as rules read it."""

import re
from dataclasses import dataclass, field

from bot.dialogue.cues import Combination, CueIndex, Found
from bot.dialogue.sieve import Sieve
from bot.dialogue.wording import Wording
from storage.records import Risk


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: patterns hash slowly
class Everyday:
    """Harmless phrases: Korean ones in the squeezed text, Latin ones in the spaced text."""

    squeezed: Sieve = field(repr=False)  # of all everyday phrases that there are
    spaced: Sieve = field(repr=False)
    own: tuple[frozenset[int], frozenset[int]] = field(repr=False)  # which of them count here

    def cut(self, wording: Wording) -> Wording:
        """Return the text with a box in the place of each such phrase."""
        squeezed, spaced = wording.squeezed, wording.spaced
        return Wording(
            spaced=self.spaced.replaced(spaced, "□", self.own[1]) if spaced else "",
            squeezed=self.squeezed.replaced(squeezed, "□", self.own[0]) if squeezed else "",
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in every spelling the rules read, with the cues found in it."""

    wording: Wording
    found: Found = field(repr=False)
    _cuts: dict[Everyday, Wording] = field(default_factory=dict, repr=False)
    _founds: dict[Everyday, Found] = field(default_factory=dict, repr=False)

    def cut(self, everyday: Everyday) -> Wording:
        """Return the text without everyday phrases; worked out once."""
        if everyday not in self._cuts:
            self._cuts[everyday] = everyday.cut(self.wording)
        return self._cuts[everyday]

    def found_without(self, everyday: Everyday, index: CueIndex) -> Found:
        """Return the cues of the text without everyday phrases; worked out once."""
        if everyday not in self._founds:
            cut = self.cut(everyday)
            self._founds[everyday] = self.found if cut == self.wording else index.find(cut)
        return self._founds[everyday]


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

    def fires(self, reading: Reading, _index: CueIndex) -> bool:
        """Tell whether the rule finds its danger in the text, everyday phrases left out."""
        if not self._found(reading.wording):
            return False
        if self.everyday is None:
            return True
        return self._found(reading.cut(self.everyday))

    def _found(self, wording: Wording) -> bool:
        # One by one: a pattern that begins with a plain word is skipped through far faster
        # alone than inside one large alternation.
        return any(pattern.search(wording.squeezed) for pattern in self.squeezed) or bool(
            self.spaced and wording.spaced and self.spaced.search(wording.spaced)
        )


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

    def fires(self, reading: Reading, index: CueIndex) -> bool:
        """Tell whether the cues stand together, everyday phrases left out."""
        if not self.combination.fires(reading.found):
            return False
        if self.everyday is None:
            return True
        return self.combination.fires(reading.found_without(self.everyday, index))

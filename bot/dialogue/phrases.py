"""Words that are recognized by pattern, in whichever spelling they are typed."""

import re
from dataclasses import dataclass, field

from bot.dialogue.content_file import Entry, joined, patterns, strings
from bot.dialogue.wording import Wording, fold_tails


@dataclass(frozen=True, slots=True)
class Phrases:
    """Ways to say one thing.

    `exact` is the whole message without spaces and punctuation; `squeezed` and `spaced`
    are found anywhere in it unless `excepted` is found too.
    """

    exact: frozenset[str] = field(repr=False)
    squeezed: re.Pattern[str] | None = field(repr=False)
    spaced: re.Pattern[str] | None = field(repr=False)
    excepted: re.Pattern[str] | None = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.exact or self.squeezed or self.spaced)

    def said_in(self, wording: Wording) -> bool:
        """Tell whether the text says it."""
        if wording.squeezed in self.exact:
            return True
        found = (self.squeezed and self.squeezed.search(wording.squeezed)) or (
            self.spaced and self.spaced.search(wording.spaced)
        )
        return bool(found) and not self._excused(wording)

    def _excused(self, wording: Wording) -> bool:
        return bool(
            self.excepted
            and (self.excepted.search(wording.squeezed) or self.excepted.search(wording.spaced))
        )


def read_phrases(file: str, entry: Entry) -> Phrases:
    """Read the keys `exact`, `ko`, `en` and `except` of an entry.

    Raises:
        ContentError: one of them is not a list of texts or not a regular expression.
    """
    return Phrases(
        exact=frozenset(map(fold_tails, strings(file, entry, "exact"))),
        squeezed=joined(patterns(file, entry, "ko")),
        spaced=joined(patterns(file, entry, "en")),
        excepted=joined(patterns(file, entry, "except")),
    )

"""Where the words and what the talk is about say better than the classifier what is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.dialogue.content_file import ContentError, Entry, entries, read_file, string, strings
from bot.dialogue.phrases import Phrases, read_phrases
from bot.dialogue.wording import normalize

HINTS_FILE = "hints.toml"
NO_INTENT = "none"
"""What `instead_of` calls a message that the classifier did not understand."""


@dataclass(frozen=True, slots=True)
class Hint:
    """An answer that fits better than the one the intent alone would get."""

    id: str
    say: str  # a topic or a group of sentences
    instead_of: tuple[str, ...]  # intents it corrects; empty: any
    within: tuple[str, ...]  # what the talk must be about; empty: anything
    queued: bool  # holds for everybody who waits for a counselor, too
    phrases: Phrases  # empty: whatever the words are

    def fits(self, intent: str | None, subject: str | None, *, queued: bool) -> bool:
        """Tell whether the talk is where this hint may speak."""
        corrects = not self.instead_of or (intent or NO_INTENT) in self.instead_of
        about = not self.within or subject in self.within or (queued and self.queued)
        return corrects and about


def load_hints(folder: Path) -> tuple[Hint, ...]:
    """Read `hints.toml` from a content folder, in the order in which they are tried.

    Raises:
        ContentError: an entry is incomplete, or would correct every intent whatever is said.
    """
    table = read_file(folder / HINTS_FILE)
    return tuple(_hint(entry) for entry in entries(HINTS_FILE, table, "hint"))


def hinted(
    text: str,
    hints: Sequence[Hint],
    *,
    intent: str | None,
    subject: str | None,
    queued: bool,
) -> str | None:
    """Return what the first fitting hint says, or None."""
    wording = normalize(text)
    for hint in hints:
        if hint.fits(intent, subject, queued=queued) and (
            not hint.phrases or hint.phrases.said_in(wording)
        ):
            return hint.say
    return None


def _hint(entry: Entry) -> Hint:
    found = Hint(
        id=string(HINTS_FILE, entry, "id"),
        say=string(HINTS_FILE, entry, "say"),
        instead_of=strings(HINTS_FILE, entry, "instead_of"),
        within=strings(HINTS_FILE, entry, "within"),
        queued=entry.get("queued") is True,
        phrases=read_phrases(HINTS_FILE, entry),
    )
    if not found.phrases and not (found.instead_of and found.within):
        raise ContentError(HINTS_FILE, found.id, "needs words, or instead_of and within")
    return found

"""The words that leave through this room; whoever joins the rooms brings them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from storage.records import Language


@dataclass(frozen=True, slots=True)
class Notice:
    """A reviewed sentence: as it stands in the transcript, and as it travels.

    `body` is opaque here; it is what the outbox carries and the sender reads.
    """

    text: str = field(repr=False)
    body: str = field(repr=False)


class Notices(Protocol):
    """What a young person is told around a counselor, in their language."""

    def joined(self, language: Language) -> Notice:
        """Say that a counselor is here now."""

    def returned(self, language: Language) -> Notice:
        """Say that the counselor is gone, and that their place in line is kept."""

    def handed_over(self, language: Language) -> Notice:
        """Say that another counselor is here now, and knows what was said."""

    def to_bot(self, language: Language) -> Notice:
        """Say that the bot answers again, and how to get a person."""

    def goodbye(self, language: Language) -> Notice:
        """Say goodbye in words that tell a stranger nothing."""

    def stopped(self, language: Language) -> Notice:
        """End a talk of abuse neutrally, with the crisis numbers."""

    def surges(self, language: Language) -> Mapping[str, str]:
        """Return the prepared sentences for a surge, by the key of the setting."""

    def surge(self, key: str, language: Language) -> Notice:
        """Say that it takes long now, in one of the prepared sentences."""

    def duty(self, what: str, language: Language) -> Notice:
        """Say that a report may be owed (`report`), or that somebody was unmasked (`unmasked`)."""

    def way_back(self, code: int, language: Language) -> Notice:
        """Give the words to come back with: they leave, and are not in the notice's `text`."""

    def counselor(self, text: str, language: Language) -> str:
        """Return the outbox body of a counselor's own words."""

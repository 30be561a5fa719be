"""The words that leave through this room; whoever joins the rooms brings them."""

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

    def way_back(self, code: int, language: Language) -> Notice:
        """Give the words to come back with: they leave, and are not in the notice's `text`."""

    def counselor(self, text: str, language: Language) -> str:
        """Return the outbox body of a counselor's own words."""

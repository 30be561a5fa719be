"""Words that are understood by rule, whatever the language service does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.dialogue.content_file import entries, joined, patterns, read_file, string, strings
from bot.dialogue.wording import Wording, fold_tails, normalize

COMMANDS_FILE = "commands.toml"


@dataclass(frozen=True, slots=True)
class Command:
    """Words that mean the press of a button.

    `exact` is the whole message without spaces and punctuation; `squeezed` and `spaced`
    are found anywhere in it unless `excepted` is found too.
    """

    id: str
    payload: str
    exact: frozenset[str] = field(repr=False)
    squeezed: re.Pattern[str] | None = field(repr=False)
    spaced: re.Pattern[str] | None = field(repr=False)
    excepted: re.Pattern[str] | None = field(repr=False)

    def means(self, wording: Wording) -> bool:
        """Tell whether the text gives this command."""
        if wording.squeezed in self.exact:
            return True
        found = (self.squeezed and self.squeezed.search(wording.squeezed)) or (
            self.spaced and self.spaced.search(wording.spaced)
        )
        if not found:
            return False
        return not (
            self.excepted
            and (self.excepted.search(wording.squeezed) or self.excepted.search(wording.spaced))
        )


def load_commands(folder: Path) -> tuple[Command, ...]:
    """Read `commands.toml` from a content folder, in the order in which they are tried.

    Raises:
        ContentError: an entry is incomplete or not a regular expression.
    """
    table = read_file(folder / COMMANDS_FILE)
    return tuple(
        Command(
            id=string(COMMANDS_FILE, entry, "id"),
            payload=string(COMMANDS_FILE, entry, "payload"),
            exact=frozenset(map(fold_tails, strings(COMMANDS_FILE, entry, "exact"))),
            squeezed=joined(patterns(COMMANDS_FILE, entry, "ko")),
            spaced=joined(patterns(COMMANDS_FILE, entry, "en")),
            excepted=joined(patterns(COMMANDS_FILE, entry, "except")),
        )
        for entry in entries(COMMANDS_FILE, table, "command")
    )


def command_in(text: str, commands: Sequence[Command]) -> str | None:
    """Return the payload of the first command a text gives, or None."""
    wording = normalize(text)
    return next((command.payload for command in commands if command.means(wording)), None)

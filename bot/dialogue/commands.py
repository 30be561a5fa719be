"""Words that are understood by rule, whatever the language service does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.dialogue.content_file import entries, read_file, string
from bot.dialogue.phrases import Phrases, read_phrases
from bot.dialogue.wording import normalize

COMMANDS_FILE = "commands.toml"


@dataclass(frozen=True, slots=True)
class Command:
    """Words that mean the press of a button; an answer's only where that button was offered."""

    id: str
    payload: str
    phrases: Phrases


def load_commands(folder: Path, *, kind: str = "command") -> tuple[Command, ...]:
    """Read the entries of a kind from `commands.toml`, in the order in which they are tried.

    Args:
        folder: the content folder.
        kind: "command", or "answer" for what is understood right after its question only.

    Raises:
        ContentError: an entry is incomplete or not a regular expression.
    """
    table = read_file(folder / COMMANDS_FILE)
    return tuple(
        Command(
            id=string(COMMANDS_FILE, entry, "id"),
            payload=string(COMMANDS_FILE, entry, "payload"),
            phrases=read_phrases(COMMANDS_FILE, entry),
        )
        for entry in entries(COMMANDS_FILE, table, kind)
    )


def command_in(text: str, commands: Sequence[Command]) -> str | None:
    """Return the payload of the first command a text gives, or None."""
    wording = normalize(text)
    return next((c.payload for c in commands if c.phrases.said_in(wording)), None)

"""Reading one content file, with errors an editor who writes no Python can act on."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.dialogue.wording import fold_tails

_CAPTURES = re.compile(r"(?<!\\)\((?!\?)")
Entry = Mapping[str, Any]


class ContentError(Exception):
    """A content file cannot be used; names the file, the entry and what is wrong with it."""

    def __init__(self, file: str, entry: str, problem: str) -> None:
        super().__init__(f"{file}: {entry or '(whole file)'}: {problem}")
        self.file = file
        self.entry = entry
        self.problem = problem


def read_file(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ContentError: it is missing, not UTF-8, or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ContentError(path.name, "", "cannot be read as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ContentError(path.name, "", f"is not TOML: {error}") from None


def entries(file: str, table: Entry, name: str) -> tuple[Entry, ...]:
    """Return the entries `[[name]]` of a file, each with an id of its own.

    Raises:
        ContentError: no entry, an entry without an id, or one id twice.
    """
    found = table.get(name)
    if not isinstance(found, list) or not found:
        raise ContentError(file, "", f"has no [[{name}]]")
    seen: set[str] = set()
    for entry in found:
        key = string(file, entry, "id")
        if key in seen:
            raise ContentError(file, key, "is there twice")
        seen.add(key)
    return tuple(found)


def string(file: str, entry: Entry, key: str) -> str:
    """Return a text that must be there and must not be empty.

    Raises:
        ContentError: it is missing, empty or not a text.
    """
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ContentError(file, str(entry.get("id", "?")), f"has no {key}")
    return value.strip()


def day(file: str, entry: Entry) -> date:
    """Return the `date` of an entry.

    Raises:
        ContentError: it is missing or not a date.
    """
    value = entry.get("date")
    if type(value) is not date:
        raise ContentError(file, str(entry.get("id", "?")), "has no date")
    return value


def strings(file: str, entry: Entry, key: str) -> tuple[str, ...]:
    """Return a list of texts; one that is not there is empty.

    Raises:
        ContentError: it is not a list of texts.
    """
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ContentError(file, str(entry.get("id", "?")), f"{key} is not a list of texts")
    return tuple(value)


def patterns(file: str, entry: Entry, key: str) -> tuple[re.Pattern[str], ...]:
    """Return a list of texts, each folded as texts are and compiled as a regular expression.

    Raises:
        ContentError: one of them is not a regular expression.
    """
    return tuple(_compiled(file, entry, item) for item in strings(file, entry, key))


def joined(found: Sequence[re.Pattern[str]]) -> re.Pattern[str] | None:
    """Return one pattern that matches whatever any of `found` matches; None for none."""
    if not found:
        return None
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern in found))


def _compiled(file: str, entry: Entry, item: str) -> re.Pattern[str]:
    try:
        # Nobody reads the groups, and a screen without them takes a third less time.
        return re.compile(_CAPTURES.sub("(?:", fold_tails(item)))
    except re.error as error:
        raise ContentError(file, str(entry.get("id", "?")), f"pattern {item!r}: {error}") from None


def line_of(folder: Path, error: ContentError) -> int:
    """Return the line where the entry of an error begins; 1 where that cannot be told."""
    told = re.search(r"\(at line (\d+)", error.problem)
    if told:
        return int(told[1])
    try:
        lines = (folder / error.file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 1
    key = re.compile(rf'(id\s*=\s*"{re.escape(error.entry)}"|{re.escape(error.entry)}\s*=)')
    found = [number for number, line in enumerate(lines, 1) if key.match(line.strip())]
    return found[-1] if found and error.entry else 1

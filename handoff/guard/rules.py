"""The guard's patterns, read from `rules.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from handoff.guard.wording import fold

FOLDER = Path(__file__).parent
_NAME = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one thing is asked for: patterns, and what makes the same words harmless."""

    category: str
    asks: tuple[re.Pattern[str], ...] = field(repr=False)
    unless: tuple[re.Pattern[str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, by the spelling they read."""

    korean: tuple[Rule, ...]
    english: tuple[Rule, ...]


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Read the patterns that are shipped; they are part of the program, so a fault is a bug."""
    table = tomllib.loads((FOLDER / "rules.toml").read_text(encoding="utf-8"))
    words = table["words"]
    return Rules(
        korean=tuple(_rule(each, words, "ko") for each in table["ask"]),
        english=tuple(_rule(each, words, "en") for each in table["english"]),
    )


def _rule(entry: Mapping[str, Any], words: Mapping[str, str], language: str) -> Rule:
    return Rule(
        category=entry["category"],
        asks=tuple(_compiled(entry[language], words)),
        unless=tuple(_compiled(entry.get("unless", ()), words)),
    )


def _compiled(patterns: Sequence[str], words: Mapping[str, str]) -> Iterable[re.Pattern[str]]:
    return (re.compile(fold(_spelled(each, words))) for each in patterns)


def _spelled(pattern: str, words: Mapping[str, str]) -> str:
    """Return a pattern with every <word> written out."""
    while _NAME.search(pattern):
        pattern = _NAME.sub(lambda found: words[found[1]], pattern)
    return pattern

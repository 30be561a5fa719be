"""The words on the page, read once from the reviewed file beside it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

CONFIRMED = ("confirmed_official", "confirmed_press")


class TextsUnusable(Exception):
    """The file of texts lacks something, or names something nobody confirmed."""


@dataclass(frozen=True, slots=True)
class CrisisNumber:
    """A telephone number with the place that confirms it."""

    number: str
    name: str
    note: str
    direct: bool  # it can be dialed as it stands, also from a mobile
    source: str
    source_date: str


@dataclass(frozen=True, slots=True)
class PageTexts:
    """Every string of the page in one language."""

    language: str
    title: str
    leave: str
    leave_keys: str
    switch: str  # the name of the other language, in that language
    danger: str
    numbers_intro: str
    numbers_after: str
    noscript: str
    welcome: str
    privacy: str
    resumed: str
    log_label: str
    write: str
    placeholder: str
    send: str
    choices: str
    me: str
    bot: str
    counselor: str
    connecting: str
    online: str
    writing: str
    offline: str
    sending: str
    stored: str
    waiting: str
    unsent: str
    not_stored: str
    retry: str
    empty: str
    too_long: str
    too_fast: str
    malformed: str
    version: str
    numbers: tuple[CrisisNumber, ...]


def load_texts(path: Path) -> Mapping[str, PageTexts]:
    """Read the texts of both languages.

    Raises:
        TextsUnusable: a string or its review is missing, one is not known, or a
            number is unconfirmed or without a source.
    """
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    if not content.get("reviewer") or not isinstance(content.get("date"), date):
        raise TextsUnusable("review")
    return {language: _page_texts(content, language) for language in ("ko", "en")}


def _page_texts(content: Mapping[str, Any], language: str) -> PageTexts:
    strings: Mapping[str, str] = content[language]
    wanted = {field.name for field in fields(PageTexts)} - {"language", "numbers"}
    if set(strings) != wanted or not all(strings.values()):
        raise TextsUnusable(f"{language}: {sorted(set(strings) ^ wanted)}")
    numbers = tuple(_number(entry, language) for entry in content["numbers"])
    return PageTexts(language=language, numbers=numbers, **strings)


def _number(entry: Mapping[str, Any], language: str) -> CrisisNumber:
    if entry["status"] not in CONFIRMED or not entry["source"]:
        raise TextsUnusable(f"number {entry['number']}")
    return CrisisNumber(
        number=entry["number"],
        name=entry[f"name_{language}"],
        note=entry[f"note_{language}"],
        direct=entry["direct"],
        source=entry["source"],
        source_date=entry["source_date"],
    )


TEXTS = load_texts(Path(__file__).with_name("texts.toml"))
"""The reviewed texts that come with the product."""

"""The page that says, in words for a reader of 12, what happens to what they write."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from bot.channels.web.texts import PageTexts, TextsUnusable

PATHS = {"ko": "/privacy", "en": "/privacy/en"}
_FOLDER = Path(__file__).parent
_OTHER = {"ko": "en", "en": "ko"}


@dataclass(frozen=True, slots=True)
class KeptDays:
    """How many days an installation keeps what; its own settings."""

    transcript: int
    contact: int
    backup: int


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer, in one language."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PrivacyTexts:
    """The whole page in one language."""

    title: str
    back: str
    other: str
    sections: tuple[Section, ...]


def load_privacy(path: Path, days: KeptDays) -> Mapping[str, PrivacyTexts]:
    """Read the page's texts in both languages and put the days in.

    Raises:
        TextsUnusable: its review or a text is missing, or it names days that are not known.
    """
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    if not content.get("reviewer") or not isinstance(content.get("date"), date):
        raise TextsUnusable("review")
    try:
        return {language: _texts(content, language, days) for language in PATHS}
    except KeyError as error:
        raise TextsUnusable(str(error)) from None


def _texts(content: Mapping[str, Any], language: str, days: KeptDays) -> PrivacyTexts:
    slots = {"transcript_days": days.transcript, "contact_days": days.contact,
             "backup_days": days.backup}  # fmt: skip
    sections = tuple(
        Section(entry["id"], entry[f"title_{language}"],
                entry[f"text_{language}"].format_map(slots))
        for entry in content["sections"]
    )  # fmt: skip
    strings = content[language]
    return PrivacyTexts(strings["title"], strings["back"], strings["other"], sections)


def render_privacy(
    texts: Mapping[str, PrivacyTexts], page: Mapping[str, PageTexts], language: str
) -> bytes:
    """Fill the template in one language; the way to leave is that of the chat."""
    shown, other = texts[language], _OTHER[language]
    filled = Template((_FOLDER / "privacy.html").read_text(encoding="utf-8")).substitute(
        language=language,
        neutral=escape(page[language].title),
        leave=escape(page[language].leave),
        leave_keys=escape(page[language].leave_keys),
        other=escape(shown.other),
        other_language=other,
        other_path=PATHS[other],
        title=escape(shown.title),
        back=escape(shown.back),
        sections="".join(map(_section, shown.sections)),
    )
    return filled.encode()


def _section(section: Section) -> str:
    return f"<h2>{escape(section.title)}</h2><p>{escape(section.text)}</p>"

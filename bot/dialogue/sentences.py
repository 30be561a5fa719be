"""What the content files hold one by one: sentences, choices, numbers, each checked alone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.dialogue.content_file import ContentError, Entry, day, entries, patterns, string, strings
from bot.dialogue.reading_level import Band, reading_level
from bot.dialogue.wording import fold_tails, normalize
from storage.records import Language

LABEL_LIMIT = 14  # characters; KakaoTalk's quick replies, shared/channels.md
PAYLOAD_LIMIT = 64  # bytes; Telegram's callback_data, https://core.telegram.org/bots/api
TEXT_LIMIT = 400  # characters: what fits a small phone without scrolling
MEANINGS_FILE = "meanings.toml"
DEFAULT_CHOICES = ("person", "what_next")
NEXT = "next"
ANSWERS = ("erase:yes", "erase:no")
SAFE_WORDS = ("word:umbrella", "word:snack", "word:workbook")
"""What is agreed on with somebody who may be watched; the words are in `choices.toml`."""
SLOT = re.compile(r"\{number\.([a-z_]+)\}")
_BRACES = re.compile(r"[{}]")
Banned = tuple[tuple[re.Pattern[str], str], ...]
_DIGITS = re.compile(r"(?<!\d)(?:\d{3,4}|\d{2,4}-\d{3,4}(?:-\d{4})?)(?!\d|년|원|개|자)")
_SAID = {
    "unknown_number": "names an unknown {about}",
    "stray_brace": "has a stray brace",
    "too_long": "is over {about} characters",
    "unconfirmed_number": "has a number that is not in numbers.toml",
    "banned": "is not allowed: {about}",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a wording out: a code, and what of it, as far as that is ours to say."""

    code: str
    about: str = ""
    where: str = ""  # the language that it is in, where it is in one


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reviewed thing to say, up to four short sentences long."""

    id: str
    text: Mapping[Language, str]
    choices: tuple[str, ...]
    reviewer: str
    date: date
    version: int
    source: str | None
    bands: Mapping[Band, Mapping[Language, str]] = field(default_factory=dict)  # simpler words

    def words(self, band: Band | None) -> Mapping[Language, str]:
        """Return what readers of a band get; the usual words where it has none of its own."""
        return self.bands.get(band, self.text) if band else self.text

    def texts(self) -> tuple[str, ...]:
        """Return every wording of it, in each language and for each age band."""
        return tuple(text for one in (self.text, *self.bands.values()) for text in one.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """A quick reply's words and meaning."""

    id: str
    label: Mapping[Language, str]
    payload: str


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number or address of help that a sentence may name."""

    id: str
    value: str
    name: Mapping[Language, str]
    hours: Mapping[Language, str]
    source: str
    date: date
    instead: Mapping[Language, str] = field(default_factory=dict)  # said while it is out of use

    def said(self, language: Language) -> str:
        """Return what a sentence says in its place."""
        return self.instead.get(language, self.value)


def _both(file: str, entry: Entry, *, prefix: str = "") -> dict[Language, str]:
    return {language: string(file, entry, f"{prefix}{language.value}") for language in Language}


def read_sentence(file: str, entry: Entry) -> Sentence:
    """Read one sentence with all that must stand beside it.

    Raises:
        ContentError: it is not right.
    """
    version = entry.get("version")
    if not isinstance(version, int) or version < 1:
        raise ContentError(file, str(entry["id"]), "has no version")
    listed = strings(file, entry, "choices") if "choices" in entry else DEFAULT_CHOICES
    return Sentence(
        id=string(file, entry, "id"),
        text=_both(file, entry),
        choices=listed,
        reviewer=string(file, entry, "reviewer"),
        date=day(file, entry),
        version=version,
        source=string(file, entry, "source") if "source" in entry else None,
        bands=_bands(file, entry),
    )


def _bands(file: str, entry: Entry) -> dict[Band, Mapping[Language, str]]:
    """Return the wordings `ko_elementary`, `en_elementary`, … , each simple enough for its band."""
    named = {key.partition("_")[2]: key for key in entry if key[:3] in ("ko_", "en_")}
    found: dict[Band, Mapping[Language, str]] = {}
    for name, key in named.items():
        if name not in list(Band):
            raise ContentError(file, str(entry["id"]), f"has an unknown {key}")
        band = Band(name)
        texts = {one: string(file, entry, f"{one.value}_{name}") for one in Language}
        for language, text in texts.items():
            if not reading_level(text, language).suits(band):
                problem = f"is too hard to read for {name}: {language.value}_{name} is too long"
                raise ContentError(file, str(entry["id"]), problem)
        found[band] = texts
    return found


def read_choices(table: Entry) -> dict[str, Choice]:
    """Read the quick replies.

    Raises:
        ContentError: it is not right.
    """
    file = "choices.toml"
    found = {}
    for entry in entries(file, table, "choice"):
        found[str(entry["id"])] = _choice(file, entry)
    if NEXT not in found:
        raise ContentError(file, NEXT, "is missing")
    return found


def read_meanings(table: Entry, banned: Banned) -> dict[str, Choice]:
    """Return what a button says for each intent; signed, and held to the rules of sentences."""
    found = {}
    for entry in entries(MEANINGS_FILE, table, "meaning"):
        name = str(entry["id"])
        signed = {"payload": f"go:{name}", **table.get("defaults", {}), **entry}
        string(MEANINGS_FILE, signed, "reviewer")
        day(MEANINGS_FILE, signed)
        found[name] = _choice(MEANINGS_FILE, signed)
        for label in found[name].label.values():
            _check_banned(MEANINGS_FILE, name, label, banned)
    return found


def _choice(file: str, entry: Entry) -> Choice:
    choice = Choice(str(entry["id"]), _both(file, entry), string(file, entry, "payload"))
    if any(len(label) > LABEL_LIMIT for label in choice.label.values()):
        raise ContentError(file, choice.id, f"has a label over {LABEL_LIMIT} characters")
    if len(choice.payload.encode()) > PAYLOAD_LIMIT:
        raise ContentError(file, choice.id, f"has a payload over {PAYLOAD_LIMIT} bytes")
    return choice


def typed_labels(choices: Mapping[str, Choice]) -> dict[str, str]:
    """Return what may be typed for a button; the first choice keeps a label that two share."""
    found: dict[str, str] = {}
    # Both are understood only where they were offered.
    plain = (one for one in choices.values() if one.payload not in (*ANSWERS, *SAFE_WORDS))
    for choice in plain:
        for label in choice.label.values():
            found.setdefault(normalize(label).squeezed, choice.payload)
    found.pop("", None)  # signs alone are no label
    return found


def read_numbers(table: Entry) -> dict[str, Number]:
    """Read the numbers; one that is not confirmed is refused.

    Raises:
        ContentError: it is not right.
    """
    file = "numbers.toml"
    found = {}
    for entry in entries(file, table, "number"):
        name = str(entry["id"])
        if entry.get("status") != "confirmed":
            raise ContentError(file, name, "is not confirmed and must not be shown")
        found[name] = Number(
            id=name,
            value=string(file, entry, "value"),
            name=_both(file, entry, prefix="name_"),
            hours=_both(file, entry, prefix="hours_"),
            source=string(file, entry, "source"),
            date=day(file, entry),
        )
    return found


def read_banned(table: Entry) -> Banned:
    """Read the phrasings that no sentence may hold.

    Raises:
        ContentError: it is not right.
    """
    file = "banned.toml"
    return tuple(
        (pattern, string(file, entry, "why"))
        for entry in entries(file, table, "banned")
        for pattern in patterns(file, entry, "patterns")
    )


def check_words(
    file: str,
    sentence: Sentence,
    numbers: Mapping[str, Number],
    banned: Banned,
) -> None:
    """Refuse a sentence with an unknown number, too many words or a banned phrasing.

    Raises:
        ContentError: it is not right.
    """
    for text in sentence.texts():
        for fault in faults(text, numbers, banned):
            raise ContentError(file, sentence.id, _SAID[fault.code].format(about=fault.about))


def faults(text: str, numbers: Mapping[str, Number], banned: Banned) -> Iterator[Fault]:
    """Yield what keeps a wording out, all of it."""
    bare = SLOT.sub("", text)
    for name in SLOT.findall(text):
        if name not in numbers:
            yield Fault("unknown_number", f"{{number.{name}}}")
    if _BRACES.search(bare):
        yield Fault("stray_brace")
    if len(text) > TEXT_LIMIT:
        yield Fault("too_long", str(TEXT_LIMIT))
    if found := _DIGITS.search(bare):
        yield Fault("unconfirmed_number", found[0])
    for why in _why_banned(text, banned):
        yield Fault("banned", why)


def _why_banned(text: str, banned: Banned) -> Iterator[str]:
    told = fold_tails(text.lower())
    seen = {why: None for pattern, why in banned if pattern.search(told)}
    yield from seen


def _check_banned(file: str, name: str, text: str, banned: Banned) -> None:
    for why in _why_banned(text, banned):
        raise ContentError(file, name, _SAID["banned"].format(about=why))

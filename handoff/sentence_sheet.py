"""What the page of sentences shows, and what its form asks for; the dialogue fills it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from storage.metric_tables import group
from storage.metrics import Published
from storage.sentences import Version, Wording

TABLE = "ends_by_topic"  # published by month, small cells left out
KINDS = ("crisis", "topic", "question", "talk", "notice", "service", "other")
MONTHS = 3  # that the page shows
LONGEST = 300  # characters of a source, or of a reason


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that keeps a wording out: a code, what of it, and in which language."""

    code: str
    about: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Where a sentence is said: a kind, the topic or group, and its place among how many."""

    kind: str
    name: str
    place: int
    of: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One sentence in the list of all."""

    id: str
    ko: str = field(repr=False)
    en: str = field(repr=False)
    use: Use
    changed: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence as it is said now to a band; `own` says whether that band has its own words."""

    id: str
    band: str
    own: bool
    ko: str = field(repr=False)
    en: str = field(repr=False)
    source: str = field(repr=False)
    reviewer: str
    day: str
    use: Use
    topic: str | None
    files: int  # its version in the content files


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing on a young person's page: whose, its words, and the buttons below."""

    mine: bool
    text: str = field(repr=False)
    choices: Sequence[str] = ()
    new: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A wording as a young person would read it in one language, and how hard and long it is."""

    language: str
    bubbles: Sequence[Bubble]
    length: int
    band: str  # the youngest who can be expected to follow; "": nobody


class Speech(Protocol):
    """What the page asks of the dialogue."""

    bands: Sequence[str]

    def listed(self) -> Sequence[Listed]:
        """Return all sentences, in the order of the files."""

    def shown(self, sentence: str, band: str) -> Shown | None:
        """Return one sentence as it is said now; None where there is none."""

    def troubles(self, wording: Wording) -> Sequence[Trouble]:
        """Return what keeps a wording out now, all of it."""

    def previews(self, wording: Wording) -> Sequence[Preview]:
        """Return a wording as it would be read, in each language."""

    def left_out(self) -> Mapping[tuple[str, str], Sequence[Trouble]]:
        """Return what was approved and is not said, and why."""

    async def renew(self) -> None:
        """Take what was approved just now."""


@dataclass(frozen=True, slots=True)
class Month:
    """How many talks about a topic ended in a month, as it was published."""

    name: str
    least: int | None  # None: too few to be shown
    more: bool  # a part of them is too small to be shown


def effects(published: Published, topic: str | None) -> Sequence[Month]:
    """Return how often the group of a topic was counted in the newest published months."""
    if topic is None:
        return ()
    column = group(topic)
    months = []
    for name in sorted(published)[-MONTHS:]:
        cells = [n for (_, _, code), n in published[name].items() if code == column]
        shown = [count for count in cells if count is not None]
        months.append(Month(name, sum(shown) if shown else None, len(shown) < len(cells)))
    return months[::-1]


def wording_of(fields: Mapping[str, str], now: Shown, base: int) -> Wording:
    """Return what a form asks for, over the words that are said now."""
    typed = {name: " ".join(fields.get(name, "").split()) for name in ("ko", "en")}
    rest = {name: fields.get(name, "").strip() for name in ("source", "source_date", "reason")}
    return Wording(
        sentence=now.id, band=now.band, **typed, **rest, base=base, files=now.files,
        was_ko=now.ko, was_en=now.en,
    )  # fmt: skip


def typed_troubles(fields: Mapping[str, str], wording: Wording) -> Sequence[Trouble]:
    """Return what is wrong with a form apart from the words of the sentence."""
    found = []
    if fields.get("base", "") != str(wording.base):
        found.append(Trouble("changed_meanwhile"))
    if (wording.ko, wording.en) == (wording.was_ko, wording.was_en):
        found.append(Trouble("unchanged"))
    if not wording.reason:
        found.append(Trouble("no_reason"))
    if max(len(wording.reason), len(wording.source), len(wording.source_date)) > LONGEST:
        found.append(Trouble("too_much", str(LONGEST)))
    return found


def base_of(versions: Sequence[Version], band: str) -> int:
    """Return the number of the version that holds for a band."""
    return max((one.number for one in versions if one.band == band), default=0)

"""Sentences that staff changed, laid over the content files; each must pass all that files must.

Pure. A change that does not fit, or no longer fits, is left out with the reasons; it stops nothing.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.dialogue.content import Content, check_whole
from bot.dialogue.content_file import ContentError
from bot.dialogue.hard_words import hard_in
from bot.dialogue.reading_level import Band, reading_level
from bot.dialogue.sentences import LABEL_LIMIT, SLOT, Fault, Number, Sentence, faults
from storage.records import Language

MOST_PARTS = 5  # short sentences of one bubble
MOST_SIMPLE = 6  # of words for an age, which are shorter
LONGEST_PART = 130  # characters
CRISIS = (
    "self_harm", "danger_now", "threat", "assault", "medical", "medical_called",
    "medical_self_harm",
)  # fmt: skip
"""Groups that name a number first, and ask one thing at most."""
UNTELLING = ("watched", "back", "code_right", "code_wrong")
"""Groups that anybody who looks over a shoulder may read."""
LABELS = ("kakao_check", "kakao_operator_label")
"""Groups that are said on a button."""
FALLBACKS = ("youth", "women", "suicide", "police")
"""Numbers that are named in place of one that is out of use, the first that is in use."""
ALWAYS = frozenset({"ambulance", "police"})
"""Numbers that are never out of use."""

_PART = re.compile(r"(?<=[.?!])\s+")
_LAW = re.compile(r"범죄(예요|가|이)|법에서|법도")  # what the Korean says, the English repeats
_TELLING = re.compile(
    r"곁|상담|챗봇|도움|도와|위험|신고|경찰|비밀|gyeot|counsel|help|police|danger|\d{3}|\{",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Change:
    """Another wording of one sentence, in both languages, as two people of the staff agreed."""

    sentence: str
    band: Band | None
    text: Mapping[Language, str] = field(repr=False)
    source: str = field(repr=False)
    looked_up: str  # when the source was, as it was typed: 2026-11-28
    reviewer: str
    date: date
    number: int  # of the version

    @property
    def key(self) -> tuple[str, str]:
        """Which words it replaces: the sentence, and the band or ""."""
        return self.sentence, self.band or ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What holds over the files: changed sentences, and ids of numbers that are out of use."""

    changes: tuple[Change, ...] = ()
    unused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Laid:
    """The sentences as they are said, and why a change was left out, by its key."""

    content: Content
    left_out: Mapping[tuple[str, str], Sequence[Fault]]


More = Callable[[Content, str], Iterable[Fault]]
"""Says what else keeps a changed sentence out."""


def lay(content: Content, overlay: Overlay, more: More | None = None) -> Laid:
    """Lay changes over the content of the files, each that fits."""
    left: dict[tuple[str, str], Sequence[Fault]] = {}
    laid = content
    for change in overlay.changes:
        found = tuple(problems(laid, change, more))
        if found:
            left[change.key] = found
        else:
            laid = changed(laid, change)
    return Laid(without(laid, overlay.unused), left)


def changed(content: Content, change: Change) -> Content:
    """Return the content with a change in it, unchecked.

    Raises:
        KeyError: there is no such sentence.
    """
    before = content.sentences[change.sentence]
    signed = replace(
        before,
        reviewer=change.reviewer,
        date=change.date,
        source=change.source or before.source,
        version=before.version + change.number,
    )
    if change.band is None:
        after = replace(signed, text=change.text)
    else:
        after = replace(signed, bands={**before.bands, change.band: change.text})
    return replace(content, sentences={**content.sentences, change.sentence: after})


def problems(content: Content, change: Change, more: More | None = None) -> Iterator[Fault]:
    """Yield what keeps a change out, all of it; in the order in which one reads it.

    Args:
        content: what it is laid over.
        change: both languages.
        more: asked only of a change with nothing else wrong.
    """
    found = tuple(_problems(content, change))
    yield from found
    if more is not None and not found:
        yield from more(changed(content, change), change.sentence)


def _problems(content: Content, change: Change) -> Iterator[Fault]:
    before = content.sentences.get(change.sentence)
    if before is None:
        yield Fault("unknown_sentence", change.sentence)
        return
    for language in Language:
        text = change.text.get(language, "")
        if not text.strip():
            yield Fault("missing_language", where=language.value)
        else:
            found = _of_text(content, before, change, language, text)
            yield from (replace(one, where=language.value) for one in found)
    yield from _of_reading(content, change)
    yield from _of_source(change)
    yield from _of_buttons(content, change)


def without(content: Content, unused: Collection[str]) -> Content:
    """Return the content so that it names another number wherever one is out of use.

    Police and ambulance are never out of use: the police are named in place of all others, and
    nothing stands in for the ambulance.
    """
    gone = {name for name in unused if name in content.numbers and name not in ALWAYS}
    left = [name for name in FALLBACKS if name in content.numbers and name not in gone]
    if not gone or not left:
        return content
    other = content.numbers[left[0]]
    instead = {one: _with_name(other, one) for one in Language}
    numbers = {
        name: replace(number, instead=instead) if name in gone else number
        for name, number in content.numbers.items()
    }
    return replace(content, numbers=numbers)


def _with_name(number: Number, language: Language) -> str:
    name = number.name[language]
    return name if number.value in name else f"{number.value} ({name})"


def _of_text(
    content: Content, before: Sentence, change: Change, language: Language, text: str
) -> Iterator[Fault]:
    yield from faults(text, content.numbers, content.banned)
    yield from _of_shape(text, MOST_SIMPLE if change.band else MOST_PARTS)
    was = before.words(change.band)[language]
    lost = [name for name in SLOT.findall(was) if f"{{number.{name}}}" not in text]
    if lost:
        yield Fault("number_lost", ", ".join(f"{{number.{name}}}" for name in lost))
    group = before.id.rpartition(".")[0]
    if group in CRISIS and text.count("?") > 1:
        yield Fault("asks_too_much")
    if group in CRISIS and not SLOT.search(text):
        yield Fault("no_number")
    if group in LABELS and len(text) > LABEL_LIMIT:
        yield Fault("label_too_long", str(LABEL_LIMIT))
    if group in UNTELLING and (found := _TELLING.search(text)):
        yield Fault("tells_too_much", found[0])
    others = (one for one in content.groups.get(group, ()) if one != before.id)
    if any(text == content.sentences[one].text[language] for one in others):
        yield Fault("same_as_another")


def _of_shape(text: str, most: int) -> Iterator[Fault]:
    parts = [part for part in _PART.split(SLOT.sub("0", text).replace("/ ", "")) if part]
    if len(parts) > most:
        yield Fault("too_many_parts", str(most))
    if any(len(part) > LONGEST_PART for part in parts):
        yield Fault("part_too_long", str(LONGEST_PART))


def _of_reading(content: Content, change: Change) -> Iterator[Fault]:
    """Refuse words that are too hard for their band; the usual ones, for anybody we write to."""
    band = change.band or Band.HIGH
    for language, text in change.text.items():
        if not reading_level(text, language).suits(band):
            yield Fault("too_hard", band.value, language.value)
        if band is Band.ELEMENTARY:
            for met, instead in hard_in(text, language, content.hard):
                yield Fault("hard_word", f"{met} → {instead}", language.value)


def _of_source(change: Change) -> Iterator[Fault]:
    if not any(SLOT.search(text) or _LAW.search(text) for text in change.text.values()):
        return
    if not change.source.strip():
        yield Fault("no_source")
    try:
        looked_up = date.fromisoformat(change.looked_up)
    except ValueError:
        yield Fault("no_source_date")
        return
    if looked_up > change.date:
        yield Fault("source_date_ahead")


def _of_buttons(content: Content, change: Change) -> Iterable[Fault]:
    try:
        check_whole(changed(content, change))
    except ContentError as error:
        return (Fault("broken_button", error.entry),)
    return ()

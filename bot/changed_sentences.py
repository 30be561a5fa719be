"""What staff changed in the console, as the dialogue lays it over the content files."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from bot.dialogue.changes import Change, Overlay
from bot.dialogue.content import Content
from bot.dialogue.reading_level import Band
from handoff.audit_sheet import SEOUL
from handoff.setting_forms import every_service, is_out
from storage.records import Language
from storage.sentences import Version, Wording

_REACHED = ("phone", "web")  # a number that is called, a page that is opened


def overlay_of(versions: Iterable[Version], values: Mapping[str, str], content: Content) -> Overlay:
    """Return what is laid over: the versions that hold, and numbers that are out of use.

    Args:
        versions: the newest of each sentence.
        values: the settings that hold.
        content: of the files.
    """
    gone = set(values_out(values))
    unused = {name for name, number in content.numbers.items() if number.value in gone}
    made = (change_of(one) for one in versions)
    return Overlay(tuple(one for one in made if one is not None), frozenset(unused))


def change_of(version: Version) -> Change | None:
    """Return a version as a change; None where the words of the files hold again."""
    if version.wording is None:
        return None
    who = f"{version.author}, {version.approver}"
    return change(version.wording, who, version.number, version.at.astimezone(SEOUL).date())


def change(wording: Wording, who: str, number: int, day: date) -> Change | None:
    """Return a wording as a change; None for a band that this release does not know."""
    if wording.band not in ("", *Band):
        return None
    return Change(
        sentence=wording.sentence,
        band=Band(wording.band) if wording.band else None,
        text={Language.KO: wording.ko, Language.EN: wording.en},
        source=wording.source,
        looked_up=wording.source_date,
        reviewer=who,
        date=day,
        number=number,
    )


def values_out(values: Mapping[str, str]) -> Iterator[str]:
    """Yield the numbers and addresses of help services that are out of use."""
    for one in every_service():
        if one["channel"] in _REACHED and is_out(values, one["id"]):
            yield one["value"].removeprefix("https://")

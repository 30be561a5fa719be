"""Scenes of everyday life in which words of danger are often no danger."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from bot.dialogue.content_file import ContentError, Entry, patterns, strings
from bot.dialogue.wording import Wording, normalize

MOST = 90  # letters; a longer text tells a story, and danger comes late in one


class Everydayness(IntEnum):
    """How surely a text is about everyday life."""

    UNKNOWN = 0
    LIKELY = 1
    SURE = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What plays in a film, at a game, in a lesson, with a brother: and what says it does not."""

    id: str
    sure: bool
    shown: Sequence[re.Pattern[str]] = field(repr=False)
    unless: Sequence[re.Pattern[str]] = field(repr=False)

    def fits(self, said: Wording) -> bool:
        """Tell whether a text plays there."""
        return said.holds(self.shown) and not said.holds(self.unless)


@dataclass(frozen=True, slots=True)
class Scenes:
    """All scenes, and the words with which none of them is a sure one."""

    all: Sequence[Scene] = ()
    urgent: Sequence[re.Pattern[str]] = field(default=(), repr=False)

    def of(self, text: str) -> Everydayness:
        """Return how surely a text is about everyday life; never of a long one."""
        said = normalize(text)
        if not self.all or len(said.spaced) > MOST:
            return Everydayness.UNKNOWN
        fitting = [scene.sure for scene in self.all if scene.fits(said)]
        if any(fitting) and not said.holds(self.urgent):
            return Everydayness.SURE
        return Everydayness.LIKELY if fitting else Everydayness.UNKNOWN


NO_SCENES = Scenes()


def read_scenes(file: str, table: Mapping[str, Entry]) -> Scenes:
    """Return the `[scene.…]` tables of a file; one without them has none.

    Raises:
        ContentError: a scene is no list of patterns, or does not do what its examples say.
    """
    common = {"id": "scenes", **table.get("scenes", {})}
    grim = patterns(file, common, "grim")
    found = [
        _scene(file, {"id": name, **entry}, grim) for name, entry in table.get("scene", {}).items()
    ]
    return Scenes(tuple(found), patterns(file, common, "urgent"))


def _scene(file: str, entry: Entry, grim: Sequence[re.Pattern[str]]) -> Scene:
    unless = (*patterns(file, entry, "unless"), *(grim if entry.get("grim") is True else ()))
    name, sure = str(entry["id"]), entry.get("sure") is True
    scene = Scene(name, sure, patterns(file, entry, "patterns"), unless)
    for key, wanted in (("fires", True), ("quiet", False)):
        said = strings(file, entry, key)
        wrong = [text for text in said if scene.fits(normalize(text)) is not wanted]
        if wrong or not said:
            problem = f"does not fit: {wrong[0]}" if wrong else f"has no {key}"
            raise ContentError(file, name, problem)
    return scene

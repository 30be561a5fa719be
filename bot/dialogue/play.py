"""A talk written down like a play, and its performance by the bot.

A line that begins with `#` is the title, `>` is the young person, `+` more of the same burst,
`<` is how the bot's answer begins, `!` what is asked of the house. An intent in parentheses is
what the language service made of the words, with `?` when it was not sure. `[image]` alone is a
thing that is not fetched.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.dialogue.content import Content
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.rehearsal import Rehearsal, Step, step
from bot.dialogue.turn import Part
from bot.messages import MessageKind, NluResult, Reply

SURE, UNSURE = 0.9, 0.2
_INTENT = re.compile(r"\(([a-z_]+)(\??)\)\s*")
_THING = re.compile(r"\[([a-z]+)\]")


class Speaker(StrEnum):
    """Whose line of a play it is."""

    PERSON = ">"
    MORE = "+"
    BOT = "<"
    HOUSE = "!"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a performance, with the bot's choices where it offers some."""

    speaker: Speaker
    text: str
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.speaker} {self.text}"


@dataclass(frozen=True, slots=True)
class Play:
    """A title and the lines as they are written."""

    title: str
    lines: tuple[Spoken, ...] = field(repr=False)


class PlayBroken(Exception):
    """A play cannot be read; the message names the line and what is wrong with it."""


def read_play(text: str) -> Play:
    """Read a play.

    Raises:
        PlayBroken: a line begins with no known sign, or the young person says nothing.
    """
    title, lines = "", []
    for number, line in enumerate(text.splitlines(), 1):
        sign, words = line[:1], line[1:].strip()
        if sign == "#":
            title = title or words
        elif line.strip():
            lines.append(_line(number, sign, words))
    if not any(line.speaker is Speaker.PERSON for line in lines):
        raise PlayBroken("nobody says anything in it.")
    return Play(title, tuple(lines))


def perform(play: Play, content: Content, *, lexicon: Lexicon | None = None) -> tuple[Spoken, ...]:
    """Return the whole talk as it goes when the young person's lines are said."""
    talk = Rehearsal()
    went: list[Spoken] = []
    for burst in _bursts(play.lines):
        parts, nlu = _heard(burst)
        made = step(talk, parts, content, nlu=nlu, lexicon=lexicon)
        went += [*burst, *_answered(made)]
        talk = made.after
    return tuple(went)


def _line(number: int, sign: str, words: str) -> Spoken:
    try:
        return Spoken(Speaker(sign), words)
    except ValueError:
        raise PlayBroken(f"line {number} begins with none of {' '.join(Speaker)} #.") from None


def _bursts(lines: Sequence[Spoken]) -> list[list[Spoken]]:
    bursts: list[list[Spoken]] = []
    for line in lines:
        if line.speaker is Speaker.PERSON:
            bursts.append([line])
        elif line.speaker is Speaker.MORE and bursts:
            bursts[-1].append(line)
    return bursts


def _heard(burst: Sequence[Spoken]) -> tuple[tuple[Part, ...], NluResult | None]:
    found = [_INTENT.search(line.text) for line in burst]
    named = [hit for hit in found if hit is not None]
    nlu = NluResult(named[-1][1], UNSURE if named[-1][2] else SURE) if named else None
    return tuple(_part(_INTENT.sub("", line.text).strip()) for line in burst), nlu


def _part(text: str) -> Part:
    thing = _THING.fullmatch(text)
    if thing is None:
        return Part(text)
    kind = MessageKind.STICKER if thing[1] == "sticker" else MessageKind.ATTACHMENT
    return Part("", kind, thing[1])


def _answered(made: Step) -> list[Spoken]:
    lines = [_said(reply) for reply in made.decision.replies]
    if made.decision.ask is not None:
        lines.append(Spoken(Speaker.HOUSE, made.decision.ask.value))
    if made.decision.erase:
        lines.append(Spoken(Speaker.HOUSE, "erase"))
    if made.decision.cancel:
        lines.append(Spoken(Speaker.HOUSE, "cancel"))
    return lines


def _said(reply: Reply) -> Spoken:
    return Spoken(Speaker.BOT, reply.text, tuple(choice.label for choice in reply.quick_replies))

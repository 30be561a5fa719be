"""What the bot remembers of a talk between two turns; never a word of what was said."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a talk is. All values are ids of our own content, categories and counts."""

    topic: str | None = None  # the path that is walked now
    subject: str | None = None  # what the talk is about; a harm outlives later questions
    steps: Mapping[str, int] = field(default_factory=dict)  # by topic or group: how many were said
    misunderstood: int = 0  # times in a row
    last: str | None = None  # id of the sentence said last
    choices: tuple[str, ...] = ()  # payloads offered with it, in order
    introduced: bool = False  # the bot said that it is a bot
    waiting_said: int = 0  # acknowledgements given in this wait
    place: str | None = None  # what they were told last of their place in line
    hours: str | None = None  # what they were told last of the hours, unasked, in this wait
    off_at: int = 0  # when they were told that the channel is off, in seconds; 0: never
    mentions: tuple[str, ...] = ()  # categories the person named, `kind:value`, in order
    covered: int = 0  # neutral answers since somebody watches; 0: nobody does
    safe_word: str | None = None  # payload of the word of ours that was agreed on
    signals: tuple[str, ...] = ()  # what the risk screen found, `category:level:rule`, in order

    def said(self, name: str, count: int) -> Self:
        """Return the memory after `count` sentences of a topic or group."""
        return replace(self, steps={**self.steps, name: count})

    def naming(self, codes: Iterable[str]) -> Self:
        """Return the memory with these categories as well, each kept once."""
        return replace(self, mentions=tuple(dict.fromkeys((*self.mentions, *codes))))

    def alarmed(self, signal: str) -> Self:
        """Return the memory with this signal as well, each kept once, the last few of all."""
        kept = tuple(dict.fromkeys((*self.signals, signal)))
        return replace(self, signals=kept[-_SIGNALS:])

    def dump(self) -> str:
        """Return the memory as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def load(cls, text: str) -> Self:
        """Read what `dump` wrote; fields that are unknown or of a wrong type are left out.

        Empty or broken text is an empty memory: to greet twice is better than to fall silent.
        """
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            found = {}
        if not isinstance(found, dict):
            return cls()
        known = {spec.name for spec in fields(cls)}
        read = {name: _read(name, value) for name, value in found.items() if name in known}
        return cls(**{name: value for name, value in read.items() if value is not None})


_SIGNALS = 12


def _read(name: str, value: object) -> Any:
    match name, value:
        case (("topic" | "subject" | "last" | "place" | "hours" | "safe_word"), str()):
            return value
        case (("misunderstood" | "waiting_said" | "covered" | "off_at"), int()) if value >= 0:
            return int(value)
        case "introduced", bool():
            return value
        case (("choices" | "mentions" | "signals"), list()):
            return tuple(item for item in value if isinstance(item, str))
        case "steps", dict():
            return {key: n for key, n in value.items() if isinstance(n, int) and n >= 0}
    return None

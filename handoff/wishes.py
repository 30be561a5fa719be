"""The JSON that a console may send, versioned; a wish is one of a closed list."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, TypeVar
from uuid import UUID

from storage.records import FollowUp, Outcome, Presence, Risk

MAX_FRAME = 16_384
"""Characters of one frame a console may send: 1000 characters of text, all escaped, fit."""

_MAX_INTEGER = 2**31 - 1


class InvalidFrame(Exception):
    """A console sent what no console of ours sends; holds a code, never content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Claim:
    """Take this card, as it was when it was shown."""

    conversation: UUID
    version: int


@dataclass(frozen=True, slots=True)
class ClaimNext:
    """Take the most urgent card."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send the young person a message; the same `key` again is the same message."""

    conversation: UUID
    epoch: int
    key: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Release:
    """Give the talk back to the queue, with a note for whoever takes it next."""

    conversation: UUID
    epoch: int
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ToBot:
    """Let the bot answer again; `seen` is the number of the last line that was shown."""

    conversation: UUID
    epoch: int
    seen: int


@dataclass(frozen=True, slots=True)
class Close:
    """Say goodbye and end the talk; `seen` is the number of the last line that was shown."""

    conversation: UUID
    epoch: int
    seen: int
    outcome: Outcome | None = None
    follow_up: FollowUp = FollowUp.NONE


@dataclass(frozen=True, slots=True)
class JudgeRisk:
    """Set the risk as the counselor sees it."""

    conversation: UUID
    epoch: int
    risk: Risk


@dataclass(frozen=True, slots=True)
class WriteNote:
    """Write something down about the talk; the same `key` again is the same note."""

    conversation: UUID
    epoch: int
    key: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Ask a named colleague to take the talk."""

    conversation: UUID
    epoch: int
    colleague: UUID
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take the offer of the talk back."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class AskAlong:
    """Ask a colleague, or any supervisor, to read the talk along."""

    conversation: UUID
    epoch: int
    colleague: UUID | None


@dataclass(frozen=True, slots=True)
class Join:
    """Read a talk along that one was asked for."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class EndAlong:
    """End the reading along, or the asking for it."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class Typing:
    """The counselor is writing in this talk at this moment."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class Accept:
    """Take a talk that a colleague offers."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class Decline:
    """Leave a talk that a colleague offers with them."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class ChoosePresence:
    """Be available, pausing or away."""

    state: Presence


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The page is alive; `active` when somebody touched it since the last one."""

    active: bool


OwnersWish = Say | Release | ToBot | Close | JudgeRisk | WriteNote | MakeOffer | Withdraw | AskAlong
Wish = (
    OwnersWish
    | Claim
    | ClaimNext
    | Accept
    | Decline
    | Join
    | EndAlong
    | ChoosePresence
    | Typing
    | Heartbeat
)


def parse(text: str) -> Wish:
    """Read one frame of a console.

    Raises:
        InvalidFrame: too long, not JSON, another version, an unknown type, or a field that is
            missing or of the wrong type.
    """
    if len(text) > MAX_FRAME:
        raise InvalidFrame("too_long")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidFrame("json") from None
    match value:
        case {"v": 1, "type": str(name)} if name in _READERS:
            return _READERS[name](value)
        case {"v": 1}:
            raise InvalidFrame("type")
    raise InvalidFrame("version")


def name_of(wish: Wish) -> str:
    """Return the type that a wish has on the wire."""
    return _NAMES[type(wish)]


_Fields = Mapping[str, object]
_Code = TypeVar("_Code", bound=StrEnum | IntEnum)


def _talk(value: _Fields) -> tuple[UUID, int]:
    return _uuid(value, "conversation"), _integer(value, "epoch")


def _read_close(value: _Fields) -> Close:
    outcome = _code(value, "outcome", Outcome) if value.get("outcome") is not None else None
    follow_up = FollowUp.NONE
    if value.get("follow_up") is not None:
        follow_up = _code(value, "follow_up", FollowUp)
    return Close(*_talk(value), _integer(value, "seen"), outcome, follow_up)


def _read_heartbeat(value: _Fields) -> Heartbeat:
    active = value.get("active")
    if not isinstance(active, bool):
        raise InvalidFrame("active")
    return Heartbeat(active)


def _text(value: _Fields, name: str, *, missing: str | None = None) -> str:
    text = value.get(name, missing)
    if not isinstance(text, str):
        raise InvalidFrame(name)
    return text


def _uuid(value: _Fields, name: str) -> UUID:
    found = value.get(name)
    if not isinstance(found, str) or len(found) != 36:
        raise InvalidFrame(name)
    try:
        return UUID(found)
    except ValueError:
        raise InvalidFrame(name) from None


def _integer(value: _Fields, name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= _MAX_INTEGER:
        raise InvalidFrame(name)
    return found


def _code(value: _Fields, name: str, codes: Callable[[Any], _Code]) -> _Code:
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise InvalidFrame(name)
    try:
        return codes(found)
    except ValueError:
        raise InvalidFrame(name) from None


_READERS: Mapping[str, Callable[[_Fields], Wish]] = {
    "claim": lambda value: Claim(_uuid(value, "conversation"), _integer(value, "version")),
    "next": lambda _: ClaimNext(),
    "say": lambda value: Say(*_talk(value), _uuid(value, "key"), _text(value, "text")),
    "release": lambda value: Release(*_talk(value), _text(value, "note", missing="")),
    "to_bot": lambda value: ToBot(*_talk(value), _integer(value, "seen")),
    "close": _read_close,
    "risk": lambda value: JudgeRisk(*_talk(value), _code(value, "risk", Risk)),
    "note": lambda value: WriteNote(*_talk(value), _uuid(value, "key"), _text(value, "text")),
    "offer": lambda value: MakeOffer(
        *_talk(value), _uuid(value, "colleague"), _text(value, "note", missing="")
    ),
    "withdraw": lambda value: Withdraw(*_talk(value)),
    "accept": lambda value: Accept(*_talk(value)),
    "decline": lambda value: Decline(*_talk(value)),
    "presence": lambda value: ChoosePresence(_code(value, "state", Presence)),
    "ask_along": lambda value: AskAlong(
        *_talk(value), _uuid(value, "colleague") if value.get("colleague") else None
    ),
    "join": lambda value: Join(*_talk(value)),
    "end_along": lambda value: EndAlong(*_talk(value)),
    "typing": lambda value: Typing(*_talk(value)),
    "heartbeat": _read_heartbeat,
}
_NAMES: Mapping[type[Wish], str] = {
    Claim: "claim",
    ClaimNext: "next",
    Say: "say",
    Release: "release",
    ToBot: "to_bot",
    Close: "close",
    JudgeRisk: "risk",
    WriteNote: "note",
    MakeOffer: "offer",
    Withdraw: "withdraw",
    Accept: "accept",
    Decline: "decline",
    ChoosePresence: "presence",
    AskAlong: "ask_along",
    Join: "join",
    EndAlong: "end_along",
    Typing: "typing",
    Heartbeat: "heartbeat",
}

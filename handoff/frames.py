"""The JSON on the console's WebSocket, both ways, versioned; a frame is one of a closed list."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from storage.records import AskReason, Conversation, DeliveryState, Line, Risk, Role, Speaker

VERSION = 1
MAX_FRAME = 16_384
"""Characters of one frame a console may send: 1000 characters of text, all escaped, fit."""

_MAX_INTEGER = 2**31 - 1


class InvalidFrame(Exception):
    """A console sent what no console of ours sends; holds a code, never content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --- what a console may send ---


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
    """Give the talk back to the queue."""

    conversation: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class Close:
    """Say goodbye and end the talk; `seen` is the number of the last line that was shown."""

    conversation: UUID
    epoch: int
    seen: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The page is alive; `active` when somebody touched it since the last one."""

    active: bool


ConsoleFrame = Claim | ClaimNext | Say | Release | Close | Heartbeat


# --- what a console is told ---


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: who is signed in, and the server's time."""

    name: str
    role: Role
    now: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """What every console may know about one conversation: no word, no identity."""

    conversation: UUID
    names: Mapping[str, str]  # our alias, by language
    version: int
    risk: Risk
    reason: AskReason | None
    topic: str | None
    channel: str
    language: str
    queued_at: datetime
    reply_until: datetime | None  # after it the channel holds words until the person writes


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation this counselor owns."""

    card: Card
    epoch: int


@dataclass(frozen=True, slots=True)
class QueueChange:
    """Cards that are new or different, and cards that are no longer in the queue."""

    changed: tuple[Card, ...]
    gone: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class TalksChange:
    """The same for the talks of this counselor; `erased` are gone because their writer said so."""

    changed: tuple[Talk, ...]
    gone: tuple[UUID, ...]
    erased: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """New lines of a talk, in order."""

    conversation: UUID
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one line has come."""

    conversation: UUID
    seq: int
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim was won."""

    conversation: UUID


@dataclass(frozen=True, slots=True)
class Said:
    """The message with this key is stored; it will not be sent twice."""

    conversation: UUID
    key: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class Done:
    """The talk was given back or closed as asked."""

    conversation: UUID
    action: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A step was not taken; nothing has changed."""

    action: str
    code: str
    conversation: UUID | None = None
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with a heartbeat; also the server's time."""

    now: datetime


ServerFrame = (
    Hello | QueueChange | TalksChange | Lines | Delivery | Claimed | Said | Done | Refused | Ping
)


def parse(text: str) -> ConsoleFrame:
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


def dump(frame: ServerFrame) -> str:
    """Write one frame for a console: one line of JSON, times in ISO 8601 UTC."""
    return json.dumps({"v": VERSION, **_body(frame)}, ensure_ascii=True, separators=(",", ":"))


def card(conversation: Conversation, names: Mapping[str, str], *, window: timedelta | None) -> Card:
    """Return what every console may know about a conversation.

    Args:
        conversation: as it is now.
        names: our alias, by language.
        window: how long after the person's last word the channel lets a counselor write;
            None: always.
    """
    return Card(
        conversation=conversation.id,
        names=names,
        version=conversation.version,
        risk=conversation.risk,
        reason=conversation.reason,
        topic=conversation.topic,
        channel=conversation.channel,
        language=conversation.language,
        queued_at=conversation.queued_at or conversation.opened_at,
        reply_until=None if window is None else conversation.heard_at + window,
    )


def _body(frame: ServerFrame) -> dict[str, object]:  # noqa: C901, PLR0911 - one case a frame
    match frame:
        case Hello(name, role, now):
            return {"type": "hello", "name": name, "role": role, "now": now.isoformat()}
        case QueueChange(changed, gone):
            return {"type": "queue", "changed": [_card(c) for c in changed], "gone": _ids(gone)}
        case TalksChange(talks, gone, erased):
            shown = {"changed": [_talk(t) for t in talks], "gone": _ids(gone)}
            return {"type": "talks", **shown, "erased": _ids(erased)}
        case Lines(conversation, lines):
            told = [_line(line) for line in lines]
            return {"type": "lines", "conversation": str(conversation), "lines": told}
        case Delivery(conversation, seq, state):
            where = {"conversation": str(conversation), "seq": seq}
            return {"type": "delivery", **where, "state": state}
        case Claimed(conversation):
            return {"type": "claimed", "conversation": str(conversation)}
        case Said(conversation, key, seq):
            what = {"conversation": str(conversation), "key": str(key)}
            return {"type": "said", **what, "seq": seq}
        case Done(conversation, action):
            return {"type": "done", "conversation": str(conversation), "action": action}
        case Refused():
            return {"type": "refused", **_refused(frame)}
        case Ping(now):
            return {"type": "ping", "now": now.isoformat()}


def _card(shown: Card) -> dict[str, object]:
    return {
        "conversation": str(shown.conversation),
        "names": dict(shown.names),
        "version": shown.version,
        "risk": int(shown.risk),
        "reason": shown.reason,
        "topic": shown.topic,
        "channel": shown.channel,
        "language": shown.language,
        "queued_at": shown.queued_at.isoformat(),
        "reply_until": shown.reply_until and shown.reply_until.isoformat(),
    }


def _talk(shown: Talk) -> dict[str, object]:
    return {**_card(shown.card), "epoch": shown.epoch}


def _line(line: Line) -> dict[str, object]:
    return {
        "seq": line.seq,
        "speaker": line.speaker,
        "kind": line.kind,
        "text": line.text,
        "at": line.at.isoformat(),
        "delivery": line.delivery,
        # Only a counselor's line is named, by the key its own console chose.
        "key": str(line.id) if line.speaker is Speaker.COUNSELOR else None,
    }


def _refused(frame: Refused) -> dict[str, object]:
    return {
        "action": frame.action,
        "code": frame.code,
        "conversation": str(frame.conversation) if frame.conversation else None,
        "key": str(frame.key) if frame.key else None,
    }


def _ids(ids: tuple[UUID, ...]) -> list[str]:
    return [str(one) for one in ids]


def _read_claim(value: Mapping[str, object]) -> Claim:
    return Claim(_uuid(value, "conversation"), _integer(value, "version"))


def _read_say(value: Mapping[str, object]) -> Say:
    text = value.get("text")
    if not isinstance(text, str):
        raise InvalidFrame("text")
    where, epoch = _uuid(value, "conversation"), _integer(value, "epoch")
    return Say(where, epoch, _uuid(value, "key"), text)


def _read_heartbeat(value: Mapping[str, object]) -> Heartbeat:
    active = value.get("active")
    if not isinstance(active, bool):
        raise InvalidFrame("active")
    return Heartbeat(active)


def _uuid(value: Mapping[str, object], name: str) -> UUID:
    found = value.get(name)
    if not isinstance(found, str) or len(found) != 36:
        raise InvalidFrame(name)
    try:
        return UUID(found)
    except ValueError:
        raise InvalidFrame(name) from None


def _integer(value: Mapping[str, object], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= _MAX_INTEGER:
        raise InvalidFrame(name)
    return found


_READERS: Mapping[str, Callable[[Mapping[str, object]], ConsoleFrame]] = {
    "claim": _read_claim,
    "next": lambda _: ClaimNext(),
    "say": _read_say,
    "release": lambda value: Release(_uuid(value, "conversation"), _integer(value, "epoch")),
    "close": lambda value: Close(
        _uuid(value, "conversation"), _integer(value, "epoch"), _integer(value, "seen")
    ),
    "heartbeat": _read_heartbeat,
}

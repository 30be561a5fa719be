"""The JSON that a console is told, versioned; a frame is one of a closed list."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from storage.records import (
    AskReason,
    CaseNote,
    Colleague,
    Companion,
    Conversation,
    DeliveryState,
    Line,
    Presence,
    Risk,
    Role,
    Speaker,
    Stopped,
    StoppedWords,
)

VERSION = 1


# --- what a console is told ---


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: who is signed in, and the server's time."""

    name: str
    role: Role
    now: datetime
    id: UUID
    most: int | None = None  # talks they may lead at once; None: any number


@dataclass(frozen=True, slots=True)
class Locked:
    """Nobody touched the page for long: it is covered, and the talks stay for so many minutes."""

    minutes: int


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
    covered: bool = False  # somebody watches them: nothing is sent


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation this counselor owns."""

    card: Card
    epoch: int
    offered_to: UUID | None = None  # the colleague who is asked to take it
    companion: Companion | None = None  # who reads along, or is asked to
    along: bool = False  # it is a colleague's, and this counselor reads along
    owner: UUID | None = None  # that colleague
    readers: tuple[UUID, ...] = ()  # supervisors who read it along now


@dataclass(frozen=True, slots=True)
class QueueChange:
    """Cards that are new or different, and cards that are no longer in the queue."""

    changed: tuple[Card, ...]
    gone: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class TalksChange:
    """The same for the talks of this counselor; `erased` are gone because their writer said so.

    `moved` names who leads a talk now that is gone from here.
    """

    changed: tuple[Talk, ...]
    gone: tuple[UUID, ...]
    erased: tuple[UUID, ...] = ()
    moved: Mapping[UUID, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OffersChange:
    """Talks that this counselor is asked to take: all of them, each with its present owner."""

    talks: tuple[tuple[Talk, UUID], ...]


@dataclass(frozen=True, slots=True)
class AlongChange:
    """Talks that this counselor is asked to read along: all of them, each with its owner."""

    talks: tuple[tuple[Talk, UUID], ...]


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Everybody who can lead a talk, and whether they are here."""

    all: tuple[Colleague, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """The risk of a talk that somebody leads has grown; for supervisors, without a word of it."""

    card: Card
    owner: UUID


@dataclass(frozen=True, slots=True)
class Notes:
    """All notes of a talk of this counselor, oldest first."""

    conversation: UUID
    notes: tuple[CaseNote, ...]


@dataclass(frozen=True, slots=True)
class StoppedTexts:
    """All texts of a talk that its counselor asks to have released, with what became of them."""

    conversation: UUID
    texts: tuple[tuple[Stopped, StoppedWords], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a talk was about until now, in categories and ids of our own content."""

    conversation: UUID
    facts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PresenceKept:
    """What this counselor said of themselves is stored."""

    state: Presence


@dataclass(frozen=True, slots=True)
class Noted:
    """The note with this key is stored."""

    conversation: UUID
    key: UUID


@dataclass(frozen=True, slots=True)
class Lines:
    """New lines of a talk, in order."""

    conversation: UUID
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The lines of the talk that this person came back to; none where its keys are gone."""

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
class Typing:
    """The young person is writing in this talk at this moment."""

    conversation: UUID


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with a heartbeat; also the server's time."""

    now: datetime


ServerFrame = (
    Hello
    | QueueChange
    | TalksChange
    | OffersChange
    | AlongChange
    | Colleagues
    | Alarm
    | Lines
    | Earlier
    | Notes
    | StoppedTexts
    | Summary
    | Delivery
    | Claimed
    | Said
    | Noted
    | Done
    | PresenceKept
    | Refused
    | Typing
    | Locked
    | Ping
)


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
        covered=conversation.covered_at is not None,
    )


def _body(frame: ServerFrame) -> dict[str, object]:  # noqa: C901, PLR0911, PLR0912 - one case a frame
    match frame:
        case Hello(name, role, now, who, most):
            me = {"name": name, "role": role, "id": str(who), "most": most}
            return {"type": "hello", **me, "now": now.isoformat()}
        case QueueChange(changed, gone):
            return {"type": "queue", "changed": [_card(c) for c in changed], "gone": _ids(gone)}
        case TalksChange(talks, gone, erased, moved):
            shown_talks = {"changed": [_talk(t) for t in talks], "gone": _ids(gone)}
            now_with = {str(one): str(owner) for one, owner in moved.items()}
            return {"type": "talks", **shown_talks, "erased": _ids(erased), "moved": now_with}
        case OffersChange(offered):
            asked = [{**_talk(talk), "owner": str(owner)} for talk, owner in offered]
            return {"type": "offers", "talks": asked}
        case AlongChange(wanted):
            asked = [{**_talk(talk), "owner": str(owner)} for talk, owner in wanted]
            return {"type": "along", "talks": asked}
        case Colleagues(everybody):
            return {"type": "colleagues", "all": [_colleague(one) for one in everybody]}
        case Alarm(one, owner):
            return {"type": "alarm", **_card(one), "owner": str(owner)}
        case Notes(conversation, notes):
            shown = [_note(note) for note in notes]
            return {"type": "notes", "conversation": str(conversation), "notes": shown}
        case StoppedTexts(conversation, texts):
            asked = [_stopped(*one) for one in texts]
            return {"type": "stopped", "conversation": str(conversation), "texts": asked}
        case Summary(conversation, facts):
            at_a_glance = {name: list(values) for name, values in facts.items()}
            return {"type": "summary", "conversation": str(conversation), "facts": at_a_glance}
        case Locked(minutes):
            return {"type": "locked", "minutes": minutes}
        case PresenceKept(state):
            return {"type": "presence", "state": state}
        case Noted(conversation, key):
            return {"type": "noted", "conversation": str(conversation), "key": str(key)}
        case Lines(conversation, lines):
            told = [_line(line) for line in lines]
            return {"type": "lines", "conversation": str(conversation), "lines": told}
        case Earlier(conversation, lines):
            before = [_line(line) for line in lines]
            return {"type": "earlier", "conversation": str(conversation), "lines": before}
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
        case Typing(conversation):
            return {"type": "typing", "conversation": str(conversation)}
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
        "covered": shown.covered,
    }


def _talk(shown: Talk) -> dict[str, object]:
    offered = str(shown.offered_to) if shown.offered_to else None
    beside = {"along": shown.along, "owner": str(shown.owner) if shown.owner else None}
    company = _companion(shown.companion) if shown.companion else None
    told = {"epoch": shown.epoch, "offered_to": offered, "company": company, **beside}
    return {**_card(shown.card), **told, "readers": _ids(shown.readers)}


def _companion(one: Companion) -> dict[str, object]:
    return {"who": str(one.staff_id) if one.staff_id else None, "reads": one.joined}


def _colleague(one: Colleague) -> dict[str, object]:
    return {"id": str(one.id), "name": one.name, "presence": one.presence}


def _stopped(one: Stopped, words: StoppedWords) -> dict[str, object]:
    said = {"text": words.text, "answer": words.answer}
    return {"key": str(one.id), "ask": one.ask, "state": one.state, **said}


def _note(note: CaseNote) -> dict[str, object]:
    by = {"id": str(note.id), "by": str(note.staff_id), "kind": note.kind}
    return {**by, "at": note.at.isoformat(), "text": note.text}


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

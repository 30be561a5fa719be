"""The JSON that a console is told, versioned; a frame is one of a closed list."""

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

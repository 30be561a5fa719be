"""All that leaves this room: frozen records and the enums that are columns."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID


class ConversationState(StrEnum):
    """Who answers a conversation now."""

    BOT = "bot"
    QUEUED = "queued"  # waits for a counselor; no machine ends this
    ACTIVE = "active"  # one counselor owns it, the bot is silent
    WRAPUP = "wrapup"  # said goodbye; the counselor finishes notes
    CLOSED = "closed"
    ERASED = "erased"


OPEN_STATES = (ConversationState.BOT, ConversationState.QUEUED, ConversationState.ACTIVE)
"""States in which a new message belongs to the running conversation."""


class Risk(IntEnum):
    """How soon a person must look, lowest first."""

    NONE = 0
    LOW = 1
    HIGH = 2
    IMMINENT = 3


class AskReason(StrEnum):
    """Why a conversation was put into the queue."""

    REQUESTED = "requested"  # the young person asked for a person
    CRISIS = "crisis"  # the risk screen fired
    NOT_UNDERSTOOD = "not_understood"  # low confidence twice
    NLU_AWAY = "nlu_away"  # the language service is slow, wrong or dead
    FAILURE = "failure"  # something of ours broke; a person must look


class Speaker(StrEnum):
    """Whose line of the transcript this is."""

    PERSON = "person"
    BOT = "bot"
    COUNSELOR = "counselor"
    SYSTEM = "system"  # a notice for staff, never sent out


TRAINING = "training"
"""The channel of practice talks: nobody's, in no statistics, kept only until they are closed."""


class Language(StrEnum):
    """A language the service answers in."""

    KO = "ko"
    EN = "en"


class Role(StrEnum):
    """What a member of staff may do; one role a person."""

    COUNSELOR = "counselor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Presence(StrEnum):
    """Whether a counselor can be given a talk now."""

    AVAILABLE = "available"
    PAUSING = "pausing"  # here, and takes nothing new
    AWAY = "away"  # said so, or no console of theirs was heard of


class Outcome(StrEnum):
    """How a talk ended, as its counselor sees it; a category, never text."""

    HEARD = "heard"  # could say it, and that was enough for now
    INFORMED = "informed"  # knows what can be done
    REFERRED = "referred"  # goes to a help service
    ACCOMPANIED = "accompanied"  # was brought to a help service
    EMERGENCY = "emergency"  # police or ambulance were called
    STOPPED = "stopped"  # the young person stopped answering
    NOT_FOR_US = "not_for_us"


class FollowUp(StrEnum):
    """What is to be done after a talk ended."""

    NONE = "none"
    WILL_WRITE = "will_write"  # the young person comes back by themselves
    TALK_OVER = "talk_over"  # the counselor talks it over with a supervisor


class DeliveryState(StrEnum):
    """How far a message on the road out has come."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"  # will never arrive; the counselor is told
    CANCELLED = "cancelled"
    WAITING_FOR_USER = "waiting_for_user"  # handed over on the person's next touch
    HELD = "held"  # somebody watches: it stays here until a person lets it go (cover.py)


TRAVELLING_STATES = (
    DeliveryState.PENDING,
    DeliveryState.WAITING_FOR_USER,
    DeliveryState.HELD,
)
"""States in which a message has not arrived and still may."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One person on one channel, known only by a keyed hash."""

    id: UUID
    channel: str
    gone: bool  # they blocked or left the channel


@dataclass(frozen=True, slots=True)
class Conversation:
    """One talk, without a word of what was said.

    `version` grows with every saved change and guards races; `epoch` grows with every
    claim and fences a former owner's writes.
    """

    id: UUID
    contact_id: UUID
    channel: str
    state: ConversationState
    language: Language
    risk: Risk
    topic: str | None  # an intent's name; a category, never text
    reason: AskReason | None
    version: int
    epoch: int
    owner_id: UUID | None
    opened_at: datetime
    heard_at: datetime  # the young person's last word
    queued_at: datetime | None
    lease_until: datetime | None
    closed_at: datetime | None
    covered_at: datetime | None = None  # since then somebody watches, and nothing is sent
    watched_at: datetime | None = None  # somebody did so first then; nothing goes unasked since

    @property
    def rank_at(self) -> datetime | None:
        """The moment the queue is ordered by, earliest first; None while nobody waits.

        Risk is a head start: who is in imminent danger goes before everybody, and whoever
        waited half an hour longer goes before anybody else.
        """
        return None if self.queued_at is None else self.queued_at - _HEAD_START[self.risk]


_HEAD_START = {
    Risk.NONE: timedelta(0),
    Risk.LOW: timedelta(minutes=10),
    Risk.HIGH: timedelta(minutes=30),  # aging lifts everyone in it (shared/security.md, H6)
    Risk.IMMINENT: timedelta(days=3650),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript, opened."""

    id: UUID
    seq: int  # 1, 2, 3, … without a gap inside one conversation
    speaker: Speaker
    text: str = field(repr=False)
    kind: str  # a MessageKind's value, or "reply" for what went out
    at: datetime
    delivery: DeliveryState | None  # None: nothing travels (inbound, notices)


class Lane(IntEnum):
    """Whose turn goes first when more is due than can be worked on."""

    NORMAL = 0  # someone new yields a little to those whose talk runs
    CRISIS = 1  # before everybody


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """One delivery of a provider that is to be accepted.

    `body` is opaque to this room; it is sealed before it is written. `holder` is the process
    whose connection reaches the person, on channels that answer only there.
    """

    channel: str
    event_id: str = field(repr=False)
    account: str = field(repr=False)
    body: str = field(repr=False)
    settle: timedelta = timedelta(0)  # how long the turn waits for more, when it begins with this
    lane: Lane = Lane.NORMAL
    holder: UUID | None = None


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An accepted delivery that has not been answered yet, opened."""

    id: UUID
    body: str = field(repr=False)
    received_at: datetime
    holder: UUID | None = None


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """All unanswered deliveries of one person, leased to one worker.

    `fence` grows with every lease; a worker whose lease lapsed can write nothing. `tries`
    counts the leases since a turn of this person was finished or given back: more than one
    means that the worker before died or was too slow.
    """

    route: bytes = field(repr=False)
    channel: str
    fence: int
    events: tuple[PendingEvent, ...]
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way out, leased to one sender; the only open address there is."""

    id: UUID
    conversation_id: UUID
    contact_id: UUID
    channel: str
    seq: int
    address: str = field(repr=False)
    body: str = field(repr=False)
    from_counselor: bool
    attempt: int  # 1 for the first try
    part: int  # pieces of a long text that arrived already
    fence: int
    created_at: datetime
    since: datetime  # it is on its way: made, or put there anew
    heard_at: datetime  # the young person's last word, for the channel's window
    watched: bool = False  # somebody watched in this talk once


@dataclass(frozen=True, slots=True)
class Limits:
    """How long what was said, and who said it, is kept (shared/security.md 2.3); settings."""

    transcripts: timedelta = timedelta(days=90)  # since the talk was closed
    contacts: timedelta = timedelta(days=30)  # since the person's last word
    dead_bodies: timedelta = timedelta(hours=72)
    acts: timedelta = timedelta(days=730)  # in the audit log, since they were sealed


@dataclass(frozen=True, slots=True)
class Receipt:
    """The last word to somebody who erased, leased to one sender; gone once it has arrived."""

    id: UUID
    channel: str
    address: str = field(repr=False)
    body: str = field(repr=False)
    attempt: int  # 1 for the first try
    fence: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Staff:
    """One member of staff, under the pseudonym they chose."""

    id: UUID
    name: str
    role: Role
    active: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as administrators see them."""

    staff: Staff
    passkeys: int
    last_seen: datetime  # shown by the day only


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff as the others see them."""

    id: UUID
    name: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class Offer:
    """A talk whose owner asks a named colleague to take it."""

    conversation_id: UUID
    epoch: int
    staff_id: UUID


class StoppedState(StrEnum):
    """What became of a stopped text; SENT is said once and never again."""

    ASKED = "asked"
    RELEASED = "released"
    REFUSED = "refused"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stopped text that somebody asks about, without a word of it."""

    id: UUID
    conversation_id: UUID
    epoch: int
    staff_id: UUID
    ask: str
    state: StoppedState
    asked_at: datetime
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class StoppedWords:
    """The words around a stopped text, opened."""

    text: str = field(repr=False)
    reason: str = field(repr=False)
    answer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Companion:
    """A colleague who reads a talk along, or is asked to; never a second owner."""

    conversation_id: UUID
    epoch: int
    staff_id: UUID | None  # None: any supervisor
    joined: bool = False


@dataclass(frozen=True, slots=True)
class CaseNote:
    """What a counselor wrote down about a talk, opened; never sent to anybody."""

    id: UUID
    staff_id: UUID
    kind: str
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A signed-in browser."""

    id: UUID
    staff: Staff
    csrf_token: str = field(repr=False)
    started_at: datetime
    seen_at: datetime

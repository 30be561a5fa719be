"""The words that travel between a channel and a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class MessageKind(StrEnum):
    """What a young person sent, or did, on their channel."""

    TEXT = "text"
    BUTTON = "button"  # pressed a quick reply; `text` is its payload or label
    ATTACHMENT = "attachment"  # a picture, voice, file, place or contact; never fetched
    STICKER = "sticker"  # `text` holds the words inside it, if the channel tells
    EDIT = "edit"  # `text` is the new wording of an earlier message
    UNSEND = "unsend"  # `refers_to` names the message they took back
    START = "start"  # opened, followed or unblocked the channel
    JOIN = "join"  # came over from another channel; `refers_to` is the reference we gave there
    GROUP = "group"  # said where others read along: refused politely, never kept
    FLOOD = "flood"  # wrote more than is kept; stands once a minute for what was not
    CODE = "code"  # typed the words to come back with; they are not kept
    LEAVE = "leave"  # blocked or left the channel: nothing can be sent any more


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One thing a young person said or did, as its channel reported it.

    `account` finds the same person again; `address` is where an answer goes. Both are
    provider identifiers and are sealed as soon as they are stored. `event_id` is the
    provider's own name for this delivery: equal for a repeat, different for a new message.
    """

    channel: str
    event_id: str = field(repr=False)
    account: str = field(repr=False)
    address: str = field(repr=False)
    kind: MessageKind
    sent_at: datetime
    text: str = field(default="", repr=False)
    attachment: str | None = None  # the kind of a thing we do not fetch: "image", "audio"
    message_id: str | None = field(default=None, repr=False)  # the provider's, for edit and unsend
    refers_to: str | None = field(default=None, repr=False)
    reply_token: str | None = field(default=None, repr=False)  # a one-use way to answer


class Kept(StrEnum):
    """Whether all of a delivery was kept; what is too much of one sender is not."""

    ALL = "all"
    SAID = "said"  # not all, and the bot's next reply says so
    UNSAID = "unsaid"  # not all; only the answer to this very delivery can say so


@dataclass(frozen=True, slots=True)
class QuickReply:
    """A choice the young person can tap instead of typing.

    A press comes back as a message whose text is `payload`.
    """

    label: str
    payload: str


class Origin(StrEnum):
    """Whose words leave: Meta and others ask, and the bot must be told apart."""

    BOT = "bot"
    COUNSELOR = "counselor"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message that goes out to a young person."""

    text: str = field(repr=False)
    quick_replies: Sequence[QuickReply] = ()
    origin: Origin = Origin.BOT
    language: str = "ko"
    reply_token: str | None = field(default=None, repr=False)  # of the message it answers, if fresh
    reference: str | None = field(default=None, repr=False)  # names this talk on another channel
    clears: bool = False  # what stands before it is taken off the screen, where that is ours
    aside: str = field(default="", repr=False)  # a code: it leaves with the text, and is not kept
    after: timedelta | None = None  # since the person's last word, when it leaves


@dataclass(frozen=True, slots=True)
class Danger:
    """How likely the language service holds it that a text speaks of danger, 0 to 1."""

    high: float  # or worse
    imminent: float
    doubts: bool = True  # it heard all of the text, and may doubt our own words


@dataclass(frozen=True, slots=True)
class NluResult:
    """What the language service made of a text."""

    intent: str
    confidence: float  # 0..1
    ranking: Sequence[tuple[str, float]] = ()  # best first, intent and confidence
    danger: Danger | None = None  # None: it did not say


Headers = Mapping[str, str]
"""HTTP headers with lowercase names."""

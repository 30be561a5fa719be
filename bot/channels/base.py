"""What every channel can do, and the ways in which it can fail."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.messages import Headers, InboundMessage, Kept, Reply


class TextUnit(StrEnum):
    """How a provider counts the length of a text."""

    UTF16 = "utf16"
    BYTES = "bytes"
    CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry; read by the sender and the counselor's clock."""

    text_limit: int
    text_unit: TextUnit
    quick_replies: int  # how many choices a message can offer; 0: none
    label_limit: int  # characters of a quick reply's label
    payload_limit: int  # bytes of a quick reply's payload
    can_push: bool = True  # False: an answer must ride in the response to what they wrote
    push_window: timedelta | None = None  # after their last word; None: at any time
    human_window: timedelta | None = None  # the same for a counselor's own words
    reply_deadline: float | None = None  # seconds in which the response must be on its way
    erasable: bool = False  # the provider tells when a person takes a message back
    idempotent: bool = False  # the provider drops a repeat that carries the same key
    per_second: float | None = None  # messages the provider takes from us; None: no limit known
    burst: int = 1  # messages that may go at once when none went for a while
    held: bool = False  # only the process that has their connection can reach a person
    fold: int | None = None  # characters the app shows before one must tap to see the rest
    costly: bool = False  # each message costs quota or allowance: a turn is answered by one


class Channel(Protocol):
    """One place a young person can write from.

    `parse` proves the origin over the raw bytes first, then reads every event of the
    delivery; what is genuine but not for us gives an empty result. `send` delivers one
    message and returns the provider's id for it, or "" where there is none.
    """

    @property
    def name(self) -> str:
        """The channel's fixed name, as in its webhook's path."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """The limits of this channel."""
        ...

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one delivery.

        Raises:
            InvalidSignature: the proof of origin is missing or wrong.
            InvalidPayload: the body is genuine but cannot be read.
        """
        ...

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Deliver `reply`; `key` (a UUID) is the same for every try of one message.

        Raises:
            TemporarySendError: try again after `retry_after` seconds, with the same key.
            PermanentSendError: never try this message again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a provider wants to hear before it believes that a webhook is ours."""

    body: str
    media_type: str = "text/plain"


@runtime_checkable
class Handshake(Protocol):
    """A channel whose provider asks before it delivers (Meta's challenge, X's CRC)."""

    def handshake(self, query: Mapping[str, str]) -> Challenge:
        """Answer the provider's GET.

        Raises:
            InvalidSignature: it does not know our token.
            InvalidPayload: a part of the question is missing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a provider says of our registration; None where it cannot be asked."""

    token: bool | None
    webhook: bool | None
    note: str = ""  # what to do; never a token, an address or a provider's own words


@runtime_checkable
class Checkable(Protocol):
    """A channel that can ask its provider whether it is set up right."""

    async def check(self, webhook: str) -> Checkup:
        """Ask; `webhook` is the address that should be registered.

        Raises:
            TemporarySendError: the provider could not be asked.
        """
        ...


Accept = Callable[[Sequence[InboundMessage]], Awaitable[Kept]]
"""Returns once what is kept is committed; raises `NotStored` when nothing could be.

Where not all was kept, nobody may be told that it was."""


class NotStored(Exception):
    """The messages could not be kept; the person must be told so with the crisis numbers."""


@runtime_checkable
class AnswersInside(Protocol):
    """A channel whose answers ride in the response to what the person wrote."""

    async def exchange(
        self, messages: Sequence[InboundMessage], accept: Accept
    ) -> Mapping[str, object]:
        """Accept, wait for what there is to say, and return the response's JSON in time.

        Whatever happens, the person gets words; nothing is raised.
        """
        ...


class ChannelError(Exception):
    """Something went wrong between us and a provider.

    The message names the channel and a short code. It never holds an address, a text,
    a token or a URL, because errors end up in logs.
    """

    def __init__(self, channel: str, code: str) -> None:
        super().__init__(f"{channel}: {code}")
        self.channel = channel
        self.code = code


class InvalidSignature(ChannelError):
    """The call does not prove that the provider made it."""


class InvalidPayload(ChannelError):
    """The call is genuine but its body cannot be read."""


class TemporarySendError(ChannelError):
    """The provider could not take the message now: time-out, 5xx or rate limit."""

    def __init__(self, channel: str, code: str, retry_after: float = 1.0) -> None:
        super().__init__(channel, code)
        self.retry_after = retry_after  # seconds


class PermanentSendError(ChannelError):
    """The provider refused the message and will refuse it again."""


class RecipientGone(PermanentSendError):
    """The person blocked the bot or deleted the account; the talk cannot go on there."""


class WindowClosed(PermanentSendError):
    """The channel allows no message until the person writes again."""

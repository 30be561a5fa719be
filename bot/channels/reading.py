"""Reading what providers send: untrusted JSON turned into plain values."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.channels.base import Capabilities, InvalidPayload
from bot.messages import InboundMessage, MessageKind, QuickReply, Reply

UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
"""Stands where a provider gave no time, or an absurd one: take the order of arrival instead."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a person said or did, apart from who and when."""

    kind: MessageKind
    text: str = field(default="", repr=False)
    attachment: str | None = None
    refers_to: str | None = field(default=None, repr=False)


def read_json(body: bytes, channel: str) -> object:
    """Decode a body; it may be any JSON value.

    Raises:
        InvalidPayload: not UTF-8, not JSON, or nested deeper than Python follows.
    """
    try:
        # Decoded here because json.loads would also accept UTF-16 and UTF-32.
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidPayload(channel, "json") from None


def members(value: object) -> Mapping[str, object]:
    """Return the members of a JSON object; anything else has none."""
    return value if isinstance(value, dict) else {}


def ident(value: object) -> str | None:
    """Return a provider's id as text, whether it was sent as a number or as text.

    None for what cannot be an id: an empty text, spaces, control or special characters.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return text if _IDENT.fullmatch(text) else None


def words(value: object) -> str:
    """Return a text that can be stored and sent anywhere; "" when there is none.

    Half a surrogate pair and NUL become U+FFFD, so that the rest of the words survives.
    """
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def moment(value: object, *, per_second: int = 1) -> datetime:
    """Return the time a provider gave, as a number or as digits; else `UNKNOWN_TIME`.

    Args:
        value: counted since 1970; believed up to the year 2100.
        per_second: 1 for seconds, 1000 for milliseconds.
    """
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNKNOWN_TIME
    if not 0 <= value <= _YEAR_2100 * per_second:
        return UNKNOWN_TIME
    return UNKNOWN_TIME + timedelta(seconds=value / per_second)


def named(message: InboundMessage) -> InboundMessage:
    """Give a message whose provider named no delivery an `event_id` made of its content.

    The id is equal for a repeat and differs as soon as anything in the message does.
    """
    if message.event_id:
        return message
    parts = (
        message.account,
        message.kind,
        message.sent_at.isoformat(),
        message.message_id,
        message.refers_to,
        message.reply_token,
        message.text,
    )
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return replace(message, event_id=f"sha256:{digest}")


_IDENT = re.compile(r"[A-Za-z0-9_.:+/=-]{1,256}")
_DIGITS = re.compile(r"[0-9]{1,16}")
_YEAR_2100 = 4_102_444_800  # seconds since 1970


def choices_that_fit(reply: Reply, limits: Capabilities) -> list[QuickReply]:
    """Return the choices a provider takes, labels cut: a refused one would cost the message."""
    fitting = [
        QuickReply(words(choice.label)[: limits.label_limit], words(choice.payload))
        for choice in reply.quick_replies
        if words(choice.label).strip()
        and 0 < len(words(choice.payload).encode()) <= limits.payload_limit
    ]
    return fitting[: limits.quick_replies]

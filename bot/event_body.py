"""How an accepted message is written down until its turn is answered."""

import json
from datetime import datetime

from bot.messages import InboundMessage, MessageKind

NEEDED = ("channel", "event_id", "account", "address", "text")
OPTIONAL = ("attachment", "message_id", "refers_to", "reply_token")


class BodyBroken(Exception):
    """What was accepted is no message that this version understands; it holds no content."""

    code = "body"


def dump(message: InboundMessage) -> str:
    """Write a message as the JSON text that the inbox seals.

    Nothing is escaped that need not be: six bytes for a Korean letter would tell more of its
    length. Lone surrogates survive, since the seal takes them as they are.
    """
    return json.dumps(
        {
            "channel": message.channel,
            "event_id": message.event_id,
            "account": message.account,
            "address": message.address,
            "kind": message.kind,
            "sent_at": message.sent_at.isoformat(),
            "text": message.text,
            "attachment": message.attachment,
            "message_id": message.message_id,
            "refers_to": message.refers_to,
            "reply_token": message.reply_token,
        },
        ensure_ascii=False,
    )


def load(body: str) -> InboundMessage:
    """Read what `dump` wrote.

    Raises:
        BodyBroken: something is missing, unknown or of a wrong type.
    """
    try:
        kept = json.loads(body)
        kept["kind"] = MessageKind(kept["kind"])
        kept["sent_at"] = datetime.fromisoformat(kept["sent_at"])
        message = InboundMessage(**kept)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BodyBroken from None
    if not _is_whole(message):
        raise BodyBroken
    return message


def _is_whole(message: InboundMessage) -> bool:
    needed = all(isinstance(getattr(message, name), str) for name in NEEDED)
    optional = all(isinstance(getattr(message, name), str | None) for name in OPTIONAL)
    return needed and optional and message.sent_at.tzinfo is not None

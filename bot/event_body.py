"""How an accepted message is written down until its turn is answered."""

import json
from datetime import datetime

from bot.messages import InboundMessage, MessageKind


def dump(message: InboundMessage) -> str:
    """Write a message as the JSON text that the inbox seals.

    Lone surrogates survive: JSON escapes them.
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
        }
    )


def load(body: str) -> InboundMessage:
    """Read what `dump` wrote."""
    kept = json.loads(body)
    kept["kind"] = MessageKind(kept["kind"])
    kept["sent_at"] = datetime.fromisoformat(kept["sent_at"])
    return InboundMessage(**kept)

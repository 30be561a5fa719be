"""How a reply is written down between the decision and its channel."""

import json

from bot.messages import Origin, QuickReply, Reply


def dump(reply: Reply) -> str:
    """Write a reply as the JSON text that the outbox seals."""
    return json.dumps(
        {
            "text": reply.text,
            "quick_replies": [[choice.label, choice.payload] for choice in reply.quick_replies],
            "origin": reply.origin,
            "language": reply.language,
            "reply_token": reply.reply_token,
            "reference": reply.reference,
            **({"clears": True} if reply.clears else {}),
        },
        ensure_ascii=False,
    )


def load(body: str) -> Reply:
    """Read what `dump` wrote."""
    kept = json.loads(body)
    return Reply(
        text=kept["text"],
        quick_replies=tuple(QuickReply(label, payload) for label, payload in kept["quick_replies"]),
        origin=Origin(kept["origin"]),
        language=kept["language"],
        reply_token=kept.get("reply_token"),
        reference=kept.get("reference"),
        clears=kept.get("clears", False),
    )

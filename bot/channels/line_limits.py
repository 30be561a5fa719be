"""What LINE can carry; apart from the adapter, whose SDK takes 50 MiB."""

from bot.channels.base import Capabilities, TextUnit

LIMITS = Capabilities(
    text_limit=5000,
    text_unit=TextUnit.UTF16,
    quick_replies=13,
    label_limit=20,
    payload_limit=300,
    erasable=True,
    costly=True,
    idempotent=True,
    per_second=1000,  # half of what LINE states a channel may (2,000 requests a second)
    burst=100,
)
"""LINE's limits; https://developers.line.biz/en/reference/messaging-api/."""

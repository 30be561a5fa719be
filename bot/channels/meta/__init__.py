"""Meta's two places to write from: Messenger and Instagram."""

from bot.channels.meta.adapter import (
    INSTAGRAM,
    MESSENGER,
    VERSION,
    MetaChannel,
    make_instagram,
    make_messenger,
)

__all__ = ["INSTAGRAM", "MESSENGER", "VERSION", "MetaChannel", "make_instagram", "make_messenger"]

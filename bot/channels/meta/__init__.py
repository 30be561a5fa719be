"""Meta's two places to write from: Messenger and Instagram."""

from bot.channels.meta.adapter import VERSION, MetaChannel, make_instagram, make_messenger

__all__ = ["VERSION", "MetaChannel", "make_instagram", "make_messenger"]

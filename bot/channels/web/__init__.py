"""The web page a young person can write on without an account."""

from bot.channels.web.channel import LIMITS, WebChannel
from bot.channels.web.frames import FRAME_LIMIT
from bot.channels.web.privacy import KeptDays
from bot.channels.web.routes import NOISY_LOGGERS, PAGE_HEADERS, make_router
from bot.channels.web.texts import TEXTS, CrisisNumber, PageTexts

__all__ = [
    "FRAME_LIMIT",
    "LIMITS",
    "NOISY_LOGGERS",
    "PAGE_HEADERS",
    "TEXTS",
    "CrisisNumber",
    "KeptDays",
    "PageTexts",
    "WebChannel",
    "make_router",
]

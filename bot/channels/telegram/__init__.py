"""Telegram: private chats with one bot."""

from bot.channels.telegram.adapter import ALLOWED_UPDATES, TelegramChannel, make_telegram
from bot.channels.telegram.polling import TelegramPoller, make_poller

__all__ = ["ALLOWED_UPDATES", "TelegramChannel", "TelegramPoller", "make_poller", "make_telegram"]

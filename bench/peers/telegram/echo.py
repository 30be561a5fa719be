"""python-telegram-bot's own webhook application, its defaults: echo.py PORT PROVIDER."""

import logging
import sys

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

SECRET = "bench-secret"


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer."""
    await update.message.reply_text("들었어요. 더 이야기해 주세요.")


if __name__ == "__main__":
    port, provider = int(sys.argv[1]), int(sys.argv[2])
    logging.basicConfig(level=logging.ERROR)
    address = f"http://127.0.0.1:{provider}/bot"
    app = Application.builder().token("123456:bench").base_url(address).build()
    app.add_handler(MessageHandler(filters.TEXT, echo))
    app.run_webhook(
        listen="127.0.0.1",
        port=port,
        url_path="hook",
        webhook_url=f"http://127.0.0.1:{port}/hook",
        secret_token=SECRET,
    )

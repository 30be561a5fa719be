"""The channels that are on: one adapter for each whose secrets are set."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from bot.channels.base import Channel
from bot.channels.line import make_line
from bot.channels.telegram import make_telegram
from bot.config import Settings
from bot.dialogue.content import Content
from storage.records import Language


def make_channels(settings: Settings, content: Content) -> Mapping[str, Channel]:
    """Return every provider's adapter that is configured, by name."""
    channels: dict[str, Channel] = {}
    if token := secret(settings.telegram_token):
        channels["telegram"] = make_telegram(
            token,
            secret(settings.telegram_secret) or "",
            settings.telegram_api,
            group_refusal=content.sentence("group.1", Language.KO),
        )
    if line_secret := secret(settings.line_secret):
        channels["line"] = make_line(
            line_secret, secret(settings.line_token) or "", settings.line_api
        )
    return channels


@runtime_checkable
class Closable(Protocol):
    """A channel that holds connections."""

    async def close(self) -> None:
        """Close them."""
        ...


async def close(channel: Channel) -> None:
    """Close what a channel holds open, if it holds anything."""
    if isinstance(channel, Closable):
        await channel.close()


def secret(value: SecretStr | None) -> str | None:
    """Open a setting that is not to be printed."""
    return value.get_secret_value() if value else None

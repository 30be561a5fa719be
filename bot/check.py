"""Asking each provider whether its channel is set up right, and the database what it logs."""

from collections.abc import Callable
from datetime import datetime

from bot.bubbles import load_fitting
from bot.channels.base import Channel, ChannelError, Checkable, Checkup
from bot.columns import lined_up
from bot.config import Settings
from bot.dialogue.content import FOLDER
from bot.registry import close, make_channels
from storage.errors import DatabaseAway
from storage.server import Finding, look

_WORDS = {True: "ok", False: "WRONG", None: "not known"}


async def check_settings(
    settings: Settings, clock: Callable[[], datetime]
) -> list[tuple[str, Checkup]]:
    """Ask the provider of every channel that is on; return what each says, by name."""
    channels = make_channels(settings, load_fitting(settings.content or FOLDER), clock)
    checkups = []
    for name in sorted(channels):
        webhook = f"{settings.address}/channels/{name}"
        checkups.append((name, await _check(channels[name], webhook)))
        await close(channels[name])
    return checkups


def table(checkups: list[tuple[str, Checkup]]) -> str:
    """Write the answers as lines of text: channel, token, webhook, what to do."""
    rows = [("channel", "token", "webhook", "what to do")]
    rows += [(name, _WORDS[c.token], _WORDS[c.webhook], c.note) for name, c in checkups]
    return lined_up(rows)


def all_well(checkups: list[tuple[str, Checkup]]) -> bool:
    """Tell whether no provider found anything wrong."""
    return not any(False in (checkup.token, checkup.webhook) for _, checkup in checkups)


async def check_database(url: str) -> tuple[Finding, ...]:
    """Ask the database server what it lets into its log, and how we reach it."""
    try:
        return await look(url)
    except DatabaseAway as error:
        return (Finding("server", None, f"could not be asked ({error.code})"),)


def database_table(findings: tuple[Finding, ...]) -> str:
    """Write what was found as lines of text: setting, judgment, what to do; "" for nothing."""
    if not findings:
        return ""
    rows = [(one.name, _WORDS[one.well], one.advice) for one in findings]
    return lined_up([("database", "is", "what to do"), *rows])


async def _check(channel: Channel, webhook: str) -> Checkup:
    if not isinstance(channel, Checkable):
        return Checkup(token=None, webhook=None, note="its provider cannot be asked")
    try:
        return await channel.check(webhook)
    except ChannelError as error:
        return Checkup(token=None, webhook=None, note=f"could not be asked ({error.code})")

"""How fast a channel may be sent to, kept below what its provider would refuse."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.channels.base import Channel


class Pace:
    """One allowance a channel: `per_second` messages, with `burst` of them in hand."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._spacing = {
            name: timedelta(seconds=1 / channel.capabilities.per_second)
            for name, channel in channels.items()
            if channel.capabilities.per_second
        }
        self._in_hand = {
            name: spacing * (channels[name].capabilities.burst - 1)
            for name, spacing in self._spacing.items()
        }
        self._free_at: dict[str, datetime] = {}
        self._senders = 1

    def share(self, senders: int) -> None:
        """Divide every allowance between this many processes."""
        self._senders = max(1, senders)

    def open_channels(self, channels: Collection[str], now: datetime) -> tuple[str, ...]:
        """Return the channels that may be sent to now."""
        return tuple(name for name in channels if self._may(name, now))

    def spend(self, name: str, now: datetime) -> None:
        """Note that a message goes out."""
        spacing = self._spacing.get(name)
        if spacing is not None:
            self._free_at[name] = max(self._free_at.get(name, now), now) + (spacing * self._senders)

    def next_open(self, now: datetime) -> datetime | None:
        """Return when a channel that may not be sent to now may be again; None if all may."""
        closed = [name for name in self._spacing if not self._may(name, now)]
        return min((self._free_at[name] - self._in_hand[name] for name in closed), default=None)

    def _may(self, name: str, now: datetime) -> bool:
        return name not in self._free_at or self._free_at[name] - self._in_hand[name] <= now

"""Fetching updates from Telegram, for a machine without a public address."""

from collections.abc import AsyncIterator, Sequence

import httpx

from bot.channels.base import InvalidPayload, TemporarySendError
from bot.channels.reading import read_json
from bot.channels.telegram.adapter import ALLOWED_UPDATES, API, MISCONFIGURED, TelegramChannel
from bot.channels.telegram.updates import NAME, following
from bot.messages import InboundMessage

_LONG_POLL = 25  # seconds Telegram may hold a request without news


class TelegramPoller:
    """Fetches updates, for a developer whose machine has no public address."""

    def __init__(self, channel: TelegramChannel, client: httpx.AsyncClient) -> None:
        self._channel = channel
        self._client = client
        self._offset = 0

    async def updates(self) -> AsyncIterator[Sequence[InboundMessage]]:
        """Yield what came, delivery by delivery, forever.

        A delivery is confirmed to Telegram when the next one is asked for, so store it
        before. After an error, call this again: it goes on from the last confirmed one.

        Raises:
            TemporarySendError: Telegram could not be asked; wait `retry_after` seconds.
        """
        while True:
            fetched = await self._fetch()
            yield [message for update in fetched for message in self._read(update)]
            self._offset = max([self._offset, *map(following, fetched)])

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def _fetch(self) -> Sequence[object]:
        asked = {
            "offset": self._offset,
            "timeout": _LONG_POLL,
            "allowed_updates": ALLOWED_UPDATES,
        }
        try:
            answer = await self._client.post("getUpdates", json=asked)
        except httpx.HTTPError:
            raise TemporarySendError(NAME, "network", 5.0) from None
        if answer.status_code != httpx.codes.OK:
            raise TemporarySendError(NAME, f"polling_{answer.status_code}", MISCONFIGURED)
        try:
            match read_json(answer.content, NAME):
                case {"result": [*fetched]}:
                    return fetched
        except InvalidPayload:
            pass
        raise TemporarySendError(NAME, "answer", 5.0)

    def _read(self, update: object) -> Sequence[InboundMessage]:
        try:
            return self._channel.parse_update(update)
        except InvalidPayload:
            return ()  # one odd update never holds up the others


def make_poller(
    channel: TelegramChannel, token: str, api_base: str | None = None
) -> TelegramPoller:
    """Build the poller that feeds `channel`'s reader."""
    base = f"{(api_base or API).rstrip('/')}/bot{token}/"
    return TelegramPoller(channel, httpx.AsyncClient(base_url=base, timeout=_LONG_POLL + 10))

"""The road out: outbox to channel, for the bot's words and a counselor's alike."""

import logging
import random
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot import reply_body
from bot.channels.base import (
    Channel,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    WindowClosed,
)
from storage import contacts, outbox
from storage.database import Database
from storage.errors import LeaseLost
from storage.records import Delivery, DeliveryState

log = logging.getLogger("gyeot.sender")

LEASE = timedelta(seconds=30)  # longer than any channel's own time-out
FIRST_PAUSE = 0.5  # seconds; doubles with each try (shared/security.md, section 5.3)
LONGEST_PAUSE = 60.0  # seconds
GIVE_UP_BOT = timedelta(minutes=5)
GIVE_UP_COUNSELOR = timedelta(hours=24)


class Sender:
    """Takes the lowest unsent message of a conversation and brings it to its channel.

    Delivery is at least once: a crash between the provider's answer and our note of it
    repeats the message under the same key.
    """

    def __init__(self, database: Database, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._channels = channels

    async def take(self, now: datetime) -> Delivery | None:
        """Lease the message that is due first."""
        async with self._database.transaction() as session:
            return await outbox.claim(
                session, self._database.vault, now=now, lease=LEASE, channels=self._channels.keys()
            )

    async def work(self, work: Delivery, now: datetime) -> None:
        """Send one message and note how it went."""
        try:
            await self._send(work)
        except TemporarySendError as error:
            await self._later(work, error, now)
        except PermanentSendError as error:
            await self._never(work, error, now)
        else:
            await self._note(work, DeliveryState.SENT, now=now)

    async def next_due(self) -> datetime | None:
        """Return when the next message is due."""
        async with self._database.reading() as session:
            return await outbox.next_due(session)

    async def _send(self, delivery: Delivery) -> None:
        channel = self._channels[delivery.channel]
        await channel.send(delivery.address, reply_body.load(delivery.body), str(delivery.id))

    async def _later(self, delivery: Delivery, error: TemporarySendError, now: datetime) -> None:
        patience = GIVE_UP_COUNSELOR if delivery.from_counselor else GIVE_UP_BOT
        if now - delivery.created_at > patience:
            await self._note(delivery, DeliveryState.DEAD, now=now, code=error.code)
            return
        due = now + timedelta(seconds=max(error.retry_after, pause(delivery.attempt)))
        try:
            async with self._database.transaction() as session:
                await outbox.retry(session, delivery, due_at=due, code=error.code)
        except LeaseLost:
            log.info("lease lost", extra={"delivery": delivery.id})

    async def _never(self, delivery: Delivery, error: PermanentSendError, now: datetime) -> None:
        state = DeliveryState.DEAD
        if isinstance(error, WindowClosed):
            state = DeliveryState.WAITING_FOR_USER
        await self._note(delivery, state, now=now, code=error.code)
        if isinstance(error, RecipientGone):
            async with self._database.transaction() as session:
                await contacts.mark_gone(session, delivery.contact_id, now=now)

    async def _note(
        self, delivery: Delivery, state: DeliveryState, *, now: datetime, code: str = ""
    ) -> None:
        log.info(
            state,
            extra={"channel": delivery.channel, "delivery": delivery.id, "code": code},
        )
        try:
            async with self._database.transaction() as session:
                await outbox.settle(session, delivery, state, now=now, code=code)
        except LeaseLost:
            log.info("lease lost", extra={"delivery": delivery.id})


def pause(attempt: int) -> float:
    """Return how many seconds to wait after try number `attempt`, with half of it random."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 # nosec B311

"""Accepting: what arrives together is committed together, and only then acknowledged."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import event_body
from bot.messages import InboundMessage
from storage import inbox
from storage.database import Database
from storage.errors import DatabaseAway
from storage.records import InboxEvent

log = logging.getLogger("gyeot.intake")

SETTLE = timedelta(milliseconds=300)  # young people write in bursts; a burst is one turn
BATCH = 256  # deliveries in one commit


class IntakeFull(Exception):
    """More deliveries wait for their commit than can be stored in time: refuse with 503."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    messages: Sequence[InboundMessage]
    stored: asyncio.Future[None]


class Intake:
    """The one writer of accepted messages in a process.

    Callers wait while their messages are committed; what came during one commit shares
    the next. Measured in shared/stack.md at 7 to 10 times one commit a request.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], *, capacity: int = 5000
    ) -> None:
        self._database = database
        self._clock = clock
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(capacity)

    async def accept(self, messages: Sequence[InboundMessage]) -> None:
        """Return once every message is committed; repeats are stored once.

        Raises:
            IntakeFull: nothing was stored, the caller must say so.
            StorageError: nothing was stored, the caller must say so.
        """
        stored = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(_Waiting(messages, stored))
        except asyncio.QueueFull:
            raise IntakeFull from None
        await stored

    async def store(self, messages: Sequence[InboundMessage]) -> None:
        """Commit messages in a transaction of their own."""
        events = [_event(message) for message in messages]
        async with self._database.transaction() as session:
            await inbox.accept(
                session, self._database.vault, events, now=self._clock(), settle=SETTLE
            )

    async def run(self) -> None:
        """Commit what waits, until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._commit(batch)

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self.store([message for waiting in batch for message in waiting.messages])
        except Exception as error:
            await self._commit_apart(batch, error)
        else:
            for waiting in batch:
                _tell(waiting, None)

    async def _commit_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Find out which delivery cannot be stored, so that the others are not lost with it."""
        if len(batch) == 1 or isinstance(error, DatabaseAway):
            log.error("not stored", extra={"count": len(batch)}, exc_info=error)
            for waiting in batch:
                _tell(waiting, error)
            return
        for waiting in batch:
            await self._commit([waiting])


def _event(message: InboundMessage) -> InboxEvent:
    return InboxEvent(
        channel=message.channel,
        event_id=message.event_id,
        account=message.account,
        body=event_body.dump(message),
    )


def _tell(waiting: _Waiting, error: Exception | None) -> None:
    if waiting.stored.done():  # the caller went away; what it brought is kept all the same
        return
    if error is None:
        waiting.stored.set_result(None)
    else:
        waiting.stored.set_exception(error)

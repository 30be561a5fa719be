"""Accepting: what arrives together is committed together, and only then acknowledged."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from bot import event_body
from bot.flood import Flood, Ruling
from bot.messages import InboundMessage, Kept, MessageKind
from storage import inbox
from storage.database import Database
from storage.errors import DatabaseAway, StorageError
from storage.records import InboxEvent, Lane

log = logging.getLogger("gyeot.intake")

SETTLE = timedelta(milliseconds=300)  # young people write in bursts; a burst is one turn
SETTLE_FLOOD = timedelta(seconds=5)  # of somebody who writes more than is usual
BATCH = 256  # deliveries in one commit
SKEW = timedelta(minutes=1)  # how far a provider's clock may be ahead of ours


class IntakeFull(Exception):
    """More deliveries wait for their commit than can be stored in time: refuse with 503."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    events: Sequence[InboxEvent]
    stored: asyncio.Future[None]


class Intake:
    """The one writer of accepted messages in a process.

    Callers wait while their messages are committed; what came during one commit shares
    the next. Measured in shared/stack.md at 7 to 10 times one commit a request.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        capacity: int = 5000,
        flood: Flood | None = None,
        holders: Mapping[str, UUID] = MappingProxyType({}),
    ) -> None:
        self._database = database
        self._clock = clock
        self._flood = flood  # None: nobody is limited
        self._holders = holders  # this process, by channel that answers only where it came from
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(capacity)

    async def accept(self, messages: Sequence[InboundMessage]) -> Kept:
        """Return once every message is committed; repeats are stored once.

        What is too much of one sender is counted and not stored; the answer says so.

        Raises:
            IntakeFull: nothing was stored, the caller must say so.
            StorageError: nothing was stored, the caller must say so.
        """
        events, kept = self._events(messages)
        try:
            if events:
                await self._committed(events)
        except (IntakeFull, StorageError):
            self._take_back(messages)
            raise
        return kept

    async def _committed(self, events: Sequence[InboxEvent]) -> None:
        stored = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(_Waiting(events, stored))
        except asyncio.QueueFull:
            raise IntakeFull from None
        await stored

    def _take_back(self, messages: Sequence[InboundMessage]) -> None:
        """Count what will come again no longer; else an outage would use up a quota."""
        if self._flood is not None:
            for message in messages:
                self._flood.take_back(message)

    async def store(self, messages: Sequence[InboundMessage]) -> None:
        """Commit messages in a transaction of their own."""
        events, _ = self._events(messages)
        await self._store(events)

    async def run(self) -> None:
        """Commit what waits, until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._commit(batch)

    def _events(self, messages: Sequence[InboundMessage]) -> tuple[list[InboxEvent], Kept]:
        """Return what is stored of a delivery; what is not is counted in the log."""
        now = self._clock()
        ruled = [(_in_time(message, now), self._rule(message, now)) for message in messages]
        refused = [ruling for _, ruling in ruled if ruling in _REFUSING]
        if refused:
            what = {"channel": messages[0].channel, "count": len(refused)}
            log.warning("too many of one sender", extra=what)
        events = [self._event(*one) for one in ruled if one[1] is not Ruling.REFUSE]
        return events, _kept(refused)

    def _rule(self, message: InboundMessage, now: datetime) -> Ruling:
        if self._flood is None:
            return Ruling.TAKE
        return self._flood.rule(message, now=now)

    def _event(self, message: InboundMessage, ruling: Ruling) -> InboxEvent:
        if ruling is Ruling.REFUSE_ALOUD:
            message = _too_much(message)
        return InboxEvent(
            channel=message.channel,
            event_id=message.event_id,
            account=message.account,
            body=event_body.dump(message),
            settle=SETTLE_FLOOD if ruling is Ruling.GATHER else SETTLE,
            lane=Lane.CRISIS if ruling is Ruling.URGENT else Lane.NORMAL,
            holder=self._holders.get(message.channel),
        )

    async def _store(self, events: Sequence[InboxEvent]) -> None:
        async with self._database.transaction() as session:
            await inbox.accept(session, self._database.vault, events, now=self._clock())

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._store([event for waiting in batch for event in waiting.events])
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


_REFUSING = (Ruling.REFUSE, Ruling.REFUSE_ALOUD)


def _kept(refused: Sequence[Ruling]) -> Kept:
    if not refused:
        return Kept.ALL
    return Kept.SAID if Ruling.REFUSE_ALOUD in refused else Kept.UNSAID


def _in_time(message: InboundMessage, now: datetime) -> InboundMessage:
    """Take a time that has not come yet for now, so that the order of arrival holds."""
    return replace(message, sent_at=now) if message.sent_at > now + SKEW else message


def _too_much(message: InboundMessage) -> InboundMessage:
    """Return what stands for messages that are not kept: who, where to answer, no word."""
    return InboundMessage(
        channel=message.channel,
        event_id=f"flood:{message.event_id}",  # sent again later, the message itself is new
        account=message.account,
        address=message.address,
        kind=MessageKind.FLOOD,
        sent_at=message.sent_at,
        reply_token=message.reply_token,
    )


def _tell(waiting: _Waiting, error: Exception | None) -> None:
    if waiting.stored.done():  # the caller went away; what it brought is kept all the same
        return
    if error is None:
        waiting.stored.set_result(None)
    else:
        waiting.stored.set_exception(error)

"""The road out: outbox to channel, for the bot's words and a counselor's alike."""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable
from uuid import UUID, uuid5

from bot import reply_body
from bot.breaker import Breaker
from bot.channels.base import (
    Capabilities,
    Channel,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    WindowClosed,
)
from bot.messages import Reply
from bot.pace import Pace
from bot.shaping import pieces
from storage import contacts, outbox, processes
from storage.database import Database, Session
from storage.errors import LeaseLost, StorageError
from storage.processes import Holding
from storage.records import Delivery, DeliveryState

log = logging.getLogger("gyeot.sender")

LEASE = timedelta(seconds=20)  # more than the slowest provider gets for one piece, 15 s
FIRST_PAUSE = 0.5  # seconds; doubles with each try (shared/security.md, section 5.3)
LONGEST_PAUSE = 60.0  # seconds
GIVE_UP = timedelta(hours=24)
"""How long a message is tried. A late answer to a crisis is better than none."""

TRIES = 8
"""How often a message is tried that we ourselves fail to send; then the counselor is told."""

FRESH = timedelta(seconds=20)
"""How long a reply token is tried; LINE's were seen to fail at about 30 s."""

TROUBLES = frozenset({"quota", "token", "conflict"})
"""Codes that only an operator can mend: people are left without answers until then."""


@runtime_checkable
class Presence(Protocol):
    """A channel that knows whether a person is there to be written to."""

    def is_present(self, address: str) -> bool:
        """Tell whether they are there now."""
        ...


def holding(process: UUID, channels: Mapping[str, Channel]) -> Holding:
    """Return what a process may send where only the holder of a connection can."""
    held = frozenset(name for name, one in channels.items() if one.capabilities.held)
    return Holding(process, held)


TALKING = timedelta(minutes=10)
"""How long after their last word somebody who was watched once in this talk may be written to.
By then somebody else may hold the phone: what comes later waits for their next word."""

WATCHED = "watched"


class _WindowOver(WindowClosed):
    """We know without asking the provider, so it says nothing about the provider."""


class Sender:
    """Takes the lowest unsent message of a conversation and brings it to its channel.

    Delivery is at least once: a crash between the provider's answer and our note of it
    repeats the message under the same key.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        process: UUID,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._clock = clock
        self._channels = channels
        self._holding = holding(process, channels)
        self._pace = Pace(channels)
        self._breaker = Breaker()
        self._troubles: dict[str, str] = {}  # channel: code, until something arrives there again

    @property
    def troubles(self) -> Mapping[str, str]:
        """Channels that nothing reaches now: a code an operator can look up, or "away"."""
        return {**dict.fromkeys(self._breaker.shut(), "away"), **self._troubles}

    def share(self, senders: int) -> None:
        """Keep to this process's part of what the providers allow all of us."""
        self._pace.share(senders)

    async def take(self, now: datetime, most: int) -> Sequence[Delivery]:
        """Lease the messages that are due first on channels that may be sent to."""
        taken: list[Delivery] = []
        if not self._open(now):
            return taken
        async with self._database.transaction() as session:
            while len(taken) < most:
                delivery = await self._take_one(session, now)
                if delivery is None:
                    break
                taken.append(delivery)
        return taken

    async def _take_one(self, session: Session, now: datetime) -> Delivery | None:
        """Lease one message; each may shut its channel to the next, by its pace or a probe."""
        channels = self._open(now)
        if not channels:
            return None
        delivery = await outbox.claim(
            session,
            self._database.vault,
            now=now,
            lease=LEASE,
            channels=channels,
            holding=self._holding,
        )
        if delivery is not None:
            self._pace.spend(delivery.channel, now)
            self._breaker.spend(delivery.channel, now)
        return delivery

    def _open(self, now: datetime) -> list[str]:
        """Return the channels that neither our pace nor their silence keeps us from."""
        paced = self._pace.open_channels(self._channels.keys(), now)
        return [name for name in paced if self._breaker.may(name, now)]

    async def work(self, work: Delivery, now: datetime) -> None:
        """Send one message and note how it went."""
        try:
            await self._send(work, now)
        except TemporarySendError as error:
            await self._later(work, error)
        except PermanentSendError as error:
            if not isinstance(error, _WindowOver):
                self._breaker.worked(work.channel)  # it answered, if only to refuse
            await self._never(work, error)
        except StorageError as error:  # what was not noted is done again when the lease ends
            log.info("not noted", extra={"delivery": work.id, "code": error.code})
        except Exception:  # ours, not the provider's: it must not hold up the talk for ever
            log.exception("delivery failed", extra={"delivery": work.id, "channel": work.channel})
            await self._failed(work)
        else:
            self._breaker.worked(work.channel)
            self._troubles.pop(work.channel, None)
            await self._note(work, DeliveryState.SENT)

    async def next_due(self, now: datetime) -> datetime | None:
        """Return when the next message is due on a channel that may be sent to then."""
        async with self._database.reading() as session:
            due = await outbox.next_due(session, self._open(now), self._holding, now=now)
        closed = self._breaker.next_try(self._channels, now)
        moments = (due, self._pace.next_open(now), closed)
        return min((one for one in moments if one is not None), default=None)

    async def _send(self, delivery: Delivery, now: datetime) -> None:
        """Send the pieces that have not arrived yet, noting each, so that none goes twice."""
        channel = self._channels[delivery.channel]
        _check_watched(delivery, now)
        reply = _as_it_leaves(delivery, now)
        _check_window(channel, reply)
        parts = pieces(reply, channel.capabilities)
        for number in range(delivery.part, len(parts)):
            await channel.send(delivery.address, parts[number], _key(delivery, number))
            if number + 1 < len(parts):
                async with self._database.transaction() as session:
                    until = self._clock() + LEASE
                    await outbox.progress(session, delivery, part=number + 1, lease_until=until)

    async def _later(self, delivery: Delivery, error: TemporarySendError) -> None:
        now = self._clock()  # a send that timed out began long before
        if delivery.channel not in self._holding.channels:  # one tab's silence is not the channel's
            self._breaker.failed(delivery.channel, delivery.conversation_id, now)
        if error.code in TROUBLES:
            self._troubles[delivery.channel] = error.code
            log.error("operator needed", extra={"channel": error.channel, "code": error.code})
        if now - delivery.since > GIVE_UP:
            await self._note(delivery, DeliveryState.DEAD, code=error.code)
            return
        due = now + timedelta(seconds=max(error.retry_after, pause(delivery.attempt)))
        await self._again(delivery, due, error.code)

    async def _failed(self, delivery: Delivery) -> None:
        if delivery.attempt >= TRIES:
            await self._note(delivery, DeliveryState.DEAD, code="failure")
            return
        due = self._clock() + timedelta(seconds=pause(delivery.attempt))
        await self._again(delivery, due, "failure")

    async def _again(self, delivery: Delivery, due_at: datetime, code: str) -> None:
        try:
            async with self._database.transaction() as session:
                await outbox.retry(session, delivery, due_at=due_at, code=code)
        except LeaseLost:
            log.info("lease lost", extra={"delivery": delivery.id})

    async def _never(self, delivery: Delivery, error: PermanentSendError) -> None:
        if isinstance(error, WindowClosed):
            await self._wait(delivery, error)
            return
        await self._note(delivery, DeliveryState.DEAD, code=error.code)
        if isinstance(error, RecipientGone):
            async with self._database.transaction() as session:
                await contacts.mark_gone(session, delivery.contact_id, now=self._clock())

    async def _wait(self, delivery: Delivery, error: WindowClosed) -> None:
        """Keep a message for the person's next touch, unless another process reaches them."""
        state, now = DeliveryState.WAITING_FOR_USER, self._clock()
        try:
            async with self._database.transaction() as session:
                if await self._is_elsewhere(session, delivery, now):
                    await outbox.retry(session, delivery, due_at=now, code=error.code)
                    return
                await outbox.settle(session, delivery, state, now=now, code=error.code)
        except LeaseLost:
            log.info("lease lost", extra={"delivery": delivery.id})
            return
        _log_end(delivery, state, error.code)
        if error.code != WATCHED and self._is_back(delivery):
            async with self._database.transaction() as session:
                await outbox.release_waiting(session, delivery.contact_id, now=now)

    async def _is_elsewhere(self, session: Session, delivery: Delivery, now: datetime) -> bool:
        if delivery.channel not in self._holding.channels:
            return False
        return await processes.held_elsewhere(session, self._holding, delivery.contact_id, now=now)

    def _is_back(self, delivery: Delivery) -> bool:
        """Tell whether a person came back while we wrote down that they were not there."""
        channel = self._channels[delivery.channel]
        return isinstance(channel, Presence) and channel.is_present(delivery.address)

    async def _note(self, delivery: Delivery, state: DeliveryState, *, code: str = "") -> None:
        _log_end(delivery, state, code)
        try:
            async with self._database.transaction() as session:
                await outbox.settle(session, delivery, state, now=self._clock(), code=code)
        except LeaseLost:
            log.info("lease lost", extra={"delivery": delivery.id})


def _log_end(delivery: Delivery, state: DeliveryState, code: str) -> None:
    what = {"channel": delivery.channel, "delivery": delivery.id, "code": code}
    log.info(state, extra=what)


def pause(attempt: int) -> float:
    """Return how many seconds to wait after try number `attempt`, with half of it random."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 # nosec B311


def window(limits: Capabilities, *, from_counselor: bool) -> timedelta | None:
    """Return how long after a person's last word a channel lets us write; None: always."""
    return limits.human_window if from_counselor else limits.push_window


def _as_it_leaves(delivery: Delivery, now: datetime) -> Reply:
    """Return the reply with the time since the person's last word, its token only while fresh."""
    reply = replace(reply_body.load(delivery.body), after=now - delivery.heard_at)
    fresh = delivery.attempt == 1 and now - delivery.created_at <= FRESH
    return reply if fresh else replace(reply, reply_token=None)


def _check_watched(delivery: Delivery, now: datetime) -> None:
    if delivery.watched and now - delivery.heard_at > TALKING:
        raise _WindowOver(delivery.channel, WATCHED)


def _check_window(channel: Channel, reply: Reply) -> None:
    limit = window(channel.capabilities, from_counselor=reply.origin == "counselor")
    if limit is not None and reply.after is not None and reply.after > limit:
        raise _WindowOver(channel.name, "window")


def _key(delivery: Delivery, number: int) -> str:
    """Return what names one piece at a provider that drops repeats: the same at every try."""
    return str(delivery.id if number == 0 else uuid5(delivery.id, str(number)))

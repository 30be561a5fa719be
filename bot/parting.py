"""The last word to those who erased: sent like any message, and then nothing is left of it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from bot import reply_body
from bot.channels.base import Channel, PermanentSendError, TemporarySendError, WindowClosed
from bot.messages import Reply
from bot.sender import FRESH, LEASE, holding, pause
from bot.shaping import pieces
from storage import receipts
from storage.database import Database
from storage.errors import LeaseLost
from storage.receipts import LIFETIME
from storage.records import Receipt

log = logging.getLogger("gyeot.sender")


class Parting:
    """Takes the last words that are due and brings each to its channel, for an hour at most.

    A closed tab may be open again in a moment, so that is waited for as well.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        process: UUID,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._channels = channels
        self._names = tuple(channels)
        self._clock = clock
        self._holding = holding(process, channels)

    async def take(self, now: datetime, most: int) -> Sequence[Receipt]:
        """Lease the last words that are due first, at most `most`."""
        taken: list[Receipt] = []
        async with self._database.transaction() as session:
            while len(taken) < most:
                receipt = await receipts.claim(
                    session,
                    self._database.vault,
                    now=now,
                    lease=LEASE,
                    channels=self._names,
                    holding=self._holding,
                )
                if receipt is None:
                    break
                taken.append(receipt)
        return taken

    async def next_due(self, now: datetime) -> datetime | None:
        """Return when the next last word is due."""
        async with self._database.reading() as session:
            return await receipts.next_due(session, self._names, self._holding, now=now)

    async def work(self, work: Receipt, now: datetime) -> None:
        """Send one, and leave nothing of it; what failed for now is tried again."""
        try:
            await self._send(work, now)
        except (TemporarySendError, WindowClosed) as error:
            await self._later(work, error.code)
        except PermanentSendError as error:
            await self._end(work, error.code)
        except Exception:  # ours, not the provider's
            log.exception("last word failed", extra={"channel": work.channel})
            await self._later(work, "failure")
        else:
            await self._end(work, "")

    async def _send(self, receipt: Receipt, now: datetime) -> None:
        channel = self._channels[receipt.channel]
        parts = pieces(_as_it_leaves(receipt, now), channel.capabilities)
        for number, part in enumerate(parts):
            key = receipt.id if number == 0 else uuid5(receipt.id, str(number))
            await channel.send(receipt.address, part, str(key))

    async def _later(self, receipt: Receipt, code: str) -> None:
        now = self._clock()
        if now - receipt.created_at > LIFETIME:
            await self._end(receipt, code)
            return
        due = now + timedelta(seconds=pause(receipt.attempt))
        try:
            async with self._database.transaction() as session:
                await receipts.retry(session, receipt, due_at=due)
        except LeaseLost:
            log.info("lease lost", extra={"channel": receipt.channel})

    async def _end(self, receipt: Receipt, code: str) -> None:
        log.info("last word ended", extra={"channel": receipt.channel, "code": code})
        await receipts.end(self._database, receipt.id)


def _as_it_leaves(receipt: Receipt, now: datetime) -> Reply:
    """Return the reply with the time since their last word, its token only while fresh."""
    waited = now - receipt.created_at
    reply = replace(reply_body.load(receipt.body), after=waited)
    fresh = receipt.attempt == 1 and waited <= FRESH
    return reply if fresh else replace(reply, reply_token=None)

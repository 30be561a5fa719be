"""The small loops beside the pumps: beats, lapses, sweeps, polling. Each survives any failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from bot.channels.base import TemporarySendError
from bot.channels.telegram import TelegramChannel, TelegramPoller
from bot.intake import Intake
from bot.notices import ContentNotices
from bot.pressure import Pressure
from bot.roles import ProcessRole
from bot.sender import GIVE_UP, Sender
from bot.telling import Telling
from bot.webhooks import acknowledge
from bot.weekly_sums import WeeklySums
from handoff import queue
from storage import erasure, inbox, metrics, outbox, processes, receipts, retention, rotation
from storage.database import Database
from storage.errors import KeyringUnusable, KeysAway
from storage.ledger import Ledger
from storage.metrics import Public
from storage.records import Limits

log = logging.getLogger("gyeot.loops")

Clock = Callable[[], datetime]

BEAT = 2.0  # seconds; see processes.LIVE
LOOK = 1.0  # seconds between two looks at the backlog
LAPSE = 2.0  # seconds; a lapsed talk is back in line within 5 s (shared/security.md, H7)
TELL = 5.0  # seconds between two looks at the line for those in it
SWEEP = 3600.0  # seconds
BREATH = 0.1  # seconds between two bites of a purge, so that answers come first
FINISH = 2.0  # seconds between two looks for erasures that a process left unfinished
UNFINISHED = timedelta(seconds=5)  # much longer than an erasure takes
WATCH = 1.0  # seconds between two looks at the keyring file; see vault.NOTICED
ROTATE = 60.0  # seconds between two looks for keys that are over
TALLY = 60.0  # seconds between two writings of counters; a crash loses so much of them
POLL_PAUSE = 5.0  # seconds after a failed poll


async def beating(
    database: Database,
    process: UUID,
    roles: str,
    sender: Sender,
    clock: Clock,
    missed: asyncio.Event,
) -> None:
    """Say again and again that this process lives, and share the pace with other senders.

    `missed` is set when others took it for dead meanwhile.
    """

    async def beat() -> None:
        async with database.transaction() as session:
            silent = await processes.beat(session, process, roles=roles, now=clock())
            sender.share(await processes.count_live(session, ProcessRole.SENDER, now=clock()))
        if silent:
            log.warning("beats were missed")
            missed.set()

    await _again(beat, BEAT, "beat")


async def coming_back(missed: asyncio.Event, step: Callable[[], Awaitable[None]]) -> None:
    """Take a step each time beats were missed, again until it is done.

    It is apart from the beats, so that a long one lets none be missed.
    """

    async def once() -> None:
        await missed.wait()
        missed.clear()
        try:
            await step()
        except Exception:
            missed.set()
            raise

    await _again(once, BEAT, "come back")


async def looking(database: Database, pressure: Pressure, clock: Clock) -> None:
    """Look again and again at how many people wait for an answer."""

    async def look() -> None:
        async with database.reading() as session:
            pressure.look(await inbox.backlog(session, now=clock()))

    await _again(look, LOOK, "look")


async def lapsing(database: Database, notices: ContentNotices, clock: Clock) -> None:
    """Give the talks of counselors who are gone back to the queue, again and again."""

    async def lapse() -> None:
        await queue.lapse(database, notices, now=clock())

    await _again(lapse, LAPSE, "lapse")


async def telling(those_who_wait: Telling, clock: Clock) -> None:
    """Tell again and again those who wait what changed for them."""

    async def look() -> None:
        await those_who_wait.look(clock())

    await _again(look, TELL, "tell")


async def watching_keys(database: Database) -> None:
    """Read the keyring again and again when it changed; what cannot be read is read later."""

    async def watch() -> None:
        try:
            await database.vault.refresh()
        except KeysAway as error:
            log.error("keyring is away", extra={"code": error.code})

    await _again(watch, WATCH, "watch keys")


async def rotating(database: Database, window: timedelta, clock: Clock) -> None:
    """Change the keys each day, and go on where a pass was cut short."""

    async def step() -> None:
        if not await rotation.has_work(database, window=window, now=clock()):
            return
        try:
            await rotation.rotate(database, window=window, now=clock())
        except KeyringUnusable as error:
            log.error("keys not rotated", extra={"code": error.code})

    await _again(step, ROTATE, "rotate keys")


async def sweeping(database: Database, kept: Callable[[], Limits], clock: Clock) -> None:
    """Throw away again and again what is over; how long is asked each time."""

    async def sweep() -> None:
        limits = kept()
        more = True
        while more:
            async with database.transaction() as session:
                swept = await retention.sweep(session, now=clock(), dead_bodies=limits.dead_bodies)
            more = swept.more
        more = True
        while more:
            more = await retention.purge(database, limits, now=clock())
            await asyncio.sleep(BREATH)
        await retention.forget_acts(database, limits, now=clock())

    await _again(sweep, SWEEP, "sweep")


async def publishing(
    database: Database, channels: Collection[str], public: Public | None, clock: Clock
) -> None:
    """Publish the numbers of weeks and months that are over, again and again."""

    async def step() -> None:
        await metrics.offer(database, channels, now=clock())
        published = await metrics.publish_due(database, now=clock(), public=public)
        if published:
            log.info("numbers published", extra={"count": published})

    await _again(step, SWEEP, "publish numbers")


async def tallying(database: Database, sums: WeeklySums) -> None:
    """Write down again and again what was counted of the language model."""

    async def write() -> None:
        await sums.write(database)

    await _again(write, TALLY, "tally")


async def erasing(database: Database, ledger: Ledger, clock: Clock) -> None:
    """Finish again and again what a process that died left half erased, and old last words."""

    async def step() -> None:
        now = clock()
        found = await erasure.finish_all(database, ledger, before=now - UNFINISHED, now=now)
        if found:
            log.warning("erasures finished", extra={"count": found})
        async with database.reading() as session:
            over = await receipts.overdue(session, now=now)
        for receipt_id in over:
            await receipts.end(database, receipt_id)

    await _again(step, FINISH, "erase")


async def giving_up(database: Database, channels: Collection[str], clock: Clock) -> None:
    """Set aside again and again what is for a channel whose secrets were taken away a day ago."""

    async def step() -> None:
        found = outbox.BATCH
        while found == outbox.BATCH:
            now = clock()
            async with database.transaction() as session:
                found = await outbox.give_up(
                    session, tuple(channels), before=now - GIVE_UP, now=now
                )
            if found:
                log.error("channel is off", extra={"count": found})

    await _again(step, SWEEP, "give up")


async def polling(poller: TelegramPoller, channel: TelegramChannel, intake: Intake) -> None:
    """Fetch what was written on Telegram; asking for more confirms what was stored."""
    while True:
        try:
            async for messages in poller.updates():
                if messages:
                    await intake.accept(messages)
                    await acknowledge(channel, messages)
        except TemporarySendError as error:
            log.info("polling paused", extra={"channel": error.channel, "code": error.code})
            await asyncio.sleep(error.retry_after)
        except Exception:
            log.exception("polling failed")
            await asyncio.sleep(POLL_PAUSE)


async def _again(step: Callable[[], Awaitable[None]], pause: float, name: str) -> None:
    while True:
        try:
            await step()
        except Exception:
            log.exception("step failed", extra={"reason": name})
        await asyncio.sleep(pause)

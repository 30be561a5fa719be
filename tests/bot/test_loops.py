"""The small loops: what they notice, and that they go on."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from bot import loops
from bot.sender import GIVE_UP, Sender
from storage import processes, rotation
from storage.database import Database, Topic, open_database
from storage.keyring import Keyring
from storage.keyring_file import KeyringFile
from tests.factories import NOON, sent_out, talk_of

PROCESS = uuid4()


async def _until(event: asyncio.Event, loop: Coroutine[None, None, None]) -> None:
    """Run a loop until it has set `event`."""
    task = asyncio.create_task(loop)
    try:
        async with asyncio.timeout(30):
            await event.wait()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_gap_between_two_beats_is_noticed(database: Database) -> None:
    def clock() -> datetime:
        return NOON + processes.LIVE

    async with database.transaction() as session:
        await processes.beat(session, PROCESS, roles="web", now=NOON)
    missed = asyncio.Event()
    sender = Sender(database, {}, PROCESS, clock)

    await _until(missed, loops.beating(database, PROCESS, "web", sender, clock, missed))


async def test_what_is_done_after_missed_beats_is_done_again_until_it_succeeds() -> None:
    missed, done = asyncio.Event(), asyncio.Event()
    failures = [RuntimeError()]

    async def step() -> None:
        if failures:
            raise failures.pop()
        done.set()

    missed.set()

    await _until(done, loops.coming_back(missed, step))

    assert not missed.is_set()


async def test_what_is_for_a_channel_that_was_switched_off_is_given_up_after_a_day(
    database: Database,
) -> None:
    await sent_out(database, await talk_of(database, channel="off"), "하나")

    def clock() -> datetime:
        return NOON + GIVE_UP + timedelta(seconds=1)

    async with database.wakeups.subscribe(Topic.QUEUE) as consoles:
        giving_up = asyncio.create_task(loops.giving_up(database, ("web",), clock))
        told = await consoles.wait(30)
        giving_up.cancel()

    assert told


async def test_a_worker_rotates_the_keys_when_the_day_has_changed(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    mine, other = (
        open_database(database_url, keyring=KeyringFile(tmp_path / "keyring.json")) for _ in "12"
    )
    tomorrow = NOON + timedelta(days=1)
    await mine.prove_keyring()
    both = asyncio.gather(
        loops.rotating(mine, timedelta(days=7), lambda: tomorrow), loops.watching_keys(other)
    )
    async with asyncio.timeout(30):
        while other.keys.current.keys == keyring.keys:
            await asyncio.sleep(0.05)
    both.cancel()
    with suppress(asyncio.CancelledError):
        await both
    await mine.close()
    await other.close()

    assert not rotation.due(other.keys.current, now=tomorrow)

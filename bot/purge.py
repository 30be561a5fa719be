"""Letting go on the command line: what is over its time, or, by two people, all old keys."""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from getpass import getpass
from typing import Protocol

from bot import backup
from bot.columns import lined_up
from bot.config import Settings
from bot.refused import Refused
from handoff.auth import AuthError, Door
from storage import audit, retention, rotation
from storage.database import Database
from storage.errors import StorageError
from storage.records import Limits, Staff
from storage.settings import current, with_days

Clock = Callable[[], datetime]


class Backup(Protocol):
    """Makes a backup and returns what to print."""

    def __call__(self, *, now: datetime) -> str:
        """Make it, or raise a StorageError."""
        ...


class PurgeRefused(Refused):
    """Nothing was purged; the words say why, and name nobody."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """How the two people are asked; what is secret is not shown while it is typed."""

    ask: Callable[[str], str] = input
    ask_hidden: Callable[[str], str] = getpass


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `python -m bot purge` takes; never a secret."""
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--dry-run", action="store_true", help="only count what would go")
    kinds.add_argument(
        "--now", action="store_true", help="destroy all older keys at once; needs two people"
    )


async def run(
    database: Database, settings: Settings, arguments: argparse.Namespace, clock: Clock
) -> str:
    """Do what was asked and return what to print: counts only.

    Raises:
        PurgeRefused: two different people did not confirm.
        StorageError: try again.
    """
    if arguments.now:
        fresh = partial(backup.run_backup, settings, None)
        return await at_once(database, clock, Terminal(), fresh)
    return await over(database, settings, clock, dry=arguments.dry_run)


async def over(database: Database, settings: Settings, clock: Clock, *, dry: bool) -> str:
    """Remove what is over its time (or only count it); return the counts, a line a class."""
    async with database.reading() as session:
        limits = with_days(await current(session), settings.limits)
        due = await retention.due(session, limits, now=clock())
    if not dry:
        await _remove(database, limits, clock)
    rows = [(one.name.replace("_", " "), str(getattr(due, one.name))) for one in fields(due)]
    return lined_up([("class", "would go" if dry else "gone"), *rows])


async def at_once(database: Database, clock: Clock, terminal: Terminal, fresh: Backup) -> str:
    """Destroy every older wrap, index, edge and intake key now, once two people confirmed.

    What was erased is then readable nowhere, in no backup either, and every backup from before
    is dead, so a new one is made.

    Args:
        database: opened with its keyring file.
        clock: reads the time; codes are typed meanwhile.
        terminal: where the two are asked.
        fresh: makes the new backup.

    Raises:
        PurgeRefused: two different people did not confirm.
        StorageError: try again; a key that is destroyed already stays so.
    """
    door = Door(database)
    first = await _confirmed(door, clock, terminal, "first")
    second = await _confirmed(door, clock, terminal, "second")
    if first.id == second.id:
        raise PurgeRefused("two different people are needed.")
    async with database.transaction() as session:
        for person in (first, second):
            await audit.record(
                session, staff=person, action="purge_now", object_id=None, now=clock()
            )
    done = await rotation.purge(database, now=clock())
    if done is None:
        raise PurgeRefused("keys are being rotated at this moment; try again in two minutes.")
    lines = [f"gyeot: {len(done.destroyed)} keys destroyed; every backup from before is dead"]
    if done.kept:
        lines.append(f"gyeot: {len(done.kept)} keys are still needed; run this again in a minute")
    return "\n".join([*lines, await _backed_up(fresh, clock)])


async def _backed_up(fresh: Backup, clock: Clock) -> str:
    """Make the backup; what is destroyed already is told even if that fails."""
    try:
        return await asyncio.to_thread(fresh, now=clock())
    except StorageError as error:
        return f"gyeot: no backup was made ({error.code}), and there is none: python -m bot backup"


async def _remove(database: Database, limits: Limits, clock: Clock) -> None:
    while await retention.purge(database, limits, now=clock()):
        pass
    more = True
    while more:
        async with database.transaction() as session:
            swept = await retention.sweep(session, now=clock(), dead_bodies=limits.dead_bodies)
        more = swept.more
    await retention.forget_acts(database, limits, now=clock())


async def _confirmed(door: Door, clock: Clock, terminal: Terminal, which: str) -> Staff:
    """Ask one person for what they sign in with; the session it makes is ended at once."""
    name = terminal.ask(f"name of the {which} person: ")
    password = terminal.ask_hidden("their password: ")
    code = terminal.ask_hidden("their code: ")
    try:
        signed_in = await door.sign_in(name, password, code, now=clock())
    except AuthError as error:
        raise PurgeRefused(f"that is not right ({error.code}); nothing was purged.") from None
    await door.sign_out(signed_in.session, now=clock())
    return signed_in.session.staff

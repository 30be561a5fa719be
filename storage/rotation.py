"""The nightly change of keys: new ones, everything living under them, the old ones destroyed.

Every step may be taken twice and may be the last before a kill; the next pass goes on from what
it finds. The order is: new keys into the keyring file, data keys wrapped again, people named
again, old keys retired in the database, old keys out of the file.
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, func, literal, select, text

from storage import contacts
from storage.contacts import NO_INDEX
from storage.database import Database, Session
from storage.errors import KeyringUnusable
from storage.keyring import Key, Keyring, Purpose
from storage.keyring_file import KeyringFile
from storage.tables import contacts as people
from storage.tables import inbox, key_proofs, routes
from storage.vault import NOTICED

log = logging.getLogger("gyeot.rotation")

ROLLING = (Purpose.WRAP, Purpose.WRAP_CONTACT, Purpose.INDEX, Purpose.EDGE, Purpose.INTAKE)
"""Keys that live for a day and are kept for the window, so that an old copy of the data dies."""

WRAPPING = (Purpose.WRAP, Purpose.WRAP_CONTACT)
WINDOW = timedelta(days=7)
LEASE = timedelta(minutes=2)  # only spares work: two that rotate at once do no harm
BATCH = 500
LONGEST_REST = 0.1  # seconds between two bites; half as long as a bite took
KOREA = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Rotated:
    """What one pass did; numbers of keys, and counts."""

    made: tuple[int, ...] = ()
    rewrapped: int = 0
    renamed: int = 0
    refused: int = 0  # data keys that did not open; their wrap keys stay
    destroyed: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()  # old enough to destroy, and still needed


def day(moment: datetime) -> date:
    """Return the day in Korea; keys change when it does."""
    return moment.astimezone(KOREA).date()


def due(keyring: Keyring, *, now: datetime) -> tuple[Purpose, ...]:
    """Return the purposes whose newest key is of an earlier day, or absent.

    A clock that was set back makes nothing due: the newest key is then of a later day.
    """
    return tuple(one for one in ROLLING if _is_due(keyring.of(one), now))


def outdated(keyring: Keyring, *, window: timedelta, now: datetime) -> tuple[Key, ...]:
    """Return the rolling keys that were made a window ago or more, never the newest of a purpose.

    With it dies every copy of what was erased since it was made: in logs, replicas, backups.
    """
    return tuple(
        key
        for purpose in ROLLING
        for key in keyring.of(purpose)[:-1]
        if day(now) - day(key.created) >= window
    )


async def rotate(
    database: Database,
    *,
    now: datetime,
    window: timedelta = WINDOW,
    notice: timedelta = NOTICED,
    at_once: bool = False,
) -> Rotated | None:
    """Take one pass: make the keys of the day, move everything living, destroy what is over.

    Args:
        database: opened with a `KeyringFile`.
        now: aware UTC time.
        window: how long a key is kept after the day it was made.
        notice: how long other processes take to read a changed keyring.
        at_once: make new keys whatever the day, and destroy every older one now (see `purge`).

    Returns:
        What it did; None when another process is at it.

    Raises:
        KeyringUnusable: the keyring cannot be read or written; it stays as it was.
        KeysAway: the key service does not answer; nothing was changed.
        DatabaseAway: go on later.
    """
    keyring = _file_of(database)
    holder = uuid4()
    if not await database.vault.lease_rotation(holder, now=now, lease=LEASE):
        return None
    try:
        made = await _make(database, keyring, now=now, at_once=at_once)
        moved = await _move(database, holder, now=now, notice=notice)
        window = timedelta.min if at_once else window
        destroyed, kept = await _destroy(database, keyring, window=window, now=now)
    finally:
        await database.vault.end_rotation(holder)
    done = replace(moved, made=made, destroyed=destroyed, kept=kept)
    _say(done)
    return done


async def purge(
    database: Database, *, now: datetime, notice: timedelta = NOTICED
) -> Rotated | None:
    """Rotate now, and destroy every older rolling key at once: for the threat of a seizure.

    Every backup from before is dead with it. Call it again while `kept` is not empty.

    Returns, Raises:
        As `rotate`.
    """
    return await rotate(database, now=now, notice=notice, at_once=True)


async def has_work(database: Database, *, window: timedelta = WINDOW, now: datetime) -> bool:
    """Tell whether a pass would do something; cheap enough to ask each minute."""
    keyring = database.vault.keyring
    if due(keyring, now=now) or outdated(keyring, window=window, now=now):
        return True
    newest = {keyring.newest(one).number for one in WRAPPING}
    if set(await database.vault.wrapped_counts()) - newest:
        return True
    index = keyring.newest(Purpose.INDEX).number
    async with database.reading() as session:
        left = await session.execute(
            select(people.c.id).where(people.c.index_key.not_in((index, NO_INDEX))).limit(1)
        )
        return left.first() is not None


async def _make(
    database: Database, keyring: KeyringFile, *, now: datetime, at_once: bool
) -> tuple[int, ...]:
    """Put the keys of the day into the file; a key is never older than the one before it.

    A pass that only goes on needs no root, and asks none.
    """
    await database.vault.refresh()
    if not at_once and not due(keyring.current, now=now):
        await database.prove_keyring()
        return ()
    async with database.reading() as session:
        highest = await session.execute(select(func.max(key_proofs.c.number)))
        used = int(highest.scalar_one() or 0)  # the file may be an old copy that was put back
    before: set[int] = set()

    def step(found: Keyring) -> Keyring:
        before.update(key.number for key in found.keys)
        latest = max([now, *(key.created for key in found.keys if key.purpose in ROLLING)])
        wanted = ROLLING if at_once else due(found, now=now)
        return found.with_new(wanted, after=used, now=latest)

    changed = await asyncio.to_thread(keyring.change, step)
    await database.prove_keyring()
    return tuple(key.number for key in changed.keys if key.number not in before)


async def _move(database: Database, holder: UUID, *, now: datetime, notice: timedelta) -> Rotated:
    """Wrap every data key by the newest wrap keys, and name everybody by the newest index key."""
    vault = database.vault
    rewrapped = refused = renamed = 0
    after: tuple[UUID, int] | None = None
    clock = asyncio.get_running_loop().time
    began = clock()
    while (bite := await vault.rewrap(after=after, most=BATCH)).last is not None:
        after = bite.last
        rewrapped, refused = rewrapped + bite.rewrapped, refused + bite.refused
        # Another process on a SQLite file asks for its lock now and then, and must find it free.
        await asyncio.sleep(min((clock() - began) / 2, LONGEST_REST))
        began = clock()
    # A process that does not know the new index key yet would take a known person for new.
    age = now - vault.keyring.newest(Purpose.INDEX).created
    await asyncio.sleep(max(timedelta(0), notice - max(timedelta(0), age)).total_seconds())
    person: UUID | None = None
    while True:
        async with database.transaction() as session:
            person, named = await contacts.rehash(session, vault, after=person, most=BATCH)
        renamed += named
        if person is None:
            return Rotated(rewrapped=rewrapped, refused=refused, renamed=renamed)


async def _destroy(
    database: Database, keyring: KeyringFile, *, window: timedelta, now: datetime
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Take out of the file what is over and needed by nothing; return those, and the needed."""
    old = outdated(keyring.current, window=window, now=now)
    free = {key.number for key in old if await _is_free(database, key, now=now)}
    if free:
        await asyncio.to_thread(keyring.change, lambda found: found.without(free))
    kept = tuple(key.number for key in old if key.number not in free)
    return tuple(sorted(free)), kept


async def _is_free(database: Database, key: Key, *, now: datetime) -> bool:
    if key.purpose in WRAPPING:
        return await database.vault.retire(key, now=now)
    async with database.transaction() as session:
        return (await session.execute(await _users(session, key))).first() is None


async def _users(session: Session, key: Key) -> Select[Any]:
    """Return what finds something that still needs a key."""
    if key.purpose is Purpose.INDEX:
        return _any(people.c.index_key == key.number)
    if key.purpose is Purpose.EDGE:
        return _any(routes.c.edge_key == key.number, routes.c.due_at.is_not(None))
    if session.dialect == "postgresql":
        # Waits for who is storing a delivery under it at this moment.
        await session.execute(text("LOCK TABLE inbox IN SHARE MODE"))
    number = func.substr(inbox.c.body_ct, 3, 4)  # see storage/seal.py
    return _any(inbox.c.body_ct.is_not(None), number == key.number.to_bytes(4, "big"))


def _any(*where: ColumnElement[bool]) -> Select[Any]:
    return select(literal(1)).where(*where).limit(1)


def _is_due(keys: Collection[Key], now: datetime) -> bool:
    return not keys or day(now) > max(day(key.created) for key in keys)


def _file_of(database: Database) -> KeyringFile:
    if not isinstance(database.keys, KeyringFile):
        raise KeyringUnusable("keyring_has_no_file")
    return database.keys


def _say(done: Rotated) -> None:
    counts = {
        "keys made": len(done.made),
        "data keys wrapped again": done.rewrapped,
        "people named again": done.renamed,
        "keys destroyed": len(done.destroyed),
    }
    for event, count in counts.items():
        if count:
            log.info(event, extra={"count": count})
    if done.refused:
        log.error("data keys do not open", extra={"count": done.refused})

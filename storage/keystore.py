"""The table of wrapped data keys, apart from what they open.

A wrap key is retired before it is destroyed, and no data key can be stored under one that is:
a key is stored while its wrap key's row is held, so that a process with an old keyring cannot
lock anything away.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.engines import driver_errors
from storage.errors import KeyMissing
from storage.tables import data_keys, insert_for, key_work, wrap_keys
from storage.unfinished import Unfinished

ROTATION = "rotation"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored.

    `owner` is the conversation or contact it belongs to, `generation` counts the keys of one
    owner from 1, `wrap_key` is the keyring number of the key around it.
    """

    owner: UUID
    generation: int
    purpose: str
    wrap_key: int
    wrapped: bytes = field(repr=False)
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What one bite of re-wrapping did; `last` is None when nothing was left to look at."""

    last: tuple[UUID, int] | None
    rewrapped: int
    refused: int


class KeyStore:
    """Reads and writes wrapped data keys, each call in a committed transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)
        self._unfinished = Unfinished()

    async def of(self, owner: UUID) -> tuple[WrappedKey, ...]:
        """Return every key of `owner`, the newest first; none when they are gone."""
        query = (
            select(data_keys)
            .where(data_keys.c.owner == owner)
            .order_by(data_keys.c.generation.desc())
        )
        async with self._begun(self._reading) as connection:
            rows = (await connection.execute(query)).all()
        return tuple(_wrapped(row) for row in rows)

    async def add(self, key: WrappedKey) -> bool:
        """Store a key; it is on the disk when this returns.

        Returns:
            False when the owner has a key of this generation already.

        Raises:
            KeyMissing: the wrap key is retired; wrap with a newer one.
        """
        async with self._begun(self._engine) as connection:
            await _hold(connection, {key.wrap_key})
            statement = insert_for(connection.dialect.name, data_keys).values(_row(key))
            made = await connection.execute(
                statement.on_conflict_do_nothing().returning(data_keys.c.generation)
            )
            return made.first() is not None

    async def remove(self, owner: UUID) -> None:
        """Delete every key of `owner`."""
        async with self._begun(self._engine) as connection:
            await connection.execute(delete(data_keys).where(data_keys.c.owner == owner))

    async def rewrap(
        self,
        change: Callable[[WrappedKey], WrappedKey | None],
        *,
        newest: Collection[int],
        after: tuple[UUID, int] | None,
        most: int,
    ) -> Batch:
        """Wrap again what does not lie under the newest wrap keys, in one transaction.

        Rows that another process works on are passed over.

        Args:
            change: returns the key under a newer wrap key, None when it cannot be opened.
            newest: the numbers of the newest wrap keys.
            after: where the bite before ended.
            most: how many rows.

        Raises:
            KeyMissing: one of the newest was retired meanwhile.
        """
        async with self._begun(self._engine) as connection:
            await _hold(connection, newest)
            rows = (await connection.execute(_older(newest, after, most))).all()
            changed = [new for row in rows if (new := change(_wrapped(row))) is not None]
            if changed:
                await connection.execute(_REWRAP, [_given(key) for key in changed])
        last = (rows[-1].owner, rows[-1].generation) if rows else None
        return Batch(last, len(changed), len(rows) - len(changed))

    async def counts(self) -> Mapping[int, int]:
        """Return how many data keys lie under each wrap key."""
        query = select(data_keys.c.wrap_key, func.count()).group_by(data_keys.c.wrap_key)
        async with self._begun(self._reading) as connection:
            rows = (await connection.execute(query)).all()
        return {row[0]: row[1] for row in rows}

    async def retire(self, number: int, *, now: datetime) -> bool:
        """Close a wrap key for ever, if no data key lies under it.

        Who stores a key under it at this moment is waited for.

        Returns:
            False when a data key lies under it: it must not be destroyed.
        """
        under = select(data_keys.c.owner).where(data_keys.c.wrap_key == number).limit(1)
        async with self._begun(self._engine) as connection:
            await _register(connection, {number})
            row = wrap_keys.c.number == number
            await connection.execute(update(wrap_keys).where(row).values(retired_at=now))
            used = (await connection.execute(under)).first() is not None
            if used:
                await connection.rollback()
            return not used

    async def start_rotation(self, holder: UUID, *, now: datetime, lease: timedelta) -> bool:
        """Take the right to rotate, or keep it; one process has it until its lease ends.

        A lease that ends later than any can is of a clock that was set back since, and free.
        """
        statement = insert_for(self._engine.dialect.name, key_work).values(
            name=ROTATION, holder=holder, until=now + lease
        )
        free = or_(
            key_work.c.holder == holder, key_work.c.until <= now, key_work.c.until > now + lease
        )
        taken = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "until": now + lease},
            where=free,
        ).returning(key_work.c.holder)
        async with self._begun(self._engine) as connection:
            return (await connection.execute(taken)).first() is not None

    async def end_rotation(self, holder: UUID) -> None:
        """Give the right to rotate back."""
        mine = (key_work.c.name == ROTATION) & (key_work.c.holder == holder)
        async with self._begun(self._engine) as connection:
            await connection.execute(delete(key_work).where(mine))

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        with self._unfinished.one(), driver_errors():
            async with engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Close the connections."""
        try:
            await self._unfinished.ended()
        finally:
            await self._engine.dispose()


async def _register(connection: AsyncConnection, numbers: Collection[int]) -> None:
    rows = [{"number": number, "retired_at": None} for number in sorted(numbers)]
    statement = insert_for(connection.dialect.name, wrap_keys).on_conflict_do_nothing()
    await connection.execute(statement, rows)


async def _hold(connection: AsyncConnection, numbers: Collection[int]) -> None:
    """Keep wrap keys from being retired until the commit."""
    held = (
        select(wrap_keys.c.number)
        .where(wrap_keys.c.number.in_(numbers), wrap_keys.c.retired_at.is_(None))
        .order_by(wrap_keys.c.number)
        .with_for_update(read=True)
    )
    found = (await connection.execute(held)).all()
    if len(found) < len(numbers):  # seldom: the first use of a key
        await _register(connection, numbers)
        found = (await connection.execute(held)).all()
    if len(found) < len(numbers):
        raise KeyMissing("wrap_key_retired")


def _older(
    newest: Collection[int], after: tuple[UUID, int] | None, most: int
) -> Select[tuple[Any, ...]]:
    return (
        select(data_keys)
        .where(data_keys.c.wrap_key.not_in(newest), _beyond(after))
        .order_by(data_keys.c.owner, data_keys.c.generation)
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def _beyond(after: tuple[UUID, int] | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    owner, generation = after
    same = and_(data_keys.c.owner == owner, data_keys.c.generation > generation)
    return or_(data_keys.c.owner > owner, same)


def _wrapped(row: Row[tuple[object, ...]]) -> WrappedKey:
    return WrappedKey(
        row.owner, row.generation, row.purpose, row.wrap_key, row.wrapped, row.made_at
    )


def _row(key: WrappedKey) -> dict[str, object]:
    return {
        "owner": key.owner,
        "generation": key.generation,
        "purpose": key.purpose,
        "wrap_key": key.wrap_key,
        "wrapped": key.wrapped,
        "made_at": key.made_at,
    }


def _given(key: WrappedKey) -> dict[str, object]:
    return {
        "whose": key.owner,
        "which": key.generation,
        "number": key.wrap_key,
        "bytes": key.wrapped,
    }


_REWRAP = (
    update(data_keys)
    .where(data_keys.c.owner == bindparam("whose"), data_keys.c.generation == bindparam("which"))
    .values(wrap_key=bindparam("number"), wrapped=bindparam("bytes"))
)

"""The table of wrapped data keys, apart from what they open."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engines import driver_errors
from storage.tables import data_keys


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


class KeyStore:
    """Reads and writes wrapped data keys, each call in a committed transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)

    async def newest(self, owner: UUID) -> WrappedKey | None:
        """Return the newest key of `owner`, or None when there never was one or it is gone."""
        query = (
            select(data_keys)
            .where(data_keys.c.owner == owner)
            .order_by(data_keys.c.generation.desc())
            .limit(1)
        )
        with driver_errors():
            async with self._reading.begin() as connection:
                row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return WrappedKey(row.owner, row.generation, row.purpose, row.wrap_key, row.wrapped)

    async def add(self, key: WrappedKey, *, now: datetime) -> None:
        """Store a key; it is on the disk when this returns."""
        row = insert(data_keys).values(
            owner=key.owner,
            generation=key.generation,
            purpose=key.purpose,
            wrap_key=key.wrap_key,
            wrapped=key.wrapped,
            made_at=now,
        )
        with driver_errors():
            async with self._engine.begin() as connection:
                await connection.execute(row)

    async def remove(self, owner: UUID) -> None:
        """Delete every key of `owner`."""
        with driver_errors():
            async with self._engine.begin() as connection:
                await connection.execute(delete(data_keys).where(data_keys.c.owner == owner))

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

"""One open transaction, and how each database opens one."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol, TypeVarTuple, overload

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.selectable import TypedReturnsRows

from storage.errors import DatabaseAway

WAIT_SECONDS = 10  # for a lock, and for a free connection

_Columns = TypeVarTuple("_Columns")
_Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Session:
    """One open transaction: it takes statements, and keeps what is to follow its commit."""

    def __init__(self, connection: AsyncConnection | Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name
        self.info: dict[str, Any] = {}

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*_Columns], parameters: _Parameters | None = None
    ) -> CursorResult[*_Columns]: ...

    @overload
    async def execute(
        self, statement: Executable, parameters: _Parameters | None = None
    ) -> CursorResult[*tuple[Any, ...]]: ...

    async def execute(
        self, statement: Executable, parameters: _Parameters | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run one statement, once for each set of parameters."""
        if isinstance(self._connection, Connection):
            return self._connection.execute(statement, parameters)
        return await self._connection.execute(statement, parameters)


class Sessions(Protocol):
    """Opens sessions on one database."""

    def begin(self) -> AbstractAsyncContextManager[Session]:
        """Open a transaction that commits when the block ends well, and else leaves nothing."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class ServerSessions:
    """Sessions on a database server: every statement is waited for."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Session]:
        """Open a transaction; see `Sessions.begin`."""
        async with self._engine.begin() as connection:
            yield Session(connection)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


class FileSessions:
    """Sessions on a SQLite file; its statements run in the event loop's own thread.

    A statement takes some 20 µs, a way to another thread and back ten times that. Only BEGIN
    and COMMIT of a writer go there: one may wait for another process, the other for the disk.
    """

    def __init__(self, engine: Engine, *, connections: int, writing: bool) -> None:
        self._engine = engine
        self._free = asyncio.Semaphore(connections)
        self._thread = ThreadPoolExecutor(1, "sqlite") if writing else None

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Session]:
        """Open a transaction; see `Sessions.begin`.

        Raises:
            DatabaseAway: no connection became free.
        """
        async with self._place():
            with self._engine.connect() as connection:
                await self._apart(connection.begin)
                yield Session(connection)
                await self._apart(connection.commit)

    async def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        if self._thread is not None:
            self._thread.shutdown(wait=False)

    @asynccontextmanager
    async def _place(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseAway("no_connection") from None
        try:
            yield
        finally:
            self._free.release()

    async def _apart(self, step: Callable[[], object]) -> None:
        """Take a step in the thread; it ends before this does, cancelled or not.

        The connection must not be used, or given back, while the thread is at it.
        """
        if self._thread is None:
            step()
            return
        running = asyncio.get_running_loop().run_in_executor(self._thread, step)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            raise

"""Transactions that are open still, for who closes what they run on."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress

from storage.errors import DatabaseAway

PATIENCE = 1.0
"""Seconds for steps that were given up: a process must end within ten (docs/operations.md)."""


class Unfinished:
    """How many transactions are open.

    A step that is cancelled still gives its connection back, in its own time. uvicorn cancels what
    runs when its grace is over and does not wait: such a connection was left to the garbage
    collector. None begins once the end is waited for: it would open what nobody closes.
    """

    def __init__(self) -> None:
        self._open = 0
        self._over = False
        self._none = asyncio.Event()

    @contextmanager
    def one(self) -> Generator[None]:
        """Count a transaction until the block ends.

        Raises:
            DatabaseAway: the end is waited for, or was.
        """
        if self._over:
            raise DatabaseAway("database_closed")
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._none.set()

    async def ended(self) -> None:
        """Let none begin, and wait until none is open, but no longer than `PATIENCE`."""
        self._over = True
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._open:
                    self._none.clear()
                    await self._none.wait()

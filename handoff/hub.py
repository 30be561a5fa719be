"""Which consoles are connected, and when they must look again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from storage.database import Database, Subscription, Topic

COALESCE_SECONDS = 0.03
"""The pause between two looks: the first change is seen at once, a burst after it is one look."""


class Console:
    """One connected page of a signed-in counselor."""

    def __init__(self, bell: Subscription) -> None:
        self._bell = bell
        self._looked = 0.0  # the loop's seconds
        self.signed_out = False

    async def changed(self) -> None:
        """Wait until something in the queue or in any talk may be different."""
        await self._bell.wait(_LOOK_ANYWAY_SECONDS)
        loop = asyncio.get_running_loop()
        if not self.signed_out:
            await asyncio.sleep(max(0.0, self._looked + COALESCE_SECONDS - loop.time()))
        self._looked = loop.time()

    def sign_out(self) -> None:
        """Tell this page that its session is over."""
        self.signed_out = True
        self._bell.ring()


class Hub:
    """All connected consoles of this process, by session."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._consoles: dict[UUID, set[Console]] = {}

    @asynccontextmanager
    async def connect(self, session_id: UUID) -> AsyncIterator[Console]:
        """Keep a console in the list until the block ends."""
        async with self._database.wakeups.subscribe(Topic.QUEUE) as bell:
            console = Console(bell)
            self._consoles.setdefault(session_id, set()).add(console)
            try:
                yield console
            finally:
                self._forget(session_id, console)

    def sign_out(self, session_id: UUID) -> None:
        """Close every page of a session that was ended here.

        Pages in other processes notice at their next heartbeat.
        """
        for console in self._consoles.get(session_id, ()):
            console.sign_out()

    def _forget(self, session_id: UUID, console: Console) -> None:
        consoles = self._consoles[session_id]
        consoles.discard(console)
        if not consoles:
            del self._consoles[session_id]


_LOOK_ANYWAY_SECONDS = 5.0  # a bell is a hint and may be lost between processes

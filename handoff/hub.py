"""Which consoles are connected, and the looks that all of them share."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from handoff.look import Look, take
from storage.database import Database, Topic
from storage.errors import DatabaseAway
from storage.records import Role, StaffSession

log = logging.getLogger("gyeot.console")


class Console:
    """One connected page of a signed-in counselor: it is shown the newest look, or none.

    A page that takes its frames slowly misses looks; it holds up nobody.
    """

    def __init__(self, session: StaffSession) -> None:
        self.session = session
        self.signed_out = False
        self._newest: Look | None = None
        self._bell = asyncio.Event()

    async def look(self) -> Look | None:
        """Return the next look this page has not seen, None when its session is over.

        Raises:
            DatabaseAway: the look failed; the page comes back and gets another.
        """
        await self._bell.wait()
        self._bell.clear()
        if self.signed_out:
            return None
        if self._newest is None:
            raise DatabaseAway("look")
        return self._newest

    def show(self, look: Look | None) -> None:
        """Give the page a look, None when it failed."""
        self._newest = look
        if look is not None and self.session.id not in look.sessions:
            self.signed_out = True
        self._bell.set()

    def sign_out(self) -> None:
        """Tell this page that its session is over."""
        self.signed_out = True
        self._bell.set()


class Hub:
    """All connected consoles of this process; looks for all of them at once."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        windows: Mapping[str, timedelta],
    ) -> None:
        self._database = database
        self._clock = clock
        self._windows = windows
        self._consoles: set[Console] = set()
        self._watching: asyncio.Task[None] | None = None  # while anybody is connected
        self._looking = asyncio.Lock()

    @asynccontextmanager
    async def connect(self, session: StaffSession) -> AsyncIterator[Console]:
        """Keep a console in the list until the block ends."""
        console = Console(session)
        self._consoles.add(console)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        self._database.wakeups.ring((Topic.QUEUE,))  # a look that runs knows nothing of it
        try:
            yield console
        finally:
            self._consoles.discard(console)
            await self._finish()

    def sign_out(self, session_id: UUID) -> None:
        """Close every page of a session that was ended here.

        Pages in other processes notice at their next look.
        """
        for console in self._consoles:
            if console.session.id == session_id:
                console.sign_out()

    async def _finish(self) -> None:
        """When the last page has left: end the watch, and let a look that runs come to its end."""
        if not self._consoles:
            self._database.wakeups.ring((Topic.QUEUE,))
            async with self._looking:
                return

    async def _watch(self) -> None:
        """Look at once, then whenever something changed; a burst after a look is one look."""
        loop = asyncio.get_running_loop()
        look: Look | None = None
        async with self._database.wakeups.subscribe(Topic.QUEUE) as bell:
            while self._consoles:
                began = loop.time()
                look = await self._look(look)
                ended = loop.time()
                await bell.wait(_LOOK_ANYWAY_SECONDS)
                rest = min(max(ended - began, _LEAST_REST), _LONGEST_REST)
                await asyncio.sleep(max(0.0, ended + rest - loop.time()))
        self._watching = None

    async def _look(self, before: Look | None) -> Look | None:
        """Take a look and show it to those who were connected when it began."""
        consoles = tuple(self._consoles)
        try:
            async with self._looking:
                look = await self._take(before, consoles)
        except DatabaseAway:
            look = None
        except Exception:  # the next ring must find somebody who looks
            log.exception("look failed")
            look = None
        for console in consoles:
            console.show(look)
        return look or before

    async def _take(self, before: Look | None, consoles: tuple[Console, ...]) -> Look:
        return await take(
            self._database,
            self._windows,
            before,
            counselors={console.session.staff.id for console in consoles},
            sessions={console.session.id for console in consoles},
            now=self._clock(),
            supervised=any(one.session.staff.role is Role.SUPERVISOR for one in consoles),
        )


_LOOK_ANYWAY_SECONDS = 5.0  # a bell is a hint and may be lost between processes
# After a look it rests as long as the look took, within bounds: the first change is seen at
# once, a burst after it is one look, and looking leaves the processor to others.
_LEAST_REST = 0.005  # seconds
_LONGEST_REST = 0.03

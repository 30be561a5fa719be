"""Young people's open tabs: noted as this process's, and what waited for them let go."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from storage import contacts, inbox, outbox
from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger("gyeot.app")

WEB = "web"


def returning(
    database: Database, process: UUID, clock: Callable[[], datetime]
) -> Callable[[str, datetime], Awaitable[None]]:
    """Return what lets go what waited for a browser the moment it is back."""

    async def returned(address: str, at: datetime) -> None:
        try:
            await let_go(database, process, address, at=at, now=clock())
        except StorageError as error:  # the next word they write releases it too
            log.info("not released", extra={"code": error.code})

    return returned


async def let_go(
    database: Database, process: UUID, address: str, *, at: datetime, now: datetime
) -> None:
    """Note that `process` has a tab since `at`, and let go what waited for it.

    Raises:
        StorageError: nothing was written.
    """
    async with database.transaction() as session:
        person = await contacts.find(session, database.vault, channel=WEB, account=address)
        if person is None:  # a turn makes them known, from these events
            await inbox.hold(
                session, database.vault, process, channel=WEB, account=address, now=now
            )
            person = await contacts.find(session, database.vault, channel=WEB, account=address)
        if person is not None:
            await contacts.hold(session, person, process, at=at)
            await outbox.release_waiting(session, person, now=now)


async def let_all_go(
    database: Database,
    process: UUID,
    present: Mapping[str, datetime],
    clock: Callable[[], datetime],
) -> None:
    """Do so for every open tab, after others took this process for dead.

    Raises:
        StorageError: begin again; what was done does no harm twice.
    """
    for address, since in present.items():
        await let_go(database, process, address, at=since, now=clock())

"""The database that the handoff machine is checked on."""

import asyncio
from uuid import uuid4

from sqlalchemy import delete, update

from storage import staff as staff_rows
from storage.database import open_database
from storage.keyring import Keyring
from storage.records import Staff
from storage.tables import METADATA
from storage.tables import staff as staff_table
from tests.factories import NOON
from tests.handoff.conftest import counselor

COUNSELORS = 3


class World:
    """The database under test, opened as two processes would, and how many steps it took."""

    def __init__(self, url: str, keyring: Keyring, runner: asyncio.Runner) -> None:
        self.one = open_database(url, keyring=keyring)
        # SQLite is for one process; there the second one is the first.
        postgresql = url.startswith("postgresql")
        self.other = open_database(url, keyring=keyring) if postgresql else self.one
        self.run = runner.run
        self.steps = 0
        self.staff = [self.run(counselor(self.one, f"counselor-{n}")) for n in range(COUNSELORS)]

    def close(self) -> None:
        self.run(self.one.close())
        self.run(self.other.close())

    async def start_over(self) -> None:
        """Forget everybody who ever wrote; everybody works here again and is signed in."""
        kept = {"staff", "invitations", "key_proofs", "data_keys"}
        async with self.one.transaction() as session:
            for table in reversed(METADATA.sorted_tables):
                if table.name not in kept:
                    await session.execute(delete(table))
        for one in self.staff:
            await self.take_back(one)

    async def take_back(self, who: Staff) -> None:
        """Let somebody work here again, with one open session."""
        async with self.one.transaction() as session:
            values = {"active": True}
            await session.execute(
                update(staff_table).where(staff_table.c.id == who.id).values(values)
            )
            await staff_rows.start_session(
                session, staff=who, token_hash=uuid4().bytes * 2, csrf_token="x", now=NOON
            )

"""The open database: transactions, the vault, and the bells."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import select

from storage import counting
from storage.alone import refuse_half_restored
from storage.engines import driver_errors, is_sqlite, keys_engine, main_sessions
from storage.errors import KeyringUnusable
from storage.keyring_file import Keys
from storage.keystore import KeyStore
from storage.listening import Listening
from storage.migrate import highest_key, knows_a_keyring, migrate
from storage.sessions import Session, Sessions
from storage.tables import insert_into, key_proofs
from storage.typing_signs import TypingSign, TypingSigns
from storage.unfinished import Unfinished
from storage.vault import Vault, proof
from storage.wakeups import Subscription, Topic, Wakeups, to_ring, wake

__all__ = [
    "Database",
    "Session",
    "Subscription",
    "Topic",
    "Wakeups",
    "highest_key",
    "knows_a_keyring",
    "migrate",
    "open_database",
    "wake",
]


class Database:
    """One database with its key table; shared by everything in the process."""

    def __init__(
        self,
        writing: Sessions,
        reading: Sessions,
        keys: Keys,
        vault: Vault,
        wakeups: Wakeups,
        typing_signs: TypingSigns,
        listening: Listening | None,
    ) -> None:
        self._writing = writing
        self._reading = reading
        self.keys = keys
        self.vault = vault
        self.wakeups = wakeups
        self.typing_signs = typing_signs
        self.listening = listening  # None: nobody else can work on this database
        self._unfinished = Unfinished()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """Open a transaction that commits when the block ends well, then rings the bells.

        Do not open one inside another: SQLite has one writer.

        Raises:
            DatabaseAway: unreachable, connection lost, or locked for too long.
        """
        with self._unfinished.one(), driver_errors():
            async with self._writing.begin() as session:
                yield session
                await counting.write(session)
                topics = to_ring(session)
                if topics and self.listening is not None:
                    await self.listening.announce(session, topics)
        self.wakeups.ring(topics)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Session]:
        """Open a transaction that can only read; it never waits for a writer on SQLite.

        Raises:
            DatabaseAway: unreachable, connection lost, or locked for too long.
        """
        with self._unfinished.one(), driver_errors():
            async with self._reading.begin() as session:
                yield session

    async def show_typing(self, sign: TypingSign) -> None:
        """Let everybody who wants to know hear, here and elsewhere, that somebody is writing.

        Raises:
            DatabaseAway: only this process heard it.
        """
        self.typing_signs.give(sign)
        if self.listening is not None:
            async with self.reading() as session:
                await self.listening.pass_on(session, sign)

    async def prove_keyring(self) -> None:
        """Check that the keyring belongs to this database; keys it sees first are noted.

        Without this a foreign keyring would know nobody and quietly start over.

        Raises:
            KeyringUnusable: a key differs from the one that had its number here.
        """
        proofs = {key.number: proof(key) for key in self.keys.current.keys}
        own = [{"number": number, "proof": one} for number, one in proofs.items()]
        async with self.transaction() as session:
            # First: of two that start at the same time, one waits here and sees the other's.
            await session.execute(insert_into(session, key_proofs).on_conflict_do_nothing(), own)
            known = await session.execute(select(key_proofs.c.number, key_proofs.c.proof))
            if any(proofs.get(row.number, row.proof) != row.proof for row in known):
                raise KeyringUnusable("keyring_of_another_installation")

    async def close(self) -> None:
        """Close every connection and forget the keys, after what was given up a moment ago."""
        try:
            await self._unfinished.ended()
        finally:
            await self._reading.close()
            await self._writing.close()
            await self.vault.close()


def open_database(url: str, *, keys_url: str | None = None, keyring: Keys) -> Database:
    """Open a database that `migrate` brought up to date; connections are made when needed.

    Args:
        url: `sqlite+aiosqlite:///…` or `postgresql+psycopg://…`.
        keys_url: where the key table is; None: a file `….keys.db` beside a SQLite database,
            schema `keys` inside a PostgreSQL one.
        keyring: the keys that wrap the keys in that table; a `KeyringFile` where they change.
    """
    refuse_half_restored(url)
    writing, reading = main_sessions(url)
    vault = Vault(keyring, KeyStore(keys_engine(url, keys_url)))
    wakeups, signs = Wakeups(), TypingSigns()
    listening = None if is_sqlite(url) else Listening(url, wakeups, signs)
    return Database(writing, reading, keyring, vault, wakeups, signs, listening)

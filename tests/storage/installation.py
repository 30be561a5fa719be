"""An installation to back up: a database of each kind, a keyring, a ledger, backups."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Executable, func, make_url, select

from storage import erasure, transcript
from storage.backup.archive import pack, unpack
from storage.backup.making import back_up, backups_in, store_of
from storage.backup.restoring import Keeping, drill, restore
from storage.database import Database, open_database
from storage.engines import is_sqlite, sqlite_path
from storage.keyring import Keyring, load_keyring
from storage.keyring_file import KeyringFile
from storage.ledger import Ledger, ledger_path
from storage.tables import conversations, lines
from tests.factories import NOON, accepted, received, said, sent_out, talk_of
from tests.postgres import programs

WINDOW = timedelta(days=7)
LATER = NOON + timedelta(hours=2)


@dataclass
class Place:
    """An installation: a database, a keyring and its ledger, a folder of backups."""

    url: str
    keyring: Path
    folder: Path

    @property
    def ledger(self) -> Ledger:
        return Ledger(ledger_path(self.keyring), load_keyring(self.keyring).id)

    @property
    def keeping(self) -> Keeping:
        return Keeping(KeyringFile(self.keyring), self.ledger, WINDOW)

    def open(self) -> Database:
        return open_database(self.url, keyring=KeyringFile(self.keyring))

    async def told(self, *texts: str, account: str = "account-1") -> UUID:
        """Somebody says this; their talk."""
        database = self.open()
        try:
            await database.prove_keyring()
            talk = await talk_of(database, account=account)
            for one in texts:
                await said(database, talk.id, one)
            await sent_out(database, talk, "answer")
            await accepted(database, received(account=account))
        finally:
            await database.close()
        return talk.id

    async def erase(self, talk: UUID) -> None:
        """Destroy a talk and its person, as 지워줘 does."""
        database = self.open()
        try:
            async with database.reading() as session:
                query = select(conversations.c.contact_id).where(conversations.c.id == talk)
                contact = (await session.execute(query)).scalar_one()
            await erasure.finish(database, self.ledger, [contact], now=NOON)
        finally:
            await database.close()

    async def change(self, *statements: Executable) -> None:
        database = self.open()
        try:
            async with database.transaction() as session:
                for one in statements:
                    await session.execute(one)
        finally:
            await database.close()

    async def heard(self, talk: UUID) -> list[str]:
        """The words of a talk."""
        database = self.open()
        try:
            async with database.reading() as session:
                return [one.text for one in await transcript.read(session, database.vault, talk)]
        finally:
            await database.close()

    def back_up(self, *, days: int = 0) -> Path:
        now = NOON + timedelta(days=days)
        keyring = load_keyring(self.keyring)
        store = store_of(self.url)
        return back_up(store, self.folder, keyring, self.ledger, window=WINDOW, now=now)

    async def restore(self, backup: Path, **choices: bool) -> str:
        store = store_of(self.url)
        work = self.folder.parent
        done = await restore(backup, store, self.keeping, work=work, now=LATER, **choices)
        return done.moved

    async def drill(self, backup: Path) -> int:
        store, work = store_of(self.url), self.folder.parent
        return (await drill(backup, store, self.keeping, work=work, now=LATER)).findings.opened


@pytest.fixture
def place(database_url: str, keyring: Keyring, tmp_path: Path) -> Place:
    made = Place(database_url, tmp_path / "keyring.json", tmp_path / "backups")
    made.ledger.begin()
    return made


_PLACE = """
import asyncio, os, resource, sys
from datetime import timedelta
from pathlib import Path
from storage.backup.making import back_up, store_of
from storage.backup.restoring import Keeping, restore
from storage.errors import StorageError
from storage.keyring_file import KeyringFile
from storage.ledger import Ledger, ledger_path
from tests.factories import NOON

url, ring, file, *more = sys.argv[1:]
keys, window = KeyringFile(Path(ring)), timedelta(days=7)
ledger = Ledger(ledger_path(Path(ring)), keys.current.id)
"""
SMALL_DISK = (
    _PLACE
    + """
resource.setrlimit(resource.RLIMIT_FSIZE, (int(more[0]), -1))
try:
    back_up(store_of(url), Path(file), keys.current, ledger, window=window, now=NOON)
except StorageError as error:
    print(error.code)
"""
)
KILLED = (
    _PLACE
    + """
left = [int(more[0])]
def count(event, values):
    if event == "os.rename" or (event == "os.remove" and str(values[0]).endswith(".restoring")):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
sys.addaudithook(count)
keeping, work = Keeping(keys, ledger, window), Path(file).parent
asyncio.run(restore(Path(file), store_of(url), keeping, work=work, replace=True, now=NOON))
"""
)


async def count(place: Place, url: str) -> int:
    """How many lines a database holds."""
    database = open_database(url, keyring=KeyringFile(place.keyring))
    try:
        async with database.reading() as session:
            return int((await session.execute(select(func.count(lines.c.id)))).scalar_one())
    finally:
        await database.close()


def aside(place: Place, moved: str) -> str:
    """The URL of the database that was moved aside."""
    if is_sqlite(place.url):
        path = sqlite_path(place.url)
        return f"sqlite+aiosqlite:///{path.with_name(moved) / path.name}"
    return make_url(place.url).set(database=moved).render_as_string(hide_password=False)


def nowhere(place: Place) -> str:
    """The URL of a database that is not there."""
    if is_sqlite(place.url):
        return f"sqlite+aiosqlite:///{place.folder.parent / 'new/gyeot.db'}"
    return aside(place, f"gyeot_{uuid4().hex}")


def _server(url: str) -> psycopg.Connection:
    own = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(own.render_as_string(hide_password=False), autocommit=True)


def drop(url: str) -> None:
    name = sql.Identifier(make_url(url).database or "")
    with _server(url) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def databases(url: str, begin: str) -> list[str]:
    with _server(url) as server:
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        return [row[0] for row in server.execute(query, [begin]).fetchall()]


def repacked(backup: Path, folder: Path, **change: Any) -> Path:
    """The same backup with another manifest."""
    parts = folder / "repacked"
    parts.mkdir()
    manifest = replace(unpack(backup, parts), **change)
    pack(parts, manifest, folder / backup.name)
    return folder / backup.name


def dumped(parts: Path) -> bytes:
    """What a dump holds, not compressed."""
    dump = parts / "database.dump"
    if not dump.exists():
        return b""
    bin_folder = programs()
    assert bin_folder is not None
    command = [str(bin_folder / "pg_restore"), "--file=-", str(dump)]
    return subprocess.run(command, check=True, capture_output=True).stdout.replace(b"\\\\x", b"")


def limit(place: Place) -> int:
    """As many bytes a file as its copy needs, and a backup more than has."""
    if not is_sqlite(place.url):
        return 2000
    with closing(sqlite3.connect(sqlite_path(place.url))) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    return int(pages * size)


def script(script: str, place: Place, *words: object) -> list[str]:
    return [sys.executable, "-c", script, place.url, str(place.keyring), *map(str, words)]


def made_on(place: Place) -> list[str]:
    return [one.name.removeprefix("gyeot-202611")[:2] for one in backups_in(place.folder)]

"""Bringing the database up to the tables this version expects."""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.alone import refuse_half_restored
from storage.engines import (
    KEYS_PRAGMAS,
    MAIN_PRAGMAS,
    driver_errors,
    is_sqlite,
    keys_url_of,
    sqlite_path,
)
from storage.tables import KEYS_SCHEMA, key_proofs

HEAD = "head"


async def migrate(url: str, keys_url: str | None = None, *, revision: str = HEAD) -> None:
    """Run the migrations up to `revision`, in one transaction.

    Args:
        url: as for `open_database`.
        keys_url: as for `open_database`.
        revision: "head", or "base" to take every table away again.

    Raises:
        DatabaseAway: unreachable, or locked for too long.
    """
    engine = migration_engine(url, keys_url)
    try:
        with driver_errors():
            async with engine.begin() as connection:
                await connection.run_sync(_run, revision)
    finally:
        await engine.dispose()


async def knows_a_keyring(url: str) -> bool:
    """Tell whether a migrated database was ever served with a keyring.

    Such a database needs that keyring back; a new one would open nothing in it.

    Raises:
        DatabaseAway: unreachable, or locked for too long.
    """
    return await highest_key(url) > 0


async def highest_key(url: str) -> int:
    """Return the highest number of a key that a migrated database has known; 0: none.

    Raises:
        DatabaseAway: unreachable, or locked for too long.
    """
    engine = migration_engine(url, None)
    try:
        with driver_errors():
            async with engine.begin() as connection:
                known = await connection.execute(select(func.max(key_proofs.c.number)))
                return int(known.scalar_one() or 0)
    finally:
        await engine.dispose()


def knows_revision(revision: str) -> bool:
    """Tell whether this version can bring a database of that revision up to date."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def migration_engine(url: str, keys_url: str | None) -> AsyncEngine:
    """Make an engine that sees both sets of tables, the keys under the schema `keys`."""
    refuse_half_restored(url)
    engine = create_async_engine(url, hide_parameters=True, poolclass=NullPool)
    if is_sqlite(url):
        _attach(engine, sqlite_path(url), sqlite_path(keys_url_of(url, keys_url)))
    return engine


def _run(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _attach(engine: AsyncEngine, path: Path, keys_path: Path) -> None:
    for file in (path, keys_path):
        # SQLite gives its journals the mode of the file they belong to.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"ATTACH DATABASE ? AS {KEYS_SCHEMA}", (str(keys_path),))
        for pragma in MAIN_PRAGMAS:
            cursor.execute(f"PRAGMA main.{pragma}")
        cursor.execute(f"PRAGMA {KEYS_SCHEMA}.{KEYS_PRAGMAS[-1]}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, select, text

from storage.engines import sqlite_path
from storage.migrate import migrate, migration_engine
from storage.tables import KEYS, KEYS_SCHEMA, METADATA, data_keys, routes, settings, staff
from tests.database import ON_SQLITE
from tests.factories import NOON

T = TypeVar("T")


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"include_schemas": True, "compare_type": True}
    )
    return list(compare_metadata(context, [METADATA, KEYS]))  # type: ignore[arg-type]  # alembic's stub leaves out the list it takes


def _tables(connection: Connection) -> set[str]:
    look = inspect(connection)
    schema = KEYS_SCHEMA if KEYS_SCHEMA in look.get_schema_names() else None
    return {*look.get_table_names(), *(look.get_table_names(schema) if schema else ())}


async def _ask(url: str, question: Callable[[Connection], T]) -> T:
    engine = migration_engine(url, None)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(question)
    finally:
        await engine.dispose()


async def test_the_migrations_lead_to_exactly_the_tables_of_the_code(database_url: str) -> None:
    assert await _ask(database_url, _differences) == []


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    await migrate(database_url)
    assert await _ask(database_url, _differences) == []


async def test_every_migration_can_be_taken_back_and_made_again(database_url: str) -> None:
    await migrate(database_url, revision="base")
    assert await _ask(database_url, _tables) == {"alembic_version"}

    await migrate(database_url)
    assert await _ask(database_url, _differences) == []


async def test_who_waits_and_every_data_key_come_through_the_change_to_rolling_keys(
    database_url: str,
) -> None:
    await migrate(database_url, revision="base")
    await migrate(database_url, revision="0004")
    await _ask(database_url, _insert_as_of_0004)

    await migrate(database_url)

    assert await _ask(database_url, _kept_from_0004) == ([0], [b"wrapped"])


def _insert_as_of_0004(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO routes (route, channel, due_at, fence, tries)"
            " VALUES (:route, 'fake', :at, 1, 0)"
        ),
        {"route": b"r" * 32, "at": NOON},
    )
    connection.execute(
        insert(data_keys).values(
            owner=uuid4(), generation=1, purpose="wrap", wrap_key=1, wrapped=b"wrapped",
            made_at=NOON,
        )
    )  # fmt: skip


async def test_help_services_that_were_hidden_stay_hidden_one_by_one(database_url: str) -> None:
    await migrate(database_url, revision="base")
    await migrate(database_url, revision="0016")
    await _ask(database_url, _hide_as_of_0016)

    await migrate(database_url)

    assert await _ask(database_url, _settings) == [
        ("resources.hidden", '["women-1366"]'),
        ("resources.hidden", '["danuri", "police-112"]'),  # the newest held
        ("resource.danuri", "out 2026-11-25"),
    ]


def _hide_as_of_0016(connection: Connection) -> None:
    who = uuid4()
    person = {"id": who, "name": "별", "role": "administrator", "active": True}
    secret = {"password_hash": "x", "totp_ct": b"x", "totp_last_step": 0, "joined_at": NOON}
    connection.execute(insert(staff), {**person, **secret})
    for value in ('["women-1366"]', '["danuri", "police-112"]'):
        row = {"name": "resources.hidden", "value": value, "staff_id": who, "at": NOON}
        connection.execute(insert(settings), row)


def _settings(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(select(settings.c.name, settings.c.value))
    return [(row.name, row.value) for row in rows]


def _kept_from_0004(connection: Connection) -> tuple[list[int], list[bytes]]:
    edge = connection.execute(select(routes.c.edge_key).where(routes.c.due_at.is_not(None)))
    keys = connection.execute(select(data_keys.c.wrapped))
    return list(edge.scalars()), list(keys.scalars())


@ON_SQLITE
async def test_the_files_are_for_their_owner_only(database_url: str) -> None:
    folder: Path = sqlite_path(database_url).parent
    files = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("gyeot*")}
    assert files["gyeot.db"] == files["gyeot.keys.db"] == 0o600
    assert set(files.values()) == {0o600}

"""Runs the migrations on the connection that storage.migrate opened."""

from alembic import context
from sqlalchemy import Connection, text

from storage.tables import KEYS, KEYS_SCHEMA, METADATA


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Two processes that start at once must not both create the tables.
        connection.execute(text("SELECT pg_advisory_xact_lock(7205193)"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {KEYS_SCHEMA}"))
    context.configure(
        connection=connection,
        target_metadata=[METADATA, KEYS],
        include_schemas=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])

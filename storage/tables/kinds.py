"""What columns hold, and how rows are put in, on either database."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.sessions import Session

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
KEYS_SCHEMA = "keys"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC on both sides, microseconds.

    SQLite keeps it as text without a zone, in a form that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; it could mean anything."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive_datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Insert = postgresql.Insert | sqlite.Insert
"""An INSERT that can say what happens on a conflict."""

COUNTER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself there
CODE = String(64)  # a state, a category, a channel, an error code: never content
HASH = LargeBinary(32)


def insert_into(session: Session, table: Table) -> Insert:
    """Start an INSERT in the dialect of the session's database."""
    return insert_for(session.dialect, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """Start an INSERT in a dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


METADATA = MetaData(naming_convention=NAMES)
KEYS = MetaData(naming_convention=NAMES, schema=KEYS_SCHEMA)

"""What is in a database, row by row, to see what an erasure touched and what it left alone."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from storage.migrate import migration_engine
from storage.tables import KEYS, METADATA

Rows = Mapping[str, frozenset[str]]


async def everything(url: str) -> Rows:
    """Every row of every table, the keys included, each as text."""
    engine = migration_engine(url, None)
    try:
        async with engine.connect() as connection:
            found = {}
            for table in (*METADATA.sorted_tables, *KEYS.sorted_tables):
                rows = await connection.execute(select(table))
                found[table.name] = frozenset(repr(tuple(row)) for row in rows)
            return found
    finally:
        await engine.dispose()


def naming(rows: Rows, *owners: UUID) -> dict[str, int]:
    """How many rows of each table name one of these anywhere."""
    named = {
        name: sum(any(repr(owner) in row for owner in owners) for row in found)
        for name, found in rows.items()
    }
    return {name: count for name, count in named.items() if count}


class Killed(BaseException):
    """The process ends here: no handler of the product may catch it."""


class Death:
    """Ends everything before the n-th statement or commit; counts them until then."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def __enter__(self) -> "Death":
        event.listen(Engine, "before_cursor_execute", self._count)
        event.listen(Engine, "commit", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._count)
        event.remove(Engine, "commit", self._count)

    def _count(self, *_: object) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise Killed

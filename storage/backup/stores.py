"""What backing up needs of each kind of database."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, inspect, select, table

from storage.tables import KEYS_SCHEMA


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a database as of one moment: its files, and what is in it."""

    revision: str
    rows: Mapping[str, int]
    parts: tuple[str, ...]


class Store(Protocol):
    """One database that is backed up and restored, whatever its kind."""

    kind: str

    def copy(self, folder: Path) -> Copied:
        """Copy the database into files, while it is served.

        Raises:
            BackupNotMade, DatabaseAway: there is no whole copy.
        """
        ...

    def working(self, work: Path) -> AbstractContextManager[Path]:
        """Give a folder to unpack into; one restore or drill at a time, nothing of it is left.

        Raises:
            TargetTaken: another one is at work.
        """
        ...

    def loaded(self, folder: Path) -> AbstractContextManager[str]:
        """Make a new database of unpacked parts; give its URL. It is gone at the end.

        Raises:
            RestoreUnsound: the parts are no database.
            BackupNotMade, DatabaseAway: it cannot be made.
        """
        ...

    def contents(self, url: str) -> Copied:
        """Return what is in a loaded database."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Hold the place to restore to, and finish what an earlier restore left unfinished.

        Raises:
            TargetTaken, DatabaseTaken: somebody uses it.
        """
        ...

    def is_empty(self) -> bool:
        """Tell whether nothing is lost when something is restored here."""
        ...

    def put(self, url: str, old: str) -> str:
        """Put a loaded database in place at one stroke; return where the one before lies.

        Args:
            url: of the loaded one, which nobody has open.
            old: how the name ends under which what was there stays.

        Raises:
            TargetTaken: somebody uses the place.
        """
        ...


def revision_of(connection: Connection) -> str:
    """Return the schema's revision; "" where there is none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def rows_of(connection: Connection, schema: str | None, *, prefix: str = "") -> dict[str, int]:
    """Count the rows of every table of a schema."""
    names = inspect(connection).get_table_names(schema)
    return {
        f"{prefix}{name}": int(
            connection.execute(
                select(func.count()).select_from(table(name, schema=schema))
            ).scalar_one()
        )
        for name in sorted(names)
    }


KEYS_PREFIX = f"{KEYS_SCHEMA}."

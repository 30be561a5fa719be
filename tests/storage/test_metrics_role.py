"""A report tool's own role on PostgreSQL reads what is published, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from storage.tables import KEYS, METADATA
from tests.database import ON_POSTGRESQL

pytestmark = ON_POSTGRESQL

DOCS = Path(__file__).parents[2] / "docs/metrics.md"


@pytest.fixture
def reader(database_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of the role that docs/metrics.md makes, its statements run as they stand."""
    owner = make_url(database_url).set(drivername="postgresql")
    name = f"metrics_{uuid4().hex[:8]}"
    found = re.search(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    assert found is not None
    statements = found[1].replace("gyeot_metrics", name).replace("…", "here-only")
    with psycopg.connect(owner.render_as_string(False), autocommit=True) as admin:
        admin.execute(statements.encode())
        address = owner.set(username=name, password="here-only")
        with psycopg.connect(address.render_as_string(False), autocommit=True) as connection:
            yield connection
        admin.execute(sql.SQL("DROP OWNED BY {0}").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP ROLE {0}").format(sql.Identifier(name)))


def test_the_role_for_reports_reads_published_numbers_and_no_other_table(
    reader: psycopg.Connection[tuple[object, ...]],
) -> None:
    readable = []
    for table in (*METADATA.tables.values(), *KEYS.tables.values()):
        path = [part for part in (table.schema, table.name) if part]
        try:
            reader.execute(sql.SQL("SELECT * FROM {0} LIMIT 1").format(sql.Identifier(*path)))
        except psycopg.errors.InsufficientPrivilege:
            continue
        readable.append(table.name)
    assert readable == ["metric_published"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO metric_published VALUES ('a', 'b', 'c', 'd', 10)",
        "UPDATE metric_published SET amount = 10",
        "DELETE FROM metric_published",
        "CREATE TABLE mine (one integer)",
    ],
)
def test_the_role_for_reports_changes_nothing(
    reader: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement.encode())

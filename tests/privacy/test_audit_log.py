"""P13: reads are written down first, and whatever is done to a row of the log is found."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, delete, insert, select, update

from storage import audit_chain, notes
from storage.audit_verify import verify
from storage.database import Database
from storage.tables import audit, audit_batches, audit_head, audit_keys
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.storage.ledger import checkpoint, faults, log_of, sealed, written

SIZES = (20, 1, 30, 2, 27)  # rows of the batches of a small log
ROWS = sum(SIZES)

Tampering = Callable[[Database, int], Awaitable[None]]


async def _row(database: Database, position: int) -> Row[Any]:
    async with database.reading() as session:
        return (await session.execute(select(audit).where(audit.c.position == position))).one()


async def _set(database: Database, place: int, /, **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(update(audit).where(audit.c.position == place).values(**values))


async def _delete(database: Database, position: int) -> None:
    async with database.transaction() as session:
        await session.execute(delete(audit).where(audit.c.position == position))


async def _put_back(database: Database, row: Row[Any]) -> None:
    await _delete(database, row.position)
    async with database.transaction() as session:
        await session.execute(insert(audit).values(**row._asdict()))


EDITS: dict[str, Callable[[Row[Any]], object]] = {
    "at": lambda row: row.at + timedelta(microseconds=1),
    "staff_id": lambda row: None if row.staff_id else UUID(int=1),
    "role": lambda row: None if row.role else "counselor",
    "action": lambda row: row.action + "x",
    "object_id": lambda row: UUID(int=row.object_id.int ^ 1),
    "purpose": lambda row: row.purpose + "x",
    "result": lambda _: "refused",
    "batch": lambda row: row.batch % len(SIZES) + 1,
}


def test_every_column_of_a_row_is_tried() -> None:
    assert EDITS.keys() == {column.name for column in audit.columns} - {"position"}


@ON_SQLITE
async def test_every_row_of_a_log_that_is_deleted_is_found_and_named(database: Database) -> None:
    await log_of(database, *SIZES)
    outside = await checkpoint(database)
    assert await faults(database, outside) == []

    for position in range(1, ROWS + 1):
        row = await _row(database, position)
        await _delete(database, position)
        assert await faults(database, outside) == [("deleted", position)]
        await _put_back(database, row)

    assert await faults(database, outside) == []


@ON_SQLITE
async def test_every_edit_of_every_row_is_found_and_named(database: Database) -> None:
    await log_of(database, *SIZES)
    outside = await checkpoint(database)
    columns = [name for name in EDITS if name != "batch"]

    for position in range(1, ROWS + 1):
        row = await _row(database, position)
        column = columns[position % len(columns)]
        await _set(database, position, **{column: EDITS[column](row)})
        assert await faults(database, outside) == [("edited", position)]
        await _put_back(database, row)


@pytest.mark.parametrize("column", EDITS)
async def test_an_edit_of_any_column_is_found(database: Database, column: str) -> None:
    await log_of(database, *SIZES)
    outside = await checkpoint(database)

    for position in (1, 20, 21, 22, ROWS):
        row = await _row(database, position)
        await _set(database, position, **{column: EDITS[column](row)})
        found = await faults(database, outside)
        assert position in {place for _, place in found}
        await _put_back(database, row)


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 6, 1_000_000, 0, -1])
async def test_a_row_that_was_put_into_a_batch_is_found(database: Database, batch: int) -> None:
    await log_of(database, *SIZES)
    row = await _row(database, 1)

    async with database.transaction() as session:
        forged = {**row._asdict(), "position": ROWS + 7, "batch": batch}
        await session.execute(insert(audit).values(**forged))

    assert await faults(database, await checkpoint(database)) == [("inserted", ROWS + 7)]


async def test_an_empty_word_is_not_the_same_as_none(database: Database) -> None:
    await log_of(database, *SIZES)
    async with database.reading() as session:
        query = select(audit.c.position).where(audit.c.role.is_(None)).limit(1)
        position = (await session.execute(query)).scalar_one()

    await _set(database, position, role="")

    assert await faults(database) == [("edited", position)]


async def test_a_row_that_was_put_between_and_sealed_later_is_found_by_its_age(
    database: Database,
) -> None:
    await log_of(database, *SIZES)
    for number in range(1, 4):
        await written(database, 2, at=NOON + timedelta(hours=2 * number), seed=100 + number)
        await sealed(database)
    row = await _row(database, 1)

    async with database.transaction() as session:
        forged = {**row._asdict(), "position": -5, "batch": None}
        await session.execute(insert(audit).values(**forged))
    await sealed(database)

    assert await faults(database, await checkpoint(database)) == [("backdated", -5)]


@pytest.mark.parametrize("pair", [(1, 2), (5, 20), (1, ROWS), (21, 22), (51, 60)])
async def test_two_rows_that_change_places_are_found(
    database: Database, pair: tuple[int, int]
) -> None:
    await log_of(database, *SIZES)
    rows = [await _row(database, one) for one in pair]

    for row, place in zip(rows, reversed(pair), strict=True):
        values = {
            key: one for key, one in row._asdict().items() if key not in ("position", "batch")
        }
        await _set(database, place, **values)

    found = await faults(database, await checkpoint(database))
    same = rows[0].batch == rows[1].batch
    assert found == [("reordered" if same else "edited", place) for place in sorted(pair)]


@pytest.mark.parametrize("left", range(len(SIZES)))
async def test_a_log_that_was_cut_short_in_good_order_is_found_by_an_outside_checkpoint_alone(
    database: Database, left: int
) -> None:
    await log_of(database, *SIZES)
    outside = await checkpoint(database)

    await _cut(database, left)

    assert await faults(database) == []
    assert "truncated" in {fault for fault, _ in await faults(database, outside)}


async def _cut(database: Database, left: int) -> None:
    """Do what somebody does who can write to every table: end the log at a batch."""
    async with database.transaction() as session:
        await session.execute(delete(audit).where(audit.c.batch > left))
        query = select(audit_batches).where(audit_batches.c.number == left)
        last = (await session.execute(query)).one_or_none()
        await session.execute(delete(audit_batches).where(audit_batches.c.number > left))
        values = (
            {"number": left, "size": last.size, "hash": last.hash}
            if last
            else {"number": 0, "size": 0, "hash": audit_chain.START}
        )
        await session.execute(update(audit_head).values(**values))


async def test_rows_cut_off_without_their_head_are_found_without_help(database: Database) -> None:
    await log_of(database, *SIZES)

    async with database.transaction() as session:
        await session.execute(delete(audit).where(audit.c.batch == 5))
        await session.execute(delete(audit_batches).where(audit_batches.c.number == 5))

    assert await faults(database) == [("truncated", None)]


async def test_a_batch_that_is_gone_is_found(database: Database) -> None:
    await log_of(database, *SIZES)

    async with database.transaction() as session:
        await session.execute(delete(audit).where(audit.c.batch == 3))
        await session.execute(delete(audit_batches).where(audit_batches.c.number == 3))

    assert await faults(database) == [("batch_deleted", None)]


async def _seal_anew(database: Database, stolen: bytes | None = None) -> None:
    """Do what the owner of the database can do: throw all batches away and seal again."""
    async with database.transaction() as session:
        await session.execute(delete(audit_batches))
        await session.execute(update(audit).values(batch=None))
        first = {"number": 0, "size": 0, "hash": audit_chain.START}
        await session.execute(update(audit_head).values(**first))
    for _ in SIZES:
        await sealed(database)


async def test_a_log_that_was_sealed_anew_is_found_by_an_outside_checkpoint_alone(
    database: Database,
) -> None:
    await log_of(database, *SIZES)
    outside = await checkpoint(database)
    await _set(database, 7, action="nothing")
    await _seal_anew(database)

    assert await faults(database) == []
    assert await faults(database, outside) == [("rewritten", None)]


@pytest.mark.parametrize("values", [
    {"rows": 21}, {"size": 7}, {"root": b"x" * 32}, {"hash": b"x" * 32}, {"leaves": b""},
    {"leaves": b"x" * 40}, {"number": 9},
])  # fmt: skip
async def test_an_altered_batch_is_found(database: Database, values: dict[str, Any]) -> None:
    await log_of(database, *SIZES)
    async with database.transaction() as session:
        await session.execute(
            update(audit_batches).where(audit_batches.c.number == 1).values(**values)
        )

    assert await faults(database) != []


async def test_a_signature_by_another_key_is_found(database: Database) -> None:
    await log_of(database, *SIZES)
    async with database.transaction() as session:
        await session.execute(
            update(audit_batches).where(audit_batches.c.number == 5).values(signature=b"x" * 64)
        )

    assert await faults(database) == [("signature", None)]


async def test_a_public_key_that_is_not_the_keyrings_is_found(database: Database) -> None:
    await log_of(database, *SIZES)
    async with database.transaction() as session:
        await session.execute(update(audit_keys).values(public=b"x" * 32))

    assert ("key", None) in await faults(database)


async def test_a_key_that_the_keyring_never_had_is_found(database: Database) -> None:
    await log_of(database, *SIZES)
    async with database.transaction() as session:
        own = {"number": 99, "public": notes.public_key(b"s" * 32), "seen_at": NOON}
        await session.execute(insert(audit_keys).values(**own))

    assert await faults(database) == [("key", None)]


async def test_a_checkpoint_of_another_log_is_not_taken(database: Database) -> None:
    await log_of(database, *SIZES)
    outside = await checkpoint(database)
    forged = notes.sign(outside.text, name=outside.name, seed=b"s" * 32)
    other = notes.sign("gyeot-audit/other\n200\n" + "A" * 43 + "=\n", name="x", seed=b"s" * 32)

    for note in (forged, other, replace(outside, text="hello\n")):
        assert await faults(database, note) == [("foreign", None)]


async def test_earlier_checkpoints_hold_too_and_each_is_counted(database: Database) -> None:
    kept = []
    for number in range(4):
        await written(database, 3, at=NOON + timedelta(minutes=number))
        await sealed(database)
        kept.append(await checkpoint(database))

    report = await verify(database, kept)

    assert (report.findings, report.outside) == ([], 4)


async def test_what_is_not_sealed_yet_is_counted_and_not_blamed(database: Database) -> None:
    await log_of(database, 3)
    await written(database, 2)

    report = await verify(database)

    assert (report.findings, report.unsealed, report.rows) == ([], 2, 3)


@ON_SQLITE
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
async def test_no_tampering_with_any_rows_goes_unseen(database: Database, seed: int) -> None:
    if await sealed(database) == 0:
        async with database.reading() as session:
            empty = (await session.execute(select(audit_head))).one().size == 0
        if empty:
            await log_of(database, *SIZES)
    outside = await checkpoint(database)
    async with database.reading() as session:
        before = (await session.execute(select(audit))).all()

    await _tamper(database, random.Random(seed), before)
    found = await faults(database, outside)

    async with database.transaction() as session:
        await session.execute(delete(audit))
        await session.execute(insert(audit), [row._asdict() for row in before])
    assert found
    assert await faults(database, outside) == []


async def _tamper(database: Database, chance: random.Random, rows: Any) -> None:
    """Delete, edit, insert and move some rows, so that the log is not what it was."""
    for _ in range(chance.randint(1, 3)):
        row = chance.choice(rows)
        match chance.choice(["delete", "edit", "insert", "move"]):
            case "delete":
                await _delete(database, row.position)
            case "edit":
                column = chance.choice(list(EDITS))
                await _set(database, row.position, **{column: EDITS[column](row)})
            case "insert":
                forged = {**row._asdict(), "position": chance.randint(ROWS + 1, 2**40)}
                async with database.transaction() as session:
                    await session.execute(insert(audit).values(**forged))
            case "move":
                await _set(database, row.position, position=ROWS + chance.randint(1, 2**40))

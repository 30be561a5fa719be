"""Sealing the audit log: what becomes a batch, once, whoever commits when."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import delete, func, select, text, update

from storage import audit_chain, audit_seal, notes
from storage.audit import record
from storage.audit_verify import verify
from storage.database import Database
from storage.errors import KeyMissing
from storage.keyring import Keyring, Purpose
from storage.tables import audit, audit_batches, audit_head
from storage.vault import Vault
from tests.database import ON_POSTGRESQL
from tests.factories import NOON
from tests.storage.ledger import checkpoint, faults, log_of, sealed, written

BATCH = audit_seal.BATCH


async def batches(database: Database) -> list[tuple[int, int, int]]:
    columns = (audit_batches.c.number, audit_batches.c.rows, audit_batches.c.size)
    async with database.reading() as session:
        query = select(*columns).order_by(audit_batches.c.number)
        return [tuple(row) for row in await session.execute(query)]


async def test_nothing_written_is_no_batch(database: Database) -> None:
    assert await sealed(database) == 0
    assert await batches(database) == []


async def test_what_was_written_since_is_one_batch(database: Database) -> None:
    await log_of(database, 3, 5)

    assert await batches(database) == [(1, 3, 3), (2, 5, 8)]
    assert await sealed(database) == 0


async def test_a_batch_has_a_limit_and_the_rest_is_the_next(database: Database) -> None:
    await written(database, BATCH + 2)

    assert [await sealed(database), await sealed(database)] == [BATCH, 2]
    assert await faults(database) == []


async def test_a_checkpoint_says_the_size_and_the_chain_and_is_signed(database: Database) -> None:
    await log_of(database, 3, 5)
    note = await checkpoint(database)

    key = database.vault.audit_key()
    assert notes.is_signed_by(note, notes.public_key(key.secret))
    async with database.reading() as session:
        head = (await session.execute(select(audit_head))).one()
    told = audit_chain.read_checkpoint(note.text)
    assert (told.origin, told.size) == (f"gyeot-audit/{database.vault.installation.hex}", 8)
    assert told.hash == head.hash


async def test_the_hash_of_a_row_can_be_made_again_by_hand(database: Database) -> None:
    async with database.transaction() as session:
        await record(session, staff=None, action="lapse", object_id=None, purpose="가", now=NOON)
    await sealed(database)

    row = '[1,["2026-11-25 12:00:00.000000",null,null,"lapse",null,"\\uac00","ok"]]'
    async with database.reading() as session:
        batch = (await session.execute(select(audit_batches))).one()
    assert batch.root == sha256(b"\0" + row.encode()).digest()


async def test_of_two_sealers_one_seals(database: Database) -> None:
    await written(database, 20)

    counts = await asyncio.gather(*(sealed(database) for _ in range(5)))

    assert sorted(counts)[-1] == sum(counts) == 20
    assert await batches(database) == [(1, 20, 20)]


@ON_POSTGRESQL
async def test_a_sealer_passes_while_another_is_at_it(database: Database) -> None:
    await log_of(database, 1)
    await written(database, 3)
    async with database.transaction() as session:
        assert await audit_seal.seal(session, database.vault, now=NOON) == 3
        assert await sealed(database) == 0
    assert await batches(database) == [(1, 1, 1), (2, 3, 4)]


@ON_POSTGRESQL
async def test_a_row_with_a_low_position_that_commits_late_is_sealed_too(
    database: Database,
) -> None:
    async with database.transaction() as slow:
        await record(slow, staff=None, action="late", object_id=None, now=NOON)
        await written(database, 3)
        assert await sealed(database) == 3
    assert await sealed(database) == 1

    async with database.reading() as session:
        late = (await session.execute(select(audit).where(audit.c.action == "late"))).one()
        others = select(func.min(audit.c.position)).where(audit.c.batch == 1)
        assert late.position < (await session.execute(others)).scalar_one()
    assert late.batch == 2
    assert await faults(database, await checkpoint(database)) == []


@ON_POSTGRESQL
async def test_no_row_is_left_out_while_many_write_and_some_fail(database: Database) -> None:
    async def writer(number: int) -> None:
        for turn in range(15):
            try:
                async with database.transaction() as session:
                    await record(session, staff=None, action="x", object_id=None, now=NOON)
                    await asyncio.sleep(0.001 * ((number * 7 + turn) % 5))
                    if (number + turn) % 4 == 0:
                        raise RuntimeError  # its position is never used
            except RuntimeError:
                pass

    async def sealer() -> None:
        while True:
            await sealed(database)
            await asyncio.sleep(0.002)

    sealing = [asyncio.create_task(sealer()) for _ in range(2)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(writer(number) for number in range(8)))
    for one in sealing:
        one.cancel()
    await asyncio.gather(*sealing, return_exceptions=True)
    await sealed(database)

    report = await verify(database, [await checkpoint(database)])
    assert (report.findings, report.unsealed) == ([], 0)
    async with database.reading() as session:
        count = (await session.execute(select(func.count()).select_from(audit))).scalar_one()
    assert report.rows == count
    assert report.batches > 3


async def test_a_keyring_without_the_key_seals_nothing_and_says_so(
    database: Database, keyring: Keyring
) -> None:
    old = Keyring(keyring.id, [one for one in keyring.keys if one.purpose is not Purpose.AUDIT])
    await written(database, 3)

    with pytest.raises(KeyMissing, match="audit"):
        async with database.transaction() as session:
            await audit_seal.seal(session, Vault(old, None), now=NOON)  # type: ignore[arg-type]  # it opens nothing

    assert await batches(database) == []


async def test_rows_that_were_kept_long_enough_go_by_whole_batches(database: Database) -> None:
    await log_of(database, 3, 4, 5)
    outside = await checkpoint(database)
    later = NOON + timedelta(days=1)

    async def forget() -> int:
        async with database.transaction() as session:
            return await audit_seal.forget(session, before=later)

    assert [await forget(), await forget(), await forget()] == [3, 4, 0]

    report = await verify(database, [outside])
    assert (report.findings, report.rows, report.removed, report.size) == ([], 5, 7, 12)
    await written(database, 2, at=later)
    await sealed(database, at=later)
    assert await faults(database, outside) == []


async def test_what_was_sealed_since_is_not_removed(database: Database) -> None:
    await log_of(database, 3, 4)

    async with database.transaction() as session:
        assert await audit_seal.forget(session, before=NOON) == 0


async def test_removing_more_than_whole_batches_is_found(database: Database) -> None:
    await log_of(database, 3, 4, 5)
    async with database.transaction() as session:
        await audit_seal.forget(session, before=NOON + timedelta(days=1))
        await session.execute(delete(audit).where(audit.c.batch == 2))

    assert [fault for fault, _ in await faults(database)] == ["deleted"] * 4


async def test_the_checkpoint_that_the_rest_hangs_on_must_be_signed(database: Database) -> None:
    await log_of(database, 3, 4, 5)
    async with database.transaction() as session:
        await audit_seal.forget(session, before=NOON + timedelta(days=1))
        await session.execute(
            update(audit_batches).where(audit_batches.c.number == 1).values(hash=b"x" * 32)
        )

    assert ("batch_edited", None) in await faults(database)


async def test_a_log_from_before_it_was_sealed_is_sealed_whole(database: Database) -> None:
    await written(database, 3)
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM audit_head"))

    await sealed(database)

    assert await faults(database) == []

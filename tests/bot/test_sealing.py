"""The sealer's loop: what it seals and copies, and how it says that it cannot."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bot import sealing
from bot.sealing import COPY_FAILED, Sealer
from storage import audit_seal, checkpoints, notes
from storage.checkpoints import KEYS, CopyFailed
from storage.database import Database
from tests.factories import NOON
from tests.storage.ledger import faults, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def sealer(database: Database, folder: Path) -> Sealer:
    return Sealer(database, folder, lambda: NOON)


@asynccontextmanager
async def running(one: Sealer) -> AsyncGenerator[None]:
    task = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(30):
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_all_that_waits_is_sealed_and_the_newest_checkpoint_is_in_the_second_place(
    database: Database, folder: Path
) -> None:
    await written(database, audit_seal.BATCH + 5)

    await sealer(database, folder).step()

    (kept,) = checkpoints.read(folder / "2026-11-25.txt")
    assert kept.text.splitlines()[1] == str(audit_seal.BATCH + 5)
    assert await faults(database, kept) == []
    async with database.reading() as session:
        assert await audit_seal.behind(session) == audit_seal.Behind(0, None, 0)


async def test_the_files_only_grow_and_hold_each_public_key_once(
    database: Database, folder: Path
) -> None:
    for number in range(3):
        await written(database, 2, at=NOON + timedelta(minutes=number))
        await sealer(database, folder).step()
    await sealer(database, folder).step()

    sizes = [note.text.splitlines()[1] for note in checkpoints.read(folder / "2026-11-25.txt")]
    assert sizes == ["2", "4", "6"]
    public = notes.public_key(database.vault.audit_key().secret)
    name = f"gyeot-audit/{database.vault.installation.hex}"
    assert (folder / KEYS).read_text() == notes.verifier_key(name, public) + "\n"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


async def test_a_second_place_that_cannot_be_written_never_holds_up_the_sealing(
    database: Database, folder: Path
) -> None:
    folder.write_text("in the way")
    await written(database, 3)

    with pytest.raises(CopyFailed):
        await sealer(database, folder).step()

    async with database.reading() as session:
        assert (await audit_seal.behind(session)).unsealed == 0
    folder.unlink()
    await sealer(database, folder).step()
    assert len(checkpoints.read(folder / "2026-11-25.txt")) == 1


async def test_trouble_is_told_once_in_the_log_and_until_it_is_over_on_the_health_page(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sealing, "PAUSE", 0.01)
    caplog.set_level(logging.WARNING, "gyeot.audit")
    folder.write_text("in the way")
    await written(database, 3)
    one = sealer(database, folder)

    async with running(one):
        while one.trouble is None:
            await asyncio.sleep(0.01)
        assert one.trouble == COPY_FAILED
        await asyncio.sleep(0.1)
        folder.unlink()
        while one.trouble is not None:
            await asyncio.sleep(0.01)

    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]

"""What verifying on the command line says."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from bot import audit as command
from bot.audit import CheckpointRefused
from storage import checkpoints
from storage.audit_blame import Fault
from storage.database import Database
from storage.tables import audit
from tests.factories import NOON
from tests.storage.ledger import checkpoint, log_of


async def kept(database: Database, folder: Path) -> Path:
    checkpoints.append(folder, await checkpoint(database), day=NOON.date())
    return folder / "2026-11-25.txt"


async def test_a_sound_log_is_called_sound_and_what_is_not_seen_alone_is_said(
    database: Database, tmp_path: Path
) -> None:
    await log_of(database, 3, 2)

    alone, sound = await command.verified(database, ())
    held, also_sound = await command.verified(database, [await kept(database, tmp_path)])

    assert sound
    assert also_sound
    assert "5 rows in 2 batches, 0 not sealed yet" in alone
    assert "No outside checkpoint was given." in alone
    assert "held to 1 outside checkpoints" in held
    assert "No outside" not in held


async def test_what_is_wrong_is_said_with_its_place(database: Database) -> None:
    await log_of(database, 3, 2)
    async with database.transaction() as session:
        await session.execute(update(audit).where(audit.c.position == 2).values(result="x"))
        await session.execute(delete(audit).where(audit.c.position == 5))

    text, sound = await command.verified(database, ())

    assert not sound
    assert "row 2, batch 1: edited: it is not what was sealed" in text
    assert "row 5, batch 2: deleted: it was sealed and is gone" in text
    assert "TAMPERED" in text


def test_every_fault_has_its_words() -> None:
    assert command._MEANINGS.keys() == set(Fault)


@pytest.mark.parametrize("content", [None, b"", b"hello\n", b"\xff\xfe"])
async def test_a_file_that_holds_no_checkpoints_is_refused(
    database: Database, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "paper.txt"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CheckpointRefused, match=r"paper\.txt"):
        await command.verified(database, [path])

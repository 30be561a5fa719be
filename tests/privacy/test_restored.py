"""P6: back up, erase, restore, start: nothing that was erased is there again."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from storage import transcript
from storage.database import open_database
from storage.keyring import load_keyring
from storage.ledger import Ledger, ledger_path
from storage.tables import conversations
from tests.fakes import line as line_fake
from tests.fakes.line import FakeLine, LinePerson
from tests.loopback import free_port
from tests.scenarios.house import BOT, ROOT, line_says, running_house, until

KEPT, ERASED = "나무 이야기 zq81", "바다 이야기 zq92"
NOT_STARTED = 3  # the exit code of a server that could not start
STARTS = 90.0  # seconds; it starts twice here, on a machine that may be busy
ONE, TWO = "U" + "a1" * 16, "U" + "b2" * 16


async def test_nothing_erased_is_readable_after_backup_erasure_restore_and_start(
    tmp_path: Path, database_url: str, line: FakeLine
) -> None:
    settings = {
        "GYEOT_DATABASE_URL": database_url,
        "GYEOT_NLU_URL": f"http://127.0.0.1:{free_port()}",
        "GYEOT_LINE_SECRET": line_fake.SECRET,
        "GYEOT_LINE_TOKEN": line_fake.TOKEN,
        "GYEOT_LINE_API": line.url,
    }
    stays, leaves = LinePerson(ONE), LinePerson(TWO)
    ring = tmp_path / "keyring.json"
    async with running_house(tmp_path, settings, patience=STARTS) as house:
        await line_says(house, stays.says(KEPT), leaves.says(ERASED))
        await until(lambda: {ONE, TWO} <= {sent.recipient for sent in line.sent})
        _bot(house.environment, "backup")
        heard = len(line.sent)
        await line_says(house, leaves.says("지워줘"))
        await until(lambda: len(line.sent) > heard)
        await line_says(house, leaves.says("네"))
        ledger = Ledger(ledger_path(ring), load_keyring(ring).id)
        await until(lambda: bool(ledger.read()))
    (backup,) = (tmp_path / "backups").glob("*.backup")

    refused = _bot(house.environment, "restore", str(backup), code=1)
    restored = _bot(house.environment, "restore", str(backup), "--replace")
    async with running_house(tmp_path, settings, patience=STARTS) as again:
        said = await _all_said(database_url, ring)
        drilled = _bot(again.environment, "drill")

    assert "--replace" in refused
    assert "erased again: 2" in restored
    assert KEPT in said
    assert ERASED not in said
    assert "can be restored" in drilled
    ledger.path.unlink()
    assert '"event": "open"' not in _bot(house.environment, "serve", code=NOT_STARTED)
    assert "ledger_missing" in _bot(house.environment, "restore", str(backup), "--replace", code=1)


def _bot(environment: dict[str, str], *command: str, code: int = 0) -> str:
    done = subprocess.run(
        [*BOT, *command],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr[-2000:]
    return done.stdout + done.stderr


async def _all_said(url: str, ring: Path) -> Sequence[str]:
    database = open_database(url, keyring=load_keyring(ring))
    try:
        async with database.reading() as session:
            talks = (await session.execute(select(conversations.c.id))).scalars().all()
            lines = [await transcript.read(session, database.vault, talk) for talk in talks]
    finally:
        await database.close()
    return [one.text for some in lines for one in some]

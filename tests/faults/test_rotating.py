"""The short run: every key opens at every moment while the process that rotates is killed."""

from pathlib import Path

from storage.keyring import create_keyring
from tests.factories import NOON
from tests.faults.rotating import fill, opened, rotate_for_days


async def test_no_read_fails_while_keys_rotate_and_the_rotating_process_dies(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path, now=NOON)
    database = opened(database_url, path)
    owners = await fill(database, 1500)
    await database.close()

    outcome = await rotate_for_days(database_url, path, owners, days=2, kills=2, seed=3)

    assert outcome.errors == []
    assert outcome.lost == 0
    assert outcome.reads > 0
    assert outcome.made > 0
    assert outcome.kills > 0
    assert outcome.destroyed == 5  # one of each rolling purpose at the least

"""Keys are copied apart from every backup, each copy over the earlier one."""

from pathlib import Path
from uuid import uuid4

import pytest

from storage.backup.key_copies import copy_keys
from storage.errors import BackupNotMade, KeyringUnusable, LedgerDamaged, LedgerMissing
from storage.keyring import Keyring, create_keyring, load_keyring
from storage.keyring_file import KeyringFile
from storage.ledger import Ledger, ledger_path
from storage.roots import FileRoot
from tests.factories import NOON


@pytest.fixture
def ledger(keyring: Keyring, tmp_path: Path) -> Ledger:
    made = Ledger(ledger_path(tmp_path / "keyring.json"), keyring.id)
    made.begin()
    return made


def test_a_copy_holds_the_keyring_and_the_ledger_and_no_root(
    keyring: Keyring, ledger: Ledger, tmp_path: Path
) -> None:
    owner, copy = uuid4(), tmp_path / "copy"
    ledger.append([owner], now=NOON)

    copy_keys(copy, tmp_path / "keyring.json", ledger)

    assert {path.name for path in copy.iterdir()} == {"keyring.json", "keyring.json.erased"}
    assert load_keyring(copy / "keyring.json", FileRoot(tmp_path / "root.key")).id == keyring.id
    assert [one.owner for one in Ledger(copy / ledger.path.name, keyring.id).read()] == [owner]
    assert {path.stat().st_mode & 0o777 for path in copy.iterdir()} == {0o400}


def test_a_destroyed_key_leaves_the_copy_with_the_next_one(ledger: Ledger, tmp_path: Path) -> None:
    path, copy = tmp_path / "keyring.json", tmp_path / "copy"
    ring = KeyringFile(path)
    copy_keys(copy, path, ledger)
    first = ring.current.keys[0].number

    ring.change(lambda found: found.without({first}))
    copy_keys(copy, path, ledger)

    copied = load_keyring(copy / "keyring.json", FileRoot(tmp_path / "root.key"))
    assert first not in [key.number for key in copied.keys]
    assert len(list(copy.iterdir())) == 2


def test_keys_never_lie_with_backups_or_in_their_own_folder(ledger: Ledger, tmp_path: Path) -> None:
    path, backups = tmp_path / "keyring.json", tmp_path / "backups"
    backups.mkdir()
    (backups / "gyeot-20261125T120000Z.backup").touch()

    for folder in (backups, backups / "keys", tmp_path):
        with pytest.raises(BackupNotMade, match="keys_need_a_folder_of_their_own"):
            copy_keys(folder, path, ledger)


def test_a_copy_of_another_installation_is_not_replaced(ledger: Ledger, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    create_keyring(copy / "keyring.json", now=NOON)
    before = (copy / "keyring.json").read_bytes()

    with pytest.raises(KeyringUnusable, match="copy_of_another_installation"):
        copy_keys(copy, tmp_path / "keyring.json", ledger)

    assert (copy / "keyring.json").read_bytes() == before


def test_a_ledger_that_lost_something_does_not_replace_its_copy(
    ledger: Ledger, tmp_path: Path
) -> None:
    path, copy = tmp_path / "keyring.json", tmp_path / "copy"
    begun = ledger.path.read_bytes()
    ledger.append([uuid4()], now=NOON)
    copy_keys(copy, path, ledger)
    ledger.path.write_bytes(begun)

    with pytest.raises(LedgerDamaged, match="ledger_behind_its_copy"):
        copy_keys(copy, path, ledger)
    ledger.path.unlink()
    with pytest.raises(LedgerMissing):
        copy_keys(copy, path, ledger)

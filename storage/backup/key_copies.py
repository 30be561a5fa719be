"""Copies of the keyring and the erasure ledger, apart from every backup of the database."""

import json
from pathlib import Path

from storage.backup.archive import full_disk_said
from storage.backup.making import backups_in
from storage.errors import BackupNotMade, KeyringUnusable, LedgerDamaged
from storage.files import create_private, read_private, replace_private
from storage.ledger import Ledger


def copy_keys(folder: Path, keyring: Path, ledger: Ledger) -> None:
    """Put the keyring, as it is wrapped, and the ledger into `folder`, over the earlier copy.

    The root that wraps the keyring is not copied: it has a place of its own.

    Args:
        folder: made if it is absent; never one with backups, nor the keyring's own.
        keyring: the file.
        ledger: of the keyring.

    Raises:
        BackupNotMade: the folder may not or cannot be used; the earlier copy stays.
        KeyringUnusable, LedgerMissing, LedgerDamaged: they cannot be read, or are behind the
            earlier copy or of another installation; it stays.
    """
    with full_disk_said():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if holds_backups(folder) or folder.resolve() == keyring.parent.resolve():
        raise BackupNotMade("keys_need_a_folder_of_their_own")
    # The keyring first: a ledger that is newer than its keyring does no harm.
    keys = read_private(keyring, what="keyring")
    ledger.read()
    erased = ledger.path.read_bytes()
    _hold_to_earlier(folder, keyring, keys, ledger, erased)
    with full_disk_said():
        _write(folder / keyring.name, keys)
        _write(folder / ledger.path.name, erased)


def holds_backups(folder: Path) -> bool:
    """Tell whether a folder, or one above it, holds backups of the database."""
    return any(backups_in(one) for one in (folder.resolve(), *folder.resolve().parents))


def holds_keys(folder: Path, keyring: Path) -> bool:
    """Tell whether a folder holds the keyring or a copy of it."""
    return (folder / keyring.name).exists()


def _hold_to_earlier(
    folder: Path, keyring: Path, keys: bytes, ledger: Ledger, erased: bytes
) -> None:
    """See that nothing is lost with the earlier copy."""
    if (folder / keyring.name).exists():
        earlier = read_private(folder / keyring.name, what="copy")
        if _id(earlier) != _id(keys):
            raise KeyringUnusable("copy_of_another_installation")
    copied = folder / ledger.path.name
    if copied.exists() and not erased.startswith(_lines(read_private(copied, what="copy"))):
        raise LedgerDamaged("ledger_behind_its_copy")


def _lines(content: bytes) -> bytes:
    """Return the whole lines: a torn last one is replaced by the next erasure."""
    return content[: content.rfind(b"\n") + 1]


def _id(keyring: bytes) -> str:
    try:
        return str(json.loads(keyring)["id"])
    except (ValueError, KeyError, TypeError):
        raise KeyringUnusable("copy_malformed") from None


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        replace_private(path, content)
    else:
        create_private(path, content, code="copy_not_writable")

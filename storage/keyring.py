"""The keyring file: every key that is not wrapped by another one."""

import base64
import json
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from storage.errors import KeyMissing, KeyringUnusable

FORMAT = 1
KEY_BYTES = 32


class Purpose(StrEnum):
    """What a key may be used for; a key is never used for two things."""

    WRAP = "wrap"  # wraps the data key of a conversation
    WRAP_CONTACT = "wrap_contact"  # wraps the data key of a contact's address
    INDEX = "index"  # finds a person again
    EDGE = "edge"  # names a sender's route
    EVENT = "event"  # names a provider's event; kept as long as repeats must be known
    INTAKE = "intake"  # seals a delivery until it is worked on
    STAFF = "staff"  # seals the sign-in secrets of staff
    AUDIT = "audit"  # signs the audit log's checkpoints: an Ed25519 seed


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the keyring: 32 random bytes under a number that is never used again."""

    number: int
    purpose: Purpose
    secret: bytes = field(repr=False)
    created: datetime


class Keyring:
    """All keys of one installation, held in memory."""

    def __init__(self, keyring_id: UUID, keys: Iterable[Key]) -> None:
        self.id = keyring_id
        self._keys = {key.number: key for key in keys}

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key, lowest number first."""
        return tuple(self._keys[number] for number in sorted(self._keys))

    def newest(self, purpose: Purpose) -> Key:
        """Return the key of this purpose with the highest number: the one to seal with.

        Raises:
            KeyMissing: there is no key of this purpose.
        """
        of_purpose = [key for key in self._keys.values() if key.purpose is purpose]
        if not of_purpose:
            raise KeyMissing(f"key_missing:{purpose}")
        return max(of_purpose, key=lambda key: key.number)

    def key(self, number: int) -> Key:
        """Return the key of this number: the one a stored value names.

        Raises:
            KeyMissing: the keyring does not hold it, or not any more.
        """
        try:
            return self._keys[number]
        except KeyError:
            raise KeyMissing(f"key_missing:{number}") from None


def create_keyring(path: Path, *, now: datetime) -> Keyring:
    """Make a keyring with one fresh key for each purpose and write it to `path`.

    The file appears whole or not at all, readable by its owner only (mode 0400).

    Raises:
        KeyringUnusable: there is a file already, or the folder cannot be written.
    """
    keys = [
        Key(number, purpose, secrets.token_bytes(KEY_BYTES), now)
        for number, purpose in enumerate(Purpose, start=1)
    ]
    keyring = Keyring(uuid4(), keys)
    _write_new(path, _dump(keyring))
    return keyring


def load_keyring(path: Path) -> Keyring:
    """Read the keyring at `path`.

    Raises:
        KeyringUnusable: absent, unreadable, open to group or others, or malformed.
    """
    text = _read_private(path)
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The cause may quote the file, so it does not travel.
        raise KeyringUnusable("keyring_malformed") from None


def _dump(keyring: Keyring) -> bytes:
    entries = [
        {
            "id": key.number,
            "purpose": key.purpose.value,
            "key": base64.b64encode(key.secret).decode(),
            "created": key.created.isoformat(),
        }
        for key in keyring.keys
    ]
    document = {"format": FORMAT, "id": keyring.id.hex, "entries": entries}
    return json.dumps(document, indent=1).encode() + b"\n"


def _parse(document: dict[str, Any]) -> Keyring:
    if document["format"] != FORMAT:
        raise ValueError
    keys = [_parse_key(entry) for entry in document["entries"]]
    if len({key.number for key in keys}) != len(keys) or not keys:
        raise ValueError
    return Keyring(UUID(document["id"]), keys)


def _parse_key(entry: dict[str, Any]) -> Key:
    secret = base64.b64decode(entry["key"], validate=True)
    created = datetime.fromisoformat(entry["created"])
    number = entry["id"]
    # The number travels in four bytes of every sealed value.
    sound = type(number) is int and 0 < number < 2**32 and len(secret) == KEY_BYTES
    if not sound or created.tzinfo is None:
        raise ValueError
    return Key(number, Purpose(entry["purpose"]), secret, created)


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyringUnusable("keyring_readable_by_others")
            return file.read()
    except FileNotFoundError:
        raise KeyringUnusable("keyring_absent") from None
    except OSError:
        raise KeyringUnusable("keyring_unreadable") from None


def _write_new(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_synced(draft, content)
        try:
            os.link(draft, path)  # unlike a rename, this never replaces a file
        finally:
            draft.unlink()
        _sync_folder(path.parent)
    except FileExistsError:
        raise KeyringUnusable("keyring_exists") from None
    except OSError:
        raise KeyringUnusable("keyring_not_writable") from None


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

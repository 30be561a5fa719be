"""The keyring: every key that is not wrapped by a data key, and how it is written down.

Format 2 keeps each entry wrapped by the root (AES-256-GCM, bound to the keyring, number,
purpose and time); format 1 kept them as they are, and is still read.
"""

import base64
import json
import os
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from storage.errors import KeyMissing, KeyringUnusable, SealBroken
from storage.files import create_private, read_private
from storage.roots import FileRoot, Note, Root
from storage.seal import DataKey, Place, seal_bytes, unseal_bytes

PLAIN, FORMAT = 1, 2
KEY_BYTES = 32
ROOT_NUMBER = 0  # of the root, in the header of a wrapped entry; keys count from 1
ROOT_FILE = "root.key"


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

    @property
    def current(self) -> "Keyring":
        """Return itself: a keyring without a file never changes (see `KeyringFile`)."""
        return self

    def refresh(self) -> bool:
        """Return False: there is no file to read again."""
        return False

    def of(self, purpose: Purpose) -> tuple[Key, ...]:
        """Return the keys of a purpose, lowest number first."""
        return tuple(key for key in self.keys if key.purpose is purpose)

    def newest(self, purpose: Purpose) -> Key:
        """Return the key of this purpose with the highest number: the one to seal with.

        Raises:
            KeyMissing: there is no key of this purpose.
        """
        found = [key for key in self._keys.values() if key.purpose is purpose]
        if not found:
            raise KeyMissing(f"key_missing:{purpose}")
        return max(found, key=lambda key: key.number)

    def key(self, number: int) -> Key:
        """Return the key of this number: the one a stored value names.

        Raises:
            KeyMissing: the keyring does not hold it, or not any more.
        """
        try:
            return self._keys[number]
        except KeyError:
            raise KeyMissing(f"key_missing:{number}") from None

    def without(self, numbers: Collection[int]) -> "Keyring":
        """Return the keyring that lacks these keys."""
        return Keyring(self.id, (key for key in self.keys if key.number not in numbers))

    def with_new(
        self, purposes: Collection[Purpose], *, after: int = 0, now: datetime
    ) -> "Keyring":
        """Return the keyring that has a new key for each of these purposes.

        Args:
            purposes: what the keys are for.
            after: a number that was in use; the new ones are higher, whatever was lost.
            now: aware UTC time.
        """
        highest = max([after, *self._keys])
        made = [
            Key(number, purpose, secrets.token_bytes(KEY_BYTES), now)
            for number, purpose in enumerate(purposes, start=highest + 1)
        ]
        return Keyring(self.id, (*self.keys, *made))


@dataclass(frozen=True, slots=True)
class Sealing:
    """What a keyring's entries are wrapped by: the root's bytes, and the note of them."""

    secret: bytes = field(repr=False)
    note: Note = field(repr=False)


def create_keyring(path: Path, *, now: datetime, root: Root | None = None) -> Keyring:
    """Make a keyring with one fresh key for each purpose and write it to `path`.

    The file appears whole or not at all, readable by its owner only (mode 0400).

    Args:
        path: where no file is yet.
        now: aware UTC time.
        root: what wraps it; None: a file `root.key` beside it, made if it is absent.

    Raises:
        KeyringUnusable: there is a file already, or the folder cannot be written.
        KeysAway: a key service does not answer now.
    """
    keyring = Keyring(uuid4(), ()).with_new(tuple(Purpose), now=now)
    if path.exists():
        raise KeyringUnusable("keyring_exists")
    if not os.access(path.parent, os.W_OK):
        raise KeyringUnusable("keyring_not_writable")
    sealing = Sealing(*(root or default_root(path)).make())
    create_private(path, dump(keyring, sealing), code="keyring_not_writable")
    return keyring


def load_keyring(path: Path, root: Root | None = None) -> Keyring:
    """Read the keyring at `path`.

    Args:
        path: the file.
        root: what its entries are wrapped by; None: the file `root.key` beside it.

    Raises:
        KeyringUnusable: absent, unreadable, open to group or others, malformed, or its root is
            absent, refused or another one.
        KeysAway: a key service does not answer now.
    """
    return parse(read_private(path, what="keyring"), root or default_root(path))[0]


def default_root(path: Path) -> Root:
    """Return the root of a keyring for which no other is set: a file beside it."""
    return FileRoot(path.with_name(ROOT_FILE))


def dump(keyring: Keyring, sealing: Sealing) -> bytes:
    """Write a keyring down, each entry wrapped."""
    document = {
        "format": FORMAT,
        "id": keyring.id.hex,
        "root": dict(sealing.note),
        "entries": [_entry(keyring.id, key, sealing.secret) for key in keyring.keys],
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def parse(content: bytes, root: Root) -> tuple[Keyring, Sealing | None]:
    """Read what `dump` wrote, or a keyring of format 1, which has no sealing.

    Raises:
        KeyringUnusable: malformed, or the root is absent, refused or another one.
        KeysAway: a key service does not answer now.
    """
    try:
        return _parse(json.loads(content), root)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The cause may quote the file, so it does not travel.
        raise KeyringUnusable("keyring_malformed") from None


def _entry(keyring_id: UUID, key: Key, root_secret: bytes) -> dict[str, object]:
    place = _place(keyring_id, key.number, key.purpose, key.created)
    wrapped = seal_bytes(DataKey(ROOT_NUMBER, root_secret), key.secret, place)
    return {
        "id": key.number,
        "purpose": key.purpose.value,
        "created": key.created.isoformat(),
        "wrapped": base64.b64encode(wrapped).decode(),
    }


def _parse(document: dict[str, Any], root: Root) -> tuple[Keyring, Sealing | None]:
    form, keyring_id = document["format"], UUID(document["id"])
    if form not in (PLAIN, FORMAT) or not document["entries"]:
        raise ValueError
    sealing = None if form == PLAIN else _sealing(document["root"], root)
    keys = [_key(keyring_id, entry, sealing) for entry in document["entries"]]
    if len({key.number for key in keys}) != len(keys):
        raise ValueError
    return Keyring(keyring_id, keys), sealing


def _sealing(note: Note, root: Root) -> Sealing:
    if note["kind"] != root.kind:
        raise KeyringUnusable(f"root_is_of_kind_{_word(note['kind'])}")
    return Sealing(root.open(note), note)


def _word(kind: str) -> str:
    """Return a kind as it may stand in a message, whatever the file says."""
    return kind if kind in {"file", "passphrase", "vault", "aws-kms"} else "unknown"


def _key(keyring_id: UUID, entry: dict[str, Any], sealing: Sealing | None) -> Key:
    number, purpose = entry["id"], Purpose(entry["purpose"])
    created = datetime.fromisoformat(entry["created"])
    # The number travels in four bytes of every sealed value.
    if type(number) is not int or not 0 < number < 2**32 or created.tzinfo is None:
        raise ValueError
    if sealing is None:
        secret = base64.b64decode(entry["key"], validate=True)
    else:
        wrapped = base64.b64decode(entry["wrapped"], validate=True)
        place = _place(keyring_id, number, purpose, created)
        secret = _unwrap(keyring_id, wrapped, place, sealing.secret)
    if len(secret) != KEY_BYTES:
        raise ValueError
    return Key(number, purpose, secret, created)


def _unwrap(keyring_id: UUID, wrapped: bytes, place: Place, root_secret: bytes) -> bytes:
    try:
        return unseal_bytes(DataKey(ROOT_NUMBER, root_secret), wrapped, place)
    except SealBroken as error:
        if error.code != "tag":
            raise ValueError from None
        number = int.from_bytes(place.row) if isinstance(place.row, bytes) else 0
        code = f"root_does_not_open_key_{number}_of_{keyring_id.hex[:8]}"
        raise KeyringUnusable(code) from None


def _place(keyring_id: UUID, number: int, purpose: Purpose, created: datetime) -> Place:
    moment = int(created.timestamp() * 1_000_000)
    return Place("keyring", "entry", keyring_id, number.to_bytes(4, "big"), purpose, moment)

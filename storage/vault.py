"""Which key seals what, and the keyed hashes that stand for people."""

import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from storage.errors import KeyMissing
from storage.keyring import KEY_BYTES, Key, Keyring, Purpose
from storage.keystore import KeyStore, WrappedKey
from storage.seal import (
    DataKey,
    Place,
    key_version,
    length_prefixed,
    seal,
    seal_bytes,
    unseal,
    unseal_bytes,
)

__all__ = ["DataKey", "Place", "Vault"]

CACHE_ENTRIES = 1000
CACHE_SECONDS = 300.0


class Vault:
    """Seals and opens values, and keeps the data keys it used last.

    A key that another process destroyed may still be used here for `CACHE_SECONDS`.
    """

    def __init__(
        self, keyring: Keyring, keystore: KeyStore, *, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._keyring = keyring
        self._keystore = keystore
        self._timer = timer
        self._cache: OrderedDict[UUID, tuple[float, DataKey]] = OrderedDict()

    def seal(self, key: DataKey, text: str, place: Place) -> bytes:
        """Encrypt `text`, padded, so that it opens with `key` at `place` only."""
        return seal(key, text, place)

    def open(self, key: DataKey, blob: bytes, place: Place) -> str:
        """Decrypt a value.

        Raises:
            SealBroken: another key or place, or the bytes were altered or cut.
        """
        return unseal(key, blob, place)

    def pseudonym(self, channel: str, account: str) -> tuple[int, bytes]:
        """Return what a person is known by: the index key's number and 32 bytes."""
        key = self._keyring.newest(Purpose.INDEX)
        return key.number, _keyed_hash(key, channel, account)

    def route_hash(self, channel: str, account: str) -> bytes:
        """Return the 32 bytes that keep one sender's deliveries in order."""
        return _keyed_hash(self._keyring.newest(Purpose.EDGE), channel, account)

    def event_hash(self, channel: str, event_id: str) -> bytes:
        """Return the 32 bytes that tell a repeated delivery."""
        return _keyed_hash(self._keyring.newest(Purpose.EVENT), channel, event_id)

    def intake_key(self) -> DataKey:
        """Return the key that seals deliveries now."""
        return _as_data_key(self._keyring.newest(Purpose.INTAKE))

    def staff_key(self) -> DataKey:
        """Return the key that seals sign-in secrets now."""
        return _as_data_key(self._keyring.newest(Purpose.STAFF))

    @property
    def installation(self) -> UUID:
        """The id that the keyring, and so the audit log, was given when it was made."""
        return self._keyring.id

    def audit_key(self) -> Key:
        """Return the key that signs the audit log now.

        Raises:
            KeyMissing: a keyring from before the log was signed.
        """
        return self._keyring.newest(Purpose.AUDIT)

    def audit_keys(self) -> tuple[Key, ...]:
        """Return every key of the keyring that signs, or signed, the audit log."""
        return tuple(key for key in self._keyring.keys if key.purpose is Purpose.AUDIT)

    def keyring_key(self, blob: bytes, purpose: Purpose) -> DataKey:
        """Return the keyring's key that a sealed value names.

        Raises:
            SealBroken: the value is too short or of an unknown format.
            KeyMissing: no key of this number and purpose.
        """
        key = self._keyring.key(key_version(blob))
        if key.purpose is not purpose:
            raise KeyMissing(f"key_missing:{purpose}")
        return _as_data_key(key)

    async def data_key(self, owner: UUID) -> DataKey:
        """Return the newest data key of a conversation or contact.

        Raises:
            KeyMissing: it was destroyed or never made, or its wrap key is gone.
            SealBroken: the stored key was altered or moved.
            DatabaseAway: the key table cannot be reached.
        """
        kept = self._cache.get(owner)
        if kept is not None and self._timer() < kept[0]:
            self._cache.move_to_end(owner)
            return kept[1]
        stored = await self._keystore.newest(owner)
        if stored is None:
            self._cache.pop(owner, None)
            raise KeyMissing("data_key_missing")
        return self._keep(owner, self._unwrap(stored))

    async def make_data_key(self, owner: UUID, purpose: Purpose, *, now: datetime) -> DataKey:
        """Make the first data key of `owner` and commit it before this returns.

        Called before the row that needs it exists, so that a crash leaves a key without a
        row and never a row without a key.

        Args:
            owner: id of the conversation or contact, made by the caller.
            purpose: WRAP for a conversation, WRAP_CONTACT for a contact.
            now: aware UTC time.
        """
        wrap_key = self._keyring.newest(purpose)
        key = DataKey(1, os.urandom(KEY_BYTES))
        place = _wrapped_place(owner, purpose, key.number)
        wrapped = seal_bytes(_as_data_key(wrap_key), key.secret, place)
        stored = WrappedKey(owner, key.number, purpose.value, wrap_key.number, wrapped)
        await self._keystore.add(stored, now=now)
        return self._keep(owner, key)

    async def destroy_data_key(self, owner: UUID) -> None:
        """Delete every data key of `owner`; what they sealed never opens again."""
        self._cache.pop(owner, None)
        await self._keystore.remove(owner)
        self._cache.pop(owner, None)  # another task may have read it meanwhile

    async def close(self) -> None:
        """Forget the keys and close the key table."""
        self._cache.clear()
        await self._keystore.close()

    def _unwrap(self, stored: WrappedKey) -> DataKey:
        purpose = Purpose(stored.purpose)
        wrap_key = self._keyring.key(stored.wrap_key)
        place = _wrapped_place(stored.owner, purpose, stored.generation)
        secret = unseal_bytes(_as_data_key(wrap_key), stored.wrapped, place)
        return DataKey(stored.generation, secret)

    def _keep(self, owner: UUID, key: DataKey) -> DataKey:
        self._cache[owner] = (self._timer() + CACHE_SECONDS, key)
        self._cache.move_to_end(owner)
        while len(self._cache) > CACHE_ENTRIES:
            self._cache.popitem(last=False)
        return key


def proof(key: Key) -> bytes:
    """Return 32 bytes that show which key this is without telling it."""
    return _keyed_hash(key, "proof", key.purpose.value, str(key.number))


def _as_data_key(key: Key) -> DataKey:
    return DataKey(key.number, key.secret)


def _wrapped_place(owner: UUID, purpose: Purpose, generation: int) -> Place:
    return Place("data_keys", "wrapped", None, owner, purpose.value, generation)


def _keyed_hash(key: Key, *fields: str) -> bytes:
    content = length_prefixed(*(one.encode("utf-8", "surrogatepass") for one in fields))
    return hmac.digest(key.secret, content, "sha256")

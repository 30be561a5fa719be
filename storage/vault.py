"""Which key seals what, and the keyed hashes that stand for people."""

import asyncio
import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from storage.errors import KeyMissing, KeysAway, SealBroken
from storage.keyring import KEY_BYTES, Key, Keyring, Purpose
from storage.keyring_file import Keys
from storage.keystore import Batch, KeyStore, WrappedKey
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
RENEW_AFTER = timedelta(days=30)
RENEW_MESSAGES = 2**20
NOTICED = timedelta(seconds=10)
"""How soon every process has read a changed keyring; ten times the pause between two looks."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An owner's keys, remembered for a while."""

    until: float
    key: DataKey
    purpose: Purpose
    made_at: datetime


class Vault:
    """Seals and opens values, and keeps the data keys it used last.

    A key that another process destroyed may still be used here for `CACHE_SECONDS`.
    """

    def __init__(
        self, keys: Keys, keystore: KeyStore, *, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = keys
        self._keystore = keystore
        self._timer = timer
        self._cache: OrderedDict[UUID, _Kept] = OrderedDict()
        self._of_keyring: dict[int, DataKey] = {}
        self._doubted: dict[UUID, int] = {}  # the newest key of an owner when a newer was named

    @property
    def keyring(self) -> Keyring:
        """The keyring as this process knows it now."""
        return self._keys.current

    async def refresh(self) -> bool:
        """Read the keyring again if its file was replaced; tell whether it was.

        Raises:
            KeysAway: it was, and cannot be read now; the one in hand stays.
        """
        changed = await asyncio.to_thread(self._keys.refresh)
        if changed:
            self._of_keyring.clear()
        return changed

    def seal(self, key: DataKey, text: str, place: Place) -> bytes:
        """Encrypt `text`, padded, so that it opens with `key` at `place` only.

        Raises:
            KeyWornOut: the key has sealed as much as one key may.
        """
        return seal(key, text, place)

    def open(self, key: DataKey, blob: bytes, place: Place) -> str:
        """Decrypt a value.

        Raises:
            SealBroken: another key or place, or the bytes were altered or cut.
            KeysAway: the owner has a newer key than this process knows; it does the next time.
        """
        if key_version(blob) > key.number and self._forget(key):
            raise KeysAway("data_key_renewed")
        return unseal(key, blob, place)

    def pseudonym(self, channel: str, account: str) -> tuple[int, bytes]:
        """Return what a person is known by: the index key's number and 32 bytes."""
        key = self.keyring.newest(Purpose.INDEX)
        return key.number, _keyed_hash(key, channel, account)

    def pseudonyms(self, channel: str, account: str) -> Sequence[tuple[int, bytes]]:
        """Return what a person is or was known by, by the newest index key first."""
        keys = reversed(self.keyring.of(Purpose.INDEX))
        return [(key.number, _keyed_hash(key, channel, account)) for key in keys]

    def route(self, channel: str, account: str, *, now: datetime) -> tuple[int, bytes]:
        """Return the edge key's number and the 32 bytes that keep a sender's deliveries in order.

        Raises:
            KeyMissing: there is no edge key.
        """
        key = self._edge_keys(now)[0]
        return key.number, _keyed_hash(key, channel, account)

    def routes(self, channel: str, account: str, *, now: datetime) -> Sequence[tuple[int, bytes]]:
        """Return the routes a sender has or had, each as `route`, the newest first."""
        return [(key.number, _keyed_hash(key, channel, account)) for key in self._edge_keys(now)]

    def _edge_keys(self, now: datetime) -> Sequence[Key]:
        """Return the edge keys that every process knows, the newest first.

        A new one is used a little later than it was made, so that two processes do not give one
        sender two routes at the same time.
        """
        keys = self.keyring.of(Purpose.EDGE)
        known = [key for key in keys if key.created + NOTICED <= now]
        if not keys:
            raise KeyMissing(f"key_missing:{Purpose.EDGE}")
        return known[::-1] or keys[:1]

    def event_hash(self, channel: str, event_id: str) -> bytes:
        """Return the 32 bytes that tell a repeated delivery."""
        return _keyed_hash(self.keyring.newest(Purpose.EVENT), channel, event_id)

    def intake_key(self) -> DataKey:
        """Return the key that seals deliveries now."""
        return self._data_key_of(self.keyring.newest(Purpose.INTAKE))

    def staff_key(self) -> DataKey:
        """Return the key that seals sign-in secrets now."""
        return self._data_key_of(self.keyring.newest(Purpose.STAFF))

    @property
    def installation(self) -> UUID:
        """The id that the keyring, and so the audit log, was given when it was made."""
        return self.keyring.id

    def audit_key(self) -> Key:
        """Return the key that signs the audit log now.

        Raises:
            KeyMissing: a keyring from before the log was signed.
        """
        return self.keyring.newest(Purpose.AUDIT)

    def audit_keys(self) -> tuple[Key, ...]:
        """Return every key of the keyring that signs, or signed, the audit log."""
        return tuple(key for key in self.keyring.keys if key.purpose is Purpose.AUDIT)

    def keyring_key(self, blob: bytes, purpose: Purpose) -> DataKey:
        """Return the keyring's key that a sealed value names.

        Raises:
            SealBroken: the value is too short or of an unknown format.
            KeyMissing: no key of this number and purpose.
        """
        key = self.keyring.key(key_version(blob))
        if key.purpose is not purpose:
            raise KeyMissing(f"key_missing:{purpose}")
        return self._data_key_of(key)

    async def newer_keyring_key(self, blob: bytes, purpose: Purpose) -> DataKey:
        """Return the keyring's key that a sealed value names, which may be newer than we know.

        Raises:
            SealBroken, KeyMissing: as `keyring_key`.
            KeysAway: the keyring was replaced and cannot be read now.
        """
        try:
            return self.keyring_key(blob, purpose)
        except KeyMissing:
            await self.refresh()
            return self.keyring_key(blob, purpose)

    async def data_key(self, owner: UUID) -> DataKey:
        """Return the newest data key of a conversation or contact.

        Raises:
            KeyMissing: it was destroyed or never made, or its wrap key is gone.
            SealBroken: the stored key was altered or moved.
            DatabaseAway: the key table cannot be reached; `KeysAway`: nor the keyring.
        """
        return (await self._kept(owner)).key

    async def sealing_key(self, owner: UUID, *, messages: int = 0, now: datetime) -> DataKey:
        """Return the data key to seal with, a new one if the newest has served its time.

        Args:
            owner: the conversation or contact.
            messages: how many the owner has.
            now: aware UTC time.

        Raises:
            KeyMissing, SealBroken, DatabaseAway: as `data_key`.
        """
        kept = await self._kept(owner)
        served = messages >= kept.key.number * RENEW_MESSAGES
        if not served and now - kept.made_at < RENEW_AFTER:
            return kept.key
        await self._store(owner, kept.key.number + 1, kept.purpose, now=now)
        self._cache.pop(owner, None)
        return (await self._kept(owner)).key

    async def make_data_key(self, owner: UUID, purpose: Purpose, *, now: datetime) -> DataKey:
        """Make the first data key of `owner` and commit it before this returns.

        Called before the row that needs it exists, so that a crash leaves a key without a
        row and never a row without a key.

        Args:
            owner: id of the conversation or contact, made by the caller.
            purpose: WRAP for a conversation, WRAP_CONTACT for a contact.
            now: aware UTC time.

        Raises:
            KeysAway: the keyring was replaced and cannot be read now.
            DatabaseAway: the key table cannot be reached.
        """
        key = await self._store(owner, 1, purpose, now=now)
        return self._keep(owner, key, purpose, now).key

    async def destroy_data_key(self, owner: UUID) -> None:
        """Delete every data key of `owner`; what they sealed never opens again."""
        self._cache.pop(owner, None)
        await self._keystore.remove(owner)
        self._cache.pop(owner, None)  # another task may have read it meanwhile

    async def rewrap(self, *, after: tuple[UUID, int] | None, most: int) -> Batch:
        """Wrap again the data keys that do not lie under the newest wrap keys; see `KeyStore`."""
        newest = {self.keyring.newest(one).number for one in (Purpose.WRAP, Purpose.WRAP_CONTACT)}
        return await self._keystore.rewrap(self._rewrapped, newest=newest, after=after, most=most)

    async def wrapped_counts(self) -> Mapping[int, int]:
        """Return how many data keys lie under each wrap key."""
        return await self._keystore.counts()

    async def retire(self, key: Key, *, now: datetime) -> bool:
        """Close a wrap key for ever; False when a data key lies under it."""
        return await self._keystore.retire(key.number, now=now)

    async def lease_rotation(self, holder: UUID, *, now: datetime, lease: timedelta) -> bool:
        """Take the right to rotate, or keep it; False when another process has it."""
        return await self._keystore.start_rotation(holder, now=now, lease=lease)

    async def end_rotation(self, holder: UUID) -> None:
        """Give the right to rotate back."""
        await self._keystore.end_rotation(holder)

    def _rewrapped(self, stored: WrappedKey) -> WrappedKey | None:
        """Return a stored data key under the newest wrap key; None when it does not open."""
        try:
            key = self._unwrap(stored)
        except (KeyMissing, SealBroken):
            return None
        purpose = Purpose(stored.purpose)
        return self._wrap(stored.owner, key, purpose, made_at=stored.made_at)

    def forget_all(self, owners: Iterable[UUID]) -> None:
        """Keep no opened data key of these in memory."""
        for owner in owners:
            self._cache.pop(owner, None)

    async def close(self) -> None:
        """Forget the keys and close the key table."""
        self._cache.clear()
        await self._keystore.close()

    async def _kept(self, owner: UUID) -> _Kept:
        kept = self._cache.get(owner)
        if kept is not None and self._timer() < kept.until:
            self._cache.move_to_end(owner)
            return kept
        try:
            return await self._load(owner)
        except KeyMissing:
            # Wrapped by a key that this process does not know yet, or wrapped again and the
            # key around it destroyed since it was read.
            self._cache.pop(owner, None)
            await self.refresh()
            return await self._load(owner)

    async def _load(self, owner: UUID) -> _Kept:
        stored = await self._keystore.of(owner)
        if not stored:
            raise KeyMissing("data_key_missing")
        newest, *older = [self._unwrap(one) for one in stored]
        key = replace(newest, older=tuple(older))
        return self._keep(owner, key, Purpose(stored[0].purpose), stored[0].made_at)

    async def _store(
        self, owner: UUID, generation: int, purpose: Purpose, *, now: datetime
    ) -> DataKey:
        key = DataKey(generation, os.urandom(KEY_BYTES))
        try:
            await self._keystore.add(self._wrap(owner, key, purpose, made_at=now))
        except KeyMissing:  # the wrap key was retired: another process made a newer one
            await self.refresh()
            await self._keystore.add(self._wrap(owner, key, purpose, made_at=now))
        return key

    def _wrap(
        self, owner: UUID, key: DataKey, purpose: Purpose, *, made_at: datetime
    ) -> WrappedKey:
        wrap_key = self.keyring.newest(purpose)
        place = _wrapped_place(owner, purpose, key.number)
        wrapped = seal_bytes(self._data_key_of(wrap_key), key.secret, place)
        return WrappedKey(owner, key.number, purpose.value, wrap_key.number, wrapped, made_at)

    def _unwrap(self, stored: WrappedKey) -> DataKey:
        purpose = Purpose(stored.purpose)
        wrap_key = self.keyring.key(stored.wrap_key)
        place = _wrapped_place(stored.owner, purpose, stored.generation)
        secret = unseal_bytes(self._data_key_of(wrap_key), stored.wrapped, place)
        return DataKey(stored.generation, secret)

    def _keep(self, owner: UUID, key: DataKey, purpose: Purpose, made_at: datetime) -> _Kept:
        kept = _Kept(self._timer() + CACHE_SECONDS, key, purpose, made_at)
        self._cache[owner] = kept
        self._cache.move_to_end(owner)
        while len(self._cache) > CACHE_ENTRIES:
            self._cache.popitem(last=False)
        return kept

    def _forget(self, key: DataKey) -> bool:
        """Drop what is remembered of a key's owner; tell whether to look for a newer key."""
        owner = next((one for one, kept in self._cache.items() if kept.key is key), None)
        if owner is None or self._doubted.get(owner) == key.number:
            return False  # looked for already, and there is none: the value was altered
        if len(self._doubted) >= CACHE_ENTRIES:
            self._doubted.clear()
        self._doubted[owner] = key.number
        del self._cache[owner]
        return True

    def _data_key_of(self, key: Key) -> DataKey:
        """Return a keyring key to seal with; one object a key, since it counts its uses."""
        made = self._of_keyring.get(key.number)
        if made is None or made.secret != key.secret:
            made = self._of_keyring[key.number] = DataKey(key.number, key.secret)
        return made


def proof(key: Key) -> bytes:
    """Return 32 bytes that show which key this is without telling it."""
    return _keyed_hash(key, "proof", key.purpose.value, str(key.number))


def pseudonym_of(key: Key, channel: str, account: str) -> bytes:
    """Return what an index key knows a person by."""
    return _keyed_hash(key, channel, account)


def _wrapped_place(owner: UUID, purpose: Purpose, generation: int) -> Place:
    return Place("data_keys", "wrapped", None, owner, purpose.value, generation)


def _keyed_hash(key: Key, *fields: str) -> bytes:
    content = length_prefixed(*(one.encode("utf-8", "surrogatepass") for one in fields))
    return hmac.digest(key.secret, content, "sha256")

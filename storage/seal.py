"""How one text becomes a sealed value that opens at one place only.

A sealed value is
`format(1) | algorithm(1) | key version(4) | nonce(12) | ciphertext | tag(16)`,
numbers big-endian. The text is UTF-8 (lone surrogates pass as they are, so that nothing a
provider sends is lost), preceded by its length in 4 bytes and followed by zeros up to the
next of `PADDED_SIZES`, then multiples of 4096 bytes: a stored length says little.
"""

import os
import struct
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import KeyWornOut, SealBroken

FORMAT = 1
AES_256_GCM = 1
NONCE_BYTES = 12  # NIST SP 800-38D, section 5.2.1.1: 96-bit nonces
TAG_BYTES = 16
HEADER = struct.Struct(">BBI")  # format, algorithm, key version
OVERHEAD = HEADER.size + NONCE_BYTES + TAG_BYTES
PADDED_SIZES = (256, 1024, 2048)  # so that up to 200 characters, Korean too, have two sizes
LARGE_STEP = 4096

_LENGTH = struct.Struct(">I")


MOST_USES = 2**30


class Uses:
    """How often this process sealed with a key; far below 2^32, the bound of random nonces.

    It is coarse: it starts anew with the process. A data key is renewed after 2^20 messages and
    a keyring key after a day, so the bound is there to be never reached.
    """

    __slots__ = ("count",)

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def take(self) -> None:
        """Count one more.

        Raises:
            KeyWornOut: the key may seal no more.
        """
        if self.count >= MOST_USES:
            raise KeyWornOut("key_worn_out")
        self.count += 1


@dataclass(frozen=True, slots=True)
class DataKey:
    """32 bytes to seal with, under the number that goes into each sealed value.

    `older` are the keys that the same owner had before; they open and never seal.
    """

    number: int
    secret: bytes = field(repr=False)
    older: "tuple[DataKey, ...]" = ()
    uses: Uses = field(default_factory=Uses, compare=False, repr=False)

    def of(self, number: int) -> "DataKey":
        """Return the owner's key of a number.

        Raises:
            SealBroken: there is none.
        """
        if number == self.number:
            return self
        for one in self.older:
            if one.number == number:
                return one
        raise SealBroken("key_version")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives; it opens nowhere else.

    `direction` is whatever else fixes the meaning of the row: who spoke, which channel.
    """

    table: str
    column: str
    conversation: UUID | None
    row: UUID | bytes
    direction: str = ""
    sequence: int = 0

    def aad(self, key_version: int) -> bytes:
        """Return the bytes that are authenticated with the value: length-prefixed fields."""
        row = self.row.bytes if isinstance(self.row, UUID) else self.row
        return length_prefixed(
            b"gyeot",
            HEADER.pack(FORMAT, AES_256_GCM, key_version),
            self.table.encode(),
            self.column.encode(),
            self.conversation.bytes if self.conversation else b"",
            row,
            self.direction.encode(),
            self.sequence.to_bytes(8, "big", signed=True),  # a tampered row may say anything
        )


def seal(key: DataKey, text: str, place: Place) -> bytes:
    """Encrypt `text` so that it opens with `key` at `place` only.

    Raises:
        KeyWornOut: the key has sealed as much as one key may.
    """
    return seal_bytes(key, _pad(text.encode("utf-8", "surrogatepass")), place)


def unseal(key: DataKey, blob: bytes, place: Place) -> str:
    """Decrypt what `seal` made.

    Raises:
        SealBroken: another key or place, or the bytes were altered or cut.
    """
    padded = unseal_bytes(key, blob, place)
    (length,) = _LENGTH.unpack_from(padded)
    return padded[_LENGTH.size : _LENGTH.size + length].decode("utf-8", "surrogatepass")


def seal_bytes(key: DataKey, content: bytes, place: Place) -> bytes:
    """Encrypt `content` without padding: for keys, whose length is no secret."""
    key.uses.take()
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key.secret).encrypt(nonce, content, place.aad(key.number))
    return HEADER.pack(FORMAT, AES_256_GCM, key.number) + nonce + sealed


def unseal_bytes(key: DataKey, blob: bytes, place: Place) -> bytes:
    """Decrypt what `seal_bytes` made.

    Raises:
        SealBroken: another key or place, or the bytes were altered or cut.
    """
    key = key.of(key_version(blob))
    body = HEADER.size + NONCE_BYTES
    try:
        return AESGCM(key.secret).decrypt(
            blob[HEADER.size : body], blob[body:], place.aad(key.number)
        )
    except InvalidTag:
        raise SealBroken("tag") from None


def key_version(blob: bytes) -> int:
    """Return the number of the key that a sealed value names.

    Raises:
        SealBroken: too short, or of a format or algorithm this version does not know.
    """
    if len(blob) < OVERHEAD:
        raise SealBroken("too_short")
    form, algorithm, version = HEADER.unpack_from(blob)
    if (form, algorithm) != (FORMAT, AES_256_GCM):
        raise SealBroken("format")
    return int(version)


def length_prefixed(*fields: bytes) -> bytes:
    """Join fields, each after its length in 4 bytes: no two lists give the same bytes."""
    return b"".join(_LENGTH.pack(len(one)) + one for one in fields)


def _pad(content: bytes) -> bytes:
    needed = _LENGTH.size + len(content)
    small = next((size for size in PADDED_SIZES if needed <= size), None)
    size = small or -(-needed // LARGE_STEP) * LARGE_STEP
    return (_LENGTH.pack(len(content)) + content).ljust(size, b"\0")

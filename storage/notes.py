"""Signed notes: a few lines of text with Ed25519 signatures, in the C2SP signed-note form."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"  # the form's own number of the algorithm
_DASH = "— "  # begins a signature line
_HASH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Note:
    """A text, and one signature: whose name is on it, the hash that names the key, 64 bytes."""

    text: str  # ends with a line break
    name: str
    key_hash: bytes
    signature: bytes


class NoteMalformed(Exception):
    """This is no signed note."""


def public_key(seed: bytes) -> bytes:
    """Return the 32 bytes that check what a seed signs."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(text: str, *, name: str, seed: bytes) -> Note:
    """Return the note that says `text`, signed."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return Note(text, name, key_hash(name, public_key(seed)), signature)


def write(note: Note) -> str:
    """Write a note as `read` takes it."""
    signed = base64.b64encode(note.key_hash + note.signature).decode()
    return f"{note.text}\n{_DASH}{note.name} {signed}\n"


def is_signed_by(note: Note, public: bytes) -> bool:
    """Tell whether this key made the note's signature."""
    if note.key_hash != key_hash(note.name, public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(note.signature, note.text.encode())
    except InvalidSignature:
        return False
    return True


def key_hash(name: str, public: bytes) -> bytes:
    """Return the four bytes that name a key in a signature line."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_HASH_BYTES]


def verifier_key(name: str, public: bytes) -> str:
    """Write a public key the way tools for signed notes read it: `name+hash+key`."""
    key = base64.b64encode(_ED25519 + public).decode()
    return f"{name}+{key_hash(name, public).hex()}+{key}"


def read(written: str) -> Note:
    """Read one note with one signature.

    Raises:
        NoteMalformed: it is something else.
    """
    text, gap, line = written.rpartition("\n\n" + _DASH)
    name, space, signed = line.rstrip("\n").partition(" ")
    try:
        raw = base64.b64decode(signed, validate=True)
    except (binascii.Error, ValueError):
        raise NoteMalformed from None
    if not gap or not space or not name or len(raw) != _HASH_BYTES + 64:
        raise NoteMalformed
    return Note(text + "\n", name, raw[:_HASH_BYTES], raw[_HASH_BYTES:])


def read_all(written: str) -> Iterator[Note]:
    """Read the notes of a file that holds one after the other.

    Raises:
        NoteMalformed: something in it is no note.
    """
    lines: list[str] = []
    for line in written.splitlines():
        if line or lines:
            lines.append(line)
        if line.startswith(_DASH):
            yield read("\n".join(lines) + "\n")
            lines = []
    if lines:
        raise NoteMalformed

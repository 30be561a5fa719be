"""How the audit log is chained: leaf, root, link, checkpoint. Pure, so that anybody can redo it."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quote
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from storage import notes
from storage.notes import Note

START = bytes(32)
"""What the first batch is linked to."""

LEAF_BYTES = 40  # a position of 8 bytes, and its leaf

_NULL = "null"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long the log was at one moment, and the hash that stands for all of it."""

    origin: str
    size: int
    hash: bytes

    @property
    def text(self) -> str:
        """Write it as the C2SP form of a log's checkpoint."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.hash).decode()}\n"


def origin(installation: UUID) -> str:
    """Name the log of one installation."""
    return f"gyeot-audit/{installation.hex}"


def read_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text.

    Raises:
        NoteMalformed: it is something else.
    """
    try:
        origin, size, hashed, *_ = text.split("\n")
        read = Checkpoint(origin, int(size), base64.b64decode(hashed, validate=True))
    except ValueError:
        raise notes.NoteMalformed from None
    if not origin or read.size < 0 or len(read.hash) != len(START):
        raise notes.NoteMalformed
    return read


def note_of(checkpoint: Checkpoint, public: bytes, signature: bytes) -> Note:
    """Put a checkpoint and its signature together again."""
    name = checkpoint.origin
    return Note(checkpoint.text, name, notes.key_hash(name, public), signature)


def content(row: Row[Any]) -> str:
    """Write a row, without its position, as a JSON list: the same on every database.

    By hand, since verifying does it for every row there ever was. The columns are taken in the
    table's order.
    """
    fields: tuple[Any, ...] = row[1:8]
    at, staff_id, role, action, object_id, purpose, result = fields
    if not isinstance(at, str):  # SQLite keeps text, and the verifier takes it as it is
        at = at.isoformat(" ", "microseconds")[:26]
        staff_id, object_id = _hex(staff_id), _hex(object_id)
    who = _NULL if staff_id is None else _quote(staff_id)
    as_role = _NULL if role is None else _quote(role)
    about = _NULL if object_id is None else _quote(object_id)
    act = f"{_quote(action)},{about},{_quote(purpose)},{_quote(result)}"
    return f"[{_quote(at)},{who},{as_role},{act}]"


def leaf(position: int, written: str) -> bytes:
    """Hash a row at its position; leaves and nodes have prefixes apart, as in RFC 6962."""
    return sha256(b"\x00[%d,%b]" % (position, written.encode())).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the Merkle tree over leaves (RFC 6962, section 2.1)."""
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = [*above, level[-1]] if len(level) % 2 else above
    return level[0] if level else sha256().digest()


def link(before: bytes, batch_root: bytes, count: int) -> bytes:
    """Return the chain's hash after one more batch."""
    return sha256(before + batch_root + count.to_bytes(8)).digest()


def pack(leaves: Iterable[tuple[int, bytes]]) -> bytes:
    """Write positions with their leaves as the bytes that are kept of a batch."""
    return b"".join(position.to_bytes(8, signed=True) + one for position, one in leaves)


def unpack(packed: bytes) -> dict[int, bytes]:
    """Read what `pack` wrote; bytes that are no whole entry are left out."""
    starts = range(0, len(packed) - LEAF_BYTES + 1, LEAF_BYTES)
    return {
        int.from_bytes(packed[at : at + 8], signed=True): packed[at + 8 : at + LEAF_BYTES]
        for at in starts
    }


def _hex(one: UUID | None) -> str | None:
    return None if one is None else one.hex

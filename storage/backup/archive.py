"""One backup as a file: a tar of a manifest and the database's own files, whole or not at all.

The manifest is first, so that it is read without the rest; each part has its digest in it.
"""

import errno
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from storage.errors import BackupNotMade, BackupUnusable

FORMAT = "gyeot-backup-1"
MANIFEST = "manifest.json"
MOST_MANIFEST = 1024 * 1024  # bytes; a file that is not ours must not fill the memory
BITE = 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the database inside a backup."""

    name: str
    size: int
    digest: str  # SHA-256, hexadecimal


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: when, of what, under which keys, and how much; never content."""

    made_at: datetime
    kind: str  # "sqlite" or "postgresql"
    revision: str  # of the schema
    keyring: UUID
    newest: Mapping[str, int]  # the number of the newest key of each purpose
    erasures: int  # how many lines the erasure ledger had
    rows: Mapping[str, int]  # of each table
    parts: tuple[Part, ...]


def part_of(path: Path) -> Part:
    """Return what the manifest says of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Part(path.name, file.tell(), digest)


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Write a backup of the parts in `folder`; it appears whole or not at all, mode 0600.

    Raises:
        OSError: it could not be written; nothing of it is left.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _write(file, folder, manifest)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        sync_folder(target.parent)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read_manifest(backup: Path) -> Manifest:
    """Read what a backup says of itself; its parts are not looked at.

    Raises:
        BackupUnusable: it is not a backup, or damaged.
    """
    with _opened(backup) as tar:
        return _manifest(tar)


def unpack(backup: Path, folder: Path) -> Manifest:
    """Put the parts of a backup into `folder`, each held to its digest.

    Raises:
        BackupUnusable: it is not a backup, damaged or cut off.
        BackupNotMade: the disk is full.
    """
    with _opened(backup) as tar:
        manifest = _manifest(tar)
        for part in manifest.parts:
            member = tar.next()
            found = tar.extractfile(member) if member and member.name == part.name else None
            if found is None or Path(part.name).name != part.name:
                raise BackupUnusable("backup_damaged")
            _copy(found, folder / part.name)
            if part_of(folder / part.name) != part:
                raise BackupUnusable("backup_damaged")
    return manifest


@contextmanager
def full_disk_said() -> Generator[None]:
    """Turn what a full disk and a folder that cannot be written raise into words."""
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        raise BackupNotMade("disk_full" if full else "folder_not_writable") from None


def sync_folder(folder: Path) -> None:
    """Have the disk keep what a folder says of its files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(file: BinaryIO, folder: Path, manifest: Manifest) -> None:
    with tarfile.open(fileobj=file, mode="w") as tar:
        content = _dump(manifest)
        tar.addfile(_member(MANIFEST, len(content)), io.BytesIO(content))
        for part in manifest.parts:
            with (folder / part.name).open("rb") as found:
                tar.addfile(_member(part.name, part.size), found)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)  # says nothing of who made it, or when
    member.size, member.mode = size, 0o600
    return member


def _copy(found: Any, path: Path) -> None:
    with full_disk_said():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while bite := found.read(BITE):  # outside: reading a bad disk is not a full one
            with full_disk_said():
                file.write(bite)
        with full_disk_said():
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _opened(backup: Path) -> Generator[tarfile.TarFile]:
    try:
        with tarfile.open(backup, mode="r:") as tar:
            yield tar
    except FileNotFoundError:
        raise BackupUnusable("backup_absent") from None
    except OSError:
        raise BackupUnusable("backup_unreadable") from None
    except (tarfile.TarError, EOFError):
        raise BackupUnusable("backup_damaged") from None


def _manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    if member is None or member.name != MANIFEST or member.size > MOST_MANIFEST:
        raise BackupUnusable("backup_damaged")
    found = tar.extractfile(member)
    try:
        return _parse(found.read() if found else b"")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupUnusable("backup_damaged") from None


def _dump(manifest: Manifest) -> bytes:
    document = {"format": FORMAT, **asdict(manifest)}
    document |= {"made_at": manifest.made_at.isoformat(), "keyring": manifest.keyring.hex}
    content = json.dumps(document, indent=1).encode()
    return content + b"\n" + hashlib.sha256(content).hexdigest().encode() + b"\n"


def _parse(found: bytes) -> Manifest:
    content, _, check = found.rstrip(b"\n").rpartition(b"\n")
    document = json.loads(content)
    if document.pop("format") != FORMAT or hashlib.sha256(content).hexdigest() != check.decode():
        raise ValueError
    made_at, keyring = datetime.fromisoformat(document.pop("made_at")), document.pop("keyring")
    if made_at.tzinfo is None:
        raise ValueError
    parts = tuple(Part(**part) for part in document.pop("parts"))
    return Manifest(made_at=made_at, keyring=UUID(keyring), parts=parts, **document)

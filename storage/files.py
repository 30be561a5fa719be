"""Small files of secrets: private, whole or not at all, and overwritten when replaced."""

import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import KeyringUnusable

_READS = 3


def read_private(path: Path, *, what: str) -> bytes:
    """Read a file that nobody but its owner may touch.

    Args:
        path: the file.
        what: how the code of an error begins: "keyring", "root".

    Raises:
        KeyringUnusable: absent, unreadable, or open to group or others.
    """
    content, number = _read(path, what)
    for _ in range(_READS):
        with suppress(OSError):
            if path.stat().st_ino == number:
                break
        # It was replaced meanwhile, and what we read may have been overwritten.
        content, number = _read(path, what)
    return content


def create_private(path: Path, content: bytes, *, code: str) -> None:
    """Write a new file, readable by its owner only (mode 0400).

    Raises:
        KeyringUnusable: there is a file already, or the folder cannot be written.
    """
    draft = _draft(path)
    try:
        try:
            _write_synced(draft, content)
            os.link(draft, path)  # unlike a rename, this never replaces a file
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except FileExistsError:
        raise KeyringUnusable(f"{path.stem}_exists") from None
    except OSError:
        raise KeyringUnusable(code) from None


def replace_private(path: Path, content: bytes) -> None:
    """Put new content in the place of a file at one stroke; overwrite the bytes of the old one.

    A process that dies in between leaves the old file whole or the new one.

    Raises:
        OSError: it could not be written; the old file stays as it was.
    """
    for left in path.parent.glob(f".{path.name}.*"):  # by one that died at this
        shred(left)
    draft = _draft(path)
    try:
        _write_synced(draft, content)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    with _open_to_overwrite(path) as old:
        draft.rename(path)
        _sync_folder(path.parent)
        with suppress(OSError):  # as good as the disk lets us; what counts is the new file
            _overwrite(old)


def _read(path: Path, what: str) -> tuple[bytes, int]:
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            others = found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            if not stat.S_ISREG(found.st_mode) or others:
                raise KeyringUnusable(f"{what}_readable_by_others")
            return file.read(), found.st_ino
    except FileNotFoundError:
        raise KeyringUnusable(f"{what}_absent") from None
    except OSError:
        raise KeyringUnusable(f"{what}_unreadable") from None


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


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


@contextmanager
def _open_to_overwrite(path: Path) -> Generator[int]:
    path.chmod(0o600)
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    os.pwrite(descriptor, bytes(size), 0)
    os.fsync(descriptor)


def shred(path: Path) -> None:
    """Overwrite a file and remove it, as far as it lets us."""
    with suppress(OSError):
        with _open_to_overwrite(path) as descriptor:
            _overwrite(descriptor)
        path.unlink()

"""The second place of the audit log's checkpoints: a folder whose files only grow."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from storage.notes import Note, NoteMalformed, read_all, write

KEYS = "keys.txt"


class CopyFailed(Exception):
    """The second place cannot be written: an operator must look; sealing goes on."""


def append(folder: Path, note: Note, *, day: date) -> None:
    """Add one checkpoint to the file of a day, on the disk before this returns.

    Raises:
        CopyFailed: the folder is not there, not ours, or full.
    """
    _append(folder, f"{day.isoformat()}.txt", write(note) + "\n")


def keep_keys(folder: Path, keys: Sequence[str]) -> None:
    """Add those public keys to the folder that it does not hold yet.

    Raises:
        CopyFailed: see `append`.
    """
    path = folder / KEYS
    try:
        known = path.read_text("utf-8").splitlines() if path.exists() else []
    except (OSError, ValueError):
        raise CopyFailed from None
    new = [key for key in keys if key not in known]
    if new:
        _append(folder, KEYS, "".join(f"{key}\n" for key in new))


def read(path: Path) -> tuple[Note, ...]:
    """Read the checkpoints of one file.

    Raises:
        NoteMalformed: it cannot be read, or something in it is no checkpoint.
    """
    try:
        return tuple(read_all(path.read_text("utf-8")))
    except (OSError, ValueError):
        raise NoteMalformed from None


def _append(folder: Path, name: str, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _write_whole(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        raise CopyFailed from None


def _write_whole(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]

"""The erasure ledger: a file beside the keyring that says whose keys were destroyed for good.

It is the only thing that a restored backup cannot bring back to an earlier state, so an erasure
is written here, and is on the disk, before anything of it is done in the database. Each line
carries a check over itself and the line before: a line that was altered, cut out or moved is
seen. A last line that a crash cut short was never acted upon, because nothing is destroyed
before `append` returns; it is passed over, and the next append takes its place.
"""

import fcntl
import hashlib
import os
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from storage.errors import LedgerDamaged, LedgerMissing

FORMAT = "gyeot-erasures-1"
CHECK = 16  # hexadecimal digits
LINE = 75  # characters of every line but the first


@dataclass(frozen=True, slots=True)
class Erasure:
    """One line of the ledger: a conversation or contact that is gone for good, and since when."""

    owner: UUID
    at: datetime


class Ledger:
    """The erasure ledger of one installation; any number of processes may write it.

    Its calls wait for the disk; a process that serves takes them in a thread.
    """

    def __init__(self, path: Path, keyring_id: UUID) -> None:
        self.path = path
        self.keyring_id = keyring_id
        self._header = f"{FORMAT} {keyring_id.hex}"

    @property
    def exists(self) -> bool:
        """Whether there is a file; an installation has one from its first start on."""
        return self.path.exists()

    def begin(self) -> None:
        """Make an empty ledger where there is none; a ledger that is there stays as it is.

        Raises:
            LedgerDamaged: it cannot be written.
        """
        with self._locked(os.O_CREAT) as descriptor:
            first = _line(self._header, "")
            if len(_content(descriptor)) < len(first):  # nothing, or what a crash left of it
                os.ftruncate(descriptor, 0)
                _write(descriptor, first)
        _sync_folder(self.path.parent)

    def append(self, owners: Collection[UUID], *, now: datetime) -> None:
        """Note that these are gone for good; on the disk when this returns, all or none acted upon.

        Raises:
            LedgerMissing: there is no ledger; none is made here, it would hide a lost one.
            LedgerDamaged: it cannot be read or written, or is another installation's.
        """
        with self._locked() as descriptor:
            found = _content(descriptor)
            whole = _whole(found)
            check = _check_of(self._checked(whole)[-1])
            new = b""
            for owner in owners:
                text = f"{owner.hex} {now.astimezone(UTC).isoformat(timespec='seconds')}"
                new += _line(text, check)
                check = _check(text, check)
            kept = min(len(found), len(whole))
            os.ftruncate(descriptor, kept)
            _write(descriptor, whole[kept:] + new)

    def read(self) -> tuple[Erasure, ...]:
        """Return every erasure, oldest first.

        Raises:
            LedgerMissing: there is no ledger.
            LedgerDamaged: a line was altered, cut out or moved, or it is another installation's.
        """
        try:
            whole = _whole(self.path.read_bytes())
        except FileNotFoundError:
            raise LedgerMissing("ledger_missing") from None
        except OSError:
            raise LedgerDamaged("ledger_unreadable") from None
        return tuple(_erasure(line) for line in self._checked(whole)[1:])

    def _checked(self, whole: bytes) -> list[str]:
        """Return the lines with their checks, the header first."""
        try:
            lines = whole.decode("ascii").split("\n")[:-1]
        except UnicodeDecodeError:
            raise LedgerDamaged("ledger_damaged") from None
        if not lines or not _follows(lines, self._header):
            raise LedgerDamaged("ledger_damaged")
        return lines

    @contextmanager
    def _locked(self, flags: int = 0) -> Generator[int]:
        """Open the file for one writer; the lock ends with the process, however it ends."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | flags, 0o600)
        except FileNotFoundError:
            raise LedgerMissing("ledger_missing") from None
        except OSError:
            raise LedgerDamaged("ledger_not_writable") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        except OSError:
            raise LedgerDamaged("ledger_not_writable") from None
        finally:
            os.close(descriptor)


def ledger_path(keyring: Path) -> Path:
    """Return where the ledger of a keyring lies: beside it, never in a database backup."""
    return keyring.with_name(f"{keyring.name}.erased")


def _line(text: str, before: str) -> bytes:
    return f"{text} {_check(text, before)}\n".encode("ascii")


def _check(text: str, before: str) -> str:
    return hashlib.sha256(f"{before} {text}".encode("ascii")).hexdigest()[:CHECK]


def _check_of(line: str) -> str:
    return line[-CHECK:]


def _follows(lines: Iterable[str], header: str) -> bool:
    """Tell whether the first line is this header and each line's check follows from the last."""
    before = ""
    for number, line in enumerate(lines):
        text, check = line[: -CHECK - 1], _check_of(line)
        if (
            line != f"{text} {check}"
            or check != _check(text, before)
            or (number == 0 and text != header)
        ):
            return False
        before = check
    return True


def _erasure(line: str) -> Erasure:
    owner, at, _ = line.split(" ")
    return Erasure(UUID(owner), datetime.fromisoformat(at))


def _whole(content: bytes) -> bytes:
    """Return the content without what a crash left of a last line.

    A line that lacks only its end is whole: what can be read counts as an erasure.
    """
    end = content.rfind(b"\n") + 1
    return content[:end] if len(content) - end < LINE else content + b"\n"


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

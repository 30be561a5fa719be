"""The keyring as a file that changes while processes use it."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from storage.errors import KeyringUnusable, KeysAway
from storage.files import read_private, replace_private
from storage.keyring import Keyring, Sealing, default_root, dump, parse
from storage.roots import Root

Stamp = tuple[int, int, int]


class Keys(Protocol):
    """A keyring as it is now: a `KeyringFile`, or a `Keyring` that never changes."""

    @property
    def current(self) -> Keyring:
        """The keyring as it was last read."""
        ...

    def refresh(self) -> bool:
        """Read the keyring again if it changed; tell whether it did.

        Raises:
            KeysAway: it changed and cannot be read now; the one in hand stays.
        """
        ...


class KeyringFile:
    """A keyring file, read again whenever it was replaced."""

    def __init__(self, path: Path, root: Root | None = None) -> None:
        """Read the file; raises as `load_keyring`."""
        self.path = path
        self.root = root or default_root(path)
        self._stamp = _stamp(path)
        self._current, _ = self._parse()

    @property
    def current(self) -> Keyring:
        """The keyring as it was last read."""
        return self._current

    def sealing(self) -> Sealing:
        """Return what wraps the entries, for cards and proofs.

        Raises:
            KeyringUnusable: it cannot be read, or no root wraps it yet.
            KeysAway: a key service does not answer now.
        """
        sealing = self._parse()[1]
        if sealing is None:
            raise KeyringUnusable("keyring_not_wrapped_yet")
        return sealing

    @property
    def is_wrapped(self) -> bool:
        """Whether a root wraps the entries of the file; one of format 1 holds them as they are."""
        return self._parse()[1] is not None

    def refresh(self) -> bool:
        """Read the file again if it was replaced since; see `Keys.refresh`."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return False
        try:
            found, _ = self._parse()
        except KeyringUnusable as error:
            raise KeysAway(error.code) from None
        if found.id != self._current.id:
            raise KeysAway("keyring_of_another_installation")
        self._current, self._stamp = found, stamp
        return True

    def change(self, step: Callable[[Keyring], Keyring], *, root: Root | None = None) -> Keyring:
        """Replace the file by what `step` makes of it; one process at a time.

        Args:
            step: makes the new keyring of the one in the file.
            root: another root to wrap it by from now on; None: the same.

        Raises:
            KeyringUnusable: it cannot be read or written, or no root wraps it yet (format 1);
                the file stays as it was.
            KeysAway: a key service does not answer now; the file stays as it was.
        """
        with self._alone():
            found, sealing = self._parse()
            changed = step(found)
            if root is not None:
                self._write(changed, Sealing(*root.make()))
                self.root = root
            elif sealing is None:
                raise KeyringUnusable("keyring_not_wrapped_yet")
            elif changed.keys != found.keys:
                self._write(changed, sealing)
            self._current, self._stamp = changed, _stamp(self.path)
        return changed

    def _write(self, keyring: Keyring, sealing: Sealing) -> None:
        try:
            replace_private(self.path, dump(keyring, sealing))
        except OSError:
            raise KeyringUnusable(f"keyring_{keyring.id.hex[:8]}_not_writable") from None

    def _parse(self) -> tuple[Keyring, Sealing | None]:
        return parse(read_private(self.path, what="keyring"), self.root)

    @contextmanager
    def _alone(self) -> Generator[None]:
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            raise KeyringUnusable("keyring_not_writable") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

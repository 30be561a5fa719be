"""Getting the root back from paper, and whether somebody has tried it."""

import hmac
import json
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.cards import Card, combine, split
from storage.errors import KeyringUnusable
from storage.files import create_private, read_private, shred
from storage.keyring import ROOT_FILE, parse
from storage.keyring_file import KeyringFile
from storage.roots import FileRoot, Note


class _Rebuilt:
    """A root whose secret is in hand, whatever kind the keyring names."""

    def __init__(self, kind: str, secret: bytes) -> None:
        self.kind = kind
        self._secret = secret

    def make(self) -> tuple[bytes, Note]:
        """Refuse: it is there to open, not to make."""
        raise KeyringUnusable("root_is_rebuilt")

    def open(self, note: Note) -> bytes:
        """Return the secret."""
        return self._secret


def cards_of(keyring: KeyringFile) -> tuple[Card, ...]:
    """Return three new cards of the keyring's root; cards from before stay good."""
    return split(keyring.sealing().secret, keyring=keyring.current.id.hex[:8])


@contextmanager
def rebuilt(path: Path, cards: tuple[Card, ...]) -> Generator[KeyringFile]:
    """Open a copy of the keyring in a scratch folder, with the root that two cards give.

    Raises:
        KeyringUnusable: the cards are not of this keyring's root.
    """
    content = read_private(path, what="keyring")
    secret = combine(cards)
    opened, _ = parse(content, _Rebuilt(_kind(content), secret))
    if cards[0].keyring != opened.id.hex[:8]:
        raise KeyringUnusable("cards_of_another_keyring")
    with TemporaryDirectory(dir=path.parent, prefix=".recovery-") as folder:
        copy = Path(folder) / path.name
        create_private(copy, content, code="scratch_not_writable")
        scratch = KeyringFile(copy, _Rebuilt(_kind(content), secret))
        root = Path(folder) / ROOT_FILE
        create_private(root, secret, code="scratch_not_writable")
        try:
            scratch.change(lambda found: found, root=FileRoot(root))
            yield KeyringFile(copy, FileRoot(root))
        finally:
            shred(root)


def put_back(path: Path, cards: tuple[Card, ...], *, to: Path) -> None:
    """Write the root that two cards give into a new file; the keyring is of that file then.

    Raises:
        KeyringUnusable: the cards are not of this keyring's root, or there is a file already.
    """
    content = read_private(path, what="keyring")
    secret = combine(cards)
    keyring = KeyringFile(path, _Rebuilt(_kind(content), secret))
    create_private(to, secret, code="root_not_writable")
    keyring.change(lambda found: found, root=FileRoot(to))


def note_test(keyring: KeyringFile, *, now: datetime) -> None:
    """Note beside the keyring that its root was rebuilt from two cards."""
    fact = {"tested_at": now.isoformat(), "root": _proof(keyring)}
    draft = _note(keyring.path).with_suffix(".draft")
    try:
        draft.write_text(json.dumps(fact) + "\n")
        draft.replace(_note(keyring.path))
    except OSError:
        raise KeyringUnusable("recovery_note_not_writable") from None


def last_test(keyring: KeyringFile) -> datetime | None:
    """Return when the root was last rebuilt from paper; None: never, or it was another root."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        fact = json.loads(_note(keyring.path).read_text())
        if hmac.compare_digest(fact["root"], _proof(keyring)):
            return datetime.fromisoformat(fact["tested_at"])
    return None


def _note(path: Path) -> Path:
    return path.with_name("recovery.json")


def _proof(keyring: KeyringFile) -> str:
    """Return what shows which root it is, without telling it."""
    content = b"gyeot root proof" + keyring.current.id.bytes
    return hmac.digest(keyring.sealing().secret, content, "sha256").hex()[:32]


def _kind(content: bytes) -> str:
    try:
        return str(json.loads(content)["root"]["kind"])
    except (ValueError, KeyError, TypeError):
        raise KeyringUnusable("keyring_malformed") from None

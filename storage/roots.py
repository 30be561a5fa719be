"""Where the root secret comes from: what every entry of the keyring is wrapped by.

A root gives 32 bytes. The keyring keeps a note of how they are come by: nothing for a file,
the parameters of the derivation for a passphrase, the wrapped bytes for a key service.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from argon2.low_level import Type, hash_secret_raw

from storage.errors import KeyringUnusable, KeysAway
from storage.files import create_private, read_private

ROOT_BYTES = 32
PATIENCE = 5  # seconds for an answer of a key service
MOST_MEMORY_KIB = 2 * 1024 * 1024  # a note that was altered must not eat the machine
MOST_PASSES = 64
MOST_LANES = 64

Note = Mapping[str, Any]
"""What a keyring keeps of its root: the kind, and what the kind needs; no secret by itself."""


class Root(Protocol):
    """Gives the bytes that wrap a keyring's entries."""

    kind: str

    def make(self) -> tuple[bytes, Note]:
        """Return the root secret of a keyring that is made now, and the note to keep.

        Raises:
            KeyringUnusable: it cannot be made or read.
            KeysAway: a key service does not answer now.
        """
        ...

    def open(self, note: Note) -> bytes:
        """Return the root secret that a note is of.

        Raises:
            KeyringUnusable: it is absent, refused, or of another kind.
            KeysAway: a key service does not answer now; try again.
        """
        ...


class FileRoot:
    """A file of 32 random bytes, readable by its owner only."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def make(self) -> tuple[bytes, Note]:
        """Take the file that is there, or make one; see `Root.make`."""
        if not self._path.exists():
            create_private(self._path, os.urandom(ROOT_BYTES), code="root_not_writable")
        return self._read(), {"kind": self.kind}

    def open(self, note: Note) -> bytes:
        """Read the file; see `Root.open`."""
        return self._read()

    def _read(self) -> bytes:
        secret = read_private(self._path, what="root")
        if len(secret) != ROOT_BYTES:
            raise KeyringUnusable("root_malformed")
        return secret


class PassphraseRoot:
    """A passphrase, made into a key by Argon2id with the parameters that the keyring keeps."""

    kind = "passphrase"

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask

    def make(self) -> tuple[bytes, Note]:
        """Derive with a new salt and RFC 9106's second recommended option."""
        salt = b64encode(os.urandom(16)).decode()
        note = {"kind": self.kind, "salt": salt, "passes": 3, "memory_kib": 65536, "lanes": 4}
        return self.open(note), note

    def open(self, note: Note) -> bytes:
        """Derive as the note says; a wrong passphrase shows when the first entry is opened."""
        passes, memory, lanes = note["passes"], note["memory_kib"], note["lanes"]
        sound = 0 < passes <= MOST_PASSES and 0 < lanes <= MOST_LANES
        if not sound or not 8 * lanes <= memory <= MOST_MEMORY_KIB:
            raise KeyringUnusable("root_malformed")
        salt = b64decode(note["salt"], validate=True)
        words = self._words.encode("utf-8", "surrogatepass")
        return hash_secret_raw(words, salt, passes, memory, lanes, ROOT_BYTES, Type.ID)

    @cached_property
    def _words(self) -> str:
        words = self._ask()  # once: a person at a terminal is not asked again at each rotation
        if not words:
            raise KeyringUnusable("root_passphrase_absent")
        return words


class VaultRoot:
    """Random bytes that HashiCorp Vault's transit engine wraps; Vault never gives its own key."""

    kind = "vault"

    def __init__(self, address: str, mount: str, name: str, token: Callable[[], str]) -> None:
        self._address = address
        self._mount = mount
        self._name = name
        self._token = token

    def make(self) -> tuple[bytes, Note]:
        """Have Vault wrap new bytes."""
        secret = os.urandom(ROOT_BYTES)
        wrapped = self._call("encrypt_data", plaintext=b64encode(secret).decode())["ciphertext"]
        return secret, {"kind": self.kind, "wrapped": wrapped}

    def open(self, note: Note) -> bytes:
        """Have Vault unwrap the note's bytes."""
        return b64decode(self._call("decrypt_data", ciphertext=note["wrapped"])["plaintext"])

    def _call(self, name: str, **fields: str) -> Mapping[str, str]:
        import hvac  # noqa: PLC0415 -- half a second that only its users should wait
        from requests import RequestException  # noqa: PLC0415

        client = hvac.Client(url=self._address, token=self._token(), timeout=PATIENCE)
        passing = (
            RequestException,
            hvac.exceptions.VaultDown,
            hvac.exceptions.InternalServerError,
            hvac.exceptions.BadGateway,
            hvac.exceptions.RateLimitExceeded,
        )
        try:
            ask = getattr(client.secrets.transit, name)
            data: Mapping[str, str] = ask(name=self._name, mount_point=self._mount, **fields)[
                "data"
            ]
        except passing:
            raise KeysAway("root_away") from None  # the cause may quote the request
        except hvac.exceptions.VaultError:
            raise KeyringUnusable("root_refused") from None
        return data


class KmsRoot:
    """Random bytes that a key of AWS KMS wraps; needs boto3, which is an extra."""

    kind = "aws-kms"
    _CONTEXT: Mapping[str, str] = {"gyeot": "root"}
    _PASSING = frozenset(
        {"DependencyTimeoutException", "KMSInternalException", "ThrottlingException"}
    )

    def __init__(self, key: str) -> None:
        self._key = key

    def make(self) -> tuple[bytes, Note]:
        """Have KMS wrap new bytes."""
        secret = os.urandom(ROOT_BYTES)
        wrapped = self._call("encrypt", Plaintext=secret)["CiphertextBlob"]
        return secret, {"kind": self.kind, "wrapped": b64encode(wrapped).decode()}

    def open(self, note: Note) -> bytes:
        """Have KMS unwrap the note's bytes."""
        wrapped = b64decode(note["wrapped"], validate=True)
        return bytes(self._call("decrypt", CiphertextBlob=wrapped)["Plaintext"])

    def _call(self, name: str, **fields: bytes) -> Mapping[str, Any]:
        try:
            import boto3  # noqa: PLC0415 -- an extra
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ImportError:
            raise KeyringUnusable("root_needs_boto3") from None
        try:
            ask = getattr(boto3.client("kms"), name)
            answer: Mapping[str, Any] = ask(
                KeyId=self._key, EncryptionContext=dict(self._CONTEXT), **fields
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in self._PASSING:
                raise KeysAway("root_away") from None
            raise KeyringUnusable("root_refused") from None
        except BotoCoreError:
            raise KeysAway("root_away") from None
        return answer


def make_root(
    setting: str, *, beside: Path, passphrase: Callable[[], str], token: Callable[[], str]
) -> Root:
    """Return the root that a setting names.

    Args:
        setting: `file`, `file:PATH`, `passphrase`, `vault:ADDRESS/MOUNT/NAME`, `aws-kms:KEY`.
        beside: where the file is when the setting names none.
        passphrase: asked once, when it is needed.
        token: Vault's token, asked at each call, so that a renewed one is used.

    Raises:
        ValueError: it is none of these.
    """
    kind, _, rest = setting.partition(":")
    if kind == FileRoot.kind:
        return FileRoot(Path(rest) if rest else beside)
    if kind == PassphraseRoot.kind and not rest:
        return PassphraseRoot(passphrase)
    if kind == VaultRoot.kind:
        parts = rest.rsplit("/", 2)
        if len(parts) == 3 and all(parts):
            return VaultRoot(parts[0], parts[1], parts[2], token)
    if kind == KmsRoot.kind and rest:
        return KmsRoot(rest)
    raise ValueError("root_setting")

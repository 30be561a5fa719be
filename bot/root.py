"""The keyring and its root, as the settings name them."""

import sys
from getpass import getpass

from bot.config import Settings, read_settings
from bot.registry import secret
from storage.errors import KeyringUnusable
from storage.keyring import ROOT_FILE
from storage.keyring_file import KeyringFile
from storage.roots import Root, make_root


def root_of(settings: Settings, setting: str | None = None) -> Root:
    """Return the root that GYEOT_ROOT names, or another one written in the same way.

    Raises:
        KeyringUnusable: it names none.
    """
    try:
        return make_root(
            setting or settings.root,
            beside=settings.keyring_path.with_name(ROOT_FILE),
            passphrase=lambda: _passphrase(settings),
            token=_token,
        )
    except ValueError:
        raise KeyringUnusable("root_setting") from None


def keyring_of(settings: Settings) -> KeyringFile:
    """Return the keyring, which is read again whenever it changes; raises as `load_keyring`."""
    return KeyringFile(settings.keyring_path, root_of(settings))


def _passphrase(settings: Settings) -> str:
    given = secret(settings.root_passphrase)
    if given or not sys.stdin.isatty():
        return given.rstrip("\r\n")
    return getpass("gyeot: passphrase of the keyring: ")


def _token() -> str:
    return secret(read_settings().vault_token)  # read each time: tokens are renewed

"""The accounts that are ours, as the page /verify lists them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.dialogue.content_file import Entry, day, entries, read_file, string

ACCOUNTS_FILE = "accounts.toml"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of ours on a channel that somebody confirmed."""

    channel: str
    name: str
    date: date


def load_accounts(path: Path) -> tuple[Account, ...]:
    """Read the confirmed accounts; what nobody confirmed is left out, and never shown.

    Raises:
        ContentError: the file or an entry of it is not as it must be.
    """
    found = entries(path.name, read_file(path), "account")
    read = [(_account(path.name, entry), entry.get("status") == "confirmed") for entry in found]
    return tuple(account for account, confirmed in read if confirmed)


def _account(file: str, entry: Entry) -> Account:
    return Account(string(file, entry, "channel"), string(file, entry, "name"), day(file, entry))

"""The keyring on the command line: made, looked at, rotated, and got back from paper."""

import argparse
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.columns import lined_up
from bot.config import Settings
from bot.root import keyring_of, root_of
from storage import recovery, rotation
from storage.cards import Card, read_cards
from storage.database import Database, highest_key, knows_a_keyring, migrate, open_database
from storage.errors import KeyringUnusable
from storage.keyring import Key, Keyring, Purpose, create_keyring
from storage.keyring_file import KeyringFile

ACTIONS = ("init", "status", "rotate", "recover", "drill")
_HEAD = ("key", "purpose", "made", "days", "data keys", "then")
_UNTESTED = (
    "gyeot: nobody has tried yet to get the root back from paper; python -m bot keys init --split\n"
    "       prints three cards, python -m bot keys drill tries two of them (docs/operations.md)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `python -m bot keys` takes; never a secret."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("--split", action="store_true", help="init: print three recovery cards")
    parser.add_argument(
        "--from", dest="before", metavar="ROOT", help="init: the root until now, as in GYEOT_ROOT"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="recover: the new root file")


async def run(settings: Settings, arguments: argparse.Namespace, *, now: datetime) -> str:
    """Do one action and return what to print.

    Raises:
        KeyringUnusable: the keyring, its root or the cards are not right.
        KeysAway, DatabaseAway: try again later.
    """
    action = arguments.action
    if action == "init":
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        await migrate(settings.database)
        lines = await prepare(settings, before=arguments.before, now=now)
        return "\n".join([*lines, *(_cards(settings) if arguments.split else ())])
    if action == "status":
        return await status(settings, now=now)
    if action == "rotate":
        return await _rotate(settings, now=now)
    cards = _asked_cards()
    if action == "drill":
        return await _drill(settings, cards, now=now)
    return await _recover(settings, cards, arguments.to)


async def prepare(settings: Settings, *, before: str | None = None, now: datetime) -> Sequence[str]:
    """Make the keyring if there is none, wrap one from before the root, add what it lacks.

    Args:
        settings: where it is, and what wraps it.
        before: the root that wrapped it until now, to go over to the one that is set.
        now: aware UTC time.

    Returns:
        What to tell the operator, a line each.
    """
    path = settings.keyring_path
    if not path.exists():
        # A keyring made for a database that has known another would open nothing in it.
        if await knows_a_keyring(settings.database):
            raise KeyringUnusable("keyring_absent")
        create_keyring(path, now=now, root=root_of(settings))
        kept = "keep it and its root on two other media, apart from each other"
        return [f"gyeot: made the keyring {path}; {kept}", _UNTESTED]
    root = root_of(settings)
    keyring = KeyringFile(path, root_of(settings, before))
    said = []
    if before is not None or not keyring.is_wrapped:
        keyring.change(lambda found: found, root=root)
        said.append(f"gyeot: the keyring is wrapped by its root now ({root.kind})")
    lacking = [one for one in Purpose if not keyring.current.of(one)]
    if lacking:
        used = await highest_key(settings.database)
        keyring.change(lambda found: found.with_new(lacking, after=used, now=now))
        said.append(f"gyeot: the keyring has new keys ({', '.join(lacking)})")
    return said if recovery.last_test(keyring) else [*said, _UNTESTED]


async def status(settings: Settings, *, now: datetime) -> str:
    """Return what is known of the keys, a line each: never a value, nor where a secret lies."""
    async with _opened(settings) as (database, keyring):
        counts = await database.vault.wrapped_counts()
        work = await rotation.has_work(database, window=settings.window, now=now)
    tested = recovery.last_test(keyring)
    current = keyring.current
    rows = [_row(current, key, counts.get(key.number), settings, now) for key in current.keys]
    late = any(rotation.day(key.created) > rotation.day(now) for key in current.keys)
    return "\n".join(
        [
            f"keyring {current.id.hex[:8]}, wrapped by its root ({keyring.root.kind})",
            lined_up([_HEAD, *rows]),
            "keys change at midnight in Korea"
            + (", and there is work to do now" if work else "")
            + (": a key is of a later day, look at the clock" if late else ""),
            f"recovery from paper was tested on {tested.date()}" if tested else _UNTESTED,
        ]
    )


async def _rotate(settings: Settings, *, now: datetime) -> str:
    async with _opened(settings) as (database, _):
        await database.prove_keyring()
        done = await rotation.rotate(database, window=settings.window, now=now)
    if done is None:
        return "another process rotates the keys at this moment"
    return (
        f"keys made {len(done.made)}, destroyed {len(done.destroyed)}, old and needed "
        f"{len(done.kept)}; data keys wrapped again {done.rewrapped}, not opened {done.refused}; "
        f"people named again {done.renamed}"
    )


async def _drill(settings: Settings, cards: tuple[Card, ...], *, now: datetime) -> str:
    keyring = keyring_of(settings)
    await _prove(settings, cards)
    recovery.note_test(keyring, now=now)
    return "the cards give the root back, and its keyring is this database's; noted"


async def _recover(settings: Settings, cards: tuple[Card, ...], to: Path | None) -> str:
    if to is None:
        raise KeyringUnusable("say_where_with_--to")
    await _prove(settings, cards)
    recovery.put_back(settings.keyring_path, cards, to=to)
    return f"the root is in the new file; set GYEOT_ROOT=file:{to}"


async def _prove(settings: Settings, cards: tuple[Card, ...]) -> None:
    """Open a scratch copy of the keyring by the cards, and ask the database whose it is."""
    with recovery.rebuilt(settings.keyring_path, cards) as scratch:
        database = open_database(settings.database, keyring=scratch)
        try:
            await database.prove_keyring()
        finally:
            await database.close()


def _cards(settings: Settings) -> Sequence[str]:
    cards = recovery.cards_of(keyring_of(settings))
    head = "Write each card on paper of its own, for a person of its own; nothing keeps them.\n"
    return [head, *(f"{card.text()}\n" for card in cards)]


def _asked_cards() -> tuple[Card, ...]:
    if sys.stdin.isatty():
        sys.stderr.write("gyeot: type in two cards as they are written, then Ctrl-D\n")
    return read_cards(sys.stdin.read())


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[tuple[Database, KeyringFile]]:
    keyring = keyring_of(settings)
    database = open_database(settings.database, keyring=keyring)
    try:
        yield database, keyring
    finally:
        await database.close()


def _row(
    keyring: Keyring, key: Key, count: int | None, settings: Settings, now: datetime
) -> Sequence[str]:
    made = rotation.day(key.created)
    days = (rotation.day(now) - made).days
    wraps = key.purpose in rotation.WRAPPING
    return (
        str(key.number),
        key.purpose,
        f"{made}",
        str(days),
        str(count or 0) if wraps else "",
        _then(keyring, key, settings),
    )


def _then(keyring: Keyring, key: Key, settings: Settings) -> str:
    if key.purpose not in rotation.ROLLING:
        return "stays"
    made = rotation.day(key.created)
    if keyring.newest(key.purpose) == key:
        return f"seals until {made + timedelta(days=1)}"
    return f"destroyed on {made + settings.window}"

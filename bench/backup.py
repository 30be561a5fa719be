"""How long a backup and a drill of a database of a given size take: `python -m bench.backup TALKS`.

Each talk has 20 lines. SQLite in a folder of its own; PostgreSQL by GYEOT_BENCH_DATABASE_URL.
"""

import asyncio
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage import contacts, conversations, transcript
from storage.backup.making import back_up, store_of
from storage.backup.restoring import Keeping, drill
from storage.database import Database, migrate, open_database
from storage.keyring import create_keyring
from storage.keyring_file import KeyringFile
from storage.ledger import Ledger, ledger_path
from storage.records import Language, Speaker
from storage.transcript import Words

LINES = 20
WINDOW = timedelta(days=7)
TEXT = "아무한테도 말 못 했는데 들어 줄 수 있어요?"


async def fill(database: Database, talks: int, now: datetime) -> None:
    """Write talks of `LINES` lines each."""
    words = [Words(Speaker.PERSON, TEXT, "text") for _ in range(LINES)]
    for number in range(talks):
        async with database.transaction() as session:
            vault, account = database.vault, f"account-{number}"
            person = await contacts.find_or_make(
                session, vault, channel="fake", account=account, address=account, now=now
            )
            talk = await conversations.start(session, vault, person, language=Language.KO, now=now)
            await transcript.append_all(session, vault, talk.id, words, at=now)


async def measure(folder: Path, url: str, talks: int) -> None:
    """Fill a database, back it up and drill it; print a line."""
    now, ring = datetime.now(UTC), folder / "keyring.json"
    create_keyring(ring, now=now)
    keys = KeyringFile(ring)
    ledger = Ledger(ledger_path(ring), keys.current.id)
    ledger.begin()
    await migrate(url)
    database = open_database(url, keyring=keys)
    await database.prove_keyring()
    await fill(database, talks, now)
    await database.close()
    store = store_of(url)
    began = time.perf_counter()
    made = back_up(store, folder / "backups", keys.current, ledger, window=WINDOW, now=now)
    copied = time.perf_counter() - began
    began = time.perf_counter()
    done = await drill(made, store, Keeping(keys, ledger, WINDOW), work=folder, now=now)
    drilled = time.perf_counter() - began
    size = made.stat().st_size / 2**20
    print(
        f"{store.kind}: {talks} talks, {done.findings.opened} sealed values, {size:.0f} MiB: "
        f"backup {copied:.1f} s, drill {drilled:.1f} s; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    """Measure the database that is named, else SQLite."""
    talks = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        embedded = f"sqlite+aiosqlite:///{folder / 'gyeot.db'}"
        url = os.environ.get("GYEOT_BENCH_DATABASE_URL", embedded)
        asyncio.run(measure(folder, url, talks))


if __name__ == "__main__":
    main()

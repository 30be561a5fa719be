import base64
import logging
import urllib.parse
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from storage import conversations, inbox, outbox, staff
from storage.database import Database
from storage.engines import is_sqlite, sqlite_path
from storage.records import DeliveryState, Role, Speaker
from tests.database import ON_SQLITE
from tests.factories import (
    DUE,
    LEASE,
    NOON,
    accepted,
    delivery_claimed,
    received,
    said,
    sent_out,
    talk_of,
    turn_taken,
)

CANARIES = {
    "text": "카나리아문장 9f2c-canary-text",
    "account": "canary-account-71be",
    "address": "to-canary-account-71be",
    "event": "canary-event-c09d",
    "memory": "canary-memory-30aa",
    "seed": "CANARYSEEDSEEDSEED",
}


def _forms(word: str) -> list[bytes]:
    raw = word.encode()
    return [
        raw,
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
        base64.b64encode(raw).rstrip(b"="),
        urllib.parse.quote(word).encode(),
        raw.hex().encode(),
    ]


async def _use_everything(database: Database) -> str:
    event = received(account=CANARIES["account"], event_id=CANARIES["event"], text=CANARIES["text"])
    await accepted(database, event, received(account="other", text=CANARIES["text"]))
    turn = await turn_taken(database)
    talk = await talk_of(database, account=CANARIES["account"])
    await said(database, talk.id, CANARIES["text"])
    await said(database, talk.id, CANARIES["text"], speaker=Speaker.COUNSELOR)
    await sent_out(database, talk, CANARIES["text"])
    await sent_out(database, talk, CANARIES["text"])
    delivery = await delivery_claimed(database)
    assert turn is not None
    assert delivery is not None
    assert delivery.address == CANARIES["address"]
    async with database.transaction() as session:
        await conversations.advance(session, database.vault, talk, talk, memory=CANARIES["memory"])
        await inbox.finish_turn(session, turn, now=DUE)
        await outbox.settle(session, delivery, DeliveryState.SENT, now=NOON)
        token = await staff.invite(
            session,
            database.vault,
            role=Role.COUNSELOR,
            invited_by=None,
            now=NOON,
            lifetime=LEASE,
        )
        await staff.join(
            session,
            database.vault,
            token=token,
            name="소나무",
            password_hash="x",
            totp_secret=CANARIES["seed"],
            now=NOON,
        )
    return token


def _kept(url: str, folder: Path) -> dict[str, bytes]:
    if is_sqlite(url):
        stem = sqlite_path(url).stem
        return {path.name: path.read_bytes() for path in folder.glob(f"{stem}*")}
    place = make_url(url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(place) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'keys')"
        ).fetchall()
        return {
            f"{schema}.{table}": _dump(connection, f"{schema}.{table}") for schema, table in tables
        }


def _dump(connection: psycopg.Connection, table: str) -> bytes:
    copy = f"COPY {table} TO STDOUT (FORMAT binary)"
    with connection.cursor().copy(copy.encode()) as rows:
        return b"".join(bytes(row) for row in rows)


async def test_neither_tables_nor_files_nor_logs_hold_a_word_or_who_wrote_it(
    database: Database, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    token = await _use_everything(database)

    kept = _kept(database_url, tmp_path) | {"log": caplog.text.encode()}
    names = {
        f"{name} in {place}"
        for name, word in {**CANARIES, "token": token}.items()
        for form in _forms(word)
        for place, content in kept.items()
        if form in content
    }
    assert names == set()
    if is_sqlite(database_url):
        assert {"gyeot.db", "gyeot.db-wal", "gyeot.keys.db"} <= set(kept)
    assert sum(map(len, kept.values())) > 2000


async def test_no_key_of_the_keyring_is_in_the_database(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await _use_everything(database)
    await database.prove_keyring()

    kept = _kept(database_url, tmp_path)

    for key in database.keys.current.keys:
        assert not [place for place, content in kept.items() if key.secret in content]


@ON_SQLITE  # a server keeps it in its log until the wrap key is destroyed
async def test_a_destroyed_key_is_gone_from_the_key_file(
    database: Database, tmp_path: Path
) -> None:
    talk = await talk_of(database)
    file = tmp_path / "gyeot.keys.db"
    owner = talk.id.hex.encode()
    assert owner in file.read_bytes()

    await database.vault.destroy_data_key(talk.id)

    left = b"".join(path.read_bytes() for path in tmp_path.glob("gyeot.keys.db*"))
    assert owner not in left

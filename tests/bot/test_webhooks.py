"""HTTP in: the status tells the provider whether to try again."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from fastapi import FastAPI

from bot.channels.line import make_line
from bot.intake import Intake
from bot.webhooks import BODY_CAP, make_health, make_webhooks
from storage import inbox
from storage.database import Database, open_database
from storage.keyring import Keyring, Purpose
from tests.factories import DUE, LEASE, NOON

SECRET = "line-secret"


def delivery(*texts: str) -> bytes:
    events = [
        {
            "type": "message",
            "webhookEventId": f"01HX{number}",
            "timestamp": 1795608000000,
            "source": {"type": "user", "userId": "U-canary"},
            "message": {"type": "text", "id": str(number), "text": text},
        }
        for number, text in enumerate(texts)
    ]
    return json.dumps({"destination": "Ubot", "events": events}).encode()


def signed(body: bytes) -> dict[str, str]:
    digest = hmac.digest(SECRET.encode(), body, hashlib.sha256)
    return {"X-Line-Signature": base64.b64encode(digest).decode()}


@asynccontextmanager
async def house(database: Database) -> AsyncGenerator[httpx.AsyncClient]:
    intake = Intake(database, lambda: NOON)
    app = FastAPI()
    app.include_router(make_webhooks({"line": make_line(SECRET, "token")}, intake))
    app.include_router(
        make_health({"database": _yes, "nlu": _no}, lambda: {"troubles": {"line": "quota"}})
    )
    running = asyncio.create_task(intake.run())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gyeot") as client:
        yield client
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


async def bodies(database: Database) -> list[str]:
    async with database.transaction() as session:
        turns = await inbox.take_turns(session, database.vault, now=DUE, lease=LEASE)
    return [json.loads(event.body)["text"] for turn in turns for event in turn.events]


async def test_a_genuine_delivery_is_stored_before_it_is_answered(database: Database) -> None:
    body = delivery("하나", "둘")
    async with house(database) as client:
        answer = await client.post("/channels/line", content=body, headers=signed(body))

    assert answer.status_code == 200
    assert await bodies(database) == ["하나", "둘"]


async def test_deliveries_that_come_together_are_all_stored_once(database: Database) -> None:
    async with house(database) as client:
        sent = [delivery(f"말 {number}") for number in range(3)]
        calls = [client.post("/channels/line", content=b, headers=signed(b)) for b in sent * 4]
        answers = await asyncio.gather(*calls)

    # One event id, three wordings: the first that was stored wins, and nothing is doubled.
    assert {answer.status_code for answer in answers} == {200}
    assert len(await bodies(database)) == 1


@pytest.mark.parametrize("proof", ["", "wrong", "é", "=" * 44])
async def test_a_delivery_without_proof_is_refused_and_not_stored(
    database: Database, proof: str
) -> None:
    headers = [(b"X-Line-Signature", proof.encode("latin-1"))]
    async with house(database) as client:
        answer = await client.post("/channels/line", content=delivery("하나"), headers=headers)

    assert answer.status_code == 401
    assert await bodies(database) == []


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"events": {}}']
)
async def test_a_genuine_body_that_cannot_be_read_is_refused(
    database: Database, body: bytes
) -> None:
    async with house(database) as client:
        answer = await client.post("/channels/line", content=body, headers=signed(body))

    assert answer.status_code == 400
    assert answer.content == b""


async def test_a_body_over_the_cap_is_refused_unread(database: Database) -> None:
    body = b"x" * (BODY_CAP + 1)
    async with house(database) as client:
        answer = await client.post("/channels/line", content=body, headers=signed(body))

    assert answer.status_code == 413


async def test_an_empty_batch_is_fine(database: Database) -> None:
    body = delivery()
    async with house(database) as client:
        answer = await client.post("/channels/line", content=body, headers=signed(body))

    assert answer.status_code == 200


async def test_a_channel_that_is_off_is_not_there(database: Database) -> None:
    async with house(database) as client:
        answer = await client.post("/channels/telegram", content=b"{}")

    assert answer.status_code == 404


async def test_without_a_database_the_provider_is_asked_to_come_again(keyring: Keyring) -> None:
    away = open_database("postgresql+psycopg://gyeot@127.0.0.1:1/gyeot", keyring=keyring)
    body = delivery("하나")
    async with house(away) as client:
        answer = await client.post("/channels/line", content=body, headers=signed(body))
    await away.close()

    assert answer.status_code == 503


async def test_without_an_intake_key_the_provider_is_asked_to_come_again(
    database_url: str, keyring: Keyring
) -> None:
    kept = [key for key in keyring.keys if key.purpose is not Purpose.INTAKE]
    lacking = open_database(database_url, keyring=Keyring(keyring.id, kept))
    body = delivery("하나")
    async with house(lacking) as client:
        answer = await client.post("/channels/line", content=body, headers=signed(body))
    await lacking.close()

    assert answer.status_code == 503


async def test_a_dead_language_service_is_shown_but_the_house_stays_ready(
    database: Database,
) -> None:
    async with house(database) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "database": True,
        "nlu": False,
        "troubles": {"line": "quota"},
    }

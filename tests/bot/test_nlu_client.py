"""Text to intent, whatever the language service does."""

import asyncio
import json

import httpx
import pytest

from bot.nlu_client import TEXT_CAP, NluClient
from tests.bot.road import away, nlu, understood


async def asked_for(text: str) -> str | None:
    heard: list[str] = []

    def listening(request: httpx.Request) -> httpx.Response:
        heard.append(json.loads(request.content)["text"])
        return understood("greet")

    await nlu(listening).parse(text)
    return heard[0] if heard else None


async def test_an_intent_and_its_confidence_come_back() -> None:
    result = await nlu(lambda _: understood("greet", 0.7)).parse("안녕")

    assert result is not None
    assert (result.intent, result.confidence) == ("greet", 0.7)


@pytest.mark.parametrize("text", ["/greet", " / greet", "//greet", "/ /greet{}"])
async def test_a_text_can_force_no_intent(text: str) -> None:
    asked = await asked_for(text)

    assert asked is not None
    assert not asked.startswith("/")


@pytest.mark.parametrize("text", ["", "   ", "!!!", "🙏🙏", "/", "\x00\x01", "\ud800"])
async def test_what_has_no_letter_is_never_asked(text: str) -> None:
    assert await asked_for(text) is None


async def test_a_long_text_is_capped() -> None:
    asked = await asked_for("가" * 80_000)

    assert asked is not None
    assert len(asked) == TEXT_CAP


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(409, json={"status": "failure"}),
        httpx.Response(200, content=b"not json"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"intent": None}),
        httpx.Response(200, json={"intent": {"name": "greet", "confidence": "high"}}),
    ],
)
async def test_every_wrong_answer_is_no_answer(answer: httpx.Response) -> None:
    assert await nlu(lambda _: answer).parse("안녕") is None


async def test_a_dead_service_is_no_answer() -> None:
    assert await nlu(away).parse("안녕") is None


async def test_a_slow_service_is_no_answer_within_a_second() -> None:
    end = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await end.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = NluClient(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}"), None)

    async with asyncio.timeout(1.5):
        assert await client.parse("안녕") is None

    await client.close()
    end.set()
    server.close()
    await asyncio.sleep(0.05)  # the connection's task ends


async def test_a_service_without_a_model_is_not_ready() -> None:
    assert not await nlu(lambda _: httpx.Response(200, json={"model_file": ""})).ready()
    assert not await nlu(away).ready()
    assert await nlu(lambda _: httpx.Response(200, json={"model_file": "a.tar.gz"})).ready()

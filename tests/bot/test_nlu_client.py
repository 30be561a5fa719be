"""Text to intent, whatever the language service does."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.config import Settings
from bot.house import language_service
from bot.messages import NluResult
from bot.nlu_client import (
    ANSWER_CAP,
    CHECK_EVERY,
    FAILURES,
    KNOWN,
    PAUSE,
    TEXT_CAP,
    TIMEOUT,
    NluClient,
    client_for,
)
from tests.bot.road import Answer, away, nlu, understood
from tests.fakes.nlu import TOKEN, FakeNlu
from tests.fakes.switchboard import FakeProvider


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


class Clock:
    """Seconds that only grow when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Service:
    """A service that counts its questions, breaks as told, and says which model it serves."""

    broken: bool = False
    model: str = "right.tar.gz"
    knows: str = KNOWN[1]  # what it takes the known sentence for
    parsed: int = 0
    looks: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/status":
            self.looks += 1
            return httpx.Response(200, json={"model_file": self.model and f"models/{self.model}"})
        if json.loads(request.content)["text"] == KNOWN[0]:
            return understood(self.knows)
        self.parsed += 1
        return httpx.Response(500) if self.broken else understood("greet")


def client(answer: Answer, clock: Clock, current: Path | None = None) -> NluClient:
    http = httpx.AsyncClient(base_url="http://nlu", transport=httpx.MockTransport(answer))  # type: ignore[arg-type]  # it takes both
    return NluClient(http, None, current=current, timer=clock)


@pytest.mark.parametrize(
    "text",
    [
        "/greet",
        " / greet",
        "//greet",
        "/ /greet{}",
        "\uff0fgreet",
        "\u200b/greet",
        "\ufeff \u202e/ \u3164/greet",
        "\x00/greet",
        "\n\t/greet",
        "\u2215greet",
    ],
)
async def test_a_text_can_force_no_intent(text: str) -> None:
    asked = await asked_for(text)

    assert asked is not None
    assert asked.startswith("greet")


@pytest.mark.parametrize(
    "text", ["", "   ", "!!!", "🙏🙏", "/", "\x00\x01", "\ud800", "\uff0f", "\u200b", "……"]
)
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
        httpx.Response(200, content=b"[" * 30_000),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"intent": None}),
        httpx.Response(200, json={"intent": {"name": "greet", "confidence": "high"}}),
    ],
)
async def test_every_wrong_answer_is_no_answer(answer: httpx.Response) -> None:
    assert await nlu(lambda _: answer).parse("안녕") is None
    assert await client(lambda _: answer, Clock()).parse("안녕") is None


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


class Wire(FakeProvider):
    """A service on loopback with the right model, whose answers may drip."""

    drip = 0.0  # seconds between two bytes of an answer

    async def answer(self, request: Request) -> Response:
        if request.url.path == "/status":
            return JSONResponse({"model_file": "right.tar.gz"})
        known = (await request.json())["text"] == KNOWN[0]
        return Response(understood(KNOWN[1]).content) if known else StreamingResponse(self._drops())

    async def _drops(self) -> AsyncIterator[bytes]:
        for byte in understood("greet").content:
            yield bytes([byte])
            await asyncio.sleep(self.drip)


async def parsed_by(service: Wire) -> NluResult | None:
    """What a client makes of it that never asked before, within a second and a half."""
    async with service.serving():
        asking = NluClient(client_for(service.url), None)
        async with asyncio.timeout(1.5):
            found = await asking.parse("안녕")
        await asking.close()
        return found


async def test_a_service_that_drips_is_no_answer_within_a_second() -> None:
    service = Wire()
    service.drip = 0.1  # 7 s in all, and each byte in time

    assert await parsed_by(service) is None


async def test_the_check_and_the_question_have_one_time_together() -> None:
    service = Wire()
    service.delay = 0.4 * TIMEOUT  # each of the three in time

    assert await parsed_by(service) is None


async def test_an_answer_longer_than_any_of_ours_is_no_answer() -> None:
    body = understood("greet").content

    assert await nlu(lambda _: httpx.Response(200, content=body)).parse("안녕") is not None
    body += b" " * ANSWER_CAP
    assert await nlu(lambda _: httpx.Response(200, content=body)).parse("안녕") is None


async def test_a_packed_answer_is_no_answer_since_none_was_asked_for() -> None:
    packed = httpx.Response(
        200,
        content=gzip.compress(understood("greet").content),
        headers={"content-encoding": "gzip"},
    )

    assert await nlu(lambda _: packed).parse("안녕") is None


async def test_the_longest_answer_of_ours_is_read() -> None:
    guess = {"name": "a_name_as_long_as_our_longest", "confidence": 0.012345678901234567}
    answer = {
        "text": "😭" * TEXT_CAP,
        "text_tokens": [[number, number + 1] for number in range(TEXT_CAP)],
        "intent": guess,
        "intent_ranking": [guess] * 42,
    }
    escaped = json.dumps(answer).encode()

    assert len(escaped) < ANSWER_CAP / 2
    assert await nlu(lambda _: httpx.Response(200, content=escaped)).parse("안녕") is not None


async def test_no_proxy_of_the_environment_sees_a_word_or_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy, service = FakeProvider(), FakeNlu({})
    async with proxy.serving(), service.serving():
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        settings = Settings(nlu_url=service.url, nlu_token=SecretStr(TOKEN))
        asking = language_service(settings)

        await asking.parse("안녕")
        await asking.close()

    assert service.calls > 0
    assert proxy.calls == 0


async def test_a_client_tells_which_model_it_looked_at_last() -> None:
    service, clock = Service(model="0123456789abcdef.tar.gz"), Clock()
    asking = client(service, clock)
    before = asking.served
    await asking.parse("안녕")
    first = asking.served

    service.model = ""
    clock.now += CHECK_EVERY
    await asking.parse("안녕")

    assert (before, first, asking.served) == ("", "0123456789abcdef.tar.gz", "")


def test_an_answer_later_than_a_child_can_wait_is_not_waited_for() -> None:
    assert TIMEOUT == 0.8


async def test_a_service_that_fails_in_a_row_is_left_alone_and_then_tried_once() -> None:
    service, clock = Service(broken=True), Clock()
    asking = client(service, clock)

    for _ in range(FAILURES + 3):
        assert await asking.parse("안녕") is None
    assert service.parsed == FAILURES

    clock.now += PAUSE
    await asking.parse("안녕")
    await asking.parse("안녕")
    assert service.parsed == FAILURES + 1


async def test_a_service_that_answers_again_is_asked_again() -> None:
    service, clock = Service(broken=True), Clock()
    asking = client(service, clock)
    for _ in range(FAILURES):
        await asking.parse("안녕")

    service.broken = False
    clock.now += PAUSE

    assert await asking.parse("안녕") is not None
    assert await asking.parse("안녕") is not None


async def test_a_failure_between_answers_is_forgotten() -> None:
    service, clock = Service(), Clock()
    asking = client(service, clock)
    for _ in range(FAILURES * 2):
        service.broken = not service.broken
        await asking.parse("안녕")

    assert service.parsed == FAILURES * 2


async def test_text_that_is_not_asked_is_no_failure() -> None:
    service, clock = Service(), Clock()
    asking = client(service, clock)
    for _ in range(FAILURES):
        await asking.parse("!!!")

    assert await asking.parse("안녕") is not None


@pytest.fixture
def current(tmp_path: Path) -> Path:
    path = tmp_path / "current.json"
    path.write_text('{"model": "right.tar.gz"}', encoding="utf-8")
    return path


async def test_the_answers_of_a_wrong_model_count_as_none(current: Path) -> None:
    service, clock = Service(model="other.tar.gz"), Clock()
    asking = client(service, clock, current)

    assert await asking.parse("죽고 싶어") is None
    assert service.parsed == 0
    assert not await asking.ready()


async def test_a_model_swapped_while_we_run_is_noticed(current: Path) -> None:
    service, clock = Service(), Clock()
    asking = client(service, clock, current)
    assert await asking.parse("죽고 싶어") is not None

    service.model = "older.tar.gz"
    clock.now += CHECK_EVERY

    assert await asking.parse("죽고 싶어") is None


@pytest.mark.parametrize("named", [True, False])
async def test_a_model_that_understands_no_more_is_noticed_while_we_run(
    current: Path, named: bool
) -> None:
    service, clock = Service(), Clock()
    asking = client(service, clock, current if named else None)
    assert await asking.parse("죽고 싶어") is not None

    service.knows = "greet"
    clock.now += CHECK_EVERY

    assert await asking.parse("죽고 싶어") is None
    assert not await asking.ready()


async def test_a_service_that_names_no_model_is_not_believed() -> None:
    service = Service(model="")

    assert await client(service, Clock()).parse("죽고 싶어") is None
    assert service.parsed == 0


async def test_turns_that_come_together_look_at_the_model_once() -> None:
    service = Service()

    async def later(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return service(request)

    asking = client(later, Clock())
    found = await asyncio.gather(*(asking.parse("안녕") for _ in range(5)))

    assert None not in found
    assert (service.looks, service.parsed) == (1, 5)


async def test_the_model_is_looked_at_now_and_then_not_at_every_message(current: Path) -> None:
    service, clock = Service(), Clock()
    asking = client(service, clock, current)
    for _ in range(10):
        await asking.parse("안녕")

    assert (service.looks, service.parsed) == (1, 10)


async def test_while_a_release_loads_the_model_before_is_still_believed(current: Path) -> None:
    service, clock = Service(), Clock()
    asking = client(service, clock, current)

    current.write_text('{"model": "new.tar.gz", "previous": "right.tar.gz"}', encoding="utf-8")

    assert await asking.parse("죽고 싶어") is not None
    assert not await asking.ready()


async def test_a_new_release_is_trusted_when_the_file_names_it(current: Path) -> None:
    service, clock = Service(model="new.tar.gz"), Clock()
    asking = client(service, clock, current)
    assert not await asking.ready()

    current.write_text('{"model": "new.tar.gz"}', encoding="utf-8")

    assert await asking.ready()


@pytest.mark.parametrize("content", ["", "[]", "{}", '"x"', "\ufeff"])
async def test_without_a_name_a_known_sentence_tells_the_model(current: Path, content: str) -> None:
    current.write_text(content, encoding="utf-8")

    assert await client(Service(), Clock(), current).ready()
    assert not await client(answering("greet"), Clock(), current).ready()


def answering(intent: str) -> Answer:
    """A service whose model takes every sentence for the same."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/status":
            return httpx.Response(200, json={"model_file": "models/x.tar.gz"})
        return understood(intent)

    return answer


async def test_a_service_without_a_model_is_not_ready() -> None:
    async def ready(answer: Answer) -> bool:
        return await client(answer, Clock()).ready()

    assert KNOWN[1] == "self_harm"
    assert not await ready(lambda _: httpx.Response(200, json={"model_file": ""}))
    assert not await ready(lambda _: httpx.Response(401))
    assert not await ready(lambda _: httpx.Response(200, json=[]))
    assert not await ready(away)
    assert await ready(answering("self_harm"))

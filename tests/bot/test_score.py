"""Sentences of reviewers, scored on the way a real turn takes."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.nlu_client import FAILURES, KNOWN, TIMEOUT, NluClient
from bot.score import TRIES, Item, ScoreRefused, read_items, score
from tests.bot.road import Answer, away, understood
from tests.bot.test_main import bot

CANARY = "카나리아문장"


def service(request: httpx.Request) -> httpx.Response:
    """A service that knows one sentence for sure and takes the rest for greetings."""
    if request.url.path == "/status":
        return httpx.Response(200, json={"model_file": "a.tar.gz"})
    text = json.loads(request.content)["text"]
    return understood("self_harm", 0.99) if text == KNOWN[0] else understood("greet", 0.2)


def nlu(answer: Answer) -> NluClient:
    """A client for which nobody waits, and whose service answers as told."""
    transport = httpx.MockTransport(answer)  # type: ignore[arg-type]  # it takes both
    http = httpx.AsyncClient(base_url="http://nlu", transport=transport)
    return NluClient(http, "token", patient=True)


async def scored(*items: Item) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in score(items, nlu(service))]


async def test_each_item_gets_one_line_with_six_fields() -> None:
    told = await scored(Item("a", "안녕"), Item("b", "사진 뿌린대요"))

    assert told[0] == {
        "id": "a", "intent": "greet", "confidence": 0.2,
        "risk": "none", "category": None, "rule": None,
    }  # fmt: skip
    assert (told[1]["id"], told[1]["risk"], told[1]["category"]) == ("b", "high", "sextortion")
    assert told[1]["rule"]


async def test_the_language_service_takes_part_in_the_risk() -> None:
    def sure(request: httpx.Request) -> httpx.Response:
        answer = service(request)
        if request.url.path == "/status":
            return answer
        return understood("self_harm", 0.95, danger=(0.95, 0.0))

    lines = [line async for line in score([Item("a", "그 일 때문에 좀 그래")], nlu(sure))]

    assert json.loads(lines[0])["rule"] == "nlu_self_harm"


@pytest.mark.parametrize("text", ["", "!!!", "😭😭", "/"])
async def test_what_is_never_asked_has_no_intent(text: str) -> None:
    told = await scored(Item("a", text))

    assert (told[0]["intent"], told[0]["confidence"]) == (None, None)
    assert told[0]["risk"] == "none"


async def test_a_slash_forces_nothing() -> None:
    told = await scored(Item("a", f"/{KNOWN[0]}"))

    assert told[0]["intent"] == "self_harm"


async def test_a_service_that_is_away_is_said_in_one_sentence() -> None:
    with pytest.raises(ScoreRefused, match=r"^the language service .* GYEOT_NLU_TOKEN\.$"):
        _ = [line async for line in score([Item("a", "안녕")], nlu(away))]


async def test_a_slow_service_is_waited_for_however_often_it_is_slow() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0 if request.url.path == "/status" else TIMEOUT + 0.2)
        return service(request)

    items = [Item(str(number), "안녕") for number in range(FAILURES + 2)]
    lines = [json.loads(line) async for line in score(items, nlu(slow))]

    assert [line["intent"] for line in lines] == ["greet"] * len(items)


async def test_a_failure_between_answers_changes_no_line() -> None:
    fails = iter([False, *[True] * (TRIES - 1), False, True, False])

    def shaky(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/status" or json.loads(request.content)["text"] == KNOWN[0]:
            return service(request)
        return httpx.Response(500) if next(fails) else service(request)

    items = [Item("a", "안녕"), Item("b", "안녕"), Item("c", "안녕")]
    lines = [json.loads(line) async for line in score(items, nlu(shaky))]

    assert [line["intent"] for line in lines] == ["greet"] * 3


async def test_a_service_that_failed_often_is_asked_all_the_same() -> None:
    asked: list[str] = []

    def breaking(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/status" or json.loads(request.content)["text"] == KNOWN[0]:
            return service(request)
        asked.append(request.url.path)
        return httpx.Response(500)

    client = nlu(breaking)
    for _ in range(FAILURES + 2):
        assert await client.parse("안녕") is None

    assert len(asked) == FAILURES + 2


@contextmanager
def serving(answers: int) -> Iterator[str]:
    """A service on this machine that is slow, and breaks after so many answers."""
    left = iter(range(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(service(httpx.Request("GET", "http://nlu/status")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = service(httpx.Request("POST", "http://nlu/model/parse", content=body))
            if json.loads(body)["text"] != KNOWN[0]:
                time.sleep(TIMEOUT + 0.2)
                answer = answer if next(left, None) is not None else httpx.Response(500)
            self._say(answer)

        def _say(self, answer: httpx.Response) -> None:
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_command_waits_for_the_service_and_ends_with_one_sentence_without_it(
    tmp_path: Path,
) -> None:
    lines = [f'{{"id": {number}, "text": "{CANARY}"}}\n' for number in range(3)]
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf-8")

    with serving(answers=2) as url:
        done = bot(tmp_path, "score", str(tmp_path / "a.jsonl"), GYEOT_NLU_URL=url)

    (told,) = (line for line in done.stderr.splitlines() if line.startswith("gyeot: "))
    assert [json.loads(line)["intent"] for line in done.stdout.splitlines()] == ["greet", "greet"]
    assert done.returncode == 1
    assert told.startswith("gyeot: the language service gave no answer after 2 lines: ")
    assert CANARY not in done.stderr


async def test_half_a_character_in_a_text_is_read_as_in_a_turn(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "text": "\\ud83d 죽고 싶어요 \\u0000"}', encoding="utf-8")

    (item,) = read_items(path)
    (line,) = await scored(item)

    assert item.text == "\ufffd 죽고 싶어요 \ufffd"  # as channels pass it on
    assert line["risk"] == "high"


def test_a_file_is_read_with_its_blank_lines_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '\n{"id": 7, "text": "안\u2028녕", "lang": "ko", "level": "none"}\r\n\n'
        '{"id": "b", "text": "", "lang": "en"}\n',
        encoding="utf-8",
    )

    assert read_items(path) == [Item("7", "안\u2028녕"), Item("b", "")]


@pytest.mark.parametrize(
    "bad",
    [
        CANARY,
        f'{{"id": "b", "text": ["{CANARY}"], "lang": "ko"}}',
        f'{{"id": "a", "text": "{CANARY}"}}',
        f'{{"id": "", "text": "{CANARY}"}}',
        f'{{"id": " ", "text": "{CANARY}"}}',
        f'{{"id": true, "text": "{CANARY}"}}',
        f'{{"id": null, "text": "{CANARY}"}}',
        f'{{"id": 1.5, "text": "{CANARY}"}}',
        f'{{"id": "\\udc00{CANARY}", "text": "x"}}',
        f'{{"text": "{CANARY}", "lang": "ko"}}',
        f'["{CANARY}"]',
        "[" * 100_000,
        "null",
    ],
)
def test_a_bad_line_is_named_by_its_number_and_not_quoted(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id": "a", "text": "x", "lang": "ko"}}\n{bad}\n', encoding="utf-8")

    with pytest.raises(ScoreRefused, match=r"^line 2 ") as caught:
        read_items(path)

    assert CANARY not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_number_and_its_digits_are_one_id(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 7, "text": "x"}\n\n{"id": "7", "text": "y"}\n', encoding="utf-8")

    with pytest.raises(ScoreRefused, match=r"^line 3 has the id of an earlier line\.$"):
        read_items(path)


@pytest.mark.parametrize("lang", ['"KO"', '"fr"', "null", "7", '""'])
def test_no_language_is_asked_for(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id": "a", "text": "x", "lang": {lang}}}\n{{"id": "b", "text": "y"}}')

    assert read_items(path) == [Item("a", "x"), Item("b", "y")]


def test_files_that_were_joined_are_read_with_their_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '\ufeff{"id": "a", "text": "x"}\n\ufeff\n\ufeff{"id": "b", "text": "y"}', "utf-8"
    )

    assert read_items(path) == [Item("a", "x"), Item("b", "y")]


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe")

    for name in ("a.jsonl", "missing.jsonl", "."):
        with pytest.raises(ScoreRefused, match="cannot be read"):
            read_items(tmp_path / name)

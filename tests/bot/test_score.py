"""Sentences of reviewers, scored on the way a real turn takes."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.nlu_client import KNOWN
from bot.score import Item, ScoreRefused, read_items, score
from tests.bot.road import away, nlu, understood

CANARY = "카나리아문장"


def service(request: httpx.Request) -> httpx.Response:
    """A service that knows one sentence for sure and takes the rest for greetings."""
    if request.url.path == "/status":
        return httpx.Response(200, json={"model_file": "a.tar.gz"})
    text = json.loads(request.content)["text"]
    return understood("self_harm", 0.99) if text == KNOWN[0] else understood("greet", 0.2)


async def scored(*items: Item) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in score(items, nlu(service))]


async def test_each_item_gets_one_line_with_six_fields() -> None:
    told = await scored(Item("a", "안녕", "ko"), Item("b", "사진 뿌린대요", "ko"))

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

    lines = [line async for line in score([Item("a", "그 일 때문에 좀 그래", "ko")], nlu(sure))]

    assert json.loads(lines[0])["rule"] == "nlu_self_harm"


@pytest.mark.parametrize("text", ["", "!!!", "😭😭", "/"])
async def test_what_is_never_asked_has_no_intent(text: str) -> None:
    told = await scored(Item("a", text, "ko"))

    assert (told[0]["intent"], told[0]["confidence"]) == (None, None)
    assert told[0]["risk"] == "none"


async def test_a_slash_forces_nothing() -> None:
    told = await scored(Item("a", f"/{KNOWN[0]}", "ko"))

    assert told[0]["intent"] == "self_harm"


async def test_a_service_that_is_away_is_said_in_one_sentence() -> None:
    with pytest.raises(ScoreRefused, match=r"^the language service .* GYEOT_NLU_TOKEN\.$"):
        _ = [line async for line in score([Item("a", "안녕", "ko")], nlu(away))]


def test_a_file_is_read_with_its_blank_lines_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '\n{"id": 7, "text": "안\u2028녕", "lang": "ko", "level": "none"}\r\n\n'
        '{"id": "b", "text": "", "lang": "en"}\n',
        encoding="utf-8",
    )

    assert read_items(path) == [Item("7", "안\u2028녕", "ko"), Item("b", "", "en")]


@pytest.mark.parametrize(
    "bad",
    [
        CANARY,
        f'{{"id": "a", "text": "{CANARY}"}}',
        f'{{"id": "a", "text": ["{CANARY}"], "lang": "ko"}}',
        f'{{"id": "a", "text": "{CANARY}", "lang": "fr"}}',
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


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe")

    for name in ("a.jsonl", "missing.jsonl", "."):
        with pytest.raises(ScoreRefused, match="cannot be read"):
            read_items(tmp_path / name)

"""The traps 1 to 8 of the language service, each against the real one."""

import json
import subprocess
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.nlu_client import TEXT_CAP, TIMEOUT, NluClient
from tests.rasa_process import (
    CURRENT,
    NLU,
    PYTHON,
    RasaProcess,
    RasaUnavailable,
    environment,
    need_service,
    start_rasa,
    status,
)

pytestmark = pytest.mark.rasa

PATIENT = 30.0  # seconds; the machine that runs tests is busy


@pytest.fixture
async def asking(rasa_service: RasaProcess) -> AsyncGenerator[NluClient]:
    client = NluClient(
        httpx.AsyncClient(base_url=rasa_service.url), rasa_service.token, current=CURRENT
    )
    yield client
    await client.close()


@pytest.fixture
def http(rasa_service: RasaProcess) -> Iterator[httpx.Client]:
    params = {"token": rasa_service.token}
    with httpx.Client(base_url=rasa_service.url, params=params, timeout=PATIENT) as client:
        yield client


def parsed(http: httpx.Client, text: str) -> dict[str, object]:
    answer = http.post("/model/parse", json={"text": text})
    answer.raise_for_status()
    found: dict[str, object] = answer.json()
    return found


async def test_trap_1_another_model_than_the_named_one_is_noticed(
    rasa_service: RasaProcess, tmp_path: Path
) -> None:
    named = tmp_path / "current.json"
    named.write_text(json.dumps({"model": "another.tar.gz"}), encoding="utf-8")
    http = httpx.AsyncClient(base_url=rasa_service.url)
    client = NluClient(http, rasa_service.token, current=named)

    assert status(rasa_service)["model_file"]
    assert not await client.ready()
    assert await client.parse("죽고 싶어요") is None
    await client.close()


@pytest.mark.usefixtures("rasa_service")
def test_trap_1_a_missing_model_is_refused_even_where_others_lie(tmp_path: Path) -> None:
    gone = NLU / "models" / "gone.tar.gz"
    ended = subprocess.run(
        [PYTHON, NLU / "serve.py"],
        env=environment(GYEOT_NLU_TOKEN="t", GYEOT_NLU_MODEL=str(gone)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert list((NLU / "models").glob("*.tar.gz"))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1


async def test_the_right_model_is_ready(asking: NluClient) -> None:
    assert await asking.ready()


def test_trap_2_hangul_beside_latin_letters_is_kept(http: httpx.Client) -> None:
    found = parsed(http, "인스타 id 알려줘요")
    text, spans = str(found["text"]), found["text_tokens"]

    assert isinstance(spans, list)
    assert [text[slice(*span)] for span in spans] == ["인스타", "id", "알려줘요"]


@pytest.mark.parametrize("text", ["", " ", "!!!", "🙏🙏", "\u200b", "…"])
async def test_trap_3_the_service_guesses_at_nothing_so_it_is_never_asked(
    asking: NluClient, http: httpx.Client, text: str
) -> None:
    guessed = parsed(http, text)["intent"]

    assert guessed is not None
    assert await asking.parse(text) is None


@pytest.mark.parametrize("slash", ["/", " /", "//", "\u200b/", "\uff0f", "\n/", "\ufeff/ /"])
async def test_trap_4_no_slash_forces_an_intent_through_the_client(
    asking: NluClient, http: httpx.Client, slash: str
) -> None:
    assert parsed(http, "/goodbye")["intent"] == {"name": "goodbye", "confidence": 1.0}

    forced = await asking.parse(f'{slash}goodbye{{"platform": "x"}}')
    plain = await asking.parse('goodbye{"platform": "x"}')

    assert forced == plain
    assert forced is None or forced.confidence < 1.0


@pytest.mark.parametrize(
    "path",
    ["/webhooks/rest/webhook", "/webhooks/rest/", "/socket.io/", "/conversations/a/messages"],
)
def test_trap_5_there_is_no_channel_to_talk_to(http: httpx.Client, path: str) -> None:
    assert http.post(path, json={"sender": "a", "message": "b"}).status_code == 404


def test_trap_6_the_model_cannot_be_swapped_in_place(
    rasa_service: RasaProcess, http: httpx.Client
) -> None:
    before = status(rasa_service)["model_file"]

    assert http.put("/model", json={"model_file": str(before)}).status_code == 404
    assert http.delete("/model").status_code == 404
    assert status(rasa_service)["model_file"] == before


def test_trap_7_one_process_is_one_worker_whatever_the_environment_says(tmp_path: Path) -> None:
    need_service()
    rasa = start_rasa(tmp_path / "rasa.log", SANIC_WORKERS="4")
    children = Path(f"/proc/{rasa.pid}/task/{rasa.pid}/children").read_text()
    rasa.stop()

    assert len(children.split()) <= 2


def test_trap_1_a_model_that_cannot_be_loaded_serves_nothing(tmp_path: Path) -> None:
    need_service()
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")

    with pytest.raises(RasaUnavailable, match="exit code"):
        start_rasa(tmp_path / "rasa.log", GYEOT_NLU_MODEL=str(broken))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"text": 3}', b'{"text": null}', b"\xff"]
)
def test_trap_8_a_malformed_body_ends_nothing(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/model/parse", content=body)

    assert answer.status_code >= 400 or answer.json()["intent"] is not None
    assert parsed(http, "안녕")["intent"]


async def test_trap_8_a_very_long_text_is_answered_in_time(asking: NluClient) -> None:
    assert TEXT_CAP < 4000
    assert TIMEOUT < 1

    await asking.parse("죽고 싶어요")  # the first look at the model
    assert await asking.parse("죽고 싶어요 " * 20_000) is not None

"""The real language model, over HTTP and as a process."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rasa_process import NLU, PYTHON, RasaProcess, environment, start_rasa, status

pytestmark = pytest.mark.rasa

CANARY = "카나리아문장 canary-text-9f2c"

KNOWN = {
    "사진으로 협박당하고 있어요": "sextortion",
    "죽고 싶어요": "self_harm",
    "지금 그 사람이 집 앞에 있어요": "danger_now",
    "제 얼굴로 딥페이크 만들었어요": "deepfake_me",
    "비밀 지켜주나요?": "confidentiality",
    "i want to talk to a person": "ask_human",
}


def ask(rasa: RasaProcess, text: object, *, token: str | None = None) -> httpx.Response:
    return httpx.post(
        f"{rasa.url}/model/parse",
        params={"token": rasa.token if token is None else token},
        json={"text": text},
        timeout=30,
    )


def intent(rasa: RasaProcess, text: str) -> dict[str, Any]:
    answer = ask(rasa, text)
    assert answer.status_code == httpx.codes.OK
    found: dict[str, Any] = answer.json()["intent"]
    return found


def serve(tmp_path: Path, **ours: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, NLU / "serve.py"],
        env=environment(**ours),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_model_it_serves_is_the_one_that_was_named(rasa_service: RasaProcess) -> None:
    current = json.loads((NLU / "models/current.json").read_text(encoding="utf-8"))

    assert Path(status(rasa_service)["model_file"]).name == current["model"]


@pytest.mark.parametrize(("text", "meant"), KNOWN.items())
def test_a_known_sentence_comes_back_with_its_intent(
    rasa_service: RasaProcess, text: str, meant: str
) -> None:
    found = intent(rasa_service, text)

    assert found["name"] == meant
    assert found["confidence"] > 0.5


@pytest.mark.parametrize(
    ("text", "high", "imminent"),
    [
        ("안녕하세요", False, False),
        ("사진으로 협박당하고 있어요", True, False),
        ("지금 그 사람이 집 앞에 있어요", True, True),
    ],
)
def test_it_says_how_much_danger_it_fears(
    rasa_service: RasaProcess, text: str, high: bool, imminent: bool
) -> None:
    found = ask(rasa_service, text).json()["danger"]

    assert (found["high"] > 0.5, found["imminent"] > 0.5) == (high, imminent)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_the_token_nothing_is_parsed(rasa_service: RasaProcess, token: str) -> None:
    assert ask(rasa_service, "안녕", token=token).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/model"),
        ("DELETE", "/model"),
        ("POST", "/model/train"),
        ("POST", "/webhooks/rest/webhook"),
        ("GET", "/conversations/a/tracker"),
        ("GET", "/domain"),
    ],
)
def test_no_other_route_is_open_even_with_the_token(
    rasa_service: RasaProcess, method: str, path: str
) -> None:
    answer = httpx.request(
        method, rasa_service.url + path, params={"token": rasa_service.token}, json={}
    )

    assert answer.status_code == httpx.codes.NOT_FOUND


def test_hangul_beside_latin_is_kept(rasa_service: RasaProcess) -> None:
    """The stock tokenizer makes ["id"] of both, and one answer of two questions."""
    told = ask(rasa_service, "인스타 id 알려줘요").json()
    other = ask(rasa_service, "해킹당한 id 찾아줘요").json()

    assert [told["text"][slice(*span)] for span in told["text_tokens"]] == [
        "인스타",
        "id",
        "알려줘요",
    ]
    assert told["intent_ranking"] != other["intent_ranking"]
    assert other["intent"]["name"] == "account_takeover"


@pytest.mark.parametrize(
    ("plain", "hurried"),
    [
        ("사진으로 협박해요", "사진으로협박해요ㅠㅠㅠㅠㅠㅠㅠ"),
        ("죽고 싶어요", "ㅈㅜㄱㄱㅗ 싶어요"),
        ("만나면 돈 준대요", "만나면돈준대요!!!!!"),
    ],
)
def test_a_hurried_hand_means_the_same(rasa_service: RasaProcess, plain: str, hurried: str) -> None:
    assert intent(rasa_service, hurried)["name"] == intent(rasa_service, plain)["name"]


def test_a_leading_slash_forces_an_intent_so_the_client_must_take_it_away(
    rasa_service: RasaProcess,
) -> None:
    """Rasa's own shortcut: the reason why bot/nlu_client.py strips slashes before it asks."""
    assert intent(rasa_service, "/goodbye") == {"name": "goodbye", "confidence": 1.0}
    assert intent(rasa_service, "goodbye")["confidence"] < 1.0


@pytest.mark.parametrize("text", ["", " ", "!!!", "😭😭", "ㅋ", "a" * 4000])
def test_odd_text_gets_an_answer(rasa_service: RasaProcess, text: str) -> None:
    assert ask(rasa_service, text).status_code == httpx.codes.OK


def test_a_body_beyond_the_limit_is_refused(rasa_service: RasaProcess) -> None:
    answer = ask(rasa_service, "가" * 40_000)

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


def test_the_log_holds_no_text_and_no_token(rasa_service: RasaProcess) -> None:
    ask(rasa_service, CANARY)
    ask(rasa_service, CANARY, token="wrong")
    ask(rasa_service, {"nested": CANARY})
    ask(rasa_service, f"/{CANARY}")
    ask(rasa_service, f'/greet{{"{CANARY}')
    httpx.post(
        f"{rasa_service.url}/model/parse",
        params={"token": rasa_service.token},
        content=f"{{{CANARY}".encode(),
    )

    log = rasa_service.log.read_text(encoding="utf-8", errors="replace")
    assert [secret for secret in (*CANARY.split(), rasa_service.token) if secret in log] == []


def test_the_process_title_holds_no_token(rasa_service: RasaProcess) -> None:
    title = Path(f"/proc/{rasa_service.pid}/cmdline").read_bytes()

    assert rasa_service.token.encode() not in title


def test_it_listens_on_loopback_only(rasa_service: RasaProcess) -> None:
    port = httpx.URL(rasa_service.url).port
    listening = "0A"
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    hosts = [row[1] for row in table if row[3] == listening and row[1].endswith(f":{port:04X}")]

    assert hosts == [f"0100007F:{port:04X}"]


@pytest.mark.usefixtures("rasa_service")
def test_a_missing_model_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ended = serve(tmp_path, GYEOT_NLU_TOKEN="t", GYEOT_NLU_MODEL=str(tmp_path / "gone.tar.gz"))

    assert ended.returncode != 0
    assert ended.stderr == "there is no trained language model: run nlu/train.py first\n"
    assert ended.stdout == ""


@pytest.mark.usefixtures("rasa_service")
def test_without_a_token_it_does_not_start(tmp_path: Path) -> None:
    ended = serve(tmp_path)

    assert ended.returncode != 0
    assert ended.stderr == "GYEOT_NLU_TOKEN is not set: the language model needs a token\n"


@pytest.mark.usefixtures("rasa_service")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    rasa = start_rasa(tmp_path / "rasa.log")
    family = descendants(rasa.pid)

    os.kill(rasa.pid, number)

    assert rasa.process.wait(20) == 0
    time.sleep(0.2)
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    assert "Traceback" not in rasa.log.read_text(encoding="utf-8")


@pytest.mark.usefixtures("rasa_service")
def test_training_again_without_a_change_is_one_line_and_quick() -> None:
    before = time.monotonic()
    ended = subprocess.run(
        [PYTHON, NLU / "train.py"], capture_output=True, text=True, timeout=120, check=False
    )

    assert ended.returncode == 0
    assert ended.stdout.startswith("the language model is up to date (")
    assert ended.stdout.count("\n") == 1
    assert time.monotonic() - before < 10


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grandchild for child in children for grandchild in descendants(int(child)))]

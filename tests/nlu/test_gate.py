"""The gate at the wire, with small models that are told what to believe: no Rasa runs here."""

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot import shadow
from bot.dialogue import risk
from bot.nlu_client import KNOWN, NluClient
from storage.suppression import LEAST
from tests.nlu.conftest import load_file
from tests.rasa_process import NLU, PYTHON, ran

Model = dict[str, tuple[str, float, float] | None]

FLOORS = """
[set.few]
file = "tests/few.jsonl"
accuracy_ko = 0.9
[recall.default]
least = 0.5
[danger]
sets = ["few"]
alarms = 0.9
at_once = 0.9
false_alarms = 0.06
crises = ["self_harm"]
[known]
"죽고 싶어요" = "self_harm"
"비밀 지켜주나요?" = "confidentiality"
"""
SENTENCES = (("죽을래", "self_harm", "imminent"), ("돈 준대", "paid_offer", "high"))
GOOD: Model = {
    "": ("greet", 0.02, 0.01),
    "죽고 싶어요": ("self_harm", 0.9, 0.3),
    "비밀 지켜주나요?": ("confidentiality", 0.01, 0.0),
    "죽을래": ("self_harm", 0.8, risk.AT_ONCE),
    "돈 준대": ("paid_offer", 0.5, 0.0),
}
CANARY = "카나리아문장"


@dataclass(frozen=True)
class Room:
    """A copy of nlu/ whose service is a fake one, with one model that serves: `now`."""

    folder: Path

    @property
    def today(self) -> str:
        """Return the name of the model that today's inputs make."""
        found: str = load_file("train", self.folder / "train.py").fingerprint()
        return f"{found[:16]}.tar.gz"

    def put(self, name: str, model: Model) -> Path:
        """Leave a model among the others, as training does."""
        path = self.folder / "models" / name
        path.write_text(json.dumps(model), encoding="utf-8")
        return path

    def said(self, name: str) -> dict[str, str]:
        """Return what a file beside the models says."""
        path = self.folder / "models" / name
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def run(self, script: str, *words: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script of the folder, as its operator does."""
        return ran(self.folder / script, *words, told=told, timeout=120)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    if not PYTHON.exists() and os.environ.get("GYEOT_REQUIRE_ALL") != "1":
        pytest.skip("nlu/.venv is missing: run make nlu")
    left_out = shutil.ignore_patterns(".venv", "models", ".rasa", "__pycache__", "data", "tests")
    folder = Path(shutil.copytree(NLU, tmp_path / "nlu", ignore=left_out))
    shutil.copyfile(Path(__file__).parent / "fake_serve.py", folder / "serve.py")
    for name in ("models", "data", "tests"):
        (folder / name).mkdir()
    (folder / "floors.toml").write_text(FLOORS, encoding="utf-8")
    told = [*SENTENCES, *((f"안녕 {number}", "greet", "none") for number in range(20))]
    lines = [
        json.dumps({"text": text, "intent": intent, "lang": "ko", "risk": level})
        for text, intent, level in told
    ]
    (folder / "tests/few.jsonl").write_text("\n".join(lines), encoding="utf-8")
    made = Room(folder)
    made.put("now.tar.gz", GOOD)
    (folder / "models/current.json").write_text('{"model": "now.tar.gz"}', encoding="utf-8")
    return made


def test_a_refused_model_does_not_serve_at_the_next_run(room: Room) -> None:
    room.put(room.today, {"": ("greet", 0.0, 0.0)})
    assert room.run("release.py").returncode == 1

    run = room.run("train.py")

    assert room.said("current.json") == {"model": "now.tar.gz"}
    assert (run.returncode, run.stdout.count("\n")) == (0, 1)
    assert run.stdout.startswith("now.tar.gz is kept: ")
    assert "nlu/release" in run.stdout


def test_a_model_that_was_taken_back_does_not_serve_at_the_next_run(room: Room) -> None:
    room.put(room.today, GOOD)
    assert room.run("release.py").returncode == 0
    assert room.run("release.py", "--rollback").returncode == 0

    run = room.run("train.py")

    assert room.said("current.json")["model"] == "now.tar.gz"
    assert run.stdout.startswith("now.tar.gz is kept: ")


def test_a_refused_model_that_passes_later_is_refused_no_more(room: Room) -> None:
    room.put(room.today, {"": ("greet", 0.0, 0.0)})
    room.run("release.py")
    assert set(room.said("refused.json")) == {room.today}
    room.put(room.today, GOOD)

    assert room.run("release.py").returncode == 0

    assert room.said("refused.json") == {}
    assert room.said("current.json")["model"] == room.today


def test_a_look_at_the_current_model_refuses_nothing(room: Room) -> None:
    room.put("now.tar.gz", {"": ("greet", 0.0, 0.0)})

    assert room.run("release.py", "--check").returncode == 1

    assert not (room.folder / "models/refused.json").exists()


def test_a_model_that_is_not_there_yet_may_still_be_made(room: Room) -> None:
    absent = str(room.folder / "models" / room.today)

    assert room.run("release.py", "--candidate", absent).returncode == 1

    assert not (room.folder / "models/refused.json").exists()


@pytest.mark.parametrize("broken", [b"no model", json.dumps({"": None}).encode()])
def test_a_model_that_ends_while_it_is_asked_is_refused(room: Room, broken: bytes) -> None:
    (room.folder / "models" / room.today).write_bytes(broken)

    done = room.run("release.py")

    assert (done.returncode, done.stderr) == (1, f"refused: {room.today} does not answer\n")
    assert set(room.said("refused.json")) == {room.today}


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (
            lambda intent, *_: (intent, 0.49, 0.0),
            [
                "known sentence 1 is taken for no danger",
                "danger: 0.000 of 2, floor 0.90",
                "imminent danger: 0.000 of 1, floor 0.90",
            ],
        ),
        (
            lambda intent, high, _: (intent, high, 0.069),
            ["imminent danger: 0.000 of 1, floor 0.90"],
        ),
        (lambda intent, *_: (intent, 0.9, 0.9), ["no danger: 0.000 of 20, floor 0.94"]),
        (lambda *told: told, []),
    ],
    ids=["hears no danger", "hears nothing at once", "hears danger everywhere", "hears well"],
)
def test_what_a_model_believes_of_danger_decides_whether_it_serves(
    room: Room, change: Callable[..., tuple[str, float, float]], reasons: Sequence[str]
) -> None:
    model = room.put("new.tar.gz", {text: told and change(*told) for text, told in GOOD.items()})

    done = room.run("release.py", "--candidate", str(model))

    assert done.stderr.splitlines() == [f"refused: {reason}" for reason in reasons]
    assert done.returncode == bool(reasons)


def test_the_floors_of_danger_stand_on_sentences_whose_risk_is_known() -> None:
    floors = tomllib.loads((NLU / "floors.toml").read_text(encoding="utf-8"))
    told = [
        json.loads(line)["risk"]
        for name in floors["danger"]["sets"]
        for line in (NLU / floors["set"][name]["file"]).read_text(encoding="utf-8").splitlines()
    ]

    assert set(told) == {"none", "low", "high", "imminent"}
    assert set(floors["danger"]["crises"]) <= set(risk.ABOUT)


def test_the_gate_calls_imminent_what_the_risk_screen_does() -> None:
    assert load_file("candidate", NLU / "candidate.py").AT_ONCE == risk.AT_ONCE


def test_the_gate_counts_as_an_alarm_what_the_shadow_of_real_turns_does() -> None:
    assert load_file("candidate", NLU / "candidate.py").ALARM == shadow.ALARM


@pytest.mark.parametrize(
    "text",
    [
        "죽고 싶어요", " \t/greet{}", "\u200b\uff0f/restart", "a/b /", "!!! …", "", "///", "😀",
        "가" * 1500, "/" * 1500 + "가" * 1500, "한 줄\n또 한 줄\r\n",
        "\x00\x1b[31m안녕", "\ud83d안녕",
    ],
)  # fmt: skip
async def test_models_are_asked_what_the_product_would_ask(text: str) -> None:
    heard: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"model_file": "one.tar.gz"})
        heard.append(json.loads(request.content)["text"])
        return httpx.Response(200, json={"intent": {"name": KNOWN[1], "confidence": 0.9}})

    async with httpx.AsyncClient(
        base_url="http://nlu", transport=httpx.MockTransport(answer)
    ) as http:
        client = NluClient(http, None)
        await client.parse(KNOWN[0])
        heard.clear()
        await client.parse(text)

    neutral = load_file("candidate", NLU / "candidate.py").neutral
    assert list(filter(None, [neutral(text)])) == heard


def test_a_shadow_run_counts_differing_answers_and_alarms_and_hides_the_rare(room: Room) -> None:
    new = room.put(
        "new.tar.gz", {**GOOD, "": ("smalltalk", 0.6, 0.0), "돈 준대": ("scam", 0.5, 0.0)}
    )
    told = [*["안녕"] * LEAST, *["/돈 준대"] * (LEAST - 1), "!!!", *["죽을래"] * LEAST]

    done = room.run("release.py", "--shadow", str(new), told="\n".join(told))

    found = {
        "sentences": 3 * LEAST - 1,
        "agree": LEAST,
        "differ": [["greet", "smalltalk", LEAST]],
        "other": LEAST - 1,
        "alarms": {"both": 2 * LEAST - 1, "serving": None, "candidate": LEAST},
    }
    assert json.loads(done.stdout) == found
    kept = dict(room.said("shadow.json"))
    assert len(kept.pop("on")) == len("2026-01-01")
    assert kept == {"serving": "now", "candidate": "new", **found}


def test_what_one_message_was_taken_for_is_told_nowhere(room: Room) -> None:
    new = room.put("new.tar.gz", {**GOOD, "": ("scam", 0.9, 0.0)})

    done = room.run("release.py", "--shadow", str(new), told=f"{CANARY}\n")

    written = done.stdout + done.stderr + json.dumps(room.said("shadow.json"))
    assert [word for word in (CANARY, "scam", "greet") if word in written] == []
    assert json.loads(done.stdout)["alarms"] == {"both": None, "serving": None, "candidate": None}

"""The gate, with the real tools: what is below a floor never serves, and there is a way back."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.nlu.conftest import copied
from tests.rasa_process import NLU, missing, ran

pytestmark = pytest.mark.rasa

FLOORS = """
[set.few]
file = "tests/few.jsonl"
accuracy_ko = {accuracy}
[set.strangers]
file = "tests/strangers.jsonl"
recall = false
[recall.default]
least = {recall}
[danger]
sets = ["strangers"]
alarms = {alarms}
at_once = 0.0
false_alarms = 0.5
crises = ["sextortion"]
[known]
"사진으로 협박당하고 있어요" = "{known}"
"""
EASY = FLOORS.format(accuracy=0.5, recall=0.0, alarms=0.5, known="sextortion")
CANARY = "카나리아문장"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Return a copy of nlu/ whose one model is the real one, under another name."""
    room = copied(tmp_path, "now", "candidate")
    point(room, model="now.tar.gz")
    for name, source, step in (("few", "held_out", 60), ("strangers", "stranger", 12)):
        lines = (NLU / f"tests/{source}.jsonl").read_text(encoding="utf-8").splitlines()
        (room / f"tests/{name}.jsonl").write_text("\n".join(lines[::step]), encoding="utf-8")
    (room / "floors.toml").write_text(EASY, encoding="utf-8")
    return room


def point(room: Path, **names: str) -> None:
    (room / "models/current.json").write_text(json.dumps(names), encoding="utf-8")


def pointer(room: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((room / "models/current.json").read_text(encoding="utf-8"))
    return found


def release(room: Path, *words: str, told: str = "") -> subprocess.CompletedProcess[str]:
    return ran(room / "release.py", *words, told=told, timeout=300)


def test_the_trained_model_is_at_or_above_every_floor() -> None:
    """What CI stands on: the real floors, the real model, every sentence that has a floor."""
    reason = missing()
    if reason and os.environ.get("GYEOT_REQUIRE_ALL") != "1":
        pytest.skip(reason)

    done = release(NLU, "--check")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_model_that_reaches_every_floor_becomes_current_and_can_be_taken_back(
    room: Path,
) -> None:
    done = release(room, "--candidate", str(room / "models/candidate.tar.gz"))

    assert (done.returncode, done.stderr) == (0, "")
    assert pointer(room)["model"] == "candidate.tar.gz"

    back = release(room, "--rollback")

    assert back.returncode == 0
    assert pointer(room)["model"] == "now.tar.gz"
    assert pointer(room)["previous"] == "candidate.tar.gz"


def test_below_a_floor_nothing_changes_and_every_reason_is_named(room: Path) -> None:
    floors = FLOORS.format(accuracy=1.01, recall=1.01, alarms=1.01, known="greet")
    (room / "floors.toml").write_text(floors, encoding="utf-8")

    done = release(room, "--candidate", str(room / "models/candidate.tar.gz"))

    assert done.returncode == 1
    for reason in (
        "known sentence 1 is taken for sextortion",
        "few ko: ",
        "self_harm: ",
        "danger: ",
    ):
        assert f"refused: {reason}" in done.stderr
    assert pointer(room) == {"model": "now.tar.gz"}


def test_a_worse_model_is_trained_and_refused(room: Path) -> None:
    teach_nonsense(room)

    done = release(room)

    assert done.returncode == 1
    assert "refused: known sentence 1 is taken for" in done.stderr
    assert pointer(room) == {"model": "now.tar.gz"}


def test_a_broken_model_is_refused(room: Path) -> None:
    broken = room / "models/broken.tar.gz"
    broken.write_bytes(b"no model")

    done = release(room, "--candidate", str(broken))

    assert done.returncode == 1
    assert done.stderr.startswith("refused: ")
    assert pointer(room) == {"model": "now.tar.gz"}


def test_without_a_model_before_there_is_no_way_back(room: Path) -> None:
    done = release(room, "--rollback")

    assert (done.returncode, done.stderr) == (1, "refused: there is no model before this one\n")


def test_a_shadow_run_writes_counts_and_no_sentence(room: Path) -> None:
    told = f"{CANARY} 죽고 싶어요\n\n사진으로 협박해요\n"

    done = release(room, "--shadow", str(room / "models/candidate.tar.gz"), told=told)

    counted = {"sentences": 2, "agree": 2, "differ": [], "other": 0}
    assert json.loads(done.stdout).items() >= counted.items()
    assert CANARY not in done.stdout + done.stderr
    assert [path for path in room.rglob("*") if path.is_file() and holds_canary(path)] == []


def holds_canary(path: Path) -> bool:
    return CANARY.encode() in path.read_bytes()


def teach_nonsense(room: Path) -> None:
    """Leave a dozen sentences, each under the other intent's name."""
    for path in (room / "data/nlu").glob("*.yml"):
        path.unlink()
    hello, bye = "안녕하세요 반가워요", "잘 있어요 다음에 봐요"
    lines = ['version: "3.1"', "nlu:"]
    for intent, text in (("goodbye", hello), ("greet", bye)):
        lines += [f"  - intent: {intent}", "    examples: |"]
        lines += [f"      - {text} {number}번째 {'가나다라마바'[number]}" for number in range(6)]
    (room / "data/nlu/few_ko.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")

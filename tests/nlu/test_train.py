"""When the language model is trained, and when it is not."""

import json
import shutil
from pathlib import Path

import pytest

from tests.nlu.conftest import load_file
from tests.rasa_process import NLU

INPUTS = (
    "config.yml",
    "domain.yml",
    "requirements.txt",
    "components/hangul.py",
    "components/noise.py",
    "data/nlu/talk_ko.yml",
)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Return a copy of nlu/ without its environment and its models."""
    left_out = shutil.ignore_patterns(".venv", "models", ".rasa", "__pycache__")
    return Path(shutil.copytree(NLU, tmp_path / "nlu", ignore=left_out))


def fingerprint(room: Path) -> str:
    found: str = load_file("train", room / "train.py").fingerprint()
    return found


@pytest.mark.parametrize("name", INPUTS)
def test_a_change_in_any_input_calls_for_another_model(room: Path, name: str) -> None:
    before = fingerprint(room)

    with (room / name).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert fingerprint(room) != before


def test_a_new_file_of_sentences_calls_for_another_model(room: Path) -> None:
    before = fingerprint(room)

    (room / "data/nlu/more_ko.yml").write_text('version: "3.1"\nnlu: []\n')

    assert fingerprint(room) != before


def test_held_out_sentences_and_scripts_call_for_none(room: Path) -> None:
    before = fingerprint(room)

    for name in ("tests/held_out.jsonl", "serve.py", "README.md"):
        (room / name).write_text("changed\n")

    assert fingerprint(room) == before


def test_a_model_in_the_cache_is_taken_and_named(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mark, cache = fingerprint(room), tmp_path / "cache"
    cache.mkdir()
    (cache / f"{mark[:16]}.tar.gz").write_bytes(b"trained elsewhere")
    monkeypatch.setenv("GYEOT_NLU_CACHE", str(cache))

    assert load_file("train", room / "train.py").main() == 0

    named = json.loads((room / "models/current.json").read_text(encoding="utf-8"))
    assert named == {"model": f"{mark[:16]}.tar.gz", "fingerprint": mark[:16]}
    assert (room / "models" / named["model"]).read_bytes() == b"trained elsewhere"
    assert (
        capsys.readouterr().out == f"the language model comes from the cache ({named['model']})\n"
    )


def test_only_the_two_last_models_stay(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = room / "models"
    models.mkdir()
    monkeypatch.setenv("GYEOT_NLU_CACHE", str(models / "cache"))
    (models / "cache").mkdir()
    made = []
    for number in range(3):
        (room / "data/nlu/more_ko.yml").write_text(f'version: "3.1"\nnlu: []\n# {number}\n')
        made.append(f"{fingerprint(room)[:16]}.tar.gz")
        (models / "cache" / made[-1]).write_bytes(b"model")
        assert load_file("train", room / "train.py").main() == 0

    assert sorted(path.name for path in models.glob("*.tar.gz")) == sorted(made[1:])
    named = json.loads((models / "current.json").read_text(encoding="utf-8"))
    assert (named["previous"], named["model"]) == (made[1], made[2])


@pytest.mark.parametrize("pointer", [None, {"model": "deleted.tar.gz"}])
def test_where_no_other_model_is_left_even_a_refused_one_serves(
    room: Path, pointer: dict[str, str] | None
) -> None:
    name = f"{fingerprint(room)[:16]}.tar.gz"
    (room / "models").mkdir()
    (room / "models" / name).write_bytes(b"model")
    (room / "models/refused.json").write_text(json.dumps({name: "2026-11-30"}))
    if pointer:
        (room / "models/current.json").write_text(json.dumps(pointer))

    assert load_file("train", room / "train.py").main() == 0

    named = json.loads((room / "models/current.json").read_text(encoding="utf-8"))
    assert named["model"] == name

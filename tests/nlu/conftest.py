"""The language model's files, and the real service for the tests marked `rasa`."""

import importlib.util
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from tests.rasa_process import CURRENT, NLU, need_service


class Sentence(NamedTuple):
    """One training sentence."""

    intent: str
    lang: str
    text: str


@pytest.fixture(scope="session")
def hangul() -> ModuleType:
    """Load the module by its path: on the product's Python, nlu is not a package."""
    return load_file("hangul", NLU / "components/hangul.py")


@pytest.fixture(scope="session")
def training() -> list[Sentence]:
    return [
        Sentence(intent, path.stem.rpartition("_")[2], text)
        for path in sorted((NLU / "data/nlu").glob("*.yml"))
        for intent, text in _examples(path)
    ]


@pytest.fixture(scope="session")
def held_out() -> list[dict[str, str]]:
    return [
        json.loads(line)
        for path in sorted((NLU / "tests").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="session")
def domain() -> list[str]:
    text = (NLU / "domain.yml").read_text(encoding="utf-8")
    return re.findall(r"^  - (\w+)$", text, re.MULTILINE)


@pytest.fixture(scope="session")
def bare() -> Callable[[str], str]:
    """Return how sentences are compared: lower case, NFC, no spaces, no punctuation."""
    return _bare


def copied(folder: Path, *models: str) -> Path:
    """Return a copy of nlu/ whose models are the real one under these names; none is current."""
    need_service()
    left_out = shutil.ignore_patterns(".venv", "models", ".rasa", "__pycache__")
    room = Path(shutil.copytree(NLU, folder / "nlu", ignore=left_out))
    (room / "models").mkdir()
    real = json.loads(CURRENT.read_text(encoding="utf-8"))["model"]
    for name in models:
        os.link(NLU / "models" / real, room / "models" / f"{name}.tar.gz")
    return room


@contextmanager
def component(name: str) -> Iterator[ModuleType]:
    """Load a module of nlu/components that imports its neighbors, and forget them all again."""
    sys.path.insert(0, str(NLU))
    try:
        yield load_file(name, NLU / f"components/{name}.py")
    finally:
        sys.path.remove(str(NLU))
        for each in [each for each in sys.modules if each.split(".")[0] == "components"]:
            del sys.modules[each]


def load_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _bare(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).lower()
    return re.sub(r"[\W_]+", "", composed) or composed


def _examples(path: Path) -> Iterator[tuple[str, str]]:
    intent = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  - intent: "):
            intent = line.removeprefix("  - intent: ")
        elif line.startswith("      - "):
            yield intent, line.removeprefix("      - ")

"""A content folder of one's own to break."""

import shutil
from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "content"))

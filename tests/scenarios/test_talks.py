"""Talks from beginning to end in `talks/`, written to be read like a play."""

from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.play import perform, read_play

CONTENT = load_content(FOLDER)
TALKS = sorted((Path(__file__).parent / "talks").glob("*.talk"))


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.stem)
def test_the_talk_goes_as_written(path: Path) -> None:
    play = read_play(path.read_text(encoding="utf-8"))

    went = perform(play, CONTENT)

    told = "\n".join(map(str, went))
    assert len(went) == len(play.lines), told
    for spoken, written in zip(went, play.lines, strict=True):
        assert spoken.speaker is written.speaker, told
        assert spoken.text.startswith(written.text), told

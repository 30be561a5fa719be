"""Sentences of reviewers, guarded on the command line."""

import json
import sys
from pathlib import Path

import pytest

from bot import __main__ as command
from bot.guard import GuardRefused, Sentence, judge, read_sentences


def told(*sentences: Sentence) -> list[dict[str, object]]:
    return [json.loads(line) for line in judge(sentences)]


def test_each_sentence_gets_one_line_and_its_reason() -> None:
    assert told(Sentence("a", "사진 보내줘"), Sentence("b", "사진은 보내지 마")) == [
        {"id": "a", "stop": True, "ask": "photo"},
        {"id": "b", "stop": False, "ask": None},
    ]


def test_a_file_is_read_with_or_without_the_language(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('\ufeff{"id": 1, "text": "안녕"}\n\n{"id": "b", "text": "hi", "lang": "en"}\n')

    assert [one.id for one in read_sentences(file)] == ["1", "b"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense", "line 2 is not JSON."),
        ('{"id": "x"}', 'line 2 needs "id" and "text".'),
        ('{"id": true, "text": "x"}', 'line 2 needs "id" and "text".'),
        ('["x"]', 'line 2 needs "id" and "text".'),
        (
            '{"id": "x", "text": "y", "lang": "fr"}',
            'line 2 has a "lang" that is neither "ko" nor "en".',
        ),
        ("[" * 100_000, "line 2 is not JSON."),
    ],
)
def test_the_first_line_that_is_not_right_is_named(
    tmp_path: Path, line: str, sentence: str
) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "a", "text": "안녕"}\n' + line)

    with pytest.raises(GuardRefused) as refused:
        read_sentences(file)

    assert str(refused.value) == sentence


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GuardRefused, match="cannot be read as UTF-8 text"):
        read_sentences(tmp_path / "none.jsonl")


def test_the_command_needs_no_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": "a", "text": "이름이 뭐야?"}\n')
    monkeypatch.setenv("GYEOT_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["bot", "guard", str(file)])

    assert command.main() == 0
    assert json.loads(capsys.readouterr().out) == {"id": "a", "stop": True, "ask": "name"}
    assert not (tmp_path / "nowhere").exists()

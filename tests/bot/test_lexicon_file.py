"""Words of staff: live without a restart, and never at the price of the words before."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER
from bot.dialogue.content_file import ContentError
from bot.dialogue.lexicon import lay_over, load_lexicon
from bot.dialogue.risk import screen
from bot.lexicon_file import EVERY, LexiconFile
from bot.messages import Danger, NluResult
from storage.records import Risk
from tests.factories import NOON

WORD = """
[[word]]
id = "new_slang"
phrases = ["뿌뿌당하다", "zorped"]
level = "high"
category = "sextortion"
author = "counselor 1"
approver = "supervisor 1"
date = 2026-11-25
fires = ["나 뿌 뿌 당하다니", "i got zorped"]
quiet = ["뿌듯하다"]
"""
CANARY = "카나리아문장"


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    return tmp_path / "words.toml"


def opened(staff: Path) -> LexiconFile:
    return LexiconFile(FOLDER, staff)


def test_a_word_added_is_live_at_the_next_look(staff: Path) -> None:
    file = opened(staff)
    before = screen(["나 뿌뿌당하다"], lexicon=file.current(NOON))

    staff.write_text(WORD, encoding="utf-8")
    too_soon = screen(["나 뿌뿌당하다"], lexicon=file.current(NOON + EVERY / 2))
    after = screen(["나 뿌뿌당하다"], lexicon=file.current(NOON + EVERY))

    assert before.level is too_soon.level is Risk.NONE
    assert (after.level, after.category, after.rule) == (Risk.HIGH, "sextortion", "new_slang")
    assert timedelta(minutes=5) > EVERY


@pytest.mark.parametrize("text", ["나 뿌뿌당하다", "밖에 그 사람이 와 있어 나 뿌뿌당하다"])
def test_the_language_service_lowers_no_word_of_staff(staff: Path, text: str) -> None:
    staff.write_text(WORD, encoding="utf-8")
    harmless = NluResult("smalltalk", 0.9, (("smalltalk", 0.9),), Danger(0.0, 0.0))

    found = screen([text], lexicon=opened(staff).current(NOON), nlu=harmless)

    assert (found.level, found.rule) == (Risk.HIGH, "new_slang")


def test_a_word_taken_out_is_gone(staff: Path) -> None:
    staff.write_text(WORD, encoding="utf-8")
    file = opened(staff)
    assert screen(["zorped"], lexicon=file.current(NOON)).level is Risk.HIGH

    staff.unlink()

    assert screen(["zorped"], lexicon=file.current(NOON + EVERY)).level is Risk.NONE


def test_the_shipped_rules_stay_beside_the_words_of_staff(staff: Path) -> None:
    staff.write_text(WORD, encoding="utf-8")

    assert screen(["죽고 싶어"], lexicon=opened(staff).current(NOON)).level >= Risk.HIGH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[[word]]", "[[word]"),
        ('"supervisor 1"', '"counselor 1"'),
        ("approver", "approved"),
        ("date = 2026-11-25", ""),
        ('level = "high"', 'level = "extreme"'),
        ('category = "sextortion"', 'category = "other"'),
        ('quiet = ["뿌듯하다"]', "quiet = []"),
        ('quiet = ["뿌듯하다"]', 'quiet = ["또 뿌뿌당하다"]'),
        ("나 뿌 뿌 당하다니", CANARY),
        ('["뿌뿌당하다", "zorped"]', '["ㅋ"]'),
        ('id = "new_slang"', 'id = "suicidal"'),
    ],
)
def test_a_broken_file_never_replaces_a_good_one(
    staff: Path, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    staff.write_text(WORD, encoding="utf-8")
    file = opened(staff)
    file.current(NOON)
    caplog.clear()  # that it was read, where another test left loggers talkative

    assert old in WORD
    staff.write_text(WORD.replace(old, new) + "# changed", encoding="utf-8")
    with caplog.at_level(logging.INFO):
        lexicon = file.current(NOON + EVERY)

    assert screen(["zorped"], lexicon=lexicon).rule == "new_slang"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert all(CANARY not in str(vars(record)) for record in caplog.records)


def test_a_word_of_staff_may_not_look_like_a_guess_of_the_classifier(staff: Path) -> None:
    staff.write_text(WORD.replace('"new_slang"', '"nlu_slang"'), encoding="utf-8")

    with pytest.raises(ContentError, match="begins with nlu_"):
        lay_over(load_lexicon(FOLDER), staff)


def test_broken_words_at_the_start_leave_the_shipped_lexicon(staff: Path) -> None:
    staff.write_bytes(b"\xff\xfe")

    assert screen(["죽고 싶어"], lexicon=opened(staff).current(NOON)).level >= Risk.HIGH


def test_a_broken_shipped_file_is_refused_at_the_start_and_ignored_later(
    tmp_path: Path, staff: Path
) -> None:
    folder = tmp_path / "content"
    shutil.copytree(FOLDER, folder)
    file = LexiconFile(folder, staff)
    (folder / "cues.toml").write_text("[", encoding="utf-8")

    with pytest.raises(ContentError):
        LexiconFile(folder, staff)
    assert screen(["죽고 싶어"], lexicon=file.current(NOON + EVERY)).level >= Risk.HIGH


def test_a_changed_shipped_file_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    shutil.copytree(FOLDER, folder)
    file = LexiconFile(folder, None)
    path = folder / "cues.toml"
    path.write_text(path.read_text("utf-8").replace("헬퍼 가출팸", "헬퍼 뿌뿌쉼터 가출팸"), "utf-8")

    lexicon = file.current(NOON + EVERY)

    assert screen(["뿌뿌쉼터 아저씨가 오래"], lexicon=lexicon).level >= Risk.HIGH

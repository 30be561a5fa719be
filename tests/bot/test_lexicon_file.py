"""Words of staff: live without a restart, and never at the price of the words before."""

import logging
import shutil
import time
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER
from bot.dialogue.content_file import ContentError
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
GOOD = """
[[word]]
id = "good"
phrases = ["룽룽먹다"]
level = "high"
category = "grooming"
author = "counselor 1"
approver = "supervisor 1"
date = 2026-11-25
fires = ["너 룽룽먹다"]
quiet = ["밥 먹다"]
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
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert file.trouble is not None
    assert all(CANARY not in str(vars(record)) for record in caplog.records)


def test_a_word_of_staff_may_not_look_like_a_guess_of_the_classifier(staff: Path) -> None:
    staff.write_text(WORD.replace('"new_slang"', '"nlu_slang"'), encoding="utf-8")

    assert opened(staff).left_out == (("nlu_slang", "name_taken"),)


@pytest.mark.parametrize("broken", [b"\xff\xfe", b"[[word]", b"word = [1]", b'word = "zorped"'])
def test_broken_words_at_the_start_leave_the_shipped_lexicon_and_are_told(
    staff: Path, broken: bytes
) -> None:
    staff.write_bytes(broken)
    file = opened(staff)

    assert screen(["죽고 싶어"], lexicon=file.current(NOON)).level >= Risk.HIGH
    assert file.trouble == "unreadable"


def test_words_that_cannot_be_looked_at_are_not_taken_for_none(staff: Path) -> None:
    staff.write_text(WORD, encoding="utf-8")

    assert opened(staff / "no_folder").trouble == "unreadable"


@pytest.mark.parametrize(
    ("old", "new", "left_out"),
    [
        ('"new_slang"', '"not_waking"', ("not_waking", "name_taken")),
        ('"new_slang"', '"good"', ("good", "name_taken")),
        ('"new_slang"', f'"{CANARY}"', None),
        ("나 뿌 뿌 당하다니", CANARY, ("new_slang", "does_not_fire")),
        ('["뿌듯하다"]', '["나 뿌뿌당하다"]', ("new_slang", "fires_on_its_quiet")),
        ('["뿌뿌당하다", "zorped"]', '["ㅋ"]', ("new_slang", "too_short")),
        ('approver = "supervisor 1"', "", ("new_slang", "incomplete")),
        ('id = "new_slang"', "", ("?", "incomplete")),
        ('level = "high"', "level = 3", ("new_slang", "incomplete")),
    ],
)
def test_a_bad_word_never_silences_the_good_one_beside_it(
    staff: Path,
    old: str,
    new: str,
    left_out: tuple[str, str] | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert old in WORD
    staff.write_text(GOOD + WORD.replace(old, new), encoding="utf-8")
    file = opened(staff)

    assert screen(["너 룽룽먹다"], lexicon=file.current(NOON)).rule == "good"
    assert file.left_out == ((left_out,) if left_out else ())
    assert file.trouble == ("left_out" if left_out else None)
    assert all(CANARY not in str(vars(record)) for record in caplog.records)


def test_the_log_names_a_word_that_is_left_out_and_why(
    staff: Path, caplog: pytest.LogCaptureFixture
) -> None:
    staff.write_text(GOOD + WORD.replace("new_slang", "not_waking"), encoding="utf-8")
    opened(staff)

    told = [vars(record) for record in caplog.records if record.levelno >= logging.ERROR]
    assert [(one["where"], one["code"]) for one in told] == [("not_waking", "name_taken")]


def test_a_name_that_may_be_a_sentence_is_not_told(staff: Path) -> None:
    staff.write_text(WORD.replace("new_slang", CANARY).replace("zorped", "z"), encoding="utf-8")

    assert opened(staff).left_out == (("?", "too_short"),)


def test_a_word_that_is_added_beside_a_bad_one_is_live_at_the_next_look(staff: Path) -> None:
    staff.write_text(WORD, encoding="utf-8")
    file = opened(staff)

    staff.write_text(GOOD + WORD.replace("new_slang", "not_waking"), encoding="utf-8")
    lexicon = file.current(NOON + EVERY)

    assert screen(["너 룽룽먹다"], lexicon=lexicon).rule == "good"
    assert screen(["zorped"], lexicon=lexicon).rule == "new_slang"  # until the file is right
    assert file.left_out == (("not_waking", "name_taken"),)


def test_a_word_that_was_changed_for_the_worse_stays_as_it_was_until_it_is_right(
    staff: Path,
) -> None:
    staff.write_text(WORD, encoding="utf-8")
    file = opened(staff)
    for number, bad in enumerate(("level = 3", "level = 4444"), 1):
        staff.write_text(GOOD + WORD.replace('level = "high"', bad), encoding="utf-8")
        lexicon = file.current(NOON + EVERY * number)
        assert screen(["zorped"], lexicon=lexicon).rule == "new_slang"

    staff.write_text(WORD.replace("zorped", "florped"), encoding="utf-8")
    lexicon = file.current(NOON + EVERY * 3)

    assert screen(["zorped"], lexicon=lexicon).level is Risk.NONE
    assert screen(["florped"], lexicon=lexicon).rule == "new_slang"
    assert (file.trouble, file.left_out) == (None, ())


def test_a_file_that_breaks_keeps_the_words_before_until_it_is_whole_again(staff: Path) -> None:
    staff.write_text(WORD, encoding="utf-8")
    file = opened(staff)

    staff.write_text(WORD + "[[word]", encoding="utf-8")
    broken = file.current(NOON + EVERY)
    assert (screen(["zorped"], lexicon=broken).rule, file.trouble) == ("new_slang", "unreadable")

    staff.write_text(GOOD, encoding="utf-8")
    whole = file.current(NOON + EVERY * 2)
    assert (screen(["zorped"], lexicon=whole).level, file.trouble) == (Risk.NONE, None)


def test_many_bad_words_are_told_apart_in_no_time(staff: Path) -> None:
    words = [WORD.replace("new_slang", f"word_{number % 200}") for number in range(400)]
    staff.write_text("".join(words), encoding="utf-8")

    begun = time.process_time()
    file = opened(staff)

    assert len(file.left_out) == 200
    assert time.process_time() - begun < 10  # to index the lexicon for each takes 0.1 s


def test_words_of_the_page_that_are_left_out_are_counted_too(staff: Path) -> None:
    file = opened(staff)
    good = {**tomllib.loads(WORD)["word"][0], "id": "staff-1"}

    file.use([good, {**good, "id": "staff-2", "fires": ["아무 말"]}])

    assert screen(["zorped"], lexicon=file.current(NOON)).rule == "staff-1"
    assert file.left_out == (("staff-2", "does_not_fire"),)


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

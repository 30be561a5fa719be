"""The risk screen on what a young person may write, and on what sounds like it."""

import shutil
import time
from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER
from bot.dialogue.lexicon import load_lexicon
from bot.dialogue.risk import CAP, screen
from storage.records import Risk
from tests.bot.dialogue.everyday import EVERYDAY, NEGATED, WORRIED
from tests.bot.dialogue.examples import HIGH, IMMINENT

CRISIS_KINDS = {"self_harm", "danger", "threat"}


@pytest.mark.parametrize("text", IMMINENT)
def test_danger_now_is_imminent(text: str) -> None:
    found = screen([text])

    assert found.level is Risk.IMMINENT
    assert found.category in CRISIS_KINDS


@pytest.mark.parametrize("text", HIGH)
def test_danger_and_exploitation_are_high_at_least(text: str) -> None:
    assert screen([text]).level >= Risk.HIGH


def test_a_lexicon_that_is_read_again_finds_what_it_found_before(tmp_path: Path) -> None:
    screen(["hello"])  # the one that is shipped was read, and reads on
    again = load_lexicon(shutil.copytree(FOLDER, tmp_path / "content"))

    found = {text: screen([text], lexicon=again) for text in HIGH + IMMINENT}

    assert found == {text: screen([text]) for text in HIGH + IMMINENT}


@pytest.mark.parametrize("text", [text for text in HIGH + IMMINENT if not text.isascii()])
def test_a_korean_sentence_without_spaces_is_found_as_well(text: str) -> None:
    assert screen(["".join(text.split())]).level >= Risk.HIGH


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_words_that_look_like_danger_are_not_high(text: str) -> None:
    assert screen([text]).level < Risk.HIGH


@pytest.mark.parametrize("text", NEGATED)
def test_a_denied_danger_is_still_worth_a_gentle_question(text: str) -> None:
    assert screen([text]).level is Risk.LOW


@pytest.mark.parametrize("text", WORRIED)
def test_worry_is_low(text: str) -> None:
    assert screen([text]).level is Risk.LOW


@pytest.mark.parametrize("everyday", EVERYDAY[:20])
def test_an_everyday_phrase_never_hides_the_danger_beside_it(everyday: str) -> None:
    assert screen([f"{everyday} 그리고 나 진짜 죽고 싶어"]).level >= Risk.HIGH


@pytest.mark.parametrize(
    "parts",
    [
        ("죽고", "싶", "어요"),
        ("10분 안에", "안 보내면", "다 뿌린대"),
        ("지금", "옥상인데", "이제 그만할래요"),
        ("사진", "보내래"),
        ("i want", "to", "die"),
        ("죽", "고", "싶", "다"),
    ],
)
def test_fragments_that_are_harmless_alone_are_caught_together(parts: tuple[str, ...]) -> None:
    assert max(screen([part]).level for part in parts) < Risk.HIGH
    assert screen(parts).level >= Risk.HIGH


def test_the_highest_part_of_a_burst_wins() -> None:
    assert screen(["안녕", "사진 뿌린대요", "지금 안보내면 다 뿌린대요"]).level is Risk.IMMINENT


@pytest.mark.parametrize("mark", ["\u200b", "\u200d", "\u202e", "\ufeff", "\u00ad"])
def test_invisible_marks_hide_nothing(mark: str) -> None:
    assert screen([mark.join("죽고싶어요")]).level >= Risk.HIGH
    assert screen([mark.join("i want to die")]).level >= Risk.HIGH


def test_decomposed_and_punctuated_spellings_are_found() -> None:
    assert screen(["죽고 싶어"]).level >= Risk.HIGH
    assert screen(["자.살 하고 싶다"]).level >= Risk.HIGH
    assert screen(["ＩＷＡＮＴ ｔｏ ｄｉｅ"]).level is Risk.NONE
    assert screen(["Ｉ ＷＡＮＴ ｔｏ ｄｉｅ"]).level >= Risk.HIGH


@pytest.mark.parametrize("parts", [(), ("",), ("   ",), ("😀",), ("\u202e",), ("ㅠ" * 500,)])
def test_nothing_to_read_is_no_risk(parts: tuple[str, ...]) -> None:
    assert screen(parts).level is Risk.NONE


def test_the_rule_that_fired_is_named() -> None:
    found = screen(["유서 썼어요"])

    assert (found.rule, found.category) == ("suicide_now", "self_harm")


def test_a_very_long_message_is_read_at_both_ends() -> None:
    long = "오늘 급식 " * 2 * CAP

    assert screen([f"죽고 싶어 {long}"]).level >= Risk.HIGH
    assert screen([f"{long} 죽고 싶어"]).level >= Risk.HIGH


def test_ten_thousand_characters_of_plain_talk_take_less_than_a_tenth_of_a_second() -> None:
    talk = (" ".join(EVERYDAY) * CAP)[:10_000]
    screen([talk])

    def seconds() -> float:
        began = time.process_time()
        screen([talk])
        return time.process_time() - began

    assert min(seconds() for _ in range(3)) < 0.1


def test_words_that_are_harmless_alone_are_caught_where_long_talks_meet() -> None:
    long = "오늘 급식 " * CAP

    assert screen([f"싶어요 {long}"], recent=[f"{long} 죽고"]).level >= Risk.HIGH

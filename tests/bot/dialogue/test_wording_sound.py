"""Spellings by ear, and the keyboard left in English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.wording import as_korean_keys, by_sound, normalize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("계속 보내래", "게속 보네레"),
        ("않으면", "안으면"),
        ("싶어", "십어"),
        ("없어", "업어"),
        ("죽고", "쥭고"),
        ("했는데", "헷는데"),
        ("협ㅋㅋ박", "협박"),
        ("30분", "5분"),
    ],
)
def test_what_sounds_alike_is_one_spelling(one: str, other: str) -> None:
    assert by_sound(normalize(one).squeezed) == by_sound(normalize(other).squeezed)


@pytest.mark.parametrize(
    ("text", "heard"), [("19살", "0살"), ("20살", "00살"), ("28인데", "00인데"), ("30분", "0분")]
)
def test_an_adult_age_is_told_from_other_numbers(text: str, heard: str) -> None:
    assert by_sound(text) == heard


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("wnrrh", "죽고"), ("wkgo", "자해"), ("tkdeka", "상담"), ("wnr rh", "죽 고")],
)
def test_a_keyboard_left_in_english_is_read_as_korean(typed: str, meant: str) -> None:
    assert as_korean_keys(typed) == meant


@pytest.mark.parametrize(
    "text", ["", "hi", "i want to go home", "죽고 싶어", "12345", "the dog ran home"]
)
def test_words_of_a_language_are_left_as_they_are(text: str) -> None:
    assert as_korean_keys(text) == ""


@given(st.text())
def test_folding_never_raises_and_never_grows(text: str) -> None:
    squeezed = normalize(text).squeezed

    assert len(by_sound(squeezed)) <= 2 * len(squeezed)
    assert isinstance(as_korean_keys(text), str)

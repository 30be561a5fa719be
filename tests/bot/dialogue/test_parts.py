"""The small pure parts: memory and wording."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.memory import Memory
from bot.dialogue.wording import has_words, is_sad, normalize


def test_memory_comes_back_as_it_was() -> None:
    memory = Memory(
        topic="grooming",
        steps={"grooming": 2},
        choices=("next",),
        introduced=True,
        mentions=("platform:game", "money:under_100k"),
    )

    assert Memory.load(memory.dump()) == memory


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"x"', '{"future": 1}'])
def test_broken_or_newer_memory_is_an_empty_one(text: str) -> None:
    assert Memory.load(text) == Memory()


def test_a_field_of_a_wrong_type_is_left_out_and_the_rest_is_kept() -> None:
    loaded = Memory.load('{"topic": 3, "misunderstood": -1, "last": "a.1", "steps": {"b": "x"}}')

    assert loaded == Memory(last="a.1")


@given(st.text())
def test_reading_memory_never_raises(text: str) -> None:
    assert isinstance(Memory.load(text), Memory)


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("ㅈㅜㄱㄱㅗ", "죽고"),
        ("주ㄱ고", "죽고"),
        ("싫어ㅋㅋㅋ", "싫어ㅋ"),
        ("ㄱㅗㅏ제", "과제"),
        ("죽\u200b고", "죽고"),
        ("싫어어어어!!!", "싫어"),
        ("112 1000", "1121000"),
        ("Don't", "dont"),
    ],
)
def test_one_spelling_for_many(text: str, squeezed: str) -> None:
    assert normalize(text).squeezed == squeezed


@given(st.text())
def test_normalizing_twice_changes_nothing_and_never_raises(text: str) -> None:
    once = normalize(text).squeezed

    assert len(normalize(once).squeezed) <= len(once)


@pytest.mark.parametrize("text", ["", " ", "😀", "ㅋㅋㅋ", "ㅠㅠ", "...", "?!", "❤️", "\u202e"])
def test_signs_are_no_words(text: str) -> None:
    assert not has_words(text)


@pytest.mark.parametrize("text", ["ㅇㅇ", "1", "ok", "네", "ㄴㄴ", "日本"])
def test_a_letter_or_digit_is_a_word(text: str) -> None:
    assert has_words(text)


def test_crying_is_told_from_laughing() -> None:
    assert is_sad("ㅠㅠ")
    assert is_sad("😭")
    assert not is_sad("ㅋㅋ")

"""The arithmetic of Hangul, over its whole domain."""

import unicodedata
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

# Conjoining jamo (what NFD gives) to the letters a keyboard types, by their Unicode names.
KINDS = ("CHOSEONG", "JUNGSEONG", "JONGSEONG")


def typed(conjoining: str) -> str:
    _, kind, name = unicodedata.name(conjoining).split(" ", 2)
    assert kind in KINDS
    return unicodedata.lookup(f"HANGUL LETTER {name}")


SYLLABLES = [chr(code) for code in range(0xAC00, 0xD7A4)]


def test_every_syllable_decomposes_as_unicode_says(hangul: ModuleType) -> None:
    assert len(SYLLABLES) == 11_172
    for syllable in SYLLABLES:
        letters = "".join(map(typed, unicodedata.normalize("NFD", syllable)))
        assert hangul.decompose(syllable) == letters


def test_every_syllable_typed_apart_is_put_together_again(hangul: ModuleType) -> None:
    faces = {"ㅋㅠ", "ㅋㅜ", "ㅋㅡ", "ㅎㅠ", "ㅎㅜ", "ㅎㅡ"}
    for syllable in SYLLABLES:
        letters = hangul.decompose(syllable)
        if letters[:2] not in faces:
            assert hangul.compose(letters) == syllable


def test_every_syllable_survives_as_split_unicode(hangul: ModuleType) -> None:
    for syllable in SYLLABLES:
        assert hangul.normalize(unicodedata.normalize("NFD", syllable)) == syllable


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ㅋㅋㅋㅋㅋㅋ", "ㅋㅋ"),
        ("ㅠㅠㅠㅠ", "ㅠㅠ"),
        ("ㅜㅜ", "ㅠㅠ"),
        ("제발요오오오오", "제발요오오"),
        ("살려줘!!!!!!", "살려줘!!"),
        ("heeeeelp", "heelp"),
        ("ㅎㅐㅂㅇㅏㄱ", "햅악"),
        ("ㅅㅏㅈㅣㄴ", "사진"),
        ("ㅇㅏㄴㄴㅕㅇ", "안녕"),
        ("ㅋㅋㅠㅠ", "ㅋㅋㅠㅠ"),
        ("ㅇㅇ", "ㅇㅇ"),
        ("ㅗㅗ", "ㅗㅗ"),
        ("Instagram ID", "instagram id"),
        ("ＤＭ", "dm"),
        ("ﾡ", "ㄱ"),
        ("협\u200b박", "협박"),
        ("  사진이   퍼졌어요\n\n도와줘 ", "사진이 퍼졌어요 도와줘"),
        ("01000000000", "01000000000"),
        ("", ""),
    ],
)
def test_many_ways_of_typing_have_one_form(hangul: ModuleType, written: str, read: str) -> None:
    assert hangul.normalize(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "ㅋㅋㅋㅠㅠㅠ",
        "ㅎㅐㅂㅏㄱ",
        "ㄱㄱㅏㅏ",
        "ㅜㅠㅜㅠ",
        "ㄴㅏㄴㅡㄴ ㄴㅓ",
        "ﾡￂ",
        "각ㅏ",
        "ㅋ\u3164ㅠ",
    ],
)
def test_a_second_normalization_changes_nothing(hangul: ModuleType, text: str) -> None:
    once = hangul.normalize(text)
    assert hangul.normalize(once) == once


def test_what_is_not_a_syllable_stays_as_it_is(hangul: ModuleType) -> None:
    assert hangul.decompose("id ㅋㅋ 1!") == "id ㅋㅋ 1!"


@given(
    st.text(
        alphabet=st.sampled_from("ㄱㅋㅎㅏㅠㅜㅣ가각 !aA1\u200b\u1100\u1161\u11a8ﾡ"), max_size=12
    )
)
def test_any_mixture_settles_at_once(hangul: ModuleType, text: str) -> None:
    once = hangul.normalize(text)
    assert hangul.normalize(once) == once

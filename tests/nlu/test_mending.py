"""Mistyped words are read as they were meant, and words that somebody meant stay."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.conftest import Sentence, component

LEARNED = (
    *("i am scared of him and my mom knows", "he has my pictures", "i am so scared"),
    *("사진을 보냈어요 사진 있어요", "사진 보여달래요", "협박해요 무서워요", "사진 지웠어요"),
    *("협박해요 무서워요 사진 있어요", "내일까지 보내래요", "내일까지 보내래요", "ㅇㅇ 무서워요"),
    *("내일까지 무서워요", "쿠키 쿠키 쿠키", "때렸어 때렸어 때렸어 때려서 때려서"),
    *("때려서 때려서 없어 싫음", "없어 싫음 죽어", "없어 싫음 죽어", "죽어 당하고"),
    *("당하고 당하고", "컴활 컴활 컴활 협박해", "빚 빚 빚", "협박해", "협박해"),
    *("a cold bath", "a cold bath", "a cold bath", "my bold shoes", "my bold shoes"),
    *("my bold shoes", "난 안 무서워요", "난 안 무서워요", "난 안 무서워요", "말을 못해 죽어"),
    *("그냥 말을 못해", "말을 못해", "살고 싶어", "살고 싶어"),
    *10 * ("우리 반",),
    *100 * ("제 사진",),
    *3 * ("보내래", "기계", "밖에 있어요", "방에 가요", "go home"),
    *("방에 가요", "they ban him", "고"),
)


@pytest.fixture(scope="module")
def mending() -> Iterator[ModuleType]:
    with component("mending") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def mender(mending: ModuleType) -> Any:
    return mending.Mender.learned(LEARNED, {"scarfed": 9.0, **mending.ordinary_words()})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("i am scarwd of him", "i am scared of him"),
        ("i am scraed of him", "i am scared of him"),
        ("i am scard of him", "i am scared of him"),
        ("i am scaared of him", "i am scared of him"),
        ("iam scaredof him", "i am scared of him"),
        ("i am sc ared of him", "i am scared of him"),
        ("협벅해요 무서워요", "협박해요 무서워요"),
        ("사진있어요", "사진 있어요"),
        ("사진벼릅있어요무서워요", "사진 벼릅 있어요 무서워요"),
        ("사진후크있어요무서워요", "사진 후크 있어요 무서워요"),
        ("mymomqzxvknowshehasme", "my mom qzxv knows he has me"),
        ("a colf bath", "a cold bath"),
        ("a vold bath", "a cold bath"),
        ("my vold shoes", "my bold shoes"),
        ("마를모태 무서워요", "말을 못해 무서워요"),
        ("내일 까지 보내래요", "내일까지 보내래요"),
        ("내까일지 보내래요", "내일까지 보내래요"),
        ("내일까까까지 보내래요", "내일까지 보내래요"),
        ("업써 무서워요", "없어 무서워요"),
        ("협바캐 무서워요", "협박해 무서워요"),
        ("떼려써 무서워요", "때렸어 무서워요"),
        ("떼려서 무서워요", "때려서 무서워요"),
        ("ㅅㅈ 보냈어요", "사진 보냈어요"),
        ("ㅂㅇ 있어요", "밖에 있어요"),
        ("ㅂㅇ 가요", "방에 가요"),
        ("ㅂㅇ ㄱ요", "ㅂㅇ ㄱ요"),
        ("ㅂㅇ 잇어요", "밖에 있어요"),
        ("sajin 보냈어요", "사진 보냈어요"),
        ("je 사진", "제 사진"),
        ("우리 ban 사진", "우리 반 사진"),
        ("사진진있어요", "사진 있어요"),
        ("무서워요요", "무서워요"),
        ("사사사진을 보냈어요", "사진을 보냈어요"),
        ("사진을 보보보냈어요", "사진을 보냈어요"),
        ("무서워요오오", "무서워요"),
        ("보내래애 없어어 사진", "보내래 없어 사진"),
        ("he ha my pictures", "he has my pictures"),
        ("ㅇㅇ 무서어요ㅠㅠ", "ㅇㅇ 무서워요ㅠㅠ"),
    ],
)
def test_one_mistake_in_a_known_word_is_read_past(mender: Any, typed: str, meant: str) -> None:
    assert mender.mend(typed) == meant


@pytest.fixture(scope="module")
def bilingual(mending: ModuleType) -> Any:
    learned = (*100 * ("안 그런 거",), *99 * ("돈 앞에",), *50 * ("an apple", "one man"), "만")
    return mending.Mender.learned(learned, {"geo": 9.0, "don": 9.0, "ape": 9.0})


@pytest.mark.parametrize(
    ("typed", "meant"), [("an 그런 거", "안 그런 거"), ("그런geo 안", "그런 거 안")]
)
def test_a_common_korean_word_in_latin_letters_is_read_amid_hangul(
    bilingual: Any, typed: str, meant: str
) -> None:
    assert bilingual.mend(typed) == meant


@pytest.mark.parametrize("text", ["an apple", "don 그런 거", "ape 그런 거", "man 그런 거"])
def test_an_english_word_stays_without_hangul_or_where_no_korean_one_is_far_commoner(
    bilingual: Any, text: str
) -> None:
    assert bilingual.mend(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "i scarfed pizza",
        "qwzxv",
        "ㅋㅋ",
        "할머니 생신 ㅋㅋ",
        "ㅋㅎ 할머니",
        "주거 할머니",
        "시름 할머니",
        "줄이고 할머니",
        "사지늘 할머니",
        "빛 할머니",
        "당당하고 할머니",
        "살고시퍼 할머니",
        "나난 할머니",
        "도난 할머니",
        "살자 할머니",
        "죽미 할머니",
        "ㅂㅇ 할머니",
        "go 할머니",
        "don't 할머니",
        "그동안안 할머니",
        "뚝뚝 할머니",
        "ㅈㅎ 할머니",
        "아빠가 팼어",
        "i am raped",
        "사진지늘 할머니",
        "보라색이 할머니",
        "기계에 할머니",
        "mymomqzxvknowsme",
        "",
        "112!!",
    ],
)
def test_what_is_not_near_a_known_word_stays(mender: Any, text: str) -> None:
    assert mender.readings(text) == [text]


def test_a_mistake_is_read_past_where_all_spaces_are_lost_too(mender: Any) -> None:
    assert mender.mend("iamsoscardofhim") == "i am so scared of him"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("iamscredofhm", "i am scared of hm"),
        ("보여달레요사진", "보여 달레요 사진"),
    ],
)
def test_what_looks_like_no_word_is_read_only_eagerly(mender: Any, typed: str, meant: str) -> None:
    assert mender.mend(typed) == typed
    assert mender.readings(typed)[-1] == meant


def test_a_text_that_is_clear_has_one_reading(mender: Any) -> None:
    assert mender.readings("i am scarwd of him") == ["i am scared of him"]


def test_a_text_that_is_not_clear_has_two_readings_the_careful_one_first(mender: Any) -> None:
    assert mender.readings("iamscredofhm") == ["iamscredofhm", "i am scared of hm"]


def test_words_are_found_by_what_is_left_of_them_without_one_letter(
    mending: ModuleType,
) -> None:
    words = ("scared", "scary", "scars", "pictures")
    near = sys.modules["components.spelling"]._Near(words)

    found = {typed: near.of(typed) for typed in ("scard", "scared", "picturs", "zzz")}

    assert found["scard"] >= {"scared", "scary", "scars"}
    assert "scared" in found["scared"]
    assert found["picturs"] == {"pictures"}
    assert found["zzz"] == set()


def test_a_lost_space_costs_less_only_where_spaces_are_few(mending: ModuleType) -> None:
    usual = mending.LATIN.lost("i amscared of him")
    assert mending.LATIN.lost("iamscaredofhim") < usual == mending.LATIN.lost_space


@pytest.mark.parametrize(
    ("text", "share"),
    [("i am 'so' scared", 0.0), ("qwzxv", 1.0), ("사진 쀍뎔뇌", 3 / 5), ("112!!", 0.0), ("", 0.0)],
)
def test_a_text_is_as_strange_as_the_share_of_its_letters_in_unknown_words(
    mender: Any, text: str, share: float
) -> None:
    assert mender.strange(text) == pytest.approx(share)


def test_no_training_sentence_is_read_as_another(
    mending: ModuleType, hangul: ModuleType, training: list[Sentence]
) -> None:
    some = [sentence.text for sentence in training[::5]]
    mender = mending.Mender.learned(some, {})

    changed = [text for text in some if mender.mend(text) != hangul.normalize(text)]

    assert len(changed) <= len(some) // 500  # a single English letter is taken for a slip


def test_a_page_is_not_mended(mender: Any) -> None:
    page = "scarwd " * 100

    assert mender.mend(page) == page.strip()


@given(text=st.text(alphabet=st.sampled_from("ㄱㅅㅏㅠ사진지후크휴 ab'i!1"), max_size=40))
def test_any_mixture_survives(mender: Any, hangul: ModuleType, text: str) -> None:
    read = mender.mend(text)

    assert read == hangul.normalize(read)
    assert len(read) <= 6 * len(text)

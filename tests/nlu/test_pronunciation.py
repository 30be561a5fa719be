"""Words that sound alike have one key, however a child spells them."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.nlu.conftest import component


@pytest.fixture(scope="module")
def pronunciation() -> Iterator[ModuleType]:
    with component("pronunciation") as loaded:
        yield loaded


@pytest.mark.parametrize(
    ("by_ear", "by_rule"),
    [
        ("가타요", "같아요"),
        ("마자요", "맞아요"),
        ("업써요", "없어요"),
        ("안자", "앉아"),
        ("시러", "싫어"),
        ("마나", "많아"),
        ("조은", "좋은"),
        ("안코", "않고"),
        ("추카해", "축하해"),
        ("실타", "싫다"),
        ("멍는", "먹는"),
        ("엄는", "없는"),
        ("왓어", "왔어"),
        ("모르겟는", "모르겠는"),
        ("학꾜", "학교"),
        ("나갈께", "나갈게"),
        ("바께", "밖에"),
        ("예기", "얘기"),
        ("걱정되", "걱정돼"),
        ("중임니다", "중입니다"),
        ("힌색", "흰색"),
        ("베터리", "배터리"),
        ("스웨터", "스왜터"),
        ("임는", "입는"),
        ("맘먹어", "맙먹어"),
        ("무릅", "무릎"),
        ("발바", "밟아"),
        ("달기", "닭이"),
        ("할타", "핥아"),
        ("넉씨", "넋이"),
        ("절머", "젊어"),
        ("닥따", "닦다"),
        ("모타고", "못하고"),
        ("가치", "같이"),
        ("구지", "굳이"),
        ("다처", "다쳐"),
        ("와써", "왔어"),
        ("웬일", "왠일"),
        ("해야대", "해야돼"),
        ("주꼬시퍼", "죽고싶어"),
        ("해따", "했다"),
        ("마찌", "맞지"),
        ("이써", "있어"),
        ("하꾜", "학교"),
        ("자피", "잡히"),
        ("이꼬", "있고"),
        ("일꼬", "읽고"),
        ("지빱", "집밥"),
        ("모써", "못써"),
        ("열락", "연락"),
        ("실라", "신라"),
        ("칼랄", "칼날"),
        ("심니", "심리"),
        ("정니", "정리"),
        ("동닙", "독립"),
        ("혐녁", "협력"),
    ],
)
def test_a_word_spelled_by_ear_sounds_as_the_word_meant(
    pronunciation: ModuleType, by_ear: str, by_rule: str
) -> None:
    assert pronunciation.sound(by_ear) == pronunciation.sound(by_rule)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("그고", "끄고"),
        ("방", "빵"),
        ("자요", "차요"),
        ("강", "간"),
        ("아이", "이이"),
        ("", "아"),
        ("했어", "해서"),
        ("의사", "이사"),
        ("왜이", "예이"),
        ("고앙이", "공앙이"),
        ("하고", "학고"),
        ("입다", "이따"),
        ("집고", "지꼬"),
        ("이꼬", "읽고"),
        ("빨래", "빤내"),
    ],
)
def test_words_that_a_listener_tells_apart_have_two_keys(
    pronunciation: ModuleType, one: str, other: str
) -> None:
    assert pronunciation.sound(one) != pronunciation.sound(other)

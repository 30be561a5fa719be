"""Danger spelled by ear, and words that only look so."""

from datetime import date

import pytest

from bot.dialogue.by_ear import spelled_by_the_book
from bot.dialogue.content import FOLDER
from bot.dialogue.lexicon import lay_words, load_lexicon
from bot.dialogue.risk import screen
from bot.dialogue.wording import normalize
from storage.records import Risk
from tests.bot.dialogue.everyday import EVERYDAY


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("아빠한테 마즌데가 아직 퍼래 ㅠ", "아빠한테 맞은데가 아직 퍼래 ㅠ"),
        ("엄마가 떼린 자리가 아직 아파", "엄마가 때린 자리가 아직 아파"),
        (
            "엄마가 몇일째 안드러와서 동생이랑 라면만 먹어여",
            "엄마가 며칠째 안들어와서 동생이랑 라면만 먹어여",
        ),
        ("아빠가 일주일째 않들어와서 라면만 머거요", "아빠가 일주일째 안들어와서 라면만 먹어요"),
        ("맨날 저를 굼겨요", "맨날 저를 굶겨요"),
        ("밥 챙겨주는 사람이 업써", "밥 챙겨주는 사람이 없어"),
        ("어떤 형이 제워준대", "어떤 형이 재워준대"),
        ("안 보네면 학교에 뿌린대", "안 보내면 학교에 뿌린대"),
        ("나 없써지고 싶어", "나 없어지고 싶어"),
        ("아빠한테 또 마자써", "아빠한테 또 맞았어"),
        ("화장실에 갖혔어", "화장실에 갇혔어"),
        ("아빠가 칼들고 쪼차와", "아빠가 칼들고 쫓아와"),
        ("아빠한테 쪼껴나써", "아빠한테 쫓겨났어"),
        ("모르는 아저씨가 데릴러온데", "모르는 아저씨가 데리러온대"),
        ("아빠가 나 주길꺼래", "아빠가 나 죽일거래"),
    ],
)
def test_danger_spelled_by_ear_is_the_danger_that_is_meant(typed: str, spelled: str) -> None:
    assert screen([typed]) == screen([spelled])
    assert screen([typed]).level >= Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        *("오늘 몇일이야", "밥 다 머것어", "엄마가 방에 드러와서 불 껐어", "사진 찌거 줘서 고마워"),
        *(
            "보건증 떼려면 부모님이랑 가야 돼?",
            "아빠가 학교 끝나고 데릴러 온댔어",
            "숙제가 업서 신난다",
            "엄마가 용돈 주길 거부했어",
            "아빠가 선물 주길 거절했어",
            "할머니가 누나 주긴대",
        ),
    ],
)
def test_words_spelled_by_ear_alone_are_no_alarm(text: str) -> None:
    assert screen([text]).level is Risk.NONE


@pytest.mark.parametrize("text", EVERYDAY)
def test_what_was_spelled_by_the_book_once_stays(text: str) -> None:
    folded = normalize(text).squeezed

    assert spelled_by_the_book(spelled_by_the_book(folded)) == spelled_by_the_book(folded)


def test_words_of_staff_are_heard_as_they_were_typed_there_and_as_they_are_spelled() -> None:
    word = {
        "id": "grandma_gone",
        "level": "high",
        "category": "danger",
        "phrases": ["집에 안드러와"],
        "fires": ["오늘도 집에 안드러와", "오늘도 집에 안 들어와"],
        "quiet": ["집에 왔어"],
        "author": "ann",
        "approver": "bea",
        "date": date(2026, 11, 30),
    }

    laid = lay_words(load_lexicon(FOLDER), "words", [word])

    assert screen(["할머니가 집에 안드러와"], lexicon=laid).rule == "grandma_gone"

"""What a text names is kept as categories, and never as its words."""

import json
from dataclasses import asdict

import pytest

from bot.dialogue.mentions import (
    AgeBand,
    Deadline,
    Evidence,
    Mentions,
    Money,
    Platform,
    Role,
    mentions,
)


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("카톡으로 계속 연락와요", (Platform.KAKAOTALK,)),
        ("오픈챗에서 만났어요", (Platform.KAKAOTALK,)),
        ("인스타 dm 왔는데 텔레로 오래", (Platform.INSTAGRAM, Platform.TELEGRAM)),
        ("디 코 서버에 올라옴", (Platform.DISCORD,)),
        ("라인으로 옮기자고 해요", (Platform.LINE,)),
        ("he found me on insta and wants snap", (Platform.INSTAGRAM, Platform.SNAPCHAT)),
        ("로블록스에서 만난 형", (Platform.GAME,)),
    ],
)
def test_a_platform_is_known_by_its_everyday_names(
    text: str, platforms: tuple[Platform, ...]
) -> None:
    assert mentions(text).platforms == platforms


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("3만원 보내래요", Money.UNDER_100K),
        ("문상 5만원어치 달래", Money.UNDER_100K),
        ("50,000원 입금했어요", Money.UNDER_100K),
        ("10만원 준대요", Money.UNDER_1M),
        ("오십만원 달래요", Money.UNDER_1M),
        ("백만원 안 주면 올린대", Money.FROM_1M),
        ("처음엔 5만원 지금은 200만원", Money.FROM_1M),
        ("돈 준다고 만나재요", Money.MENTIONED),
        ("they want 300 dollars", Money.MENTIONED),
        ("he wants $300", Money.MENTIONED),
        ("$ 300 보내래", Money.MENTIONED),
        ("300불 보내래", Money.MENTIONED),
        ("300달러래요", Money.MENTIONED),
        ("1억 달래요", Money.FROM_1M),
        ("일억 안 주면 올린대", Money.FROM_1M),
        ("3백 보내래", Money.FROM_1M),
        ("삼백 보냈어요", Money.FROM_1M),
        ("처음엔 5만원 지금은 3백", Money.FROM_1M),
    ],
)
def test_an_amount_is_kept_as_a_bucket(text: str, money: Money) -> None:
    assert mentions(text).money is money


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("10분 안에 답하래요", Deadline.HOURS),
        ("오늘까지 보내라고 해요", Deadline.TODAY),
        ("내일까지 시간 준대요", Deadline.DAYS),
        ("10분 안에 답하고 내일까지 돈 보내래", Deadline.HOURS),
        ("he gives me 10 minutes", Deadline.HOURS),
        ("pay by tomorrow", Deadline.DAYS),
    ],
)
def test_the_nearest_deadline_is_kept(text: str, deadline: Deadline) -> None:
    assert mentions(text).deadline is deadline


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("저 초5인데요", AgeBand.ELEMENTARY),
        ("열두 살이에요", AgeBand.ELEMENTARY),
        ("중2예요", AgeBand.MIDDLE),
        ("열다섯인데 어떡해요", AgeBand.MIDDLE),
        ("17살 남자예요", AgeBand.HIGH),
        ("i'm 14 and he is 25", AgeBand.MIDDLE),
        ("저는 고1인데 대학생이 사귀재요", AgeBand.HIGH),
        ("상대는 서른 살 아저씨예요", AgeBand.ADULT),
        ("나이는 말하기 싫어요", AgeBand.UNKNOWN),
    ],
)
def test_the_youngest_age_that_is_named_is_kept_as_a_band(text: str, band: AgeBand) -> None:
    assert mentions(text).age_band is band


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("모르는 오빠가 사진 달래요", (Role.STRANGER,)),
        ("아는 선배가 그랬어요", (Role.ACQUAINTANCE,)),
        ("같은 반 남자가 올렸어요", (Role.CLASSMATE,)),
        ("전남친이 갖고 있어요", (Role.PARTNER,)),
        ("새아빠가 찍었어요", (Role.FAMILY,)),
        ("경찰이라면서 연락왔어요", (Role.OFFICIAL,)),
        ("a boy in my class has it", (Role.CLASSMATE,)),
    ],
)
def test_a_person_is_kept_as_a_role(text: str, roles: tuple[Role, ...]) -> None:
    assert mentions(text).roles == roles


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("캡처해 놨어요", (Evidence.CHAT,)),
        ("사진이랑 링크 있어요", (Evidence.IMAGE, Evidence.LINK)),
        ("그 사람 아이디만 알아요", (Evidence.ACCOUNT,)),
        ("송금내역이 남아있어요", (Evidence.PAYMENT,)),
        ("i saved screenshots and his username", (Evidence.CHAT, Evidence.ACCOUNT)),
    ],
)
def test_a_trace_is_kept_as_its_kind(text: str, evidence: tuple[Evidence, ...]) -> None:
    assert mentions(text).evidence == evidence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "이만 갈게요",
        "안녕하세여 친구가 알려줬어요",
        "제가 나쁜 애인가요",
        "좋은 아이디어 있어요",
        "그만하고 싶어",
        "천만에요",
        "돈까스 먹고 싶다",
        "온라인으로 수업해요",
        "제일 억울해요",
        "추억이 기억 안 나",
        "3백일 기념",
        "종이백 줄까",
        "17 불안해요",
        "조회수 1억뷰",
        "경찰에 신고하면 어떻게 돼요",
        "남자친구 있냐고 물어봐요",
        "2학년 3반이고 시험이 5일 남았어요",
        "i have 2 hours of homework",
    ],
)
def test_everyday_words_name_nothing(text: str) -> None:
    assert mentions(text) == Mentions()


def test_no_word_and_no_number_of_the_text_is_kept() -> None:
    kept = json.dumps(asdict(mentions("김가람 010-1234-5678 gaeul_17 한빛중 2학년 73만원 입금")))
    assert not [word for word in ("가람", "1234", "gaeul", "한빛", "73") if word in kept]


def test_codes_name_kind_and_category() -> None:
    found = mentions("중2인데 텔레에서 모르는 사람이 오늘까지 50만원 보내래 아이디 있어요")
    assert found.codes() == (
        "money:under_1m",
        "deadline:today",
        "age_band:middle",
        "platform:telegram",
        "role:stranger",
        "evidence:account",
    )


def test_a_text_that_names_nothing_has_no_codes() -> None:
    assert mentions("무서워요").codes() == ()

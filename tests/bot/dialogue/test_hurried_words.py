"""Danger typed in a hurry, and answers that must not be the wrong ones."""

import tomllib

import pytest

from bot.dialogue.content import FOLDER
from bot.dialogue.policy import decide
from bot.dialogue.risk import screen
from bot.dialogue.wording import fold_tails, normalize
from storage.records import AskReason, Risk
from tests.bot.dialogue.everyday import EVERYDAY, NEGATED, WORRIED
from tests.bot.dialogue.examples import HIGH, IMMINENT
from tests.bot.dialogue.turns import CONTENT, QUEUED, said, turn

EXAMPLES = [*IMMINENT, *HIGH, *EVERYDAY, *NEGATED, *WORRIED]


def hurried(text: str) -> str:
    """The same words with ㅅ for every final ㅆ, as many young people type."""
    return fold_tails(text)


@pytest.mark.parametrize(
    "text",
    [
        *("오늘 배고파 주글거같아", "방금 저주글게시판 봄", "오늘 축하해주글게"),
        *("저주글까지 올라옴", "동생한테 빵 주꼬시퍼", "안아 주꼬시퍼"),
        *("선물! 주꼬시퍼", "놀아 주글거예요"),
        *("급식이 없어지고 시켜먹음", "학원이 없어지고 시퍼런 건물", "여기 살기시러"),
    ],
)
def test_what_only_sounds_like_words_of_dying_is_no_alarm(text: str) -> None:
    assert screen([text]).level is Risk.NONE


@pytest.mark.parametrize(
    ("typed", "spelled", "level"),
    [
        ("i wnt 2 die", "i want to die", Risk.HIGH),
        ("wanna b ded", "wanna be dead", Risk.HIGH),
        ("i wana die my mom hates me", "i wanna die my mom hates me", Risk.HIGH),
        ("want2die", "want to die", Risk.HIGH),
        ("wan na just die", "wanna just die", Risk.HIGH),
        ("kill my slef", "kill myself", Risk.HIGH),
        ("나 sucidal", "나 suicidal", Risk.HIGH),
        ("gona kil mysef rn", "gonna kill myself right now", Risk.IMMINENT),
        ("i wana die tonite", "i wanna die tonight", Risk.IMMINENT),
        ("my friend wants 2 kil herslef", "my friend wants to kill herself", Risk.IMMINENT),
        ("im not gona kil mysef", "im not gonna kill myself", Risk.LOW),
        ("so bored i wana die", "so bored i wanna die", Risk.NONE),
        ("kil myself in minecraft", "kill myself in minecraft", Risk.NONE),
    ],
)
def test_words_of_dying_typed_in_a_hurry_are_those_they_are_meant_for(
    typed: str, spelled: str, level: Risk
) -> None:
    assert screen([typed]) == screen([spelled])
    assert screen([typed]).level is level


@pytest.mark.parametrize(
    "text", ["they keep killing my elf", "want 2 eat", "i wan a die for dnd", "jst got a puppy rn"]
)
def test_hurried_words_alone_are_no_alarm(text: str) -> None:
    assert screen([text]).level is Risk.NONE


@pytest.mark.parametrize("text", [text for text in EXAMPLES if hurried(text) != text])
def test_every_example_is_the_same_in_both_spellings(text: str) -> None:
    assert hurried(text) not in EXAMPLES
    assert screen([hurried(text)]) == screen([text])


def test_every_typed_command_is_the_same_in_both_spellings() -> None:
    table = tomllib.loads((FOLDER / "commands.toml").read_text(encoding="utf-8"))
    for command in table["command"]:
        for text in command["exact"]:
            assert CONTENT.resolve_payload(hurried(text)) == CONTENT.resolve_payload(text)
            assert CONTENT.resolve_payload(text) is not None


def test_every_final_double_letter_is_folded_and_nothing_else_moves() -> None:
    assert fold_tails("했었겠만졌쳤") == "햇엇겟만젓첫"
    assert fold_tails("가짜 진짜 죽고 싶어 힣") == "가짜 진짜 죽고 싶어 힣"
    assert normalize("그었어").squeezed == normalize("그엇어").squeezed


@pytest.mark.parametrize(
    ("text", "level", "category"),
    [
        ("약먹엇어 마니", Risk.IMMINENT, "self_harm"),
        ("주꼬시퍼 아무한태도 말모태", Risk.HIGH, "self_harm"),
        ("나 살기시러", Risk.HIGH, "self_harm"),
        ("힘들어주꼬시퍼", Risk.HIGH, "self_harm"),
        ("나 너무 주꼬 시퍼", Risk.HIGH, "self_harm"),
        ("엄마때문에 주글 거예요", Risk.HIGH, "self_harm"),
        ("업써지고시퍼", Risk.HIGH, "self_harm"),
        ("걍 주글래요", Risk.HIGH, "self_harm"),
        ("오늘빰에 주글꺼애요", Risk.IMMINENT, "self_harm"),
        ("지금 주꼬시퍼", Risk.IMMINENT, "self_harm"),
        ("약먹었어 많이", Risk.IMMINENT, "self_harm"),
        ("약 한움큼 먹었어요", Risk.IMMINENT, "self_harm"),
        ("오빠가 내 몸 만젓어", Risk.HIGH, "assault"),
        ("나는 남자인데 당햇어", Risk.HIGH, "assault"),
        ("당했어요", Risk.HIGH, "assault"),
        ("새아빠가 밤에 방에 들어와요", Risk.HIGH, "assault"),
        ("step dad comes in my room at nite", Risk.HIGH, "assault"),
        ("문상 5만원주면 지워준대 줘야되?", Risk.HIGH, "sextortion"),
        ("게이인거 아웃팅한대", Risk.HIGH, "sextortion"),
        ("부모님한테 다 말한대", Risk.HIGH, "sextortion"),
        ("pay 50 dollars or no he wont delete it", Risk.HIGH, "sextortion"),
        ("임신한거같아", Risk.HIGH, "pregnancy"),
        ("지워주는대신 돈달래", Risk.HIGH, "sextortion"),
        ("밤에 새아빠가 방에 들어와", Risk.HIGH, "assault"),
        ("그엇어", Risk.HIGH, "self_harm"),
        ("맞앗어", Risk.LOW, "worry"),
    ],
)
def test_danger_that_had_no_rule_has_one(text: str, level: Risk, category: str) -> None:
    found = screen([text])

    assert (found.level, found.category) == (level, category)


@pytest.mark.parametrize(
    "text",
    [
        *EVERYDAY,
        "사기 당했어",
        "감기약 많이 먹었어",
        "밥 많이 먹었어",
        "엄마가 방에 들어와서 혼났어",
        "숙제 안하면 엄마한테 말한대",
        "비타민 다 먹었어",
        "돈 주면 게임 아이템 준대",
        "아빠가 자꾸 내방에 들어와서 공부하래",
    ],
)
def test_everyday_words_stay_quiet_in_both_spellings(text: str) -> None:
    assert screen([text]).level <= Risk.LOW
    assert screen([hurried(text)]).level <= Risk.LOW


def test_a_sure_rule_outweighs_the_classifiers_guess() -> None:
    told = decide(turn("he raped me", intent="danger_now", confidence=0.5), CONTENT)

    assert told.memory.last is not None
    assert told.memory.last.startswith("assault")
    assert told.ask is AskReason.CRISIS


@pytest.mark.parametrize("text", ["지금 옆에 누가 있어", "옆에 아빠 이써", "엄마가 폰 보고있어요"])
def test_somebody_at_their_side_shows_nothing_on_the_screen(text: str) -> None:
    answer = said(decide(turn(text, intent="danger_now"), CONTENT))

    assert "112" not in answer
    assert "위험" not in answer
    assert "상담" not in answer


def test_whoever_made_a_fake_is_not_thanked_as_a_friend_nor_called_the_one_harmed() -> None:
    told = decide(turn("내가 친구 사진으로 합성햇어", intent="deepfake_friend"), CONTENT)
    law = decide(turn("나 감옥가?", intent="police_law", memory=told.memory), CONTENT)

    assert told.memory.last is not None
    assert told.memory.last.startswith("deepfake_made")
    assert "피해자" not in said(law)
    assert "상담사" in said(law)


def test_a_start_is_the_menu_and_no_mistake() -> None:
    assert decide(turn("/start", intent="correction"), CONTENT).memory.last in {"menu.1", "menu.2"}


@pytest.mark.parametrize(
    "text",
    [
        "친구가 죽고 싶대요",
        "동생이 자해한대",
        "친구가 자해했어요",
        "친구가 손목을 그어요",
        "친구가 유서 썼대",
        "친구가 약 많이 먹었대",
        "친구가 옥상에 올라갔어요 어떡해요",
        "my friend says she wants to kill herself",
        "my friend is cutting herself",
    ],
)
def test_a_friends_words_are_not_taken_for_the_writers_own(text: str) -> None:
    decision = decide(turn(text, intent="self_harm"), CONTENT)

    assert decision.memory.last is not None
    assert decision.memory.last.startswith("friend_self_harm")
    assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize(
    "text",
    [
        "친구가 괴롭혀서 죽고 싶어요",
        "친구가 없어서 죽고싶다고 생각해요",
        "친구가 없어서 자해했어",
        "my friend told me i should kill myself",
    ],
)
def test_the_writers_own_words_stay_their_own_beside_a_friend(text: str) -> None:
    assert screen([text]).category == "self_harm"


def test_worry_about_a_friend_stays_a_friends_in_the_next_words() -> None:
    told = decide(turn("친구가 죽고 싶대"), CONTENT)
    asked = decide(turn("어떡해", intent="self_harm", memory=told.memory, state=QUEUED), CONTENT)
    own = decide(turn("나도 죽고 싶어", memory=told.memory, state=QUEUED), CONTENT)

    assert all(word in said(told) for word in ("112", "109", "곁에", "어른"))
    assert str(asked.memory.last).startswith("friend_self_harm")
    assert str(own.memory.last).startswith("self_harm")

"""What the layers of the risk screen add to one another."""

import pytest

from bot.dialogue.cues import spelled
from bot.dialogue.risk import AT_ONCE, RECENT, SHORT, screen
from bot.dialogue.turn import GUESS, Screening
from bot.messages import Danger, NluResult
from storage.records import Risk

VAGUE = "그 일 때문에 좀 그래"


def test_the_old_call_still_works() -> None:
    assert screen(["안녕"]) == Screening()
    assert screen(("죽고", "싶어")).level >= Risk.HIGH


def heard(intent: str, high: float, imminent: float = 0.0) -> NluResult:
    """What the language service says of a text it takes for `intent`."""
    return NluResult(intent, 0.9, ((intent, 0.9),), Danger(high, imminent))


@pytest.mark.parametrize(
    ("intent", "category"),
    [
        ("self_harm", "self_harm"),
        ("danger_now", "danger"),
        ("sextortion", "sextortion"),
        ("runaway_helper", "runaway"),
        ("worried_friend", "threat"),
    ],
)
def test_a_service_that_fears_danger_raises_what_no_rule_knows(intent: str, category: str) -> None:
    assert screen([VAGUE]).level < Risk.HIGH
    found = screen([VAGUE], nlu=heard(intent, 0.5))
    assert found == Screening(Risk.HIGH, category, f"nlu_{intent}")


def test_a_service_that_fears_the_worst_makes_it_imminent() -> None:
    assert screen([VAGUE], nlu=heard("danger_now", 0.9, AT_ONCE)).level is Risk.IMMINENT


def test_the_category_is_that_of_the_likeliest_danger() -> None:
    ranking = (("scared", 0.4), ("runaway_helper", 0.3), ("grooming", 0.2))
    found = screen([VAGUE], nlu=NluResult("scared", 0.4, ranking, Danger(0.9, 0.0)))

    assert (found.category, found.rule) == ("runaway", "nlu_runaway_helper")


def test_a_service_that_does_not_speak_of_danger_adds_nothing() -> None:
    assert screen([VAGUE], nlu=NluResult("sextortion", 0.99)) == screen([VAGUE])


BROAD = "협박당하고 있어요"


def test_the_more_a_text_is_taken_for_talk_the_more_danger_the_service_must_fear() -> None:
    assert screen([VAGUE], nlu=heard("scared", 0.3)).level is Risk.HIGH
    assert screen([VAGUE], nlu=heard("smalltalk", 0.3)).level < Risk.HIGH
    assert screen([VAGUE], nlu=heard("smalltalk", 0.9)).level is Risk.HIGH


def test_what_the_service_nearly_fears_is_asked_about_gently() -> None:
    asked = screen([VAGUE], nlu=heard("smalltalk", 0.5))

    assert asked == Screening(Risk.LOW, "worry", f"{GUESS}smalltalk")
    assert screen([VAGUE], nlu=heard("smalltalk", 0.1)) == screen([VAGUE])


@pytest.mark.parametrize("intent", ["removal", "parents", "grooming"])
def test_what_asks_for_something_and_is_nearly_feared_is_answered(intent: str) -> None:
    ranking = ((intent, 0.5), ("smalltalk", 0.4))

    found = screen([VAGUE], nlu=NluResult(intent, 0.5, ranking, Danger(0.35, 0.0)))

    assert found == screen([VAGUE])


def test_broad_words_in_which_the_service_sees_no_danger_are_low() -> None:
    assert screen([BROAD]).level is Risk.HIGH

    doubted = screen([BROAD], nlu=heard("smalltalk", 0.0))

    assert (doubted.level, doubted.category) == (Risk.LOW, "sextortion")


@pytest.mark.parametrize("before", [["안녕"], ["오늘 비 와요", "급식 돈까스 나왔어"]])
def test_doubted_words_stay_doubted_whatever_was_said_before(before: list[str]) -> None:
    calm = heard("smalltalk", 0.0)

    assert screen([BROAD], nlu=calm, recent=before) == screen([BROAD], nlu=calm)
    assert screen([BROAD], recent=before) == screen([BROAD])


@pytest.mark.parametrize(
    "new",
    ["지하철에서 졸다가 두 정거장 지나침 아직 해 쨍쨍함", "이제 엄마랑 사진관 가야 돼서 나갈게요~"],
)
def test_old_words_make_no_danger_of_what_is_surely_mere_talk(new: str) -> None:
    before = ["내일 비 온대요"]

    assert screen([new], recent=before).level >= Risk.HIGH
    assert screen([new], nlu=heard("smalltalk", 0.0), recent=before).level < Risk.HIGH
    assert screen([new], nlu=heard("smalltalk", 0.1), recent=before).level >= Risk.HIGH


def test_a_farewell_after_words_of_a_roof_is_imminent_though_it_is_mere_talk_alone() -> None:
    found = screen(["안녕"], nlu=heard("greet", 0.0), recent=["나 지금 옥상"])

    assert found.level is Risk.IMMINENT


def test_what_only_old_and_doubted_new_words_tell_together_is_an_alarm() -> None:
    found = screen([f"싶어요 {BROAD}"], nlu=heard("smalltalk", 0.0), recent=["정말 죽고"])

    assert (found.level >= Risk.HIGH, found.category) == (True, "self_harm")


def test_doubted_words_that_are_nearly_feared_are_asked_about_gently() -> None:
    asked = screen([BROAD], nlu=heard("smalltalk", 0.4))

    assert asked == Screening(Risk.LOW, "sextortion", f"{GUESS}smalltalk")


def test_our_words_are_doubted_into_mere_talk_by_a_service_alone_that_is_nearly_sure() -> None:
    hardly = NluResult("smalltalk", 0.8, (("smalltalk", 0.8),), Danger(0.02, 0.001))
    surely = NluResult("smalltalk", 0.99, (("smalltalk", 0.99),), Danger(0.003, 0.001))

    assert screen([BROAD], nlu=hardly).is_guess
    assert not screen([BROAD], nlu=surely).is_guess
    assert not screen([VAGUE], nlu=hardly).is_guess


@pytest.mark.parametrize(
    "intent", ["erase", "confidentiality", "is_this_real", "affirm", "deny", "correction", "thanks"]
)
def test_what_asks_or_answers_something_is_answered_though_words_of_danger_are_doubted(
    intent: str,
) -> None:
    sure = NluResult(intent, 0.9, ((intent, 0.9),), Danger(0.012, 0.002))

    doubted = screen([BROAD], nlu=sure)

    assert (doubted.level, doubted.is_guess) == (Risk.LOW, False)


@pytest.mark.parametrize("intent", ["greet", "abusive", "confidentiality"])
def test_whatever_talk_doubted_words_are_taken_for_they_are_asked_about_gently(intent: str) -> None:
    assert screen([BROAD], nlu=heard(intent, 0.4)).is_guess
    assert screen([VAGUE], nlu=heard(intent, 0.5)) == screen([VAGUE])


def test_words_of_danger_and_the_fear_of_the_service_add_up() -> None:
    assert screen([VAGUE], nlu=heard("scared", 0.15)).level < Risk.HIGH
    assert screen([BROAD], nlu=heard("scared", 0.15)) == screen([BROAD])


GRAVE = [
    "지금 옥상이에요 뛰어내릴 거예요",
    "죽고 싶어요",
    "already drank half the bottle of bleach",
]


@pytest.mark.parametrize("text", GRAVE)
def test_about_the_writers_own_death_the_service_must_be_surer(text: str) -> None:
    assert screen([text]).level >= Risk.HIGH
    assert screen([text], nlu=heard("smalltalk", 0.3)) == screen([text])
    assert screen([BROAD], nlu=heard("smalltalk", 0.3)).level is Risk.LOW
    assert screen([text], nlu=heard("scared", 0.02)) == screen([text])

    assert screen([text], nlu=heard("smalltalk", 0.0)).level is Risk.LOW


@pytest.mark.parametrize("text", [*GRAVE, BROAD])
def test_in_a_long_text_the_service_lowers_nothing(text: str) -> None:
    long = [text, "음 " * (SHORT // 2)]

    assert screen(long, nlu=heard("smalltalk", 0.0)) == screen(long)
    assert screen(long).level >= Risk.HIGH


def test_dying_spelled_by_ear_is_not_lowered() -> None:
    found = screen(["나 너무 주꼬시퍼"], nlu=heard("smalltalk", 0.0))
    assert (found.level, found.category) == (Risk.HIGH, "self_harm")


def test_what_only_a_keyboard_left_in_english_spells_is_not_lowered() -> None:
    typed = "wnrrh tlvdj"  # 죽고 싶어

    assert screen([typed], nlu=heard("smalltalk", 0.0)) == screen([typed])


@pytest.mark.parametrize(
    ("recent", "now"),
    [
        (["안 보내면"], "다 뿌린대"),
        (["모르는 오빠랑 얘기했는데", "내 얼굴을"], "보여달래"),
        (["나 지금 옥상이야"], "이제 그만할래"),
    ],
)
def test_the_last_turns_and_the_new_words_are_read_together(recent: list[str], now: str) -> None:
    assert screen([now]).level < screen([now], recent=recent).level


def test_what_was_said_before_does_not_raise_the_alarm_again() -> None:
    assert screen(["네"], recent=["죽고 싶어요"]).level is Risk.NONE
    assert screen(["고마워요"], recent=["지금 안보내면 다 뿌린대요"]).level is Risk.NONE


def test_only_the_last_few_turns_are_read() -> None:
    old = ["안 보내면", *["음"] * RECENT]

    assert screen(["다 뿌린대"], recent=old) == screen(["다 뿌린대"])


@pytest.mark.parametrize(
    "text",
    [
        "wnrrh tlvdj",  # typed with the keyboard left in English
        "죽고시포요",
        "쥭고십어",
        "협박당ㅎㅐㅆㅇㅓ",
        "사진게속보네래 모르는사람이",
        "약 ㅁㅏㄴㅎㅇㅣ 먹었어",
        "ㅈㄱ 하자고 디엠 옴",
        "가츌햇는데 갈대가업어요",
        "jukgo sipeo",
    ],
)
def test_danger_is_found_however_it_is_typed(text: str) -> None:
    assert screen([text]).level >= Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "시험 망해서 죽고싶다ㅋㅋ",
        "웃겨 죽겠네",
        "게임에서 또 죽음",
        "친구가 여행 사진 보내줘 함",
        "노래 가사가 죽고 싶다는 내용이야",
        "the project is killing me",
        "뉴스에서 협박 사건 봤어",
        "the quick brown fox",
    ],
)
def test_jokes_games_songs_and_news_are_quiet(text: str) -> None:
    assert screen([text]).level < Risk.HIGH


def test_a_joke_beside_danger_hides_nothing() -> None:
    assert screen(["시험 망해서 죽고싶다ㅋㅋ 근데 수면제 모으는 중이야"]).level is Risk.IMMINENT


def test_every_alarm_names_its_rule_and_category() -> None:
    for text in ("디코 오빠가 자꾸 야한 얘기 해", "20분 안에 옷 벗고 찍으래", "another day"):
        found = screen([text])
        assert (found.rule is None) == (found.level is Risk.NONE)
        assert (found.category is None) == (found.level is Risk.NONE)


def test_words_with_choices_are_spelled_out() -> None:
    assert spelled("뿌(린|릴)다") == ("뿌린다", "뿌릴다")
    assert spelled("돈(을|)(줘)") == ("돈을줘", "돈줘")
    assert spelled("돈") == ("돈",)


@pytest.mark.parametrize(
    "text",
    [
        "숙제 때문에 죽을 것 같아",
        "숙제때문에 죽을거같애",
        "배고파 죽겠다 ㅋㅋ",
        "this homework is killing me lol",
    ],
)
def test_a_mere_saying_that_the_service_takes_for_dying_is_asked_about_gently(text: str) -> None:
    for fear in (0.9, 0.1):
        found = screen([text], nlu=heard("self_harm", high=fear, imminent=0.4))

        assert found == Screening(Risk.LOW, "self_harm", f"{GUESS}self_harm")


@pytest.mark.parametrize(
    "text",
    [
        "숙제 때문에 죽고 싶어",
        "숙제 때문에 죽을 것 같아 아빠가 계속 때려",
        "너무 힘들어 더는 못하겠어",
    ],
)
def test_more_than_a_saying_stays_an_alarm(text: str) -> None:
    assert screen([text], nlu=heard("self_harm", high=0.9)).level >= Risk.HIGH


def test_a_saying_beside_other_words_of_the_burst_stays_an_alarm() -> None:
    parts = ["숙제 때문에 죽을 것 같아", "이제 정말 다 그만두고 싶어"]

    assert screen(parts, nlu=heard("self_harm", high=0.9)).level >= Risk.HIGH


def test_a_saying_is_no_excuse_for_another_danger() -> None:
    found = screen(["배고파 죽겠다"], nlu=heard("runaway_helper", high=0.9))

    assert found.level is Risk.HIGH


@pytest.mark.parametrize("text", ["엄마한테 말하면 죽어버릴거야", "들키면 죽어버릴게"])
def test_to_die_when_somebody_is_told_is_no_question_about_parents(text: str) -> None:
    assert screen([text], nlu=heard("parents", high=0.03)).level is Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "드라마 보는데 아빠가 칼 들고 들어왔어 살려줘",
        "숙제 하는데 지금당장 나오래 그 사람이 집 앞에 와있어",
        "게임에서 만난 오빠가 주소 알려달라고 협박해",
    ],
)
def test_danger_that_breaks_into_everyday_life_stays_an_alarm(text: str) -> None:
    assert screen([text], nlu=heard("smalltalk", 0.7)).level >= Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "콘서트 티켓 준다고 모텔로 오래",
        "he told me to come to his hotel room",
        "my mother's boyfriend touch me when she work",
        "엄마가 집에 안 온 지 열흘 넘었고 쌀도 떨어졌어요",
    ],
)
def test_what_is_told_plainly_among_small_talk_is_heard_whatever_the_service_thinks(
    text: str,
) -> None:
    assert screen([text], nlu=heard("smalltalk", 0.0)) == screen([text])
    assert screen([text]).level >= Risk.HIGH


def test_a_joke_alone_never_outweighs_a_service_that_fears() -> None:
    text = "협박당함 ㅋㅋㅋ"

    assert screen([text], nlu=heard("smalltalk", 0.7)).level is Risk.HIGH
    assert screen([text], nlu=heard("smalltalk", 0.1)).level is Risk.LOW


@pytest.mark.parametrize(
    "text",
    [
        "가스 밸브 열어놨어",
        "커터칼 준비해놨어",
        "모텔 앞인데 안 들어가면 올린대",
        "i cut way too deep",
    ],
)
def test_means_at_hand_and_doors_of_harm_are_imminent_without_any_wish(text: str) -> None:
    assert screen([text]).level is Risk.IMMINENT

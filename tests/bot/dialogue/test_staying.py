"""An alarm without a new harm in it goes on with what the talk is about."""

from dataclasses import replace

import pytest

from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.turn import GUESS, Decision, Screening
from bot.messages import NluResult
from storage.records import AskReason, Risk
from tests.bot.dialogue.turns import CONTENT, KNOWN, QUEUED, turn


def about(subject: str) -> Memory:
    return replace(KNOWN, subject=subject, topic=subject, steps={subject: 1})


def answered(decision: Decision) -> str:
    return str(decision.memory.last).rpartition(".")[0]


def feared(intent: str, category: str, level: Risk = Risk.HIGH) -> Screening:
    return Screening(level, category, f"{GUESS}{intent}")


@pytest.mark.parametrize(
    ("subject", "intent", "risk"),
    [
        ("sextortion", "grooming", feared("grooming", "grooming")),
        ("paid_offer", "grooming", feared("grooming", "grooming")),
        ("impersonation", "removal", Screening(Risk.HIGH, "exploitation", "image_demand")),
        ("account_takeover", None, feared("impersonation", "grooming")),
        ("illegal_filming", None, feared("danger_now", "danger")),
        ("worried_friend", "paid_offer", Screening(Risk.HIGH, "exploitation", "paid_exploitation")),
        ("worried_friend", "worried_friend", feared("worried_friend", "threat")),
        ("worried_adult", "grooming", feared("grooming", "grooming")),
    ],
)
def test_fear_without_a_new_harm_goes_on_with_the_talk(
    subject: str, intent: str | None, risk: Screening
) -> None:
    words = "그 사람이 그랬대"

    decision = decide(
        turn(words, intent=intent, risk=risk, memory=about(subject), state=QUEUED), CONTENT
    )

    assert answered(decision) == subject
    assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize(
    ("subject", "intent", "risk", "expected"),
    [
        ("grooming", "sextortion", Screening(Risk.HIGH, "sextortion", "sextortion"), "sextortion"),
        ("grooming", "paid_offer", feared("paid_offer", "exploitation"), "paid_offer"),
        ("scared", "grooming", feared("grooming", "grooming"), "grooming"),
        ("sextortion", None, feared("self_harm", "self_harm"), "self_harm"),
        ("grooming", "danger_now", feared("danger_now", "danger"), "danger_now"),
        ("grooming", None, Screening(Risk.HIGH, "danger", "in_a_car"), "danger_now"),
        ("worried_friend", None, Screening(Risk.HIGH, "self_harm", "dying"), "self_harm"),
        ("grooming", None, feared("grooming", "grooming", Risk.IMMINENT), "threat"),
    ],
)
def test_a_harm_that_is_named_or_a_crisis_is_answered_as_such(
    subject: str, intent: str | None, risk: Screening, expected: str
) -> None:
    decision = decide(
        turn("그 사람이 그랬대", intent=intent, risk=risk, memory=about(subject), state=QUEUED),
        CONTENT,
    )

    assert answered(decision) == expected


def test_who_asks_for_a_friend_and_then_speaks_of_themselves_is_answered_themselves() -> None:
    risk = Screening(Risk.HIGH, "exploitation", "paid_exploitation")

    decision = decide(
        turn("사실 저도 당했어요", intent="paid_offer", risk=risk, memory=about("worried_friend")),
        CONTENT,
    )

    assert answered(decision) == "paid_offer"


def test_a_question_beside_a_guessed_alarm_is_answered() -> None:
    decision = decide(
        turn(
            "엄마가 알게 돼요?", intent="parents", risk=feared("parents", "threat"),
            memory=about("grooming"), state=QUEUED,
        ),
        CONTENT,
    )  # fmt: skip

    assert answered(decision) == "parents"


def test_a_mere_saying_about_dying_is_asked_about_with_numbers_and_without_an_alarm() -> None:
    low = feared("self_harm", "self_harm", Risk.LOW)

    decision = decide(turn("숙제 때문에 죽을 것 같아", intent="self_harm", risk=low), CONTENT)

    assert answered(decision) == "unsure_worry"
    assert "109" in decision.replies[-1].text
    assert decision.ask is None


@pytest.mark.parametrize("idle", ["smalltalk", "out_of_scope"])
def test_idle_talk_that_the_screen_nearly_fears_is_asked_about_and_is_no_crisis(idle: str) -> None:
    low = feared(idle, "worry", Risk.LOW)

    decision = decide(turn("엄마 안 들어온 지 좀 됐어", intent=idle, risk=low), CONTENT)

    assert answered(decision) == "unsure_worry"
    assert decision.ask is None


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        ((("smalltalk", 0.45), ("grooming", 0.4)), "which_worry"),
        ((("watched", 0.9), ("smalltalk", 0.1)), "watched"),
        ((("ask_human", 0.9), ("smalltalk", 0.1)), "asked"),
        ((("confidentiality", 0.9), ("smalltalk", 0.1)), "confidentiality"),
    ],
)
def test_what_is_believed_beside_idle_talk_is_answered_though_it_is_nearly_feared(
    ranking: tuple[tuple[str, float], ...], expected: str
) -> None:
    nearly = turn("그 삼촌이", intent="smalltalk", risk=feared("smalltalk", "worry", Risk.LOW))
    nlu = NluResult("smalltalk", 0.45, ranking)

    assert answered(decide(replace(nearly, nlu=nlu), CONTENT)) == expected


@pytest.mark.parametrize("asked", ["police_law", "removal"])
def test_what_is_asked_is_answered_beside_a_guessed_alarm_where_that_names_a_number(
    asked: str,
) -> None:
    decision = decide(turn("그거 어떻게 해요", intent=asked, risk=feared(asked, "threat")), CONTENT)

    assert answered(decision) == asked
    assert decision.ask is AskReason.CRISIS


def test_who_asks_the_same_again_beside_a_guessed_alarm_gets_numbers_again() -> None:
    told = Memory(introduced=True, steps={"police_law": 1})
    risk = feared("police_law", "threat")

    decision = decide(turn("그럼요?", intent="police_law", risk=risk, memory=told), CONTENT)

    assert answered(decision) == "threat"

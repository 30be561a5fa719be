"""Somebody cannot be woken or does not breathe: the ambulance first, and the talk stays with it."""

import re
from dataclasses import replace

import pytest

from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.reading_level import Band
from bot.dialogue.turn import GUESS, Screening
from storage.records import AskReason, ConversationState, Language, Risk
from tests.bot.dialogue.turns import BOT, CONTENT, KNOWN, QUEUED, said, turn

TOLD = replace(KNOWN, subject="medical", last="medical.1", steps={"medical": 1})
FRIEND = replace(
    KNOWN, subject="friend_self_harm", last="friend_self_harm.1", steps={"friend_self_harm": 1}
)
STATES = pytest.mark.parametrize("state", [BOT, QUEUED])


def last(memory: Memory) -> str:
    return str(memory.last).rpartition(".")[0]


def feared(intent: str, category: str, level: Risk = Risk.HIGH) -> Screening:
    return Screening(level, category, f"{GUESS}{intent}")


@pytest.mark.parametrize(
    ("text", "after"),
    [("엄마가 안 일어나 흔들어도", "어떡해"), ("my mum wont wake up hlp", "what do i do")],
)
def test_whoever_cannot_wake_somebody_hears_of_the_ambulance_and_a_person_comes(
    text: str, after: str
) -> None:
    guessed = turn(text, intent="self_harm")

    first = decide(guessed, CONTENT)
    then = decide(turn(after, intent="danger_now", state=QUEUED, memory=first.memory), CONTENT)

    assert (first.ask, first.risk) == (AskReason.CRISIS, Risk.IMMINENT)
    assert "119" in said(first)
    assert "109" not in said(first)
    assert "119" in said(then)


def test_a_rule_opens_another_crisis_whoever_could_not_be_woken() -> None:
    then = decide(turn("아빠가 칼 들고 쫓아와", state=QUEUED, memory=TOLD), CONTENT)

    assert last(then.memory) == "danger_now"


@pytest.mark.parametrize("level", [Risk.HIGH, Risk.IMMINENT])
@pytest.mark.parametrize(
    ("text", "intent", "category"),
    [
        ("숨도 이상해", "danger_now", "danger"),
        ("입술이 파래", "scared", "threat"),
        ("몸이 차가워졌어", "worried_adult", "threat"),
        ("아직 안 움직여", "smalltalk", "threat"),
    ],
)
@pytest.mark.parametrize("confidence", [0.9, 0.1])
def test_fear_that_names_no_harm_stays_with_who_cannot_be_woken(
    text: str, intent: str, category: str, level: Risk, confidence: float
) -> None:
    heard = turn(text, intent=intent, confidence=confidence, state=QUEUED, memory=TOLD)

    decision = decide(replace(heard, risk=feared(intent, category, level)), CONTENT)

    assert decision.memory.last == "medical.2"
    assert (decision.ask, decision.topic) == (AskReason.CRISIS, "medical")


def test_fear_of_a_harm_that_is_named_leads_on_to_it() -> None:
    fear = feared("sextortion", "sextortion")

    decision = decide(
        turn("그 사람이 그랬대", intent="sextortion", memory=TOLD, risk=fear), CONTENT
    )

    assert decision.topic == "sextortion"


@pytest.mark.parametrize(
    ("intent", "risk"),
    [
        ("self_harm", Screening()),
        ("self_harm", feared("self_harm", "self_harm")),
        (None, feared("self_harm", "self_harm")),
        (None, feared("self_harm", "self_harm", Risk.IMMINENT)),
    ],
)
def test_a_guess_at_their_own_death_names_both_numbers_and_forgets_nobody(
    intent: str | None, risk: Screening
) -> None:
    heard = turn("shes still not moving", intent=intent, memory=TOLD, risk=risk, state=QUEUED)

    decision = decide(heard, CONTENT)

    assert "119" in said(decision)
    assert "109" in said(decision)
    assert (decision.ask, decision.topic) == (AskReason.CRISIS, "medical")


def test_who_says_that_they_want_to_die_as_well_is_answered_themselves() -> None:
    decision = decide(turn("나도 죽고 싶어", memory=TOLD, state=QUEUED), CONTENT)

    assert decision.topic == "self_harm"


def test_who_worries_about_a_friend_and_may_speak_of_themselves_is_answered_themselves() -> None:
    fear = feared("self_harm", "self_harm")

    decision = decide(turn("저도 이제 지쳐요", memory=FRIEND, risk=fear), CONTENT)

    assert decision.topic == "self_harm"


@STATES
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("아니 못해", "deny"),
        ("무서워", "scared"),
        ("어떡해", "what_next"),
        ("제 잘못이에요", "blame"),
        ("아빠가 알면 어떡해", "parents"),
        ("술을 많이 마셨어", "worried_friend"),
        ("바닥에 있어", "out_of_scope"),
    ],
)
def test_no_lesson_and_no_place_in_line_for_whoever_cannot_wake_somebody(
    text: str, intent: str, state: ConversationState
) -> None:
    decision = decide(turn(text, intent=intent, memory=TOLD, state=state), CONTENT)

    assert decision.memory.last == "medical.2"
    assert decision.topic == "medical"


@STATES
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("네", "affirm"),
        ("네 전화했어요", "affirm"),
        ("119에 신고했어요", "police_law"),
        ("구급차 온대", "smalltalk"),
        ("엄마 일어났어요", "smalltalk"),
        ("미안해요 이제 깼어요", "scared"),
        ("다행히 괜찮아졌어", "thanks"),
        ("yes i called", "affirm"),
        ("she woke up", "smalltalk"),
        ("shes awake", "out_of_scope"),
        ("the ambulance is coming", "what_next"),
    ],
)
def test_whoever_called_or_tells_of_waking_hears_to_stay_on_the_phone_and_to_have_it_looked_at(
    text: str, intent: str, state: ConversationState
) -> None:
    decision = decide(turn(text, intent=intent, memory=TOLD, state=state), CONTENT)

    assert last(decision.memory) == "medical_called"
    assert "119" in said(decision)
    assert decision.topic == "medical"


@pytest.mark.parametrize("intent", ["scared", "deny", "none"])
@pytest.mark.parametrize(
    "text",
    [
        "아직 안 깼어요",
        "못 일어났어",
        "깼으면 좋겠어",
        "전화했는데 안 받아",
        "무슨 일이 일어났는지 모르겠어",
        "깼다가 다시 쓰러졌어",
        "이제 괜찮을까요",
        "she woke up but shes not breathing",
        "i called but no one answers",
        "i havent called",
    ],
)
def test_what_says_that_nobody_woke_or_called_is_not_taken_for_it(text: str, intent: str) -> None:
    heard = turn(text, intent=intent, memory=TOLD, state=QUEUED, risk=Screening())

    assert last(decide(heard, CONTENT).memory) == "medical"


@pytest.mark.parametrize("text", ["응 아직 안 일어나", "네 못 걸어요", "yes still not moving"])
def test_a_yes_that_says_no_is_no_call(text: str) -> None:
    heard = turn(text, intent="affirm", memory=TOLD, state=QUEUED, risk=Screening())

    assert last(decide(heard, CONTENT).memory) == "medical"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("group", ["medical", "medical_called", "medical_self_harm"])
def test_every_wording_names_the_ambulance_first(group: str, language: Language) -> None:
    for name in CONTENT.groups[group]:
        for band in (None, Band.ELEMENTARY):
            found = re.findall(r"\d{3,}", CONTENT.sentence(name, language, band))
            assert found[0] == "119", name


@pytest.mark.parametrize("language", Language)
def test_every_wording_names_the_police_for_whoever_was_hurt_by_somebody(
    language: Language,
) -> None:
    for name in CONTENT.groups["medical"]:
        for band in (None, Band.ELEMENTARY):
            assert "112" in CONTENT.sentence(name, language, band), name


@pytest.mark.parametrize("language", Language)
def test_the_ambulance_is_named_wherever_a_life_may_be_in_danger(language: Language) -> None:
    named = (*CONTENT.groups["self_harm"], *CONTENT.groups["friend_self_harm"], "worried_friend.3")
    for name in named:
        for band in (None, Band.ELEMENTARY):
            assert "119" in CONTENT.sentence(name, language, band), name


@pytest.mark.parametrize("group", ["medical", "medical_called", "medical_self_harm"])
def test_no_button_leads_from_another_body_to_thoughts_of_dying(group: str) -> None:
    for name in CONTENT.groups[group]:
        offered = {one.payload for one in CONTENT.reply(name, Language.KO).quick_replies}
        assert "go:self_harm" not in offered
        assert "go:medical" in offered


@pytest.mark.parametrize(
    ("memory", "pressed", "said_next"),
    [
        (replace(TOLD, choices=("go:medical",)), "전화 못 해요", "medical.2"),
        (replace(TOLD, choices=("go:medical",)), "I can't call", "medical.2"),
        (TOLD, "go:medical", "medical.2"),
        (FRIEND, "go:friend_self_harm", "friend_self_harm.2"),
        (replace(FRIEND, choices=("go:friend_self_harm",)), "몰라", None),
        (
            replace(FRIEND, choices=("go:friend_self_harm",)),
            "어디인지 몰라요",
            "friend_self_harm.2",
        ),
    ],
)
def test_what_is_pressed_after_a_question_goes_on_with_the_same(
    memory: Memory, pressed: str, said_next: str | None
) -> None:
    decision = decide(turn(pressed, memory=memory, state=QUEUED), CONTENT)

    assert decision.topic == memory.subject
    assert said_next in (None, decision.memory.last)


@pytest.mark.parametrize("text", ["전화 못 해요", "i cant call", "I don't know", "어디인지 몰라요"])
@pytest.mark.parametrize("subject", [None, "danger_now"])
def test_what_answers_a_question_means_nothing_where_it_was_not_asked(
    text: str, subject: str | None
) -> None:
    memory = replace(KNOWN, subject=subject)

    decision = decide(turn(text, intent="deny", memory=memory), CONTENT)

    assert decision.topic == subject


def test_the_worry_about_a_friend_leads_to_no_line_for_oneself() -> None:
    for name in CONTENT.groups["friend_self_harm"]:
        offered = {one.payload for one in CONTENT.reply(name, Language.KO).quick_replies}
        assert "go:self_harm" not in offered

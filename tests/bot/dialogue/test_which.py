"""Which of these two: what happens when a message may mean two things."""

from dataclasses import replace
from itertools import combinations

import pytest

from bot.channels.base import Capabilities
from bot.channels.kakao_consult import KakaoConsultChannel
from bot.channels.kakao_skill import KakaoSkillChannel
from bot.channels.line import LineChannel
from bot.channels.meta.adapter import INSTAGRAM, MESSENGER
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.x import XChannel
from bot.dialogue.abstain import believe
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.turn import Decision, Screening, Turn
from bot.messages import MessageKind, NluResult
from bot.shaping import pieces
from storage.records import AskReason, Language, Risk
from tests.bot.dialogue.turns import ACTIVE, CONTENT, KNOWN, QUEUED, said, turn

VAGUE = "그 일 때문에 좀 그래"
TWO = (("removal", 0.49), ("image_sharing", 0.48))
CRISIS_OF_TWO = (("loneliness", 0.5), ("self_harm", 0.45))
CHANNELS = [
    channel.capabilities
    for channel in (
        LineChannel, TelegramChannel, XChannel, KakaoSkillChannel, KakaoConsultChannel,
        MESSENGER, INSTAGRAM,
    )
]  # fmt: skip


def vague(
    *ranking: tuple[str, float], risk: Screening | None = None, memory: Memory = KNOWN
) -> Turn:
    found = NluResult(*ranking[0], ranking)
    return replace(turn(VAGUE, memory=memory), nlu=found, risk=risk or Screening())


def asked(*ranking: tuple[str, float]) -> Decision:
    assert believe(ranking).between is not None
    return decide(vague(*ranking), CONTENT)


def offered(decision: Decision) -> list[str]:
    return [choice.payload for choice in decision.replies[-1].quick_replies]


def pressed(payload: str, after: Decision) -> Decision:
    return decide(turn(payload, kind=MessageKind.BUTTON, memory=after.memory), CONTENT)


@pytest.mark.parametrize("language", Language)
def test_a_message_that_may_mean_two_things_is_asked_about_with_both_and_a_way_out(
    language: Language,
) -> None:
    decision = decide(replace(vague(*TWO), language=language), CONTENT)

    assert decision.ask is None
    assert decision.memory.last == "which.1"
    assert offered(decision) == ["go:removal", "go:image_sharing", "say:neither", "ask:person"]


def test_somebody_new_hears_first_who_asks() -> None:
    decision = decide(vague(*TWO, memory=Memory()), CONTENT)

    assert "챗봇" in decision.replies[0].text
    assert offered(decision)[:2] == ["go:removal", "go:image_sharing"]


@pytest.mark.parametrize("state", [QUEUED, ACTIVE])
def test_nobody_is_asked_which_once_a_person_was_called(state: object) -> None:
    decision = decide(replace(vague(*TWO), state=state), CONTENT)  # type: ignore[arg-type]

    assert not any("which" in (decision.memory.last or "") for _ in decision.replies)


def test_the_question_does_not_offer_a_person_twice() -> None:
    decision = asked(("ask_human", 0.5), ("grooming", 0.45))

    assert offered(decision) == ["ask:person", "go:grooming", "say:neither"]


def test_an_intent_without_words_for_a_button_is_not_asked_about() -> None:
    decision = asked(("scared", 0.49), ("brand_new", 0.48))

    assert decision.memory.last == "unsure.1"


# Whoever presses "I am threatened" or asks for a person gets one; other tests hold that.
@pytest.mark.parametrize("intent", sorted({*CONTENT.meanings} - {"ask_human", "sextortion"}))
def test_a_click_answers_as_that_intent(intent: str) -> None:
    question = asked(*TWO)
    memory = replace(question.memory, choices=(CONTENT.meanings[intent].payload,))

    clicked = pressed(CONTENT.meanings[intent].payload, replace(question, memory=memory))
    typed = decide(turn("음", intent=intent, memory=memory), CONTENT)

    assert said(clicked) == said(typed)
    assert (clicked.ask, clicked.risk) == (typed.ask, typed.risk)
    assert clicked.language is typed.language
    assert clicked.memory.misunderstood == 0


def test_a_click_goes_on_where_its_topic_was() -> None:
    begun = decide(turn("음", intent="removal"), CONTENT)
    question = decide(vague(*TWO, memory=begun.memory), CONTENT)

    assert pressed("go:removal", question).memory.last == "removal.2"


def test_a_click_on_asking_for_a_person_calls_one() -> None:
    assert pressed("ask:person", asked(*TWO)).ask is AskReason.REQUESTED


@pytest.mark.parametrize("risk", [Risk.HIGH, Risk.IMMINENT])
@pytest.mark.parametrize("ranking", [TWO, CRISIS_OF_TWO])
def test_doubt_about_the_intent_never_lowers_what_the_risk_screen_says(
    risk: Risk, ranking: tuple[tuple[str, float], ...]
) -> None:
    decision = decide(vague(*ranking, risk=Screening(risk, "self_harm", "a_rule")), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert decision.risk is risk
    assert "109" in said(decision)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("ranking", "risk"), [(CRISIS_OF_TWO, Risk.NONE), (TWO, Risk.LOW)], ids=["crisis", "worry"]
)
def test_a_question_in_worry_names_the_numbers(
    ranking: tuple[tuple[str, float], ...], risk: Risk, language: Language
) -> None:
    asking = replace(vague(*ranking, risk=Screening(risk)), language=language)

    for last in (None, "which_worry.1"):
        decision = decide(replace(asking, memory=replace(KNOWN, last=last)), CONTENT)

        assert {"109", "112"} <= {word for word in ("109", "112") if word in said(decision)}
        assert [intent for intent, _ in ranking] == [p[3:] for p in offered(decision)[:2]]


def test_a_click_on_the_crisis_brings_a_person_and_the_numbers() -> None:
    decision = pressed("go:self_harm", asked(*CRISIS_OF_TWO))

    assert decision.ask is AskReason.CRISIS
    assert decision.risk is Risk.HIGH
    assert "109" in said(decision)


def test_typed_words_instead_of_a_click_are_understood_as_ever() -> None:
    question = asked(*TWO)

    answered = decide(turn("고마워", intent="thanks", memory=question.memory), CONTENT)
    danger = decide(turn("죽고 싶어", intent="thanks", memory=question.memory), CONTENT)
    person = decide(turn("상담사랑 얘기할래", memory=question.memory), CONTENT)

    assert answered.memory.last == "thanks.1"
    assert danger.ask is AskReason.CRISIS
    assert person.ask is AskReason.REQUESTED


def test_who_is_in_doubt_again_is_not_asked_the_same_and_gets_a_person() -> None:
    again = decide(vague(*TWO, memory=asked(*TWO).memory), CONTENT)

    assert again.ask is AskReason.NOT_UNDERSTOOD


def test_neither_offers_a_person_and_the_next_doubt_calls_one() -> None:
    neither = pressed("say:neither", asked(*TWO))
    again = decide(vague(*TWO, memory=neither.memory), CONTENT)

    assert neither.ask is None
    assert offered(neither)[0] == "ask:person"
    assert again.ask is AskReason.NOT_UNDERSTOOD


def test_a_later_question_uses_other_words() -> None:
    thanked = decide(turn("고마워", intent="thanks", memory=asked(*TWO).memory), CONTENT)

    assert decide(vague(*TWO, memory=thanked.memory), CONTENT).memory.last == "which.2"


@pytest.mark.parametrize("language", Language)
def test_a_label_typed_by_hand_is_a_press_only_where_it_was_offered(language: Language) -> None:
    for meaning in CONTENT.meanings.values():
        label = meaning.label[language]

        assert CONTENT.resolve_payload(f" {label}!", (meaning.payload,)) == meaning.payload
    assert CONTENT.resolve_payload("네, 맞아요", ("go:deny",)) is None
    assert CONTENT.resolve_payload("고마워요") is None


@pytest.mark.parametrize("language", Language)
def test_no_two_buttons_of_a_question_say_the_same(language: Language) -> None:
    own = {meaning.label[language] for meaning in CONTENT.meanings.values()}
    ways_out = {CONTENT.choices[name].label[language] for name in ("neither", "person")}

    assert len(own) == len(CONTENT.meanings)
    assert own & ways_out == {CONTENT.meanings["ask_human"].label[language]}


@pytest.mark.parametrize("limits", CHANNELS, ids=lambda limits: limits.quick_replies)
@pytest.mark.parametrize("language", Language)
def test_on_every_channel_both_meanings_and_a_person_can_be_chosen(
    limits: Capabilities, language: Language
) -> None:
    for one, other in combinations(CONTENT.meanings, 2):
        reply = CONTENT.reply("which_worry.1", language, between=(one, other))
        last = pieces(reply, limits)[-1]
        shown = [choice.label for choice in last.quick_replies] or last.text.splitlines()[1:]

        assert len(shown) == len(reply.quick_replies)
        assert all(
            choice.label in line for choice, line in zip(reply.quick_replies, shown, strict=True)
        )
        assert "ask:person" in {choice.payload for choice in reply.quick_replies}
        if limits.quick_replies:
            assert all(len(label) <= limits.label_limit for label in shown)


def test_where_there_are_no_buttons_the_number_typed_back_is_the_meaning() -> None:
    question = asked(*TWO)

    assert decide(turn("1", memory=question.memory), CONTENT).memory.last == "removal.1"
    assert decide(turn("2번", memory=question.memory), CONTENT).memory.last == "image_sharing.1"

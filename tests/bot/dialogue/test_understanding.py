"""What of the language service's guesses is believed, and what is remembered of the words."""

from dataclasses import replace

import pytest

from bot.dialogue.mentions import mentions
from bot.dialogue.policy import decide
from bot.dialogue.turn import Screening, Turn
from bot.messages import NluResult
from storage.records import AskReason, ConversationState, Language, Risk
from tests.bot.dialogue.turns import ACTIVE, BOT, CONTENT, KNOWN, QUEUED, said, turn

VAGUE = "그 일 때문에 좀 그래"
NAMED = "인스타에서 모르는 사람이 오늘까지 50만원 달래"


def guessed(*ranking: tuple[str, float], risk: Screening | None = None) -> Turn:
    found = NluResult(*ranking[0], ranking)
    return replace(turn(VAGUE), nlu=found, risk=risk or Screening())


def test_the_likeliest_intent_is_not_believed_where_a_crisis_stands_close_behind() -> None:
    believed = decide(guessed(("smalltalk", 0.6), ("greet", 0.3)), CONTENT)
    doubted = decide(guessed(("smalltalk", 0.6), ("self_harm", 0.3)), CONTENT)

    assert believed.memory.misunderstood == 0
    assert doubted.memory.misunderstood == 1


@pytest.mark.parametrize("crisis", ["self_harm", "danger_now"])
def test_a_question_that_may_be_about_a_crisis_names_the_numbers(crisis: str) -> None:
    worried = decide(guessed(("loneliness", 0.5), (crisis, 0.45)), CONTENT)
    calm = decide(guessed(("erase", 0.49), ("sextortion", 0.48)), CONTENT)

    offered = {choice.payload for choice in worried.replies[-1].quick_replies}
    assert {f"go:{crisis}", "ask:person"} <= offered
    assert "109" in said(worried)
    assert "109" not in said(calm)


@pytest.mark.parametrize(("rule", "said_first"), [("nlu_danger_now", False), ("at_the_door", True)])
def test_only_a_rule_outweighs_the_button_that_was_pressed(rule: str, said_first: bool) -> None:
    risk = Screening(Risk.IMMINENT, "danger", rule)
    pressed = replace(turn("go:self_harm"), risk=risk)

    decision = decide(pressed, CONTENT)

    danger = CONTENT.sentence("danger_now.1", Language.KO)
    assert decision.ask is AskReason.CRISIS
    assert (danger in said(decision)) is said_first


def test_a_danger_that_is_guessed_alone_still_gets_its_numbers_and_a_person() -> None:
    risk = Screening(Risk.HIGH, "self_harm", "nlu_self_harm")

    decision = decide(guessed(("greet", 0.3), risk=risk), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert "109" in said(decision)


@pytest.mark.parametrize("state", [BOT, QUEUED, ACTIVE])
def test_what_the_words_name_is_remembered_as_categories_once(state: ConversationState) -> None:
    before = replace(KNOWN, mentions=("platform:telegram", "platform:instagram"))

    after = decide(turn(NAMED, intent="sextortion", state=state, memory=before), CONTENT).memory

    named = mentions(NAMED).codes()
    assert "platform:instagram" in named
    assert len(named) > 2
    assert set(after.mentions) == {*before.mentions, *named}
    assert len(after.mentions) == len(set(after.mentions))


def test_no_word_of_the_person_is_remembered() -> None:
    after = decide(turn(NAMED, intent="sextortion"), CONTENT).memory.dump()

    assert [word for word in NAMED.split() if word in after] == []

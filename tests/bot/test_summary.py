"""What a counselor is told at a glance holds categories only."""

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.turn import Part, Screening, Turn
from bot.summary import facts
from storage.records import ConversationState, Language, Risk


def test_a_signal_names_its_rule_and_no_word_of_the_person() -> None:
    found = Screening(Risk.HIGH, "sextortion", "pay_or_spread")
    turn = Turn(
        parts=(Part("canary-words"),),
        joined="canary-words",
        nlu=None,
        risk=found,
        state=ConversationState.ACTIVE,
        language=Language.KO,
        memory=Memory(subject="sextortion", steps={"sextortion": 2, "emoji": 0}),
        first=False,
    )

    memory = decide(turn, load_content(FOLDER)).memory.dump()

    told = facts(memory)
    assert told["signals"] == ("sextortion:2:pay_or_spread",)
    assert told["advised"] == ("sextortion",)
    assert "canary" not in str(told)


def test_nothing_remembered_is_nothing_told() -> None:
    assert facts("") == {}

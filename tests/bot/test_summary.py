"""What a counselor is told at a glance holds categories only."""

import json
from pathlib import Path

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.memory import Memory
from bot.dialogue.mentions import (
    AgeBand,
    Deadline,
    Evidence,
    Mentions,
    Money,
    Platform,
    Role,
)
from bot.dialogue.policy import decide
from bot.dialogue.turn import Part, Screening, Turn
from bot.summary import facts
from handoff import pages
from storage.records import ConversationState, Language, Risk

EVERYTHING = Mentions(
    platforms=(Platform.LINE,),
    money=Money.MENTIONED,
    deadline=Deadline.DAYS,
    age_band=AgeBand.HIGH,
    roles=(Role.FAMILY,),
    evidence=(Evidence.CHAT,),
)


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


def test_everything_that_can_be_named_has_words_on_the_console() -> None:
    words = json.loads((Path(pages.__file__).parent / "web/static/words.json").read_text("utf-8"))
    named = [Platform, Money, Deadline, AgeBand, Role, Evidence]
    keys = {f"named_{value}" for kind in named for value in kind if value != AgeBand.UNKNOWN}
    kinds = {code.split(":")[0] for code in EVERYTHING.codes()}

    for language in ("ko", "en"):
        assert keys <= words[language].keys()
        assert {f"mention_{kind}" for kind in kinds} <= words[language].keys()

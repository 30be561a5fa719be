"""Whoever said how old they are reads words of their age; nobody is asked."""

import pytest

from bot.dialogue.bands import band_of
from bot.dialogue.content import CRISIS_GROUPS
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.reading_level import Band, reading_level
from storage.records import Language
from tests.bot.dialogue.turns import CONTENT, KNOWN, said, turn

TO_GROWN_UPS = ("worried_adult.", "skill_test.", "group.")
"""Said to somebody who is no child, or who tests the house."""
ASKED = ("blame", "parents", "police_law", "evidence", "removal", "report_account")


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("저 초5예요", Band.ELEMENTARY),
        ("나 초딩인데", Band.ELEMENTARY),
        ("12살이에요", Band.ELEMENTARY),
        ("i'm 11 years old", Band.ELEMENTARY),
        ("중2예요", Band.MIDDLE),
        ("13살이에요", Band.MIDDLE),
        ("im in middle school", Band.MIDDLE),
        ("고1인데요", Band.HIGH),
        ("17살임", Band.HIGH),
        ("그냥요", None),
        ("저는 직장인이에요", None),
    ],
)
def test_a_band_is_known_where_it_was_said_and_kept_as_a_category_only(
    text: str, band: Band | None
) -> None:
    decision = decide(turn(text, intent="smalltalk"), CONTENT)

    assert band_of(decision.memory) == band
    assert text not in decision.memory.dump()


@pytest.mark.parametrize(
    ("language", "age", "words"),
    [(Language.KO, "나 초5", "음 어"), (Language.EN, "i am 10 years old", "well it is")],
)
def test_the_next_answers_are_in_words_of_the_band(
    language: Language, age: str, words: str
) -> None:
    first = decide(turn(age, intent="smalltalk", language=language), CONTENT)

    then = decide(turn(words, intent="grooming", memory=first.memory, language=language), CONTENT)

    assert said(then) == CONTENT.sentence("grooming.1", language, Band.ELEMENTARY)
    assert said(then) != CONTENT.sentence("grooming.1", language)


def test_of_several_bands_the_youngest_reads_along() -> None:
    assert band_of(Memory(mentions=("age_band:high", "age_band:middle"))) is Band.MIDDLE


def test_a_parent_of_a_child_reads_no_child_words() -> None:
    memory = Memory(subject="worried_adult", mentions=("age_band:elementary",))

    assert band_of(memory) is None


def test_a_band_without_words_of_its_own_reads_the_usual_ones() -> None:
    memory = Memory(introduced=True, mentions=("age_band:high",))

    decision = decide(turn("음 어", intent="grooming", memory=memory), CONTENT)

    assert said(decision) == CONTENT.sentence("grooming.1", Language.KO)


@pytest.mark.parametrize("language", Language)
def test_whatever_a_child_of_elementary_school_is_told_it_can_read(language: Language) -> None:
    told = [name for name in CONTENT.sentences if not name.startswith(TO_GROWN_UPS)]

    hard = [
        name
        for name in told
        if not reading_level(CONTENT.sentence(name, language, Band.ELEMENTARY), language).suits(
            Band.ELEMENTARY
        )
    ]

    assert hard == []


@pytest.mark.parametrize("topic", [*CONTENT.steps.harms, *CRISIS_GROUPS, *ASKED])
def test_every_topic_has_words_of_its_own_for_elementary_school(topic: str) -> None:
    steps = CONTENT.steps.path(topic) if topic in CONTENT.steps else CONTENT.groups[topic]

    if topic != "worried_adult":
        assert [
            name for name in steps if Band.ELEMENTARY not in CONTENT.sentences[name].bands
        ] == []


def test_who_hides_the_chat_reads_words_of_the_band_too() -> None:
    memory = Memory(introduced=True, mentions=("age_band:elementary",))

    decision = decide(turn("go:hide", memory=memory), CONTENT)

    assert decision.replies[-1].text == CONTENT.sentence(
        "safe_word.1", Language.KO, Band.ELEMENTARY
    )


def test_who_said_nothing_reads_the_usual_words() -> None:
    decision = decide(turn("음 어", intent="grooming", memory=KNOWN), CONTENT)

    assert said(decision) == CONTENT.sentence("grooming.1", Language.KO)

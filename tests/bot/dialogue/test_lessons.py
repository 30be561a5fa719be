"""Short lessons: something to do while one waits, a tiny step at a time."""

import re
from pathlib import Path

import pytest

from bot.dialogue.content import ENOUGH, LESSON, load_content
from bot.dialogue.content_file import ContentError
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.reading_level import Band, reading_level
from bot.dialogue.turn import Decision
from bot.messages import MessageKind
from storage.records import ConversationState, Language
from tests.bot.dialogue.turns import BOT, CONTENT, QUEUED, turn

STEPS = CONTENT.steps
LESSONS = STEPS.lessons
WAITING = ("waiting", "how_long", "place_one", "place_two", "place_few", "place_many")


def pressed(
    payload: str,
    memory: Memory,
    *,
    state: ConversationState = QUEUED,
    language: Language = Language.KO,
) -> Decision:
    kind = MessageKind.BUTTON
    return decide(turn(payload, memory=memory, kind=kind, state=state, language=language), CONTENT)


def last(decision: Decision) -> str:
    return decision.memory.last or ""


def told(subject: str, language: Language = Language.KO) -> Decision:
    memory = Memory(introduced=True, subject=subject, choices=(LESSON,))
    return pressed(LESSON, memory, language=language)


def test_a_lesson_is_offered_while_one_waits_and_at_the_end_of_a_topic_only() -> None:
    ends = {path[-1] for path in STEPS.harms.values()}
    offers = [name for name, one in CONTENT.sentences.items() if "lesson" in one.choices]

    assert offers
    for name in offers:
        assert name in ends or name.rpartition(".")[0] in (*WAITING, "more"), name


def test_its_words_mean_it_where_it_was_offered_and_nowhere_else() -> None:
    assert CONTENT.resolve_payload("짧게 알아보기") is None
    assert CONTENT.resolve_payload("짧게 알아보기", (LESSON,)) == LESSON
    assert CONTENT.resolve_payload("1", (LESSON,)) == LESSON
    assert CONTENT.resolve_payload("that's enough", (ENOUGH,)) == ENOUGH


@pytest.mark.parametrize(
    ("subject", "lesson"),
    [
        ("sextortion", "lesson_threat"),
        ("threat", "lesson_threat"),
        ("grooming", "lesson_grooming"),
        ("deepfake_me", "lesson_fakes"),
        ("self_harm", "lesson_rights"),
        ("image_bullying", "lesson_rights"),
    ],
)
def test_the_lesson_fits_what_the_talk_is_about(subject: str, lesson: str) -> None:
    assert last(told(subject)) == f"{lesson}.1"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("subject", ["sextortion", "grooming", "deepfake_me", "assault"])
def test_it_can_be_left_at_every_step_and_the_wait_goes_on(
    subject: str, language: Language
) -> None:
    decision = told(subject, language)
    while STEPS.following(last(decision)):
        assert ENOUGH in decision.memory.choices
        left = pressed(ENOUGH, decision.memory, language=language)
        assert last(left).startswith("enough.")
        assert not left.cancel
        decision = pressed(decision.memory.choices[0], decision.memory, language=language)
    assert last(decision) == LESSONS[STEPS.lesson_for(subject)][-1]
    assert decision.memory.subject == subject


def test_at_the_end_of_a_topic_it_is_told_without_a_wait() -> None:
    memory = Memory(introduced=True, subject="grooming", topic="grooming", choices=(LESSON,))

    decision = pressed(LESSON, memory, state=BOT)

    assert last(decision) == "lesson_grooming.1"
    assert "ask:person" in decision.memory.choices


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_three_to_five_tiny_steps(lesson: str) -> None:
    assert 3 <= len(LESSONS[lesson]) <= 5
    for name in LESSONS[lesson]:
        for language in Language:
            text = CONTENT.sentence(name, language)
            assert reading_level(text, language).suits(Band.ELEMENTARY), name
            assert len(re.findall(r"[.?!](?:\s|$)", text)) <= 4, name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('lesson_fakes = ["deepfake_me",', 'lesson_fakes = ["nothing",'),
        ('lesson_fakes = ["deepfake_me",', 'lesson_none = ["deepfake_me",'),
        ('"lesson_fakes.4"', '"lesson_fakes.9"'),
    ],
)
def test_a_lesson_that_fits_nothing_keeps_the_folder_out(folder: Path, old: str, new: str) -> None:
    path = folder / "steps.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ContentError, match=r"steps\.toml"):
        load_content(folder, lexicon=CONTENT.lexicon)

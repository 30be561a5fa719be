"""What the engine lets the risk screen know: the classifier's guesses, and words of staff."""

from datetime import timedelta
from pathlib import Path

import httpx

from bot.dialogue.content import FOLDER
from bot.engine import Engine
from bot.lexicon_file import EVERY, LexiconFile
from storage.database import Database
from storage.records import AskReason, ConversationState, Risk
from tests.bot.road import CONTENT_FILES, SOON, Answer, Road, nlu, said, understood

VAGUE = "그 일 때문에 좀 그래"
WORD = """
[[word]]
id = "new_slang"
phrases = ["뿌뿌당하다"]
level = "high"
category = "sextortion"
author = "counselor 1"
approver = "supervisor 1"
date = 2026-11-25
fires = ["나 뿌뿌당하다"]
quiet = ["뿌듯하다"]
"""


def greeting(_: httpx.Request) -> httpx.Response:
    return understood("greet")


def fearing(intent: str, high: float) -> Answer:
    return lambda _: understood(intent, 0.5, danger=(high, 0.0))


def with_words(database: Database, answer: Answer, staff: Path) -> Road:
    """Return a house that reads the words of staff."""
    road = Road(database, nlu(answer))
    lexicon = LexiconFile(FOLDER, staff)
    road.engine = Engine(database, road.client, CONTENT_FILES, lexicon=lexicon)
    return road


async def test_danger_that_only_the_language_service_sees_brings_a_person(
    database: Database,
) -> None:
    road = Road(database, nlu(fearing("sextortion", 0.95)))

    await road.talk(VAGUE)

    talk = await road.conversation()
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.CRISIS)
    assert talk.risk is Risk.HIGH


async def test_a_service_without_fear_brings_nobody(database: Database) -> None:
    road = Road(database, nlu(fearing("smalltalk", 0.02)))

    await road.talk(VAGUE)

    talk = await road.conversation()
    assert (talk.state, talk.risk) == (ConversationState.BOT, Risk.NONE)


async def test_danger_that_is_spread_over_turns_is_seen(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("안 보내면")
    before = (await road.conversation()).risk

    await road.talk("다 뿌린대", now=SOON + timedelta(minutes=1))

    assert before < Risk.HIGH
    assert (await road.conversation()).risk >= Risk.HIGH


async def test_a_word_that_staff_add_counts_without_a_restart(
    database: Database, tmp_path: Path
) -> None:
    road = with_words(database, greeting, tmp_path / "words.toml")
    await road.talk("나 뿌뿌당하다")
    before = (await road.conversation()).risk
    (tmp_path / "words.toml").write_text(WORD, encoding="utf-8")

    await road.talk("나 뿌뿌당하다", now=SOON + EVERY)

    assert before is Risk.NONE
    assert (await road.conversation()).risk is Risk.HIGH


async def test_a_word_that_staff_add_counts_whatever_the_service_believes(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "words.toml").write_text(WORD, encoding="utf-8")
    road = with_words(database, fearing("smalltalk", 0.0), tmp_path / "words.toml")

    await road.talk("나 뿌뿌당하다")

    assert (await road.conversation()).risk is Risk.HIGH


async def test_words_of_staff_count_where_the_dialogue_fails(
    database: Database, tmp_path: Path
) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("not what a service does")

    (tmp_path / "words.toml").write_text(WORD, encoding="utf-8")
    road = with_words(database, broken, tmp_path / "words.toml")
    await road.hear(said("나 뿌뿌당하다"))

    for minute in range(1, 12):
        await road.answer(SOON + timedelta(minutes=2 * minute))

    talk = await road.conversation()
    assert (talk.reason, talk.risk) == (AskReason.FAILURE, Risk.HIGH)


async def test_a_button_typed_is_not_the_end_of_an_earlier_sentence(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("죽고 싶어")

    await road.talk("지금은 안전해요", now=SOON + timedelta(seconds=2))

    assert (await road.conversation()).risk is Risk.HIGH

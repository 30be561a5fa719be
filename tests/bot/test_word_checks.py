"""What a word that staff propose must pass before it can be approved."""

import json
from datetime import date
from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER
from bot.dialogue.content_file import Entry
from bot.dialogue.lexicon import load_lexicon
from bot.word_checks import TRIALS, check, trials
from storage.records import Risk

SHIPPED = load_lexicon(FOLDER)
ROUNDS = Path(__file__).parent.parent / "risk"
WORD: Entry = {
    "id": "staff-1", "author": "별", "approver": "달", "date": date(2026, 11, 28),
    "phrases": ["뿌뿌당하다", "zorped"], "level": "high", "category": "sextortion",
    "fires": ["나 뿌뿌당하다니", "i got zorped"], "quiet": ["뿌듯하다"],
}  # fmt: skip


def test_a_new_word_passes_and_its_preview_counts_what_it_would_change() -> None:
    found = check(WORD, SHIPPED)
    assert (found.problems, found.changes, found.tried) == ((), {}, len(trials()))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"fires": ["아무 말"]}, "does_not_fire"),
        ({"quiet": ["뿌뿌당하다"]}, "fires_on_its_quiet"),
        ({"phrases": ["a"]}, "too_short"),
        ({"phrases": []}, "incomplete"),
        ({"quiet": []}, "incomplete"),
        ({"fires": "text"}, "incomplete"),
        ({"level": "terrible"}, "incomplete"),
        ({"category": "gossip"}, "incomplete"),
        ({"approver": "별"}, "incomplete"),
    ],
)
def test_a_word_that_does_not_prove_itself_is_refused(change: Entry, problem: str) -> None:
    assert check({**WORD, **change}, SHIPPED).problems == (problem,)


def test_a_word_that_fires_on_harmless_sentences_is_refused_and_shows_some() -> None:
    found = check({**WORD, "phrases": ["숙제"], "fires": ["숙제"]}, SHIPPED)
    assert found.problems == ("fires_on_harmless",)
    assert all("숙제" in one.replace(" ", "") for one in found.harmless)
    assert sum(found.changes.values()) >= len(found.harmless) > 0


def test_a_word_takes_nothing_away_from_what_is_shipped() -> None:
    low = check({**WORD, "level": "low", "phrases": ["죽고싶"], "fires": ["죽고싶"]}, SHIPPED)
    assert "weakens" not in low.problems
    assert all(Risk[after.upper()] > Risk[before.upper()] for before, after in low.changes)


def test_the_sentences_words_are_tried_on_are_those_the_screen_is_held_to() -> None:
    rounds = [path.read_text("utf-8") for path in sorted(ROUNDS.glob("round*.jsonl"))]
    wanted = [json.loads(line) for text in rounds for line in text.splitlines()]
    packed = [json.loads(line) for line in TRIALS.read_text("utf-8").splitlines()]
    assert packed == [{key: one[key] for key in ("id", "text", "level")} for one in wanted]

"""What must hold for the language model itself, taught five intents by a few hundred sentences."""

from typing import Any

import pytest

from tests.rasa_process import need_service, printed

LESSON = r"""
import json, sys, tempfile
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from candidates import sentences
from components.grams import looked_up
from components.intent_model import IntentModel
from components.meaning import meanings

INTENTS = ("grooming", "self_harm", "sextortion", "smalltalk", "thanks")
RISKS = {"self_harm": "imminent", "sextortion": "high", "grooming": "high"}
told = [(text, name) for text, name, _, _ in sentences()]
some = [pair for intent in INTENTS for pair in [p for p in told if p[1] == intent][:120]]
known, asked = [pair for i, pair in enumerate(some) if i % 3], some[::3]
texts, intents = map(list, zip(*known))
model = IntentModel().learn(texts, intents, [RISKS.get(name, "none") for name in intents])
new, meant = map(list, zip(*asked))
rows, about = model._grams.rows(new), meanings(new)
guessed = [each.scores(rows, about) for each in model._networks]
truth = np.array([INTENTS.index(name) for name in meant])
danger = np.array([name in RISKS for name in meant])

def right(scores):
    return float((scores[:, :5].argmax(axis=1) == truth).mean())

with tempfile.TemporaryDirectory() as folder:
    model.save(Path(folder))
    again = IntentModel.load(Path(folder))
    for path in Path(folder).glob("network_*.npz"):
        path.unlink()
    older = IntentModel.load(Path(folder))
print(json.dumps({
    "networks": [right(scores) for scores in guessed],
    "dangers": [float(((scores[:, 5] > 0) == danger).mean()) for scores in guessed],
    "apart": float(np.abs(guessed[0] - guessed[1]).max()),
    "saved": float((again.scores(new).argmax(1) == model.scores(new).argmax(1)).mean()),
    "older": right(older.scores(new)),
    "looked_up": float(np.abs(
        looked_up(rows, model._linear) - rows @ model._linear.astype(np.float32)
    ).max()),
    "sentences": [len(texts), len(model._meanings)],
}))
"""


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    need_service()
    return printed(LESSON, 300)


def test_each_network_understands_most_sentences_by_itself(facts: dict[str, Any]) -> None:
    assert min(facts["networks"]) > 0.7  # one in five by chance


def test_each_network_tells_danger_from_none(facts: dict[str, Any]) -> None:
    assert min(facts["dangers"]) > 0.85  # 3 in 5 are dangers


def test_networks_of_different_chance_do_not_say_the_same(facts: dict[str, Any]) -> None:
    assert facts["apart"] > 0.1


def test_a_model_says_the_same_after_it_was_saved(facts: dict[str, Any]) -> None:
    assert facts["saved"] > 0.98  # fewer numbers of a meaning are read than were learned with


def test_a_model_from_before_the_networks_is_still_understood(facts: dict[str, Any]) -> None:
    assert facts["older"] > 0.7


def test_looking_up_half_precision_says_what_multiplying_says(facts: dict[str, Any]) -> None:
    assert facts["looked_up"] < 1e-4


def test_a_noisy_copy_is_no_further_sentence_to_compare_with(facts: dict[str, Any]) -> None:
    learned, compared = facts["sentences"]
    assert compared == learned

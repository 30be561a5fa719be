"""What must hold for the language model itself, taught five intents by a few hundred sentences."""

import math
from typing import Any

import pytest

from tests.rasa_process import need_service, printed

LESSON = r"""
import json, random, sys, tempfile
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from candidates import sentences
from components.grams import Bytes, looked_up
from components.aside import kept_aside
from components.intent_model import NETWORK_WEIGHT, TUNED_WEIGHT, IntentModel
from components.meaning import meanings
from components.noise import noised

INTENTS = ("grooming", "self_harm", "sextortion", "smalltalk", "thanks")
RISKS = {"self_harm": "imminent", "sextortion": "high", "grooming": "high"}
told = [(text, name) for text, name, _, _ in sentences()]
some = [pair for intent in INTENTS for pair in [p for p in told if p[1] == intent][:120]]
known, asked = [pair for i, pair in enumerate(some) if i % 3], some[::3]
texts, intents = map(list, zip(*known))
model = IntentModel().learn(texts, intents, [RISKS.get(name, "none") for name in intents])
typed = [text for text, _ in asked]
asked = [(model._mender.mend(text), name) for text, name in asked]
asked = [pair for pair in asked if model._mender.readings(pair[0]) == [pair[0]]]
new, meant = map(list, zip(*asked))
rows, about = model._grams.rows(new), meanings(new)
guessed = np.mean([each.scores(rows, about) for each in model._networks], axis=0)
truth = np.array([INTENTS.index(name) for name in meant])
danger = np.array([name in RISKS for name in meant])

strange = np.array([model._mender.strange(text) for text in new])[:, None]

def weighed(weights):
    return weights[0] + (weights[1] - weights[0]) * strange

def right(scores):
    return float((scores[:, :5].argmax(axis=1) == truth).mean())

with tempfile.TemporaryDirectory() as folder:
    model.save(Path(folder))
    again = IntentModel.load(Path(folder))
    (Path(folder) / "tuned.npz").unlink()
    untuned = IntentModel.load(Path(folder))
    told = json.loads((Path(folder) / "model.json").read_text())
    del told["weights"]
    (Path(folder) / "model.json").write_text(json.dumps(told))
    unweighed = IntentModel.load(Path(folder))
    for path in Path(folder).glob("network_*.npz"):
        path.unlink()
    older = IntentModel.load(Path(folder))
moved = model._tuned.read(new)[1]
few = IntentModel(networks=0, tunes=False, remembered=60).learn(texts, intents)
clean = IntentModel(copies=0, tunes=False).learn(texts, intents)
chance = random.Random(1)
hasty = [noised(text, "heavy", chance) for text, _ in asked for _ in range(4)]

every = list(zip(*sentences()[::20]))
rows_known, rows_asked = kept_aside(every[0], every[1], every[3])
authors = [{every[3][row] for row in rows} - {None} for rows in (rows_known, rows_asked)]

hurried = [noised(text, "heavy", chance) for text in typed]
two = [text for text in hurried if len(model._mender.readings(text)) == 2]
both = np.array([model._scores_as_read(model._mender.readings(text)) for text in two])

numbered = np.arange(3 * (1 + 2 * 2))
lessons = list(IntentModel(copies=2, networks=2)._lessons(
    numbered, numbered, np.arange(3), np.arange(3)
))

def too_few(texts, intents):
    try:
        kept_aside(texts, intents, [None] * len(texts))
    except ValueError as error:
        return str(error)

def right_when_hasty(taught):
    guessed = taught._networks[0].scores(taught._grams.rows(hasty), meanings(hasty))
    return float((guessed[:, :5].argmax(axis=1) == truth.repeat(4)).mean())

print(json.dumps({
    "lessons": [rows.tolist() for rows, *_ in lessons],
    "lessons_of": [names.tolist() for _, _, names, *_ in lessons],
    "alone": float(np.abs(
        model.scores(new) - np.concatenate([model.scores([text]) for text in new])
    ).max()),
    "two": len(two),
    "of_two": float(np.abs(model.scores(two) - both.mean(axis=1)).max()),
    "apart": float(np.abs(both[:, 0] - both[:, 1]).max()),
    "networks": float(np.abs(
        model._networks[0].scores(rows, about) - model._networks[1].scores(rows, about)
    ).mean()),
    "network": right(guessed),
    "network_dangers": float(((guessed[:, 5] > 0) == danger).mean()),
    "saved": float((again.scores(new).argmax(1) == model.scores(new).argmax(1)).mean()),
    "untuned": right(untuned.scores(new)),
    "kept_tuned": float(np.abs(again._tuned.read(new)[1] - moved).max()),
    "of_tuned": float(np.abs(
        again.scores(new) - untuned.scores(new) - weighed(TUNED_WEIGHT) * again._tuned.read(new)[1]
    ).max()),
    "of_network": float(np.abs(
        untuned.scores(new) - unweighed.scores(new)
        - (weighed(NETWORK_WEIGHT) - 0.1)
        * np.mean([each.scores(rows, about) for each in unweighed._networks], axis=0)
    ).max()),
    "strange": [float(strange.min()), float(strange.max())],
    "older": right(older.scores(new)),
    "tuned": right(moved),
    "tuned_dangers": float(((moved[:, 5] > 0) == danger).mean()),
    "in_bytes": float(np.abs(
        looked_up(rows, Bytes(model._linear)) - looked_up(rows, model._linear)
    ).max()),
    "looked_up": float(np.abs(
        looked_up(rows, model._linear) - rows @ model._linear.astype(np.float32)
    ).max()),
    "sentences": [len(texts), len(model._meanings)],
    "few": [len(few._meanings), right(few.scores(new))],
    "aside": [*map(len, authors), len(authors[0] & authors[1]), len(rows_asked) / len(every[0])],
    "too_few": [too_few(["사진을 보내래요"] * 9, ["grooming"] * 9),
                too_few(["사진을 보내래요", "안녕하세요"], ["grooming", "greet"])],
    "hasty": [right_when_hasty(clean), right_when_hasty(model)],
}))
"""


READ_TWICE = r"""
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from components import tuning
from components.meaning import layers, meanings, pieces
from components.tuned import LEFT, TunedEncoder

CALM = "오늘 학교에서 급식 먹고 친구랑 놀았어요 " * 40
texts = ["ㅇㅇ", "저 혼자예요 어떡해요", "somebody keeps asking me for things, every day"]
moved = {name: each * 1.1 for name, each in layers().items() if not name.startswith(LEFT)}
new = tuning._fresh(np.random.default_rng(0), moved, 7)
moved |= {name: each.numpy() for name, each in new.items()}
weights = {**layers(), **moved}

def refused(weights):
    try:
        TunedEncoder(weights)
    except ValueError as error:
        return str(error)

read = [pieces(text)[0] for text in texts]
batch = tuning._padded(read)
encoder = TunedEncoder(moved)
one_by_one = encoder.read(texts)[1]
together = tuning._scores(weights, *batch, dropping=False).numpy()
long = CALM + " 죽고 싶어요"
print(json.dumps({
    "apart": float(np.abs(one_by_one - together).max()),
    "size": float(np.abs(one_by_one).mean()),
    "other": [
        float(np.abs(encoder.read(some)[0] - meanings(some)).max()) for some in (texts, [long])
    ],
    "refused": refused(weights),
    "stretches": [[len(part), *map(int, part[[0, -1]])] for part in pieces("가나다 라마바 " * 60)],
    "short": list(map(int, read[0][[0, -1]])),
    "late": float(np.abs(encoder.read([long])[1] - encoder.read([CALM])[1]).max()),
    "nothing": float(np.abs(encoder.read([""])[1]).max()),
}))
"""


STRETCH = 96  # word pieces


@pytest.fixture(scope="module")
def read_twice() -> dict[str, Any]:
    need_service()
    return printed(READ_TWICE, 120)


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    need_service()
    return printed(LESSON, 300)


@pytest.mark.parametrize("part", ["network", "tuned"])
def test_each_part_understands_most_sentences_by_itself(facts: dict[str, Any], part: str) -> None:
    assert facts[part] > 0.7  # one in five by chance


@pytest.mark.parametrize("part", ["network", "tuned"])
def test_each_part_tells_danger_from_none(facts: dict[str, Any], part: str) -> None:
    assert facts[f"{part}_dangers"] > 0.85  # 3 in 5 are dangers


def test_a_model_says_the_same_after_it_was_saved(facts: dict[str, Any]) -> None:
    assert facts["saved"] > 0.98  # fewer numbers of a meaning are read than were learned with


def test_what_the_tuned_encoder_says_counts_and_is_kept(facts: dict[str, Any]) -> None:
    assert facts["kept_tuned"] < 0.05  # in half precision
    assert facts["of_tuned"] < 1e-4


def test_a_model_that_does_not_say_what_a_network_counts_was_made_with_a_tenth(
    facts: dict[str, Any],
) -> None:
    assert facts["of_network"] < 1e-4


def test_a_text_is_read_alone_as_among_others(facts: dict[str, Any]) -> None:
    assert facts["alone"] < 1e-4


def test_where_two_readings_differ_their_mean_counts(facts: dict[str, Any]) -> None:
    assert facts["two"] > 3
    assert facts["apart"] > 0.1
    assert facts["of_two"] < 1e-4


def test_no_network_learns_the_same_as_another(facts: dict[str, Any]) -> None:
    assert facts["networks"] > 0.05


def test_each_network_learns_all_sentences_and_noisy_copies_of_its_own(
    facts: dict[str, Any],
) -> None:
    first, second = facts["lessons"]
    assert first == [0, 1, 2, *range(3, 9)]
    assert second == [0, 1, 2, *range(9, 15)]
    assert facts["lessons_of"] == [3 * [0, 1, 2]] * 2


def test_what_was_asked_is_strange_in_part(facts: dict[str, Any]) -> None:
    least, most = facts["strange"]  # else the two tests above would see one weight alone
    assert most - least > 0.3


@pytest.mark.parametrize("before", ["untuned", "older"])
def test_a_model_from_before_is_still_understood(facts: dict[str, Any], before: str) -> None:
    assert facts[before] > 0.7


def test_a_text_is_read_as_the_encoder_was_taught(read_twice: dict[str, Any]) -> None:
    assert read_twice["apart"] < read_twice["size"] / 1000


def test_what_a_text_is_about_is_told_as_google_s_encoder_tells_it(
    read_twice: dict[str, Any],
) -> None:
    assert max(read_twice["other"]) < 1e-4


def test_an_encoder_whose_lowest_layers_were_moved_is_refused(read_twice: dict[str, Any]) -> None:
    assert read_twice["refused"] == "the lowest layers of an encoder stay as they are"


def test_a_page_of_text_is_read_in_stretches_that_begin_and_end_as_sentences_do(
    read_twice: dict[str, Any],
) -> None:
    sizes = [size for size, *_ in read_twice["stretches"]]
    assert len(sizes) > 1
    assert max(sizes) <= STRETCH
    assert {tuple(ends) for _, *ends in read_twice["stretches"]} == {tuple(read_twice["short"])}


def test_what_stands_at_the_end_of_a_page_is_read(read_twice: dict[str, Any]) -> None:
    assert read_twice["late"] > 0


def test_nothing_at_all_is_read_too(read_twice: dict[str, Any]) -> None:
    assert read_twice["nothing"] < math.inf


def test_looking_up_half_precision_says_what_multiplying_says(facts: dict[str, Any]) -> None:
    assert facts["looked_up"] < 1e-4


def test_numbers_in_a_byte_each_say_nearly_the_same(facts: dict[str, Any]) -> None:
    assert 0 < facts["in_bytes"] < 0.01  # scores lie between -1 and 1


def test_the_kernel_remembers_so_many_sentences_and_no_more(facts: dict[str, Any]) -> None:
    remembered, right = facts["few"]
    assert remembered == 60
    assert right > 0.5  # one in five by chance


def test_a_noisy_copy_is_no_further_sentence_to_compare_with(facts: dict[str, Any]) -> None:
    learned, compared = facts["sentences"]
    assert compared == learned


def test_who_learned_noisy_copies_understands_a_hasty_hand_better(facts: dict[str, Any]) -> None:
    without, with_copies = facts["hasty"]
    assert with_copies > without + 0.04


def test_what_one_author_wrote_is_kept_aside_as_a_whole_or_not_at_all(
    facts: dict[str, Any],
) -> None:
    learned, aside, both, share = facts["aside"]
    assert both == 0
    assert learned > 2 * aside > 10
    assert 0.1 < share < 0.3


def test_nothing_is_learned_where_nothing_can_be_kept_aside(facts: dict[str, Any]) -> None:
    assert [each and "too few" in each for each in facts["too_few"]] == [True, True]

"""What must hold for the sentences the language model learns from and is measured on."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from tests.nlu.conftest import Sentence

Bare = Callable[[str], str]
HeldOut = list[dict[str, str]]

TRAINING_LEAST = {"ko": 30, "en": 12}
HELD_OUT_LEAST = {"ko": 8, "en": 4}
INTENTS = 42

# Words with which a sentence would stop describing the circumstance and describe an act or a body.
EXPLICIT = re.compile(
    "성관계|섹스|야동|자위|성기|가슴\\s*사진|알몸|나체|누드|벗은|벗긴|벗으|벗어|속옷|팬티|브라|"
    "스타킹|음란|야한|야사|몸\\s*사진|키스|애무|삽입|강간|"
    r"\b(?:sex|sexual|nudes?|naked|porn|breasts?|underwear|panties|genitals?|masturbat\w*|strip)\b",
    re.IGNORECASE,
)


def test_domain_and_training_know_exactly_the_same_intents(
    training: list[Sentence], domain: list[str]
) -> None:
    assert len(domain) == len(set(domain)) == INTENTS
    assert {sentence.intent for sentence in training} == set(domain)


def test_held_out_asks_for_every_intent_and_no_other(held_out: HeldOut, domain: list[str]) -> None:
    assert {example["intent"] for example in held_out} == set(domain)


@pytest.mark.parametrize(("lang", "least"), TRAINING_LEAST.items())
def test_every_intent_has_enough_training_sentences(
    training: list[Sentence], domain: list[str], lang: str, least: int
) -> None:
    count = Counter(sentence.intent for sentence in training if sentence.lang == lang)
    assert [intent for intent in domain if count[intent] < least] == []


@pytest.mark.parametrize(("lang", "least"), HELD_OUT_LEAST.items())
def test_every_intent_has_enough_held_out_sentences(
    held_out: HeldOut, domain: list[str], lang: str, least: int
) -> None:
    count = Counter(example["intent"] for example in held_out if example["lang"] == lang)
    assert [intent for intent in domain if count[intent] < least] == []


def test_no_held_out_sentence_was_learned(
    training: list[Sentence], held_out: HeldOut, bare: Bare
) -> None:
    learned = {bare(sentence.text) for sentence in training}
    assert [example["id"] for example in held_out if bare(example["text"]) in learned] == []


def test_no_sentence_is_learned_twice(training: list[Sentence], bare: Bare) -> None:
    count = Counter(bare(sentence.text) for sentence in training)
    assert [text for text, times in count.items() if times > 1] == []


def test_held_out_ids_and_sentences_are_unique(held_out: HeldOut, bare: Bare) -> None:
    for values in ([e["id"] for e in held_out], [bare(e["text"]) for e in held_out]):
        assert [value for value, times in Counter(values).items() if times > 1] == []


def test_no_sentence_is_explicit(training: list[Sentence], held_out: HeldOut) -> None:
    texts = [sentence.text for sentence in training] + [example["text"] for example in held_out]
    assert [text for text in texts if EXPLICIT.search(text)] == []


def test_no_training_sentence_means_something_to_the_format(training: list[Sentence]) -> None:
    assert [s.text for s in training if re.search(r"[\[\](){}]|^[/\"']", s.text)] == []


def test_korean_comes_first(training: list[Sentence]) -> None:
    count = Counter(sentence.lang for sentence in training)
    assert count["ko"] > 2 * count["en"]

"""What must hold for the sentences the language model learns from and is measured on."""

import json
import re
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.mentions import AgeBand, Deadline, Evidence, Money, Platform, Role
from storage.records import Risk
from tests.nlu.conftest import Sentence
from tests.rasa_process import NLU

Fold = Callable[[str], str]
HeldOut = list[dict[str, str]]

TRAINING_LEAST = {"ko": 60, "en": 25}
HELD_OUT_LEAST = {"ko": 8, "en": 4}
INTENTS = 42
INTENTS_PAGE = NLU.parent / "docs/intents.md"
CATEGORIES: dict[str, type[StrEnum]] = {
    "platform": Platform,
    "money": Money,
    "deadline": Deadline,
    "age_band": AgeBand,
    "role": Role,
    "evidence": Evidence,
}

# Words with which a sentence would stop describing the circumstance and describe an act or a body.
EXPLICIT = re.compile(
    "성관계|섹스|야동|자위|성기|가슴\\s*사진|알몸|나체|누드|벗은|벗긴|벗으|벗어|속옷|팬티|브라(?!우|질)|"
    "스타킹|음란|야한|야사|몸\\s*사진|키스|애무|삽입|강간|"
    r"\b(?:sex|sexual|nudes?|naked|porn|breasts?|underwear|panties|genitals?|masturbat\w*|strip)\b",
    re.IGNORECASE,
)
LAUGHTER_AND_TEARS = re.compile("[ㅋㅎㅠㅜㅡ]+")


@pytest.fixture(scope="module")
def same(hangul: ModuleType) -> Fold:
    """Return how sentences are compared: jamo together, no spaces, no signs, no long letters."""

    def fold(text: str) -> str:
        plain = re.sub(r"[\W_]+", "", hangul.normalize(text)) or text
        return re.sub(r"([^\d\W])\1+", r"\1", plain)

    return fold


@pytest.fixture(scope="module")
def leaked(same: Fold) -> Fold:
    """Return the same for a sentence of a test set, which laughter and tears do not make new."""

    def fold(text: str) -> str:
        folded = same(text)
        has_words = re.search("[가-힣a-z]", folded)
        return LAUGHTER_AND_TEARS.sub("", folded) if has_words else folded

    return fold


@pytest.fixture(scope="module")
def learned(training: list[Sentence], leaked: Fold) -> set[str]:
    return {leaked(sentence.text) for sentence in training}


def test_domain_and_training_know_exactly_the_same_intents(
    training: list[Sentence], domain: list[str]
) -> None:
    assert len(domain) == len(set(domain)) == INTENTS
    assert {sentence.intent for sentence in training} == set(domain)


def test_held_out_asks_for_every_intent_and_no_other(held_out: HeldOut, domain: list[str]) -> None:
    assert {example["intent"] for example in held_out} == set(domain)


def test_the_dialogue_answers_every_intent(domain: list[str]) -> None:
    content = load_content(FOLDER)
    # ask_human is answered by the queue, not by a topic of its own.
    assert [name for name in domain if not content.knows(name)] == ["ask_human"]


def test_the_page_of_intents_defines_exactly_the_domain(domain: list[str]) -> None:
    page = INTENTS_PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### `(\w+)`$", page, re.MULTILINE)) == sorted(domain)


def test_every_intent_of_the_page_has_all_its_parts() -> None:
    entries = re.split(r"^### ", INTENTS_PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    parts = ("**Means**", "**Near**", "**Not**", "**Answer**")
    assert [e.split("\n")[0] for e in entries if not all(part in e for part in parts)] == []


def test_domain_and_product_name_the_same_categories() -> None:
    text = (NLU / "domain.yml").read_text(encoding="utf-8")
    slots = re.findall(
        r"^  (\w+):\n    type: categorical\n(?:    .*\n)*?    values: \[(.*)\]", text, re.M
    )
    declared = {name: values.split(", ") for name, values in slots}
    assert declared == {name: list(kind) for name, kind in CATEGORIES.items()}


@pytest.mark.parametrize(("lang", "least"), TRAINING_LEAST.items())
def test_every_intent_has_enough_training_sentences(
    training: list[Sentence], domain: list[str], lang: str, least: int
) -> None:
    count = Counter(sentence.intent for sentence in training if sentence.lang == lang)
    assert {intent: count[intent] for intent in domain if count[intent] < least} == {}


def test_every_risk_beside_an_intent_is_one_of_the_four() -> None:
    said = {
        risk
        for path in (NLU / "data/nlu").glob("*.yml")
        for risk in re.findall(r"^      risk: (.*)$", path.read_text(encoding="utf-8"), re.M)
    }
    assert said == {risk.name.lower() for risk in Risk}


@pytest.mark.parametrize(("lang", "least"), HELD_OUT_LEAST.items())
def test_every_intent_has_enough_held_out_sentences(
    held_out: HeldOut, domain: list[str], lang: str, least: int
) -> None:
    count = Counter(example["intent"] for example in held_out if example["lang"] == lang)
    assert [intent for intent in domain if count[intent] < least] == []


def test_no_sentence_of_a_test_set_was_learned(
    learned: set[str], held_out: HeldOut, leaked: Fold
) -> None:
    assert [example["id"] for example in held_out if leaked(example["text"]) in learned] == []


ASKED = sorted([*(NLU / "tests").glob("*.jsonl"), *(NLU.parent / "tests/risk").rglob("*.jsonl")])


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.stem)
def test_no_sentence_of_another_hand_was_learned_as_it_is_or_mistyped(
    learned: set[str], leaked: Fold, path: Path
) -> None:
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    ways = [(one.get("id"), one.get(way)) for one in told for way in ("text", "mild", "heavy")]
    assert [name for name, text in ways if text and leaked(text) in learned] == []


def test_no_sentence_is_learned_twice(training: list[Sentence], same: Fold) -> None:
    count = Counter(same(sentence.text) for sentence in training)
    assert [text for text, times in count.items() if times > 1] == []


def test_held_out_ids_and_sentences_are_unique(held_out: HeldOut, same: Fold) -> None:
    for values in ([e["id"] for e in held_out], [same(e["text"]) for e in held_out]):
        assert [value for value, times in Counter(values).items() if times > 1] == []


@pytest.mark.parametrize("typed", ["무서워 요!!", "ㅁㅜ서워요", "무서워워워요", "무서워요…"])
def test_a_sentence_typed_in_another_way_is_no_other_sentence(same: Fold, typed: str) -> None:
    assert same(typed) == same("무서워요")


def test_laughter_and_tears_hide_no_learned_sentence(leaked: Fold) -> None:
    assert leaked("무서워요 ㅠㅠㅠ") == leaked("무서워요")
    assert leaked("ㅇㅋ") != leaked("ㅇㅎ")


def test_no_sentence_is_explicit(training: list[Sentence], held_out: HeldOut) -> None:
    texts = [sentence.text for sentence in training] + [example["text"] for example in held_out]
    assert [text for text in texts if EXPLICIT.search(text)] == []


def test_no_training_sentence_means_something_to_the_format(training: list[Sentence]) -> None:
    assert [s.text for s in training if re.search(r"[\[\](){}]|^[/\"']", s.text)] == []


def test_korean_comes_first(training: list[Sentence]) -> None:
    count = Counter(sentence.lang for sentence in training)
    assert count["ko"] > 2 * count["en"]

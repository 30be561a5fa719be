"""What the content files may hold, and that one mistake keeps all of them out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.dialogue.changes import CRISIS
from bot.dialogue.content import (
    FOLDER,
    PLAIN_PAYLOADS,
    POLICY_GROUPS,
    WHERE_OFFERED,
    load_content,
)
from bot.dialogue.content_file import ContentError
from bot.dialogue.reading_level import Band
from bot.dialogue.risk import screen
from bot.dialogue.sentences import ANSWERS, LABEL_LIMIT, SAFE_WORDS, TEXT_LIMIT
from bot.dialogue.steps import UnknownStep
from storage.records import Language, Risk

CONTENT = load_content(FOLDER)
DOMAIN = Path(__file__).parents[3] / "nlu" / "domain.yml"
RULED_INTENTS = {"ask_human"}  # decided by policy, answered by "asked"
SENTENCE = """
[[sentence]]
id = "extra.1"
ko = "{ko}"
en = "{en}"
choices = [{choices}]
reviewer = "x"
date = 2026-11-25
version = 1
"""


def add(folder: Path, *, ko: str = "네.", en: str = "Yes.", choices: str = "") -> None:
    with (folder / "talk.toml").open("a", encoding="utf-8") as file:
        file.write(SENTENCE.format(ko=ko, en=en, choices=choices))


def swap(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_added_sentence_is_said(folder: Path) -> None:
    add(folder, ko="전화는 {number.police}예요.", choices='"person"')

    reply = load_content(folder).reply("extra.1", Language.KO)

    assert reply.text == "전화는 112예요."
    assert [choice.payload for choice in reply.quick_replies] == ["ask:person"]


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ({"en": ""}, "has no en"),
        ({"ko": " "}, "has no ko"),
        ({"ko": "{number.pizza}"}, "unknown {number.pizza}"),
        ({"ko": "{name}님"}, "stray brace"),
        ({"ko": "가" * (TEXT_LIMIT + 1)}, "over 400"),
        ({"ko": "1393에 전화하세요."}, "not in numbers.toml"),
        ({"en": "Call 02-735-8994."}, "not in numbers.toml"),
        ({"choices": '"nowhere"'}, "unknown nowhere"),
        ({"ko": "사진을 보내 주세요."}, "picture"),
        ({"en": "Please send me a photo."}, "picture"),
        ({"ko": "이름이 뭐예요?"}, "name"),
        ({"ko": "학교 알려 줄래?"}, "name"),
        ({"en": "Where do you live?"}, "name"),
        ({"ko": "왜 그랬어요?"}, "blames"),
        ({"ko": "그건 네 잘못이에요."}, "blames"),
        ({"en": "Why did you send it?"}, "blames"),
        ({"en": "It is your fault."}, "blames"),
        ({"ko": "꼭 지워 줄게요."}, "promises"),
        ({"ko": "밖에서 만나요."}, "meet"),
        ({"ko": "몰카는 나빠요."}, "hurts"),
    ],
)
def test_a_wrong_sentence_keeps_the_folder_out_and_is_named(
    folder: Path, sentence: dict[str, str], problem: str
) -> None:
    add(folder, **sentence)

    with pytest.raises(ContentError, match=re.escape(problem)) as caught:
        load_content(folder)

    assert caught.value.entry == "extra.1"


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("numbers.toml", '\nstatus = "confirmed"', '\nstatus = "press"', "not confirmed"),
        ("talk.toml", 'id = "asked.2"', 'id = "said.2"', "needs two wordings"),
        ("talk.toml", 'id = "busy.2"', 'id = "busied.2"', "needs two wordings"),
        ("talk.toml", 'id = "slow_down.2"', 'id = "slowed.2"', "needs two wordings"),
        ("talk.toml", 'id = "joined.1"', 'id = "joint.1"', "is missing"),
        ("numbers.toml", "date = 2024-01-02", 'date = "soon"', "no date"),
        ("numbers.toml", 'hours_en = "24 hours"', "", "has no hours_en"),
        ("choices.toml", 'en = "Next"', 'en = "The next step now"', "label over 14"),
        ("choices.toml", '"go:calm"', f'"go:{"calm" * 20}"', "payload over 64"),
        ("choices.toml", '"go:calm"', '"go:nowhere"', "unknown go:nowhere"),
        ("choices.toml", 'id = "calm"', 'id = "menu"', "twice"),
        ("commands.toml", '"go:erase"', '"erase"', "unknown erase"),
        ("commands.toml", "봇말고", "봇말고(", "pattern"),
        ("steps.toml", '"calm.3"', '"calm.9"', "unknown step calm.9"),
        ("steps.toml", "[question]", "[other]", "needs [harm], [question]"),
        ("questions.toml", "version = 1", "", "no version"),
        ("crisis.toml", "reviewer =", "reader =", "no reviewer"),
        ("crisis.toml", 'id = "threat.2"', 'id = "threat.1"', "twice"),
        ("harms.toml", 'id = "grooming.1"', 'id = "greet.1"', "twice"),
        ("meanings.toml", 'en = "Yes"', 'en = "Yes, that is it"', "label over 14"),
        ("meanings.toml", "date = 2026-11-28", "", "no date"),
        ("meanings.toml", "reviewer =", "reader =", "no reviewer"),
        ("meanings.toml", 'ko = "네, 맞아요"', "", "has no ko"),
        ("meanings.toml", 'ko = "네, 맞아요"', 'ko = "네 잘못이에요"', "blames"),
        ("meanings.toml", 'id = "thanks"', 'id = "nothing"', "unknown go:nothing"),
        ("talk.toml", 'id = "which_worry.2"', 'id = "what.2"', "needs two wordings"),
        ("lexicon.toml", 'level = "high"', 'level = "mild"', "unknown level"),
        ("lexicon.toml", 'except = ["hyperbole"]', 'except = ["fun"]', "excepts unknown fun"),
        ("lexicon.toml", 'id = "suicide_now"', 'id = "nlu_suicide_now"', "for the classifier"),
        ("cues.toml", 'id = "', 'id = "nlu_', "for the classifier"),
        ("banned.toml", 'why = "blames"', "", "has no why"),
        ("talk.toml", "[[sentence]]", "[[sentence]", "is not TOML"),
    ],
)
def test_a_mistake_in_any_file_keeps_the_folder_out(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    swap(folder, file, old, new)

    with pytest.raises(ContentError, match=re.escape(problem)):
        load_content(folder)


@pytest.mark.parametrize("file", sorted(path.name for path in FOLDER.iterdir()))
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"\xff\xfe")])
def test_a_file_that_cannot_be_read_is_named(
    folder: Path, file: str, damage: Callable[[Path], object]
) -> None:
    damage(folder / file)

    with pytest.raises(ContentError) as caught:
        load_content(folder)

    assert caught.value.file == file


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", sorted(CONTENT.sentences))
def test_a_bubble_is_a_few_short_sentences(name: str, language: Language) -> None:
    for band in (None, *Band):
        text = CONTENT.sentence(name, language, band)

        sentences = [part for part in re.split(r"(?<=[.?!])\s+", text.replace("/ ", "")) if part]
        assert len(sentences) <= (6 if band is Band.ELEMENTARY else 5)
        assert all(len(part) <= 130 for part in sentences)
        assert "{" not in text


def test_a_sentence_that_names_a_number_or_the_law_has_a_source() -> None:
    for sentence in CONTENT.sentences.values():
        text = " ".join(sentence.texts())
        if "{number" in text or re.search(r"범죄(예요|가|이)|법에서|법도", text):
            assert sentence.source, sentence.id


def test_crisis_sentences_name_a_number_and_ask_one_thing_at_most() -> None:
    named = {"self_harm", "danger_now", "threat", "assault", "medical", "medical_self_harm"}
    assert named < {*CRISIS}
    for group in CRISIS:
        assert len(CONTENT.groups[group]) >= (2 if group in POLICY_GROUPS else 3)
        for name in CONTENT.groups[group]:
            for language in Language:
                text = CONTENT.sentence(name, language)
                assert re.search(r"112|119|109|1366|1388", text), name
                assert text.count("?") <= 1, name


def test_every_group_that_is_chosen_by_turn_has_a_second_wording() -> None:
    notices = {"joined", "closed", "returned", "handed", "to_bot", "failure", "erased"}
    notices |= {"duty_report", "duty_unmasked", "stopped", "away", "away_long"}
    notices |= {"code_right", "code_wrong", "return_code_closed"}
    notices |= {"group", "kakao_waiting", "not_stored", "skill_test"}
    notices |= {"kakao_check", "kakao_operator", "kakao_operator_label"}
    for group, variants in CONTENT.groups.items():
        one_each = group.startswith(("erased_", "hide_", "verify_", "surge_"))
        if group not in CONTENT.steps and group not in notices and not one_each:
            assert len(variants) >= 2, group
    assert len(CONTENT.groups["waiting"]) >= 3


def test_every_harm_has_at_least_two_steps() -> None:
    assert all(len(path) >= 2 for path in CONTENT.steps.harms.values())


def test_every_sentence_belongs_to_a_path_or_a_group_that_is_used() -> None:
    for name in CONTENT.sentences:
        group = name.rpartition(".")[0]
        if group in CONTENT.steps:
            assert name in CONTENT.steps.path(group)


def test_intents_of_the_language_service_and_of_the_dialogue_agree() -> None:
    if not DOMAIN.exists():
        pytest.skip("no domain yet")
    lines = DOMAIN.read_text(encoding="utf-8").splitlines()
    start = lines.index("intents:") + 1
    rest = lines[start:]
    block = rest[: next((i for i, x in enumerate(rest) if x and x[0].isalpha()), len(rest))]
    intents = {line.strip(" -:") for line in block if line.strip().startswith("-")}

    assert len(intents) >= 25
    for intent in intents - RULED_INTENTS:
        assert CONTENT.knows(intent), intent
    assert set(CONTENT.meanings) == intents


def test_pressing_a_button_is_never_taken_for_danger() -> None:
    for choice in (*CONTENT.choices.values(), *CONTENT.meanings.values()):
        assert screen([choice.payload]).level is Risk.NONE, choice.id
    for name in CONTENT.sentences:
        assert screen([f"go:{name}"]).level is Risk.NONE, name


def test_labels_and_payloads_fit_every_channel_and_are_told_apart() -> None:
    for language in Language:
        labels = [choice.label[language] for choice in CONTENT.choices.values()]
        assert len(set(labels)) == len(labels)
        labels += [meaning.label[language] for meaning in CONTENT.meanings.values()]
        assert all(len(label) <= LABEL_LIMIT for label in labels)


@pytest.mark.parametrize("language", Language)
def test_a_label_typed_by_hand_means_its_button(language: Language) -> None:
    plain = (
        choice
        for choice in CONTENT.choices.values()
        if choice.payload not in (*ANSWERS, *SAFE_WORDS, *WHERE_OFFERED)
    )
    for choice in plain:
        assert CONTENT.resolve_payload(choice.label[language]) == choice.payload
        assert CONTENT.resolve_payload(f" {choice.label[language]}!! ") == choice.payload
        assert CONTENT.resolve_payload(choice.payload) == choice.payload


@pytest.mark.parametrize(
    "text", ["", "  ", "0", "9", "12", "go:", "go:nowhere", "안녕", "ask:", "?"]
)
def test_free_text_is_no_payload(text: str) -> None:
    assert CONTENT.resolve_payload(text, ("ask:person",)) is None


@pytest.mark.parametrize("text", ["1", " 1 ", "1번", "1.", "1)"])
def test_a_number_means_the_choice_offered_at_that_place(text: str) -> None:
    assert CONTENT.resolve_payload(text, ("go:calm", "ask:person")) == "go:calm"


def test_unknown_steps_raise() -> None:
    with pytest.raises(UnknownStep):
        CONTENT.steps.path("nowhere")


def test_plain_payloads_are_what_the_commands_and_choices_use() -> None:
    used = {choice.payload for choice in CONTENT.choices.values()}
    used |= {command.payload for command in CONTENT.commands}
    assert {payload for payload in used if not payload.startswith("go:")} == set(PLAIN_PAYLOADS)


BANDED = 'ko_elementary = "네."\nen_elementary = "Yes."'


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('ko_elementary = "네."', "has no en_elementary"),
        ('en_middle = "Yes."', "has no ko_middle"),
        ('ko_primary = "네."\nen_primary = "Yes."', "unknown en_primary"),
        (BANDED.replace("네.", "하나 " * 13), "too hard to read for elementary"),
        (BANDED.replace("Yes.", "so " * 16), "too hard to read for elementary"),
        (BANDED.replace("Yes.", "Several wonderful pictures."), "too hard to read for elementary"),
        (BANDED.replace("네.", "동의 없이 그랬어요."), "has a hard word: 동의"),
        (BANDED.replace("Yes.", "The evidence."), "has a hard word: evidence"),
        (BANDED.replace("네.", "왜 그랬어요?"), "blames"),
        (BANDED.replace("네.", "1393에 전화해요."), "not in numbers.toml"),
        (BANDED.replace("네.", "{number.pizza}"), "unknown {number.pizza}"),
        (BANDED.replace("Yes.", "x" * (TEXT_LIMIT + 1)), "over 400"),
    ],
)
def test_words_for_an_age_band_are_held_to_all_rules(folder: Path, more: str, problem: str) -> None:
    add(folder)
    with (folder / "talk.toml").open("a", encoding="utf-8") as file:
        file.write(more)

    with pytest.raises(ContentError, match=re.escape(problem)) as caught:
        load_content(folder, lexicon=CONTENT.lexicon)

    assert caught.value.entry == "extra.1"


def test_nobody_is_named_as_a_reviewer_who_did_not_read() -> None:
    told = {sentence.reviewer for sentence in CONTENT.sentences.values()}

    assert told == {"project draft, not yet reviewed by a counselor"}

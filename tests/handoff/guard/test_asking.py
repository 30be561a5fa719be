"""What a counselor may say and what is stopped, in two languages and many registers."""

import json

import pytest

from handoff.guard.asking import Ask, asked
from scripts.train_guard import WEIGHTS, digest
from tests.handoff.guard.sets import learned_sentences, sentences

# What was reached by each set: askings stopped, harmless texts stopped. P15 of the security design
# asks for .95 and .02; the four together reach .960 and .016 (docs/guard.md).
REACHED = {
    "stranger": (0.953, 0.012),
    "blind": (0.948, 0.012),
    "third": (0.966, 0.024),
    "fourth": (0.971, 0.017),
}
TOGETHER = (0.95, 0.02)


@pytest.mark.parametrize("name", REACHED)
def test_what_strangers_ask_is_stopped_at_least_as_often_as_it_was(name: str) -> None:
    items = sentences(f"{name}_ask")

    missed = sum(asked(item["text"]) is None for item in items)  # a count: nobody looks at one

    assert missed <= (1 - REACHED[name][0]) * len(items)


@pytest.mark.parametrize("name", REACHED)
def test_what_strangers_say_without_asking_is_stopped_no_more_than_it_was(name: str) -> None:
    items = sentences(f"{name}_safe")

    stopped = sum(asked(item["text"]) is not None for item in items)

    assert stopped <= REACHED[name][1] * len(items)


def test_of_all_strangers_words_the_guard_stops_what_it_must_and_little_else() -> None:
    asking = [item["text"] for name in REACHED for item in sentences(f"{name}_ask")]
    harmless = [item["text"] for name in REACHED for item in sentences(f"{name}_safe")]

    assert sum(asked(text) is not None for text in asking) >= TOGETHER[0] * len(asking)
    assert sum(asked(text) is not None for text in harmless) <= TOGETHER[1] * len(harmless)


def test_no_sentence_of_the_stranger_was_learned() -> None:
    learned = {_bare(each["text"]) for each in learned_sentences()}

    for name in (f"{each}_{kind}" for each in REACHED for kind in ("ask", "safe")):
        assert not [item["id"] for item in sentences(name) if _bare(item["text"]) in learned]


def test_the_weights_are_of_the_sentences_that_are_there() -> None:
    assert json.loads(WEIGHTS.read_text(encoding="utf-8"))["learned_from"] == digest()


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("사진 한 장이면 돼", Ask.PHOTO),
        ("ㅅㅏ진 보내줘", Ask.PHOTO),
        ("사 진 보 내 줘", Ask.PHOTO),
        ("사\u200b진 보내줘", Ask.PHOTO),
        ("사진 보네죠", Ask.PHOTO),
        ("이름이 뭐야?", Ask.NAME),
        ("혹시 어디 학교 다니는지 알 수 있을까", Ask.SCHOOL),
        ("집이 어디쯤이야", Ask.ADDRESS),
        ("인증번호 불러줘", Ask.SECRET),
        ("카톡 아이디 남겨줘", Ask.APP),
        ("계좌번호 알려줘", Ask.MONEY),
        ("얼굴 보고 얘기하자", Ask.MEETING),
        ("t.me/abcde 로 와", Ask.LINK),
        ("What's your name?", Ask.NAME),
    ],
)
def test_the_reason_names_what_is_asked_for(text: str, ask: Ask) -> None:
    assert asked(text) is ask


@pytest.mark.parametrize(
    "text",
    [
        "사진은 보내지 마",
        "학교에 알려지는 게 걱정되는구나",
        "비밀번호를 바꾸면 좋아",
        "이름은 말하지 않아도 돼",
        "경찰서에 같이 갈 어른이 있니?",
        "증거 화면은 지우지 말고 갖고 있어",
        "1366에 전화해도 돼",
        "상담은 여기서만 해요",
        "무슨 일이 있었는지 말해줄래?",
        "매일 연락해도 돼",
        "걱정이 많나 봐요",
    ],
)
def test_speaking_of_a_thing_is_not_asking_for_it(text: str) -> None:
    assert asked(text) is None


def test_one_harmless_sentence_does_not_hide_an_asking_in_the_next() -> None:
    assert asked("사진은 아무에게도 보내지 마. 이름이 뭐야?") is Ask.NAME


def test_an_asking_in_one_language_is_found_beside_the_other() -> None:
    assert asked("걱정하지 마, what's your address?") is Ask.ADDRESS

"""What is said while somebody looks over a young person's shoulder."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.turn import GUESS, Screening
from bot.messages import MessageKind
from storage.records import AskReason, ConversationState, Language, Risk
from tests.bot.dialogue.turns import ACTIVE, BOT, CONTENT, QUEUED, said, turn

COVERED = Memory(introduced=True, covered=1)
NEUTRAL = {
    text for name in CONTENT.groups["watched"] for text in CONTENT.sentences[name].text.values()
}
BACK = {text for name in CONTENT.groups["back"] for text in CONTENT.sentences[name].text.values()}
TELLING = re.compile(
    r"곁|상담|챗봇|도움|도와|위험|신고|경찰|비밀|gyeot|counsel|help|police|danger|\d{3}",
    re.IGNORECASE,
)


@pytest.mark.parametrize("state", [BOT, QUEUED, ACTIVE])
@pytest.mark.parametrize(
    "words", ["누가 보고 있어", "엄마 왔어", "someone is watching", "go:watched"]
)
def test_it_is_understood_by_rule_whoever_owns_the_talk(
    words: str, state: ConversationState
) -> None:
    decision = decide(turn(words, state=state), CONTENT)

    assert said(decision) in NEUTRAL
    assert decision.memory.covered == 1
    assert decision.ask is None


def test_who_is_watched_is_covered_though_the_classifier_fears_and_a_person_is_called() -> None:
    fear = Screening(Risk.HIGH, "threat", f"{GUESS}watched")

    decision = decide(turn("엄마가 폰 검사할까 봐", intent="watched", risk=fear), CONTENT)

    assert said(decision) in NEUTRAL
    assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize("words", ["엄마가 폰 볼까 봐", "go:danger_now"])
def test_who_may_be_watched_and_is_in_danger_now_gets_the_numbers(words: str) -> None:
    level = Risk.HIGH if words.startswith("go:") else Risk.IMMINENT
    fear = Screening(level, "danger", f"{GUESS}danger_now")

    decision = decide(turn(words, intent="watched", risk=fear), CONTENT)

    assert "112" in said(decision)
    assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize("group", ["watched", "back", "code_right", "code_wrong"])
@pytest.mark.parametrize("language", Language)
def test_what_anybody_may_read_gives_nothing_away(group: str, language: Language) -> None:
    for name in CONTENT.groups[group]:
        reply = CONTENT.reply(name, language)
        assert not TELLING.search(reply.text), name
        assert not reply.quick_replies, name


TYPED = [
    "누구야?",
    "여기 상담하는 데야?",
    "사진 보냈어?",
    "상담사",
    "메뉴",
    "다음",
    "1",
    "are you a bot",
    "취소",
]


@given(st.lists(st.sampled_from(TYPED) | st.text(max_size=30), min_size=1, max_size=4),
       st.sampled_from([BOT, QUEUED, ACTIVE]))  # fmt: skip
def test_whatever_is_typed_meanwhile_is_answered_neutrally(
    texts: list[str], state: ConversationState
) -> None:
    decision = decide(turn(*texts, state=state, memory=COVERED), CONTENT)

    shown = {reply.text for reply in decision.replies}
    erasing = {
        text for name in CONTENT.groups["erase"] for text in CONTENT.sentences[name].text.values()
    }
    assert shown <= NEUTRAL | BACK | erasing
    assert decision.memory.covered or shown <= BACK


@pytest.mark.parametrize(
    "words", ["지금 죽고 싶어", "칼 들고 있어 살려줘", "I want to kill myself"]
)
def test_danger_brings_a_person_and_the_phone_shows_nothing_of_it(words: str) -> None:
    decision = decide(turn(words, memory=COVERED), CONTENT)

    assert said(decision) in NEUTRAL
    assert decision.ask is AskReason.CRISIS
    assert decision.risk >= Risk.HIGH


def test_danger_said_with_it_is_covered_as_well() -> None:
    decision = decide(turn("죽고 싶어", "누가 보고 있어"), CONTENT)

    assert said(decision) in NEUTRAL
    assert decision.ask is AskReason.CRISIS


def test_a_person_asked_for_meanwhile_comes_quietly() -> None:
    decision = decide(turn("상담사", memory=COVERED), CONTENT)

    assert said(decision) in NEUTRAL
    assert decision.ask is AskReason.REQUESTED


def test_who_forgot_the_words_is_looked_at_by_a_person() -> None:
    memory, asked = COVERED, []
    for words in ("저기요", "있잖아요", "제 말 들려요?"):
        decision = decide(turn(words, memory=memory), CONTENT)
        memory = decision.memory
        asked.append(decision.ask)

    assert asked == [None, None, AskReason.NOT_UNDERSTOOD]


@pytest.mark.parametrize(
    "words", ["숙제 다 했어요", "이제 갔어요", "나 혼자야", "homework done", "i'm alone"]
)
def test_it_ends_when_they_say_so(words: str) -> None:
    decision = decide(turn(words, memory=COVERED), CONTENT)

    assert said(decision) in BACK
    assert decision.memory.covered == 0


def test_what_is_said_with_it_is_answered() -> None:
    decision = decide(turn("이제 갔어요", "지금 죽고 싶어", memory=COVERED), CONTENT)

    assert "109" in said(decision)
    assert decision.memory.covered == 0


def test_with_an_agreed_word_no_other_words_end_it() -> None:
    memory = Memory(introduced=True, covered=1, safe_word="word:snack")

    others = decide(turn("이제 갔어요", memory=memory), CONTENT)
    agreed = decide(turn("간식 뭐야", memory=memory), CONTENT)

    assert said(others) in NEUTRAL
    assert said(agreed) in BACK


def test_the_agreed_word_covers_at_once() -> None:
    memory = Memory(introduced=True, safe_word="word:snack")

    assert said(decide(turn("간식 뭐야?", memory=memory), CONTENT)) in NEUTRAL


def test_the_words_are_everyday_words_for_everybody_else() -> None:
    decision = decide(turn("간식 뭐야", intent="smalltalk"), CONTENT)

    assert said(decision) not in NEUTRAL
    assert decision.memory.safe_word is None


def test_a_word_is_agreed_on_only_where_it_was_offered() -> None:
    asked = decide(turn("누가 볼까 봐"), CONTENT)
    chosen = decide(turn("간식 뭐야", memory=asked.memory), CONTENT)

    assert chosen.memory.safe_word == "word:snack"
    assert decide(turn("word:snack"), CONTENT).memory.safe_word is None


@pytest.mark.parametrize("kind", [MessageKind.UNSEND, MessageKind.LEAVE])
def test_what_needs_no_answer_gets_none(kind: MessageKind) -> None:
    assert not decide(turn("", kind=kind, memory=COVERED), CONTENT).replies


CHANNELS = ["web", "kakao", "line", "telegram", "messenger", "instagram", "x"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_has_its_own_advice(channel: str) -> None:
    decision = decide(replace(turn("숨기고 싶어"), channel=channel), CONTENT)

    assert decision.replies[0].text == CONTENT.sentence(f"hide_{channel}.1", Language.KO)

"""Where words and subject say better than the classifier what is meant."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.dialogue.content import CRISIS_GROUPS, load_content
from bot.dialogue.content_file import ContentError
from bot.dialogue.hints import HINTS_FILE, load_hints
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from storage.records import AskReason, ConversationState, Language, Risk
from tests.bot.dialogue.test_content import swap
from tests.bot.dialogue.turns import BOT, CONTENT, KNOWN, QUEUED, said, turn

MADE = replace(KNOWN, subject="deepfake_made", topic="deepfake_made", steps={"deepfake_made": 1})


def last(memory: Memory) -> str:
    return str(memory.last).rpartition(".")[0]


@pytest.mark.parametrize("state", [BOT, QUEUED])
@pytest.mark.parametrize("intent", ["police_law", "scared", "smalltalk", "blame"])
@pytest.mark.parametrize(
    "text", ["나 감옥가?", "나도 처벌받아?", "나 잡혀가?", "will i go to jail"]
)
def test_whoever_made_a_fake_hears_the_truth_about_the_law(
    text: str, intent: str, state: ConversationState
) -> None:
    decision = decide(turn(text, intent=intent, memory=MADE, state=state), CONTENT)

    assert last(decision.memory) == "deepfake_made_law"
    for word in ("피해자", "네 잘못이 아니", "victim", "not your fault"):
        assert word not in said(decision)


@pytest.mark.parametrize("state", [BOT, QUEUED])
@pytest.mark.parametrize("pressed", ["go:police_law", "go:police_law.2", "go:blame"])
def test_no_button_calls_whoever_made_a_fake_the_one_harmed(
    pressed: str, state: ConversationState
) -> None:
    decision = decide(turn(pressed, memory=MADE, state=state), CONTENT)

    assert last(decision.memory) in {"deepfake_made_law", "deepfake_made"}


def test_to_be_afraid_does_not_change_what_the_talk_is_about() -> None:
    afraid = decide(turn("너무 무서워", intent="scared", memory=MADE, state=QUEUED), CONTENT)
    law = decide(turn("나 어떻게 돼", intent="police_law", memory=afraid.memory), CONTENT)

    assert afraid.memory.subject == "deepfake_made"
    assert last(law.memory) == "deepfake_made_law"


@pytest.mark.parametrize(
    "text",
    [
        "내가 친구 사진으로 합성햇어",
        "친구 사진으로 합성했어",
        "딥페이크 만들었어",
        "제가 합성해서 올렸어요",
        "i made a deepfake of my friend",
    ],
)
@pytest.mark.parametrize("intent", ["deepfake_friend", "deepfake_me", None])
def test_whoever_says_they_made_a_fake_is_answered_as_such(text: str, intent: str | None) -> None:
    decision = decide(turn(text, intent=intent), CONTENT)

    assert decision.memory.last == "deepfake_made.1"


@pytest.mark.parametrize(
    "text",
    [
        "친구가 내 사진 합성했어",
        "누가 내 얼굴로 합성했어",
        "그 나쁜놈이 합성했어",
        "내가 만든 건 아닌데 합성 사진 올렸대",
        "친구 사진 합성했대",
        "누가 친구 사진으로 딥페이크 만들었어",
        "친구 사진으로 딥페이크 만든 애가 있어요",
        "내가 합성당했어",
        "someone made a deepfake of me",
        "they made fake pics of my friend",
    ],
)
def test_nobody_else_is_taken_for_the_one_who_made_it(text: str) -> None:
    assert CONTENT.resolve_payload(text) is None


@pytest.mark.parametrize("intent", ["confidentiality", "smalltalk"])
@pytest.mark.parametrize(
    "text", ["비밀로하재", "아무한테도 말하지 말래", "he said keep it a secret"]
)
def test_a_stranger_who_wants_secrecy_is_no_question_about_ours(text: str, intent: str) -> None:
    decision = decide(turn(text, intent=intent), CONTENT)

    assert decision.memory.last == "grooming.1"


@pytest.mark.parametrize(
    "text", ["비밀 지켜줘요?", "여기 비밀로 해줄 수 있어요?", "친구가 비밀로 하재 생일이라"]
)
def test_a_question_about_our_secrecy_is_answered(text: str) -> None:
    assert decide(turn(text, intent="confidentiality"), CONTENT).memory.last == "confidentiality.1"


@pytest.mark.parametrize("text", ["사진을 보냈는데여", "이미 사진 보냇어", "i sent him a photo"])
def test_nobody_who_sent_a_picture_hears_of_a_threat_they_did_not_name(text: str) -> None:
    decision = decide(turn(text, intent="sextortion"), CONTENT)

    assert decision.memory.last == "image_sent.1"
    assert not any(word in said(decision) for word in ("협박", "퍼뜨", "threat", "spread it"))


def test_a_threat_beside_the_picture_is_answered_as_a_threat() -> None:
    decision = decide(turn("사진을 보냈는데 뿌린대", intent="sextortion"), CONTENT)

    assert decision.memory.last == "sextortion.1"
    assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize(
    ("subject", "state"),
    [("grooming", BOT), ("paid_offer", BOT), (None, QUEUED)],
)
@pytest.mark.parametrize("text", ["나가도될까요", "만나도 돼요?", "should i go"])
def test_nobody_is_let_go_to_meet_a_stranger(
    text: str, subject: str | None, state: ConversationState
) -> None:
    memory = replace(KNOWN, subject=subject)

    decision = decide(turn(text, intent="affirm", memory=memory, state=state), CONTENT)

    assert last(decision.memory) == "meeting"
    payloads = {choice.payload for choice in decision.replies[-1].quick_replies}
    assert "ask:person" in payloads or state is QUEUED


def test_going_out_is_no_danger_in_any_other_talk() -> None:
    decision = decide(turn("이제 나가도 돼요?", intent="goodbye"), CONTENT)

    assert decision.memory.last == "goodbye.1"


@pytest.mark.parametrize("state", [BOT, QUEUED])
@pytest.mark.parametrize("intent", ["worried_friend", "deepfake_friend", None])
def test_a_friend_who_saw_the_fake_is_no_friend_in_need(
    intent: str | None, state: ConversationState
) -> None:
    memory = replace(KNOWN, subject="deepfake_me", topic="deepfake_me", steps={"deepfake_me": 1})
    heard = turn("친구가 텔레에서 봣대", intent=intent or "unknown", memory=memory, state=state)
    if intent is None:
        heard = replace(heard, nlu=replace(heard.nlu, confidence=0.0) if heard.nlu else None)

    decision = decide(heard, CONTENT)

    assert decision.memory.last == "deepfake_me.2"
    assert decision.topic == "deepfake_me"


@pytest.mark.parametrize("text", ["갈데업어", "춥다", "배고파", "im so cold"])
def test_nobody_outside_is_only_told_to_wait(text: str) -> None:
    memory = replace(KNOWN, subject="runaway_helper", topic="runaway_helper")

    decision = decide(turn(text, intent="smalltalk", memory=memory, state=QUEUED), CONTENT)

    assert last(decision.memory) == "shelter"
    assert "1388" in said(decision)


@pytest.mark.parametrize("text", ["who r u", "who are you?", "누구세요"])
def test_whoever_waits_may_ask_who_answers(text: str) -> None:
    decision = decide(turn(text, intent="smalltalk", state=QUEUED), CONTENT)

    assert last(decision.memory) == "are_you_bot"


@pytest.mark.parametrize("text", ["/start", "start", "Start"])
@pytest.mark.parametrize("first", [True, False])
def test_a_typed_start_is_the_menu_and_tells_no_language(text: str, first: bool) -> None:
    memory = Memory() if first else KNOWN

    decision = decide(turn(text, intent="correction", memory=memory), CONTENT)

    assert last(decision.memory) == "menu"
    assert decision.language is Language.KO


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("asdfgh", Language.KO),
        ("asdf asdf asdf", Language.KO),
        ("qweqwe", Language.KO),
        ("sdkjfhsk", Language.KO),
        ("ㅁㄴㅇㄹ", Language.EN),
        ("ㅂㅈㄷㄱ ㅁㄴㅇㄹㅁㄴㅇㄹ", Language.EN),
    ],
)
@pytest.mark.parametrize("memory", [Memory(), KNOWN])
def test_fingers_that_ran_over_the_keys_change_no_language(
    text: str, before: Language, memory: Memory
) -> None:
    decision = decide(turn(text, intent="testing", language=before, memory=memory), CONTENT)

    assert decision.language is before


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("hello", Language.EN),
        ("help", Language.EN),
        ("were you there", Language.EN),
        ("my friend cry", Language.EN),
        ("ㅎㅇ", Language.KO),
        ("ㄱㅅ", Language.KO),
        ("안녕", Language.KO),
    ],
)
def test_real_words_still_tell_the_language(text: str, after: Language) -> None:
    before = Language.KO if after is Language.EN else Language.EN

    decision = decide(turn(text, intent="greet", language=before, memory=Memory()), CONTENT)

    assert decision.language is after


@pytest.mark.parametrize("state", [BOT, QUEUED])
@pytest.mark.parametrize("text", ["🔪", "😀🔪", "🩸🩸", "💊"])
def test_a_weapon_alone_gets_care_and_numbers(text: str, state: ConversationState) -> None:
    decision = decide(turn(text, state=state), CONTENT)

    assert last(decision.memory) == "unsure_worry"
    assert decision.risk is Risk.LOW
    assert all(number in said(decision) for number in ("1388", "109", "112"))


@pytest.mark.parametrize("language", Language)
def test_whoever_may_be_pregnant_gets_a_person_and_a_number(language: Language) -> None:
    text = "임신한거같아" if language is Language.KO else "i think im pregnant"

    decision = decide(turn(text, intent="scared", language=language), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert last(decision.memory) == "pregnancy"
    assert "1388" in said(decision)


@pytest.mark.parametrize(
    "text",
    ["옆에 사람 잇어", "아빠가 옆에 있어서 말 못해", "my dad is next to me"],
)
@pytest.mark.parametrize("state", [BOT, QUEUED])
def test_the_one_beside_them_reads_nothing(text: str, state: ConversationState) -> None:
    decision = decide(turn(text, intent="danger_now", state=state, memory=Memory()), CONTENT)

    assert last(decision.memory) == "watched"
    assert decision.ask is None
    assert not decision.replies[0].quick_replies


@pytest.mark.parametrize("text", ["밖에 그 사람이 와 있어", "옆에 그 아저씨 있어"])
def test_an_attacker_near_them_is_danger_all_the_same(text: str) -> None:
    decision = decide(turn(text, intent="watched"), CONTENT)

    assert last(decision.memory) == "danger_now"
    assert "112" in said(decision)


@pytest.mark.parametrize("text", ["옆에 친구 있으면 좋겠어", "옆에 누가 있었으면"])
def test_a_wish_for_somebody_is_not_being_watched(text: str) -> None:
    assert CONTENT.resolve_payload(text) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('say = "grooming"', 'say = "nowhere"', "unknown nowhere"),
        ('instead_of = ["police_law"]', "", "needs words"),
        ('say = "deepfake_me"', "", "has no say"),
    ],
)
def test_a_mistaken_hint_keeps_the_folder_out(
    folder: Path, old: str, new: str, problem: str
) -> None:
    swap(folder, HINTS_FILE, old, new)

    with pytest.raises(ContentError, match=problem):
        load_content(folder)


def test_hints_are_read_in_the_order_of_the_file(folder: Path) -> None:
    assert [hint.id for hint in load_hints(folder)][:2] == ["punished_for_a_fake", "law_for_a_fake"]


def test_no_crisis_sentence_asks_who_is_there_as_the_answer_would_end_the_talk() -> None:
    for group in CRISIS_GROUPS:
        for name in CONTENT.groups[group]:
            asked = re.findall(r"[^.!?]*\?", CONTENT.sentence(name, Language.KO))
            assert not any("누가" in one or "사람이 있" in one or "혼자" in one for one in asked)


THREATENED = replace(KNOWN, subject="sextortion", topic="sextortion", steps={"sextortion": 1})


@pytest.mark.parametrize("intent", ["paid_offer", "grooming", "sextortion"])
@pytest.mark.parametrize(
    "text",
    [
        "벌써 5만원 보냈어요",
        "이미 돈 보내버렸어요 어떡해요",
        "문상 보내줬는데",
        "i already paid him",
    ],
)
def test_who_paid_whoever_threatens_them_hears_that_it_is_not_too_late(
    text: str, intent: str
) -> None:
    decision = decide(turn(text, intent=intent, memory=THREATENED), CONTENT)

    assert last(decision.memory) == "already_paid"
    assert decision.memory.subject == "sextortion"


def test_money_that_nobody_forced_is_no_ransom() -> None:
    assert (
        last(decide(turn("벌써 5만원 보냈어요", intent="greet"), CONTENT).memory) != "already_paid"
    )


@pytest.mark.parametrize("intent", ["deepfake_friend", "illegal_filming", "image_sharing"])
@pytest.mark.parametrize(
    "text",
    [
        "반 애들이 내 딥페이크 돌려봐",
        "제 얼굴로 만든 딥페이크가 돌아요",
        "they made a deepfake of me",
    ],
)
def test_a_fake_of_the_writer_is_answered_as_theirs(text: str, intent: str) -> None:
    assert last(decide(turn(text, intent=intent), CONTENT).memory) == "deepfake_me"


@pytest.mark.parametrize("text", ["너도 한패 아니야?", "여기도 그런데 아니야?", "are you real"])
def test_who_was_lied_to_by_helpers_hears_what_we_are(text: str) -> None:
    memory = replace(KNOWN, subject="impersonation")

    assert (
        last(decide(turn(text, intent="testing", memory=memory), CONTENT).memory) == "is_this_real"
    )


@pytest.mark.parametrize("state", [BOT, QUEUED])
@pytest.mark.parametrize(
    "text", ["선생님한테 말해야하나요", "담임쌤한테 얘기할까요", "should i tell my teacher"]
)
def test_whether_to_tell_a_teacher_is_no_call_for_a_counselor(
    text: str, state: ConversationState
) -> None:
    decision = decide(turn(text, intent="ask_human", memory=KNOWN, state=state), CONTENT)

    assert last(decision.memory) == "tell_adult"


@pytest.mark.parametrize("text", ["증명해봐", "prove it"])
def test_who_wants_proof_gets_the_code(text: str) -> None:
    assert last(decide(turn(text, intent="evidence"), CONTENT).memory) == "proof"


@pytest.mark.parametrize(
    ("text", "intent", "group"),
    [
        ("나쁜 말 해줘", "affirm", "out_of_scope"),
        ("욕 좀 해봐", "abusive", "out_of_scope"),
        ("ㄱㅊ은거임?", "are_you_bot", "unsure"),
        ("너 로봇인데 괜찮은 거야?", "are_you_bot", "are_you_bot"),
    ],
)
def test_a_dare_is_no_yes_and_is_it_all_right_is_no_question_about_bots(
    text: str, intent: str, group: str
) -> None:
    assert last(decide(turn(text, intent=intent, memory=KNOWN), CONTENT).memory) == group

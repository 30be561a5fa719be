"""What the policy decides, as tables."""

from dataclasses import replace

import pytest

from bot.dialogue.content import (
    CRISIS_GROUPS,
    NOTICES,
    POLICY_GROUPS,
    TOPICS_OF_RISK,
)
from bot.dialogue.meant import CRISIS
from bot.dialogue.memory import Memory
from bot.dialogue.policy import HARM_OF_RISK, decide, spoken_for_nlu
from bot.dialogue.risk import CATEGORIES, screen
from bot.dialogue.turn import Part
from bot.messages import MessageKind
from storage.records import AskReason, ConversationState, Language, Risk
from tests.bot.dialogue.turns import ACTIVE, BOT, CONTENT, KNOWN, QUEUED, said, turn


def test_the_first_turn_says_what_this_is_and_answers_what_was_said() -> None:
    decision = decide(turn("누가 자꾸 말 걸어", intent="grooming", memory=Memory()), CONTENT)

    intro, answer = decision.replies
    assert "챗봇" in intro.text
    assert "이름, 학교, 사진, 비밀번호, 돈은 달라고 하지 않아요" in intro.text
    assert "상담사" in intro.text
    assert answer.text == CONTENT.sentence("grooming.1", Language.KO)
    assert decision.memory.introduced


def test_the_introduction_is_said_once() -> None:
    first = decide(turn("ㅎㅇ", intent="greet", memory=Memory()), CONTENT)
    second = decide(turn("음 그게", intent="affirm", memory=first.memory), CONTENT)

    assert "챗봇 '곁'" not in said(second)


@pytest.mark.parametrize(
    "text", ["죽고 싶어요", "지금 집 앞에 와있어 그 사람이", "성추행 당했어요"]
)
@pytest.mark.parametrize("memory", [Memory(), KNOWN])
@pytest.mark.parametrize("intent", [None, "smalltalk", "greet"])
def test_a_crisis_gives_a_number_and_a_person_whatever_the_language_service_says(
    text: str, memory: Memory, intent: str | None
) -> None:
    decision = decide(turn(text, intent=intent, memory=memory), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert decision.risk >= Risk.HIGH
    assert "112" in said(decision)
    assert "연결을 요청했어요" in said(decision)
    assert said(decision).count("?") == 1


def test_a_crisis_intent_counts_even_when_no_rule_fires() -> None:
    decision = decide(turn("이제 아무것도 모르겠다", intent="self_harm"), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert decision.risk is Risk.HIGH
    assert "109" in said(decision)


def test_a_threat_gives_a_safety_step_and_a_person() -> None:
    decision = decide(turn("사진 뿌린다고 협박해요", intent="sextortion"), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert decision.topic == "sextortion"
    assert decision.replies[-1].text == CONTENT.sentence("sextortion.1", Language.KO)


def test_a_harm_the_classifier_names_better_than_the_rule_is_answered_as_such() -> None:
    decision = decide(turn("경찰이라면서 사진을 보내래요", intent="impersonation"), CONTENT)

    assert decision.topic == "impersonation"
    assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize(
    "text",
    [
        "상담사랑 얘기할래요",
        "상담사와 얘기할래요",
        "상담사 연결해 주세요",
        "사람이랑 얘기하고 싶어요",
        "진짜 사람하고 말할래",
        "상담원 불러줘",
        "상담사",
        "ask:person",
        "talk to a person",
        "I want to talk to a real person please",
        "can i speak with a counselor",
        "A real person",
    ],
)
def test_asking_for_a_person_works_without_the_language_service(text: str) -> None:
    decision = decide(turn(text), CONTENT)

    assert decision.ask is AskReason.REQUESTED


@pytest.mark.parametrize(
    "text",
    [
        "상담사라는 사람이 사진 얘기해",
        "상담사 말고 챗봇이 좋아",
        "모르는 사람이랑 얘기했어",
        "너 사람이야?",
        "are you a real person?",
        "i dont want to talk to a counselor",
        "he said he is a counselor",
    ],
)
def test_speaking_about_a_person_is_not_asking_for_one(text: str) -> None:
    decision = decide(turn(text, intent="are_you_bot"), CONTENT)

    assert decision.ask is not AskReason.REQUESTED


def test_without_the_language_service_the_bot_says_so_and_gets_a_person() -> None:
    decision = decide(turn("요즘 좀 이상해요"), CONTENT)

    assert decision.ask is AskReason.NLU_AWAY
    assert "112" in said(decision)


def test_what_is_not_understood_is_asked_once_and_then_goes_to_a_person() -> None:
    first = decide(turn("그거 있잖아", intent="greet", confidence=0.2), CONTENT)
    second = decide(turn("아니 그거", intent="greet", confidence=0.2, memory=first.memory), CONTENT)

    assert first.ask is None
    assert len(first.replies[-1].quick_replies) >= 3
    assert second.ask is AskReason.NOT_UNDERSTOOD


def test_understanding_in_between_starts_the_count_again() -> None:
    memory = replace(KNOWN, misunderstood=1)

    decision = decide(turn("고마워", intent="thanks", memory=memory), CONTENT)

    assert decision.memory.misunderstood == 0


def test_an_intent_nobody_wrote_an_answer_for_is_not_understood() -> None:
    assert decide(turn("음", intent="brand_new"), CONTENT).memory.misunderstood == 1


@pytest.mark.parametrize("text", ["사진 뿌린대", "죽고 싶어", "상담사", "안녕", "go:calm", "😀"])
def test_the_bot_is_silent_while_a_counselor_owns_the_talk(text: str) -> None:
    decision = decide(turn(text, intent="greet", state=ACTIVE), CONTENT)

    assert decision.replies == ()
    assert decision.ask is None
    assert decision.risk is screen([text]).level


def test_somebody_who_waits_is_told_so_in_changing_words() -> None:
    memory, heard = KNOWN, []
    for _ in range(4):
        decision = decide(
            turn("네 알겠어요", intent="affirm", state=QUEUED, memory=memory), CONTENT
        )
        memory = decision.memory
        heard.append(said(decision))

    assert len(set(heard)) == 4
    assert memory.waiting_said == 4


@pytest.mark.parametrize("intent", [None, "smalltalk"])
@pytest.mark.parametrize("text", ["취소", "챗봇이랑 얘기할래요", "wait:cancel", "cancel waiting"])
def test_the_person_alone_ends_a_wait(text: str, intent: str | None) -> None:
    decision = decide(turn(text, intent=intent, state=QUEUED), CONTENT)

    assert decision.cancel
    assert any(reply.payload == "ask:person" for reply in decision.replies[-1].quick_replies)


@pytest.mark.parametrize(
    "text", ["너무 오래 걸려요", "안 취소할래", "취소하지마", "그 사람이 취소하래"]
)
def test_other_words_do_not_end_a_wait(text: str) -> None:
    assert not decide(turn(text, intent="affirm", state=QUEUED), CONTENT).cancel


def test_danger_is_heard_before_a_cancel_in_the_same_breath() -> None:
    decision = decide(turn("취소", "그냥 죽을래", state=QUEUED), CONTENT)

    assert not decision.cancel
    assert decision.ask is AskReason.CRISIS


def test_while_waiting_a_clear_question_is_answered() -> None:
    decision = decide(turn("뭘 남겨야 해요", intent="evidence", state=QUEUED), CONTENT)

    assert said(decision) == CONTENT.sentence("evidence.1", Language.KO)
    assert all(reply.payload != "ask:person" for reply in decision.replies[-1].quick_replies)


@pytest.mark.parametrize("state", [BOT, QUEUED])
def test_a_picture_is_not_taken_and_the_reason_is_said(state: ConversationState) -> None:
    sent = replace(turn("", state=state), parts=(Part("", MessageKind.ATTACHMENT, "image"),))

    assert "받지도 열어 보지도" in said(decide(sent, CONTENT))


def test_words_beside_a_picture_are_answered_too() -> None:
    sent = turn("이거 지우고 싶어요", intent="removal")
    both = replace(sent, parts=(*sent.parts, Part("", MessageKind.ATTACHMENT, "image")))

    decision = decide(both, CONTENT)

    assert [len(reply.quick_replies) > 0 for reply in decision.replies] == [False, True]
    assert decision.replies[1].text == CONTENT.sentence("removal.1", Language.KO)


@pytest.mark.parametrize(
    ("text", "start"), [("ㅠㅠㅠ", "많이 속상"), ("😀", "말로 하기"), ("", "말로")]
)
def test_signs_without_words_get_words_and_no_queue(text: str, start: str) -> None:
    decision = decide(turn(text), CONTENT)

    assert said(decision).startswith(start)
    assert decision.ask is None


def test_somebody_who_is_watched_gets_nothing_that_tells_what_this_is() -> None:
    for text in ("누가 보고 있어", "someone is watching"):
        decision = decide(turn(text, memory=Memory()), CONTENT)

        assert len(decision.replies) == 1
        assert not decision.replies[0].quick_replies
        assert not any(word in said(decision) for word in ("상담", "챗봇", "곁", "counsel", "bot"))


@pytest.mark.parametrize("state", [BOT, QUEUED, ConversationState.ACTIVE])
def test_erasing_is_asked_about_in_neutral_words_whoever_owns_the_talk(
    state: ConversationState,
) -> None:
    decision = decide(turn("지워줘", state=state), CONTENT)

    assert "정리할까요" in said(decision)
    assert not any(word in said(decision) for word in ("상담", "챗봇", "곁", "counsel", "bot"))
    assert [choice.label for choice in decision.replies[-1].quick_replies] == ["네", "아니요"]
    assert (decision.ask, decision.erase) == (None, False)

    confirmed = decide(turn("네", state=state, memory=decision.memory), CONTENT)
    assert (confirmed.erase, confirmed.replies) == (True, ())


def test_the_last_word_of_every_channel_is_neutral() -> None:
    names = [name for name in CONTENT.sentences if name.startswith("erased")]
    words = ("상담", "챗봇", "곁", "counsel", "bot", "help", "도움")
    for name in names:
        text = " ".join(CONTENT.sentences[name].text.values()).lower()
        assert not any(word in text for word in words), name
        assert {"①", "②"} <= set(text)


def test_leaving_is_not_answered_and_taking_back_is() -> None:
    assert decide(turn("", kind=MessageKind.LEAVE), CONTENT).replies == ()
    assert decide(turn("", kind=MessageKind.UNSEND), CONTENT).replies


def test_next_and_yes_walk_on_and_the_end_offers_a_person() -> None:
    memory = KNOWN
    steps = []
    for text, intent in [("x", "evidence"), ("다음", None), ("응", "affirm"), ("다음", None)]:
        decision = decide(turn(text, intent=intent, memory=memory), CONTENT)
        memory = decision.memory
        steps.append(memory.last)

    assert steps == ["evidence.1", "evidence.2", "evidence.3", "more.1"]
    assert {"ask:person", "go:what_next"} <= set(memory.choices)


def test_a_number_is_the_choice_that_stood_there() -> None:
    memory = replace(KNOWN, choices=("go:evidence", "ask:person"))

    assert decide(turn("1", memory=memory), CONTENT).memory.last == "evidence.1"
    assert decide(turn("2번", memory=memory), CONTENT).ask is AskReason.REQUESTED


def test_a_number_typed_to_a_counselor_presses_nothing_later() -> None:
    memory = replace(KNOWN, choices=("go:calm", "wait:cancel"))

    after = decide(turn("2", state=ACTIVE, memory=memory), CONTENT).memory

    assert not decide(turn("2", intent="affirm", state=QUEUED, memory=after), CONTENT).cancel


def test_only_free_words_are_sent_to_the_language_service() -> None:
    parts = (
        Part("go:calm", MessageKind.BUTTON), Part("1"), Part("상담사"), Part("ㅠㅠ"),
        Part("", MessageKind.ATTACHMENT), Part("그 사람이"), Part("또 왔어"),
    )  # fmt: skip

    words = spoken_for_nlu(parts, CONTENT, replace(KNOWN, choices=("go:calm",)))

    assert words == ["그 사람이", "또 왔어"]


def test_saying_by_button_that_one_is_threatened_brings_a_person() -> None:
    for text in ("go:sextortion", "협박받고 있어요"):
        decision = decide(turn(text), CONTENT)

        assert decision.ask is AskReason.CRISIS
        assert decision.risk is Risk.HIGH
        assert decision.topic == "sextortion"


def test_a_button_of_older_content_shows_the_menu() -> None:
    decision = decide(turn("go:gone.7", kind=MessageKind.BUTTON), CONTENT)

    assert decision.memory.last in CONTENT.groups["menu"]


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("English", Language.KO, Language.EN),
        ("한국어", Language.EN, Language.KO),
        ("my friend is being bullied", Language.KO, Language.EN),
        ("ok", Language.KO, Language.KO),
        ("나 무서워 help", Language.EN, Language.KO),
        ("😀", Language.EN, Language.EN),
        ("ㅋㅋㅋ", Language.EN, Language.EN),
        ("1", Language.EN, Language.EN),
        ("상담사", Language.EN, Language.KO),
        ("go:calm", Language.KO, Language.KO),
    ],
)
def test_the_answer_is_in_the_language_of_the_message(
    text: str, before: Language, after: Language
) -> None:
    decision = decide(turn(text, intent="scared", language=before), CONTENT)

    assert decision.language is after
    assert all(reply.language == after for reply in decision.replies)


def test_a_change_of_language_may_be_asked_in_any_words() -> None:
    decision = decide(turn("외국말로 해줄 수 있어?", intent="change_language"), CONTENT)

    assert decision.language is Language.EN


def test_a_language_we_do_not_know_gets_a_number_and_a_person() -> None:
    decision = decide(turn("助けてくださいお願いします", intent="greet"), CONTENT)

    assert decision.ask is AskReason.NOT_UNDERSTOOD
    assert "112" in said(decision)


def test_every_category_of_the_lexicon_has_an_answer() -> None:
    assert set(CATEGORIES) == set(CRISIS) | set(HARM_OF_RISK)
    assert set(HARM_OF_RISK.values()) == set(TOPICS_OF_RISK)
    assert set(CRISIS.values()) == set(CRISIS_GROUPS)


@pytest.mark.parametrize("language", Language)
def test_nobody_with_thoughts_of_dying_is_told_to_lock_the_door(language: Language) -> None:
    for name in CONTENT.groups["self_harm"]:
        reply = CONTENT.reply(name, language)
        assert "go:danger_now" not in [choice.payload for choice in reply.quick_replies]

    decision = decide(turn("go:self_harm", language=language), CONTENT)

    assert decision.ask is AskReason.CRISIS
    assert "109" in said(decision)


def test_somebody_who_made_a_fake_is_not_told_that_it_is_nobodys_fault() -> None:
    first = decide(turn("내가 만들었어", intent="deepfake_made"), CONTENT)

    second = decide(turn("제 탓이죠", intent="blame", memory=first.memory), CONTENT)

    assert second.memory.last == "deepfake_made.2"


@pytest.mark.parametrize("state", [BOT, QUEUED])
@pytest.mark.parametrize("name", sorted(CONTENT.sentences))
def test_what_was_just_said_is_not_said_again(name: str, state: ConversationState) -> None:
    group, _, number = name.rpartition(".")
    memory = replace(KNOWN, last=name, topic=group, steps={group: int(number) - 1})

    for asked in (turn(f"go:{name}", state=state), turn("음", intent=group, state=state)):
        decision = decide(replace(asked, memory=memory), CONTENT)

        assert decision.replies[0].text != CONTENT.sentence(name, Language.KO)


@pytest.mark.parametrize("texts", [("상담사", "go:calm"), ("go:calm", "상담사")])
def test_a_call_for_a_person_outweighs_every_other_button_of_the_burst(
    texts: tuple[str, ...],
) -> None:
    assert decide(turn(*texts), CONTENT).ask is AskReason.REQUESTED


@pytest.mark.parametrize("name", [*NOTICES, *sorted({*POLICY_GROUPS} - {"menu"})])
@pytest.mark.parametrize("kind", [MessageKind.TEXT, MessageKind.BUTTON])
def test_no_typed_word_makes_the_bot_claim_what_was_not_done(name: str, kind: MessageKind) -> None:
    for text in (f"go:{name}", f"go:{name}.1"):
        decision = decide(turn(text, kind=kind), CONTENT)

        assert decision.memory.last in CONTENT.groups["menu"]
        assert decision.ask is None


def test_next_after_a_threat_goes_on_with_its_steps() -> None:
    told = decide(turn("내일까지 돈 안 보내면 다 뿌린대요"), CONTENT)

    after = decide(turn("다음", memory=told.memory, state=QUEUED), CONTENT)

    assert after.memory.last == "sextortion.1"


def test_next_after_another_crisis_stays_with_it() -> None:
    told = decide(turn("죽고 싶어"), CONTENT)

    after = decide(turn("다음", memory=told.memory, state=QUEUED), CONTENT)

    assert after.memory.last == "self_harm.2"


@pytest.mark.parametrize("state", [BOT, QUEUED, ACTIVE])
@pytest.mark.parametrize(("text", "asked"), [("지워줘", "erase.1"), ("엄마 왔어", "watched.1")])
def test_who_wrote_too_much_still_gets_the_neutral_answer_and_nothing_beside_it(
    text: str, asked: str, state: ConversationState
) -> None:
    parts = (Part("", MessageKind.FLOOD), Part(text))
    arrived = replace(turn(text, memory=Memory(), state=state), parts=parts)

    decision = decide(arrived, CONTENT)

    assert [decision.memory.last] * len(decision.replies) == [asked]

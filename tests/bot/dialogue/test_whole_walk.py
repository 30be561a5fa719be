"""A walk over every state that taps and typical words can reach, for each language and age."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from bot.dialogue.content import CRISIS_GROUPS
from bot.dialogue.erasing import ERASE_YES
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.risk import screen
from bot.dialogue.turn import Decision, Part, Screening, Turn
from bot.messages import MessageKind, NluResult
from storage.records import AskReason, ConversationState, Language, Risk
from tests.bot.dialogue.turns import BOT, CONTENT, QUEUED

AGES = ((), ("age_band:elementary",), ("age_band:middle",), ("age_band:high",))
NEUTRAL = ("watched", "erase", "kept")
"""Whoever looks over a shoulder sees nothing there: no choices, but words that work."""

WORDS = {
    Language.KO: (
        ("네 맞아요", "affirm"), ("아니 그게 아니라", "correction"), ("ㅠㅠㅠ", None),
        ("다음", None), ("음 뭐라고 하지", "?"), ("으음 저기", None), ("야 이 바보야", "abusive"),
        ("테스트", "testing"), ("몇 분 걸려요", "smalltalk"), ("제 잘못인가요", "blame"),
    ),
    Language.EN: (
        ("yes right", "affirm"), ("no that is not it", "correction"), (":(", None),
        ("next", None), ("hmm what can i say", "?"), ("well you know", None),
        ("you are so stupid", "abusive"), ("test", "testing"), ("how many minutes", "smalltalk"),
        ("is it my fault", "blame"),
    ),
}  # fmt: skip
ALWAYS = {
    Language.KO: {"erase": "지워줘", "watched": "누가 보고 있어", "person": "상담사", "yes": "네"},
    Language.EN: {
        "erase": "delete",
        "watched": "someone is watching",
        "person": "counselor",
        "yes": "yes",
    },
}
State = tuple[str, ConversationState, bool]
CONFIRMED = {number.value for number in CONTENT.numbers.values()}


@cache
def screened(text: str) -> Screening:
    return screen([text])


def turn(
    text: str,
    before: Decision,
    state: ConversationState,
    *,
    intent: str | None = None,
    kind: MessageKind = MessageKind.TEXT,
) -> Turn:
    nlu = NluResult(intent or "", 0.2 if intent == "?" else 0.9)
    return Turn(
        parts=(Part(text, kind),),
        joined="" if kind is MessageKind.BUTTON else text,
        nlu=nlu if intent else None,
        risk=Screening() if kind is MessageKind.BUTTON else screened(text),
        state=state,
        language=before.language,
        memory=before.memory,
        first=False,
    )


def next_turns(before: Decision, state: ConversationState) -> Iterator[Turn]:
    for choice in before.replies[-1].quick_replies:
        yield turn(choice.payload, before, state, kind=MessageKind.BUTTON)
    for text, intent in WORDS[before.language]:
        yield turn(text, before, state, intent=intent)


def state_after(decision: Decision, state: ConversationState) -> ConversationState:
    if decision.cancel:
        return BOT
    return QUEUED if decision.ask else state


def starts(language: Language, mentioned: tuple[str, ...]) -> Iterator[Decision]:
    memory = Memory(introduced=True, mentions=mentioned)
    nothing = Decision((), memory, language, None, Risk.NONE)
    for name in sorted({*CONTENT.meanings, *CONTENT.steps.harms, *CRISIS_GROUPS}):
        payload = turn(f"go:{name}", nothing, BOT, kind=MessageKind.BUTTON)
        yield decide(payload, CONTENT)
    for text, intent in WORDS[language]:
        yield decide(turn(text, nothing, BOT, intent=intent), CONTENT)


def group(name: str | None) -> str:
    return (name or "").rpartition(".")[0]


def check(decision: Decision, state: ConversationState, last: str | None) -> None:
    """What must hold of every answer; `last` is what was said before it."""
    here = decision.memory.last or ""
    if decision.erase:  # the last word is said by bot/parting.py
        return
    assert decision.replies, here
    assert here != last
    for reply in decision.replies:
        found = re.findall(r"\d{3,}(?:-\d+)*", reply.text)
        assert set(found) <= CONFIRMED, here
    assert not re.search(r"[{}]", decision.replies[-1].text)
    if group(here) in NEUTRAL:
        return
    payloads = [choice.payload for choice in decision.replies[-1].quick_replies]
    assert payloads, here
    assert state is QUEUED or "ask:person" in payloads, here


def check_words_that_always_work(before: Decision, state: ConversationState) -> None:
    words = ALWAYS[before.language]
    asked = decide(turn(words["erase"], before, state), CONTENT)
    assert group(asked.memory.last) == "erase"
    assert decide(
        turn("네" if asked.language is Language.KO else "yes", asked, state), CONTENT
    ).erase
    assert ERASE_YES in asked.memory.choices
    hidden = decide(turn(words["watched"], before, state), CONTENT)
    assert group(hidden.memory.last) == "watched"
    person = decide(turn(words["person"], before, state), CONTENT)
    assert person.ask is AskReason.REQUESTED or state is QUEUED


@pytest.mark.parametrize("mentioned", AGES, ids=lambda one: "".join(one) or "unknown")
@pytest.mark.parametrize("language", Language)
def test_no_dead_end_a_person_one_tap_away_and_nothing_twice_in_a_row(
    language: Language, mentioned: tuple[str, ...]
) -> None:
    todo: list[tuple[Decision, ConversationState, str | None]] = [
        (first, state_after(first, BOT), None) for first in starts(language, mentioned)
    ]
    seen: set[State] = set()
    while todo:
        decision, state, last = todo.pop()
        check(decision, state, last)
        key = (decision.memory.last or "", state, decision.memory.misunderstood > 0)
        if key in seen or decision.erase or decision.language is not language:
            continue
        seen.add(key)
        check_words_that_always_work(decision, state)
        for arrived in next_turns(decision, state):
            after = decide(replace(arrived, language=language), CONTENT)
            todo.append((after, state_after(after, state), decision.memory.last))

    reached = {name for name, _, _ in seen}
    paths = CONTENT.steps.harms | CONTENT.steps.questions | CONTENT.steps.lessons
    assert {step for path in paths.values() for step in path} <= reached
    assert {name for name, state, _ in seen if state is QUEUED}

"""A walk over everything a finger can reach: no dead end, a person one tap away."""

import pytest

from bot.dialogue.content import CRISIS_GROUPS, FOLDER, TALK, load_content
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.turn import Decision, Part, Screening, Turn
from bot.messages import MessageKind, NluResult
from storage.records import ConversationState, Language

CONTENT = load_content(FOLDER)
BOT, QUEUED = ConversationState.BOT, ConversationState.QUEUED
NEUTRAL = {"watched", "erase"}  # whoever looks over the shoulder sees nothing
STARTS = sorted(
    ["ask_human", *TALK, *CRISIS_GROUPS[:2], *CONTENT.steps.harms, *CONTENT.steps.questions]
)


def press(payload: str, memory: Memory, state: ConversationState, language: Language) -> Decision:
    part = Part(payload, MessageKind.BUTTON)
    return decide(
        Turn((part,), payload, None, Screening(), state, language, memory, first=False), CONTENT
    )


def begin(intent: str, language: Language) -> Decision:
    nlu = NluResult(intent, 0.99)
    arrived = Turn(
        (Part("음"),), "음", nlu, Screening(), BOT, language, Memory(introduced=True), first=False
    )
    return decide(arrived, CONTENT)


def state_after(decision: Decision, state: ConversationState) -> ConversationState:
    if decision.cancel:
        return BOT
    return QUEUED if decision.ask else state


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("intent", STARTS)
def test_every_tap_from_every_topic_leads_on_and_to_a_person(
    intent: str, language: Language
) -> None:
    first = begin(intent, language)
    todo = [(first, state_after(first, BOT))]
    seen: set[tuple[str | None, ConversationState]] = set()
    while todo:
        decision, state = todo.pop()
        assert decision.replies
        last = decision.memory.last or ""
        if (last, state) in seen or last.rpartition(".")[0] in NEUTRAL:
            continue
        seen.add((last, state))
        payloads = [choice.payload for choice in decision.replies[-1].quick_replies]
        assert payloads, last
        assert len(set(payloads)) == len(payloads) <= 6, last
        assert state is QUEUED or "ask:person" in payloads, last
        for payload in payloads:
            after = press(payload, decision.memory, state, decision.language)
            todo.append((after, state_after(after, state)))
    assert len(seen) > 20 or intent in NEUTRAL


@pytest.mark.parametrize("topic", sorted(CONTENT.steps.harms | CONTENT.steps.questions))
def test_pressing_next_tells_all_steps_in_order_and_then_stops(topic: str) -> None:
    decision = begin(topic, Language.KO)
    told = [decision.memory.last]
    while decision.replies[-1].quick_replies[0].payload.startswith(f"go:{topic}."):
        payload = decision.replies[-1].quick_replies[0].payload
        decision = press(payload, decision.memory, BOT, Language.KO)
        told.append(decision.memory.last)

    assert tuple(told) == CONTENT.steps.path(topic)

"""Turns of a talk for tests, and what is said to them."""

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.memory import Memory
from bot.dialogue.risk import screen
from bot.dialogue.turn import Decision, Part, Screening, Turn
from bot.messages import MessageKind, NluResult
from storage.records import ConversationState, Language

CONTENT = load_content(FOLDER)
KNOWN = Memory(introduced=True)
BOT, QUEUED, ACTIVE = ConversationState.BOT, ConversationState.QUEUED, ConversationState.ACTIVE


def turn(
    *texts: str,
    intent: str | None = None,
    confidence: float = 0.9,
    state: ConversationState = BOT,
    memory: Memory = KNOWN,
    kind: MessageKind = MessageKind.TEXT,
    language: Language = Language.KO,
    risk: Screening | None = None,
) -> Turn:
    parts = tuple(Part(text, kind) for text in texts)
    return Turn(
        parts=parts,
        joined=" ".join(texts),
        nlu=None if intent is None else NluResult(intent, confidence),
        risk=risk or screen(texts),
        state=state,
        language=language,
        memory=memory,
        first=not memory.introduced,
    )


def said(decision: Decision) -> str:
    return "\n".join(reply.text for reply in decision.replies)

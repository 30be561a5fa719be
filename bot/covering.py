"""Carries out that somebody watches; what is said meanwhile is decided in dialogue/cover.py."""

from dataclasses import replace
from datetime import datetime

from bot.dialogue.memory import Memory
from bot.dialogue.turn import Decision
from storage import cover
from storage.database import Session
from storage.records import Conversation, ConversationState


def agreed(talk: Conversation, memory: Memory) -> Memory:
    """Return what is remembered, as the talk has it: a counselor may have ended the cover."""
    if talk.covered_at is None:
        return replace(memory, covered=0)
    return memory if memory.covered else replace(memory, covered=1)


def is_neutral(decision: Decision) -> bool:
    """Tell whether whoever holds the phone may read what was decided."""
    return decision.memory.covered > 0


def marked(talk: Conversation, decision: Decision, *, now: datetime) -> Conversation:
    """Return the talk with since when somebody watches, and when somebody did first in it."""
    if not is_neutral(decision):
        return replace(talk, covered_at=None)
    return replace(talk, covered_at=talk.covered_at or now, watched_at=talk.watched_at or now)


async def turn_over(
    session: Session, before: Conversation, after: Conversation, *, now: datetime
) -> None:
    """Hold what waits when somebody comes; when it is safe, let the bot's own sentences go.

    With a counselor nothing goes by itself: they decide what of the held is still right.
    """
    if before.covered_at is None and after.covered_at is not None:
        await cover.hold(session, after.id)
    is_over = before.covered_at is not None and after.covered_at is None
    if is_over and after.state is not ConversationState.ACTIVE:
        await cover.let_go(session, after, now=now)

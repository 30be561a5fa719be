"""Whether a young person wants everything gone: asked by rule, and confirmed right after."""

from bot.dialogue.content import Content
from bot.dialogue.memory import Memory
from bot.dialogue.sentences import ANSWERS
from bot.messages import Reply
from storage.records import Language

ERASE = "go:erase"
ERASE_YES, ERASE_NO = ANSWERS
ABOUT_ERASING = (ERASE, ERASE_YES, ERASE_NO)
"""Payloads that are answered whoever owns the talk."""

QUESTION = "erase"
"""The group of sentences that ask whether everything should go."""

LAST_WORD = "erased"
"""The last word to somebody who erased: `erased_telegram.1`, or `erased.1` elsewhere."""


def asks(payload: str | None) -> bool:
    """Tell whether a press means that the question is to be asked (again)."""
    return payload in (ERASE, ERASE_YES)


def is_confirmed(payload: str | None, memory: Memory) -> bool:
    """Tell whether a press answers yes to the question, asked just before."""
    return payload == ERASE_YES and is_pending(memory)


def is_pending(memory: Memory) -> bool:
    """Tell whether the question was the last thing the bot said."""
    return ERASE_YES in memory.choices


def is_question(text: str, content: Content) -> bool:
    """Tell whether a line is the question whether everything should go."""
    asking = content.groups[QUESTION]
    return any(text in content.sentences[name].text.values() for name in asking)


def last_word(channel: str, language: Language, content: Content) -> Reply:
    """Return what is said to somebody who erased, with two steps that empty their app."""
    name = f"{LAST_WORD}_{channel}.1"
    return content.reply(name if name in content.sentences else f"{LAST_WORD}.1", language)

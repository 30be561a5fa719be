"""What of a turn is words to understand, and what is the press of a button."""

from collections.abc import Sequence

from bot.dialogue.content import ASK_PERSON, Content
from bot.dialogue.turn import Part, Turn
from bot.dialogue.wording import has_words, is_payload
from bot.messages import MessageKind


def words_of(parts: Sequence[Part]) -> list[str]:
    """Return the texts that hold something to understand."""
    kinds = (MessageKind.TEXT, MessageKind.EDIT, MessageKind.STICKER)
    return [part.text for part in parts if part.kind in kinds and _is_worded(part)]


def _is_worded(part: Part) -> bool:
    return has_words(part.text) and not is_payload(part.text)


def payload_of(turn: Turn, content: Content) -> str | None:
    """Return the last button or command of the burst; a call for a person goes first."""
    found = [_pressed(part, turn, content) for part in turn.parts]
    meant = [payload for payload in found if payload is not None]
    if ASK_PERSON in meant:
        return ASK_PERSON
    return meant[-1] if meant else None


def _pressed(part: Part, turn: Turn, content: Content) -> str | None:
    if part.kind not in (MessageKind.TEXT, MessageKind.BUTTON, MessageKind.EDIT):
        return None
    return content.resolve_payload(part.text, turn.memory.choices)

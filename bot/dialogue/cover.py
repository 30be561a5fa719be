"""What is said while somebody looks over a young person's shoulder, and when that is over.

From "누가 보고 있어" until they say that it is safe, whoever types is answered with homework,
whoever owns the talk and whatever the language service does. Words of danger bring a person,
and the phone shows nothing of it: a number on a watched phone can harm (docs/decisions/0020).
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.bands import band_of
from bot.dialogue.choosing import sentences_for
from bot.dialogue.commands import command_in
from bot.dialogue.content import ASK_PERSON, Content
from bot.dialogue.erasing import ABOUT_ERASING
from bot.dialogue.heard import payload_of, words_of
from bot.dialogue.sentences import SAFE_WORDS
from bot.dialogue.turn import Decision, Part, Turn
from bot.messages import MessageKind
from storage.records import AskReason, ConversationState, Language, Risk

WATCHED = "go:watched"
HIDE = "go:hide"
SAFE = "cover:safe"
"""What the `[[safe]]` entries of commands.toml mean; no button has it."""

WORDS_UNTIL_A_PERSON = 3
"""Neutral answers after which a person looks: the words to end it may be forgotten."""


def lifted(turn: Turn, content: Content) -> tuple[Turn, bool]:
    """Return the turn without the words that say it is safe again, and whether they were there.

    With an agreed word only that one counts; else what a child says on its own ("이제 갔어요")
    or was told beforehand ("숙제 다 했어요").
    """
    if not turn.memory.covered:
        return turn, False
    rest = tuple(part for part in turn.parts if not _says_safe(part, turn, content))
    if len(rest) == len(turn.parts) or any(_says_watched(part, turn, content) for part in rest):
        return turn, False
    return replace(turn, parts=rest, memory=replace(turn.memory, covered=0)), True


def decided(
    turn: Turn, content: Content, language: Language, risk: Risk, *, guess: str | None, back: bool
) -> Decision | None:
    """Return what is to be done about watching, hiding and safe words; None: nothing of that.

    Args:
        turn: after `lifted`.
        content: the reviewed sentences.
        language: in which is answered.
        risk: of this turn.
        guess: the intent that is believed.
        back: whether they just said that it is safe.
    """
    payload = payload_of(turn, content)
    if back and not turn.parts:
        return _said(turn, content, language, risk, ("back",))
    if payload in ABOUT_ERASING and risk < Risk.HIGH:
        return None
    watched = any(_says_watched(part, turn, content) for part in turn.parts)
    # Fear of the classifier alone reaches a person just the same, and no number the screen.
    feared = turn.risk.is_guess and turn.risk.level is Risk.HIGH and payload is None
    guessed = guess == "watched" and (risk < Risk.HIGH or feared)
    if turn.memory.covered or watched or guessed:
        return _covered(turn, content, language, risk, payload)
    if turn.state is ConversationState.ACTIVE or risk >= Risk.HIGH:
        return None
    return _prepared(turn, content, language, risk, payload)


def _prepared(
    turn: Turn, content: Content, language: Language, risk: Risk, payload: str | None
) -> Decision | None:
    """Answer who asks how to hide, and who agrees on a word."""
    if payload in SAFE_WORDS and payload in turn.memory.choices:
        agreed = replace(turn, memory=replace(turn.memory, safe_word=payload))
        return _said(agreed, content, language, risk, ("word_set",))
    if payload == HIDE:
        return _said(turn, content, language, risk, (_advice(turn, content), "safe_word"))
    return None


def _covered(
    turn: Turn, content: Content, language: Language, risk: Risk, payload: str | None
) -> Decision:
    count = turn.memory.covered + 1
    memory = replace(turn.memory, covered=count, choices=())
    say = () if all(part.kind in _SILENT for part in turn.parts) else ("watched",)
    decision = _said(replace(turn, memory=memory), content, language, risk, say)
    if count == 1:
        decision = replace(
            decision, replies=tuple(replace(one, clears=True) for one in decision.replies)
        )
    if turn.state is ConversationState.ACTIVE:
        return decision  # their counselor sees it; a higher risk sounds the alarm
    return replace(decision, ask=_asks(turn, risk, payload, count))


def _asks(turn: Turn, risk: Risk, payload: str | None, count: int) -> AskReason | None:
    if risk >= Risk.HIGH:
        return AskReason.CRISIS
    if payload == ASK_PERSON:
        return AskReason.REQUESTED
    waits = turn.state is ConversationState.QUEUED
    lost = count > WORDS_UNTIL_A_PERSON and bool(words_of(turn.parts))
    return AskReason.NOT_UNDERSTOOD if lost and not waits else None


def _said(
    turn: Turn, content: Content, language: Language, risk: Risk, say: Sequence[str]
) -> Decision:
    memory, names = sentences_for(say, turn.memory, content)
    band = band_of(memory)
    replies = [content.reply(name, language, band=band) for name in names]
    replies = [replace(one, quick_replies=()) for one in replies[:-1]] + replies[-1:]
    choices = tuple(one.payload for one in replies[-1].quick_replies) if replies else ()
    memory = replace(memory, choices=choices, misunderstood=0)
    return Decision(tuple(replies), memory, language, memory.subject, risk)


def _advice(turn: Turn, content: Content) -> str:
    """Return what to press in the app they write in; see watched.toml."""
    own = f"hide_{turn.channel.partition('-')[0]}.1"
    return own if own in content.sentences else "hide"


def _says_watched(part: Part, turn: Turn, content: Content) -> bool:
    agreed = turn.memory.safe_word is not None and not turn.memory.covered
    if agreed and _says(part, content, turn.memory.safe_word):
        return True
    return _is_typed(part) and content.resolve_payload(part.text, ()) == WATCHED


def _says_safe(part: Part, turn: Turn, content: Content) -> bool:
    if turn.memory.safe_word is not None:
        return _says(part, content, turn.memory.safe_word)
    return _is_typed(part) and command_in(part.text, content.safe) is not None


def _says(part: Part, content: Content, word: str | None) -> bool:
    return _is_typed(part) and command_in(part.text, content.answers) == word


def _is_typed(part: Part) -> bool:
    return part.kind in (MessageKind.TEXT, MessageKind.EDIT, MessageKind.BUTTON)


_SILENT = (MessageKind.LEAVE, MessageKind.UNSEND)

"""A talk with the bot in a terminal, for reviewers. Nothing of it is stored."""

from collections.abc import AsyncIterator, Callable, Iterable

from bot.dialogue.content import Content
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.rehearsal import Rehearsal, Step, step
from bot.dialogue.turn import Part
from bot.hearing import heard
from bot.messages import NluResult, Reply
from bot.nlu_client import NluClient
from storage.records import ConversationState, Risk

HINT = "(a line is a message; a number presses a button; an empty line ends the talk)"
WITHOUT_NLU = "(the language service does not answer: this is the bot with it away)"

Read = Callable[[], str]
"""Waits for one line; "" at the end of input."""


async def chat(
    read: Read, content: Content, nlu: NluClient, *, lexicon: Lexicon | None = None
) -> AsyncIterator[str]:
    """Yield what to print, until an empty line or the end of the input.

    Args:
        read: gives the reviewer's next line; it may wait.
        content: the reviewed sentences.
        nlu: asked as in a real turn; without it the bot does what it does then.
        lexicon: of the risk screen; None for the one that is shipped.
    """
    yield HINT
    if not await nlu.ready():
        yield WITHOUT_NLU
    talk = Rehearsal()
    while text := read().strip():
        parts = (Part(text),)
        spoken = talk.spoken(parts, content)
        guess = await heard(nlu, spoken) if spoken else None
        made = step(talk, parts, content, nlu=guess, lexicon=lexicon)
        for line in _told(talk, made, guess):
            yield line
        talk = made.after


def _told(before: Rehearsal, made: Step, guess: NluResult | None) -> Iterable[str]:
    for reply in made.decision.replies:
        yield from _spoken(reply)
    if not made.decision.replies:
        yield "곁   (says nothing)"
    yield f"     ({', '.join(_notes(before, made, guess))})"


def _spoken(reply: Reply) -> Iterable[str]:
    yield f"곁   {reply.text}"
    if reply.quick_replies:
        numbered = enumerate(reply.quick_replies, 1)
        yield "     " + "  ".join(f"[{number}] {choice.label}" for number, choice in numbered)


def _notes(before: Rehearsal, made: Step, guess: NluResult | None) -> Iterable[str]:
    """Say what a reviewer would not see: the guess, the risk, and what was asked for."""
    yield f"{guess.intent} {guess.confidence:.2f}" if guess else "no intent"
    if made.screening.level > Risk.NONE:
        yield f"risk {made.screening.level.name.lower()} by {made.screening.rule}"
    if made.decision.ask is not None:
        yield f"a person is asked for: {made.decision.ask}"
    if made.decision.erase:
        yield "everything is erased; the talk begins anew"
    if before.state is ConversationState.QUEUED and made.decision.cancel:
        yield "waits no longer"

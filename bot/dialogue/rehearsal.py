"""A talk that is only played: decided as a real one is, and kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.dialogue.content import Content
from bot.dialogue.erasing import last_word
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide, spoken_for_nlu
from bot.dialogue.risk import RECENT, screen
from bot.dialogue.turn import Decision, Part, Screening, Turn
from bot.messages import NluResult
from storage.records import ConversationState, Language

CHANNEL = "web"
"""Where a played talk takes place, as far as that tells in what is said."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Where a played talk stands; nobody answers but the bot, so it waits at most."""

    memory: Memory = field(default_factory=Memory)
    language: Language = Language.KO
    state: ConversationState = ConversationState.BOT
    recent: tuple[str, ...] = field(default=(), repr=False)

    def spoken(self, parts: Sequence[Part], content: Content) -> list[str]:
        """Return what the language service is to be asked about, part by part."""
        return spoken_for_nlu(parts, content, self.memory)


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of a played talk: how it was understood, and what came of it."""

    after: Rehearsal
    decision: Decision
    screening: Screening


def step(
    talk: Rehearsal,
    parts: Sequence[Part],
    content: Content,
    *,
    nlu: NluResult | None = None,
    lexicon: Lexicon | None = None,
) -> Step:
    """Return what one turn makes of a talk, by the decisions of a real one."""
    texts = [part.text for part in parts]
    words = " ".join(talk.spoken(parts, content))
    recent = talk.recent if words else ()  # a button typed is no end of a sentence
    screening = screen(texts, lexicon=lexicon, nlu=nlu, recent=recent)
    turn = Turn(
        parts=tuple(parts),
        joined=words,
        nlu=nlu,
        risk=screening,
        state=talk.state,
        language=talk.language,
        memory=talk.memory,
        first=talk.memory.last is None,
    )
    decision = decide(turn, content)
    if decision.erase:  # what is said then is not the decision's; see bot/parting.py
        word = last_word(CHANNEL, decision.language, content)
        gone = replace(decision, replies=(word,))
        return Step(Rehearsal(language=decision.language), gone, screening)
    after = Rehearsal(
        memory=decision.memory,
        language=decision.language,
        state=_state(talk.state, decision),
        recent=(*talk.recent, *texts)[-RECENT:],
    )
    return Step(after, decision, screening)


def _state(before: ConversationState, decision: Decision) -> ConversationState:
    if decision.cancel:
        return ConversationState.BOT
    return ConversationState.QUEUED if decision.ask is not None else before

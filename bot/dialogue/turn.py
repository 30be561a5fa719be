"""One turn of a talk: what arrived together, and what is to be done about it."""

from dataclasses import dataclass, field

from bot.dialogue.memory import Memory
from bot.messages import MessageKind, NluResult, Reply
from storage.records import AskReason, ConversationState, Language, Risk

GUESS = "nlu_"
"""How the rule of a screening begins that only the classifier's guess led to."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a burst, without provider identifiers."""

    text: str = field(default="", repr=False)
    kind: MessageKind = MessageKind.TEXT
    attachment: str | None = None  # the kind of a thing we do not fetch


@dataclass(frozen=True, slots=True)
class Screening:
    """How much danger a text speaks of, and which rule of the lexicon said so."""

    level: Risk = Risk.NONE
    category: str | None = None  # self_harm, danger, threat, sextortion, …
    rule: str | None = None

    @property
    def is_guess(self) -> bool:
        """Whether the classifier says so, and no word of the lexicon says as much."""
        return (self.rule or "").startswith(GUESS)

    @property
    def signal(self) -> str:
        """What a counselor is told of it: `category:level:rule`, no word of anybody."""
        return f"{self.category or 'other'}:{self.level.value}:{self.rule or ''}"


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything a decision may look at."""

    parts: tuple[Part, ...]
    joined: str = field(repr=False)  # the words of all parts, as sent to the language service
    nlu: NluResult | None  # None: nothing to parse, or the language service is away
    risk: Screening
    state: ConversationState
    language: Language  # of the talk so far
    memory: Memory
    first: bool  # nothing was said to this person in this talk yet
    channel: str = "web"  # where it is said, as far as that tells in what is said
    busy: bool = False  # more people write than can be answered in time
    ahead: int | None = None  # people before them in line; None: they do not wait


@dataclass(frozen=True, slots=True)
class Decision:
    """What to say and what to change; carrying it out is the engine's work."""

    replies: tuple[Reply, ...]  # at most two, quick replies only on the last
    memory: Memory
    language: Language
    topic: str | None  # what the talk is about, for the queue card
    risk: Risk  # of this turn alone; the engine keeps the highest
    ask: AskReason | None = None  # put the talk into the queue
    cancel: bool = False  # take it out of the queue: the person said so
    gives: str = ""  # what the last reply brings with it: a "return" code, a "proof", or nothing
    erase: bool = False  # everything goes, and nothing of this decision is kept: they said so

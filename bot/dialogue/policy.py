"""What to say to a turn, and whether a person must come. Pure: no clock, no store, no network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.dialogue import cover
from bot.dialogue.bands import band_of
from bot.dialogue.choosing import about, sentences_for
from bot.dialogue.content import (
    ASK_PERSON,
    ASK_PLACE,
    CANCEL_WAIT,
    LESSON,
    NEITHER,
    Content,
)
from bot.dialogue.erasing import ABOUT_ERASING, QUESTION, asks, is_confirmed
from bot.dialogue.heard import payload_of, words_of
from bot.dialogue.language import is_foreign
from bot.dialogue.meant import (
    CRISIS,
    CRISIS_INTENTS,
    belief_of,
    crisis_feared,
    crisis_of,
    fitting,
    hinted_by,
    intent_of,
    is_answered,
    is_new,
    language_for,
    meant_by,
    risk_beside_words,
    shows_a_weapon,
)
from bot.dialogue.memory import Memory
from bot.dialogue.mentions import mentions
from bot.dialogue.sentences import NEXT, SAFE_WORDS
from bot.dialogue.staying import is_crisis, kept_subject
from bot.dialogue.turn import Decision, Part, Turn
from bot.dialogue.waiting import PLACES, place_of
from bot.dialogue.wording import is_payload, is_sad
from bot.messages import MessageKind, Reply
from storage.records import AskReason, ConversationState, Risk

HARM_OF_RISK = {
    "sextortion": "sextortion",
    "exploitation": "grooming",
    "grooming": "grooming",
    "runaway": "runaway_helper",
    "filming": "illegal_filming",
    "worry": "scared",
}
"""Category of a risk rule -> topic whose safety steps fit, when no intent says better."""

HELPED = ("police_law", "removal")
"""Questions whose first answer names a number, so that it may stand in a crisis."""

LIKELY = 0.5  # a person is called in any case, so a wrong guess costs some words only

STEPS_AFTER = {"threat": "sextortion"}  # crisis -> the topic whose steps go on from it

ANSWERED_WHILE_WAITING = ("confidentiality", "is_this_real", "are_you_bot", "erase", "watched")
NEUTRAL = ("watched", "erase", "kept")
"""Answers that somebody who looks over a shoulder may read: no introduction, no notice."""

WHICH = ("which", "which_worry")
"""Questions which of two intents was meant."""

ENCRYPTED = "encrypted"
"""The kind of attachment that a channel makes of words which nobody here can open."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to say, as names of topics, groups of variants or single sentences."""

    say: tuple[str, ...] = ()
    ask: AskReason | None = None
    cancel: bool = False
    misunderstood: int = 0
    introduces: bool = False  # the first bubble says that this is a bot
    between: tuple[str, ...] = ()  # intents to be asked about, as buttons


def decide(turn: Turn, content: Content) -> Decision:
    """Return what to say to a turn, in which language, and whether a person must come.

    While a counselor owns the talk nothing is said, but language, risk and topic are kept; only
    the wish that everything goes is asked about and carried out whoever owns it, unless danger
    is spoken of with it: then it is the counselor's turn.

    Args:
        turn: all parts that arrived together, screened and classified.
        content: the reviewed sentences; nothing else is ever said.
    """
    turn = replace(turn, memory=turn.memory.naming(mentions(turn.joined).codes()))
    if turn.risk.level > Risk.NONE:
        turn = replace(turn, memory=turn.memory.alarmed(turn.risk.signal))
    turn, back = cover.lifted(turn, content)
    language = language_for(turn, content)
    risk = max(turn.risk.level, risk_beside_words(turn, content))
    payload = payload_of(turn, content)
    is_erasing = payload in ABOUT_ERASING and risk < Risk.HIGH
    if is_erasing and is_confirmed(payload, turn.memory):
        return Decision((), turn.memory, language, None, risk, erase=True)
    guess = intent_of(turn)
    hidden = cover.decided(turn, content, language, risk, guess=guess, back=back)
    if hidden is not None:
        return hidden
    if turn.state is ConversationState.ACTIVE and not is_erasing:
        # A number typed to a counselor must not press a button of ours later.
        memory = about(turn.memory, content, meant_by(turn, content))
        return Decision((), replace(memory, choices=()), language, memory.subject, risk)
    plan = _introduced(turn, _slowed(turn, _plan(turn, content)))
    waiting = (turn.state is ConversationState.QUEUED and not plan.cancel) or plan.ask is not None
    memory, names = sentences_for(plan.say, turn.memory, content)
    band = band_of(memory)
    replies = [
        content.reply(name, language, waiting=waiting, between=plan.between, band=band)
        for name in names
    ]
    memory = replace(
        memory,
        misunderstood=plan.misunderstood,
        choices=tuple(c.payload for c in replies[-1].quick_replies) if replies else memory.choices,
        introduced=memory.introduced or plan.introduces,
        waiting_said=memory.waiting_said + 1 if waiting else 0,
        place=next(
            (name for name in plan.say if name in PLACES), memory.place if waiting else None
        ),
        hours=memory.hours if waiting else None,
    )
    return Decision(
        replies=_choices_last(replies),
        memory=memory,
        language=language,
        topic=memory.subject,
        risk=risk,
        ask=plan.ask,
        cancel=plan.cancel,
        gives=_GIVEN.get(names[-1].rpartition(".")[0], "") if names else "",
    )


def spoken_for_nlu(parts: Sequence[Part], content: Content, memory: Memory) -> list[str]:
    """Return the words worth asking the language service about, part by part.

    Buttons, typed choices, commands and signs without words are understood without it.
    """
    return [w for w in words_of(parts) if content.resolve_payload(w, memory.choices) is None]


def _plan(turn: Turn, content: Content) -> _Plan:
    if all(part.kind is MessageKind.LEAVE for part in turn.parts):
        return _Plan()
    payload = payload_of(turn, content)
    if turn.state is ConversationState.ACTIVE:
        return _payload_plan(str(payload), turn, content)
    crisis = crisis_of(turn, content)
    if turn.risk.level >= Risk.HIGH or crisis:
        plan = _danger_plan(turn, content, crisis)
        # The numbers first, then the question.
        return replace(plan, say=(plan.say[-1], QUESTION)) if asks(payload) else plan
    if payload is not None:
        return _payload_plan(payload, turn, content)
    return _spoken_plan(turn, content)


def _spoken_plan(turn: Turn, content: Content) -> _Plan:
    if all(part.kind in _UNSPOKEN for part in turn.parts):
        return _Plan(misunderstood=turn.memory.misunderstood)
    if turn.busy:
        return _Plan(("busy",))
    if turn.state is ConversationState.QUEUED:
        return _waiting_plan(turn, content)
    return _words_plan(turn, content) if words_of(turn.parts) else _wordless_plan(turn)


def _danger_plan(turn: Turn, content: Content, crisis: str | None) -> _Plan:
    """Safety first: numbers or a safety step, and a person in any case."""
    # A sure rule outweighs a button, and that outweighs the classifier's guess.
    is_sure = turn.risk.level >= Risk.HIGH and not turn.risk.is_guess
    ruled = CRISIS.get(turn.risk.category or "") if is_sure else None
    say = ruled or crisis or _told_harm(turn, content) or _danger_name(turn, content)
    if turn.state is ConversationState.QUEUED:
        return _Plan((_not_ended(say, turn, content),), ask=AskReason.CRISIS)
    if is_new(turn):
        return _Plan(("intro_crisis", say), ask=AskReason.CRISIS, introduces=True)
    return _Plan(("asked_crisis", say), ask=AskReason.CRISIS)


def _told_harm(turn: Turn, content: Content) -> str | None:
    """Return the harm that a button or a plain statement named."""
    target = (payload_of(turn, content) or "").removeprefix("go:")
    return target if target in content.steps.harms else None


def _danger_name(turn: Turn, content: Content) -> str:
    """Return the crisis group or harm topic that fits the risk and the intent best."""
    category = turn.risk.category or ""
    if is_crisis(turn):
        return crisis_feared(turn)
    better = hinted_by(turn, content) or kept_subject(turn, content)
    if better is not None:
        return better
    intent = intent_of(turn)
    if turn.risk.is_guess and intent in HELPED and not turn.memory.steps.get(intent):
        return intent  # fear without words of ours says less than what was asked
    if category in CRISIS:
        return crisis_feared(turn)
    if intent in content.steps.harms:
        return str(intent)
    return _likely_harm(turn, content) or HARM_OF_RISK.get(category, "threat")


def _likely_harm(turn: Turn, content: Content) -> str | None:
    """Return a harm that is not sure enough to be believed, yet truer than a broad category."""
    if turn.nlu is None or turn.nlu.confidence < LIKELY:
        return None
    return turn.nlu.intent if turn.nlu.intent in content.steps.harms else None


def _payload_plan(payload: str, turn: Turn, content: Content) -> _Plan:
    if payload in (ASK_PLACE, ASK_PERSON, CANCEL_WAIT):
        return _line_plan(payload, turn)
    if payload == NEITHER:
        return _Plan(("neither",), misunderstood=1)  # the next word not understood: a person
    if payload == LESSON:
        return _Plan(content.steps.path(content.steps.lesson_for(turn.memory.subject))[:1])
    if payload == NEXT:
        return _Plan((_following(turn, content),))
    target = fitting(_PLAIN_TARGETS.get(payload) or payload.removeprefix("go:"), turn, content)
    if target in content.steps and not _was_asked_which(turn):
        return _Plan(content.steps.path(target)[:1])
    return _Plan((target,))


def _line_plan(payload: str, turn: Turn) -> _Plan:
    """Answer what is pressed about the line of those who wait."""
    if turn.state is not ConversationState.QUEUED:
        is_asked = payload == ASK_PERSON
        return _Plan(("asked",), ask=AskReason.REQUESTED) if is_asked else _Plan(("menu",))
    if payload == CANCEL_WAIT:
        return _Plan(("cancelled",), cancel=True)
    if payload == ASK_PLACE:
        return _Plan((place_of(turn.ahead) or "how_long",))
    return _Plan((_place_or_waiting(turn),))


def _following(turn: Turn, content: Content) -> str:
    """Return what comes next: of the path that is walked, or of the crisis that was told."""
    topic, subject = turn.memory.topic, turn.memory.subject
    if topic is not None and topic in content.steps:
        return topic
    if subject in CRISIS.values():
        return STEPS_AFTER.get(str(subject), str(subject))
    return "menu"


def _was_asked_which(turn: Turn) -> bool:
    """Tell whether a press names an intent: that goes on where its topic was."""
    return (turn.memory.last or "").rpartition(".")[0] in WHICH


_GIVEN = {"return_code": "return", "proof": "proof"}
"""What goes out with a sentence of these groups, and stands in no transcript."""

_PLAIN_TARGETS = {
    "say:safe": "safe",
    "say:enough": "enough",
    **dict.fromkeys(SAFE_WORDS, "safe_word"),  # pressed where it is offered no longer
    "lang:ko": "change_language",
    "lang:en": "change_language",
    "erase:yes": QUESTION,
    "erase:no": "kept",
}


def _waiting_plan(turn: Turn, content: Content) -> _Plan:
    if not words_of(turn.parts):
        plan = _wordless_plan(turn)
        return (
            plan
            if plan.say in (("attachment",), ("encrypted",), ("unsend",), ("unsure_worry",))
            else _Plan((_place_or_waiting(turn),))
        )
    if is_foreign(" ".join(words_of(turn.parts))):
        return _Plan(("unknown_language",))
    hint = hinted_by(turn, content)
    if hint is not None:
        return _Plan((_not_ended(hint, turn, content),))
    intent = intent_of(turn)
    if intent == "affirm" and _walks_on(turn, content):
        return _Plan((str(turn.memory.topic),))
    if intent is not None and (intent in content.steps or intent in ANSWERED_WHILE_WAITING):
        return _Plan((_not_ended(intent, turn, content),))
    return _Plan((_place_or_waiting(turn),))


def _place_or_waiting(turn: Turn) -> str:
    """Say the place in line where it is new to them, or that somebody is here with them."""
    place = place_of(turn.ahead)
    return place if place is not None and place != turn.memory.place else "waiting"


def _wordless_plan(turn: Turn) -> _Plan:
    kinds = {part.kind for part in turn.parts}
    if any(part.attachment == ENCRYPTED for part in turn.parts):
        return _Plan(("encrypted",))
    if MessageKind.ATTACHMENT in kinds:
        return _Plan(("attachment",))
    if kinds <= {MessageKind.UNSEND, MessageKind.LEAVE}:
        return _Plan(("unsend",))
    pressed = any(is_payload(part.text) for part in turn.parts)
    if pressed or kinds & {MessageKind.START, MessageKind.BUTTON} or not turn.parts:
        return _Plan(("menu",))
    if shows_a_weapon(turn):
        return _Plan(("unsure_worry",))
    return _Plan(("sad" if any(is_sad(part.text) for part in turn.parts) else "emoji",))


def _words_plan(turn: Turn, content: Content) -> _Plan:
    if is_foreign(" ".join(words_of(turn.parts))):
        return _Plan(("unknown_language",), ask=AskReason.NOT_UNDERSTOOD)
    if turn.nlu is None:
        return _Plan(("nlu_away",), ask=AskReason.NLU_AWAY)
    hint, intent = hinted_by(turn, content), intent_of(turn)
    if hint is None and (intent is None or not is_answered(intent, content)):
        return _unsure_plan(turn, content)
    attached = any(part.kind is MessageKind.ATTACHMENT for part in turn.parts)
    plan = _Plan((hint,)) if hint else _intent_plan(str(intent), turn, content)
    if attached and len(plan.say) == 1 and not is_new(turn):
        return replace(plan, say=("attachment", *plan.say))
    return plan


def _intent_plan(intent: str, turn: Turn, content: Content) -> _Plan:
    match intent:
        case "ask_human":
            return _Plan(("asked",), ask=AskReason.REQUESTED)
        case "greet" if is_new(turn):
            return _Plan(("menu",))
        case "affirm" if _walks_on(turn, content):
            return _Plan((str(turn.memory.topic),))
    return _Plan((intent,))


_UNSPOKEN = (MessageKind.FLOOD, MessageKind.LEAVE)


def _slowed(turn: Turn, plan: _Plan) -> _Plan:
    """Tell who wrote more than is kept, unless danger or a neutral answer goes first."""
    too_much = any(part.kind is MessageKind.FLOOD for part in turn.parts)
    if not too_much or plan.ask is AskReason.CRISIS or {*plan.say} & {*NEUTRAL}:
        return plan
    return replace(plan, say=("slow_down", *plan.say[-1:]))


def _walks_on(turn: Turn, content: Content) -> bool:
    """Tell whether a yes means the next step of the path that is walked."""
    last, topic = turn.memory.last, turn.memory.topic
    return bool(last and topic in content.steps and content.steps.following(last))


def _unsure_plan(turn: Turn, content: Content) -> _Plan:
    """Ask once, about two intents where these are the likeliest; then a person is called."""
    if turn.memory.misunderstood:
        return _Plan(("not_understood",), ask=AskReason.NOT_UNDERSTOOD)
    between = belief_of(turn).between or ()
    worried = turn.risk.level >= Risk.LOW or bool({*between} & {*CRISIS_INTENTS})
    if between and all(intent in content.meanings for intent in between):
        return _Plan(("which_worry" if worried else "which",), misunderstood=1, between=between)
    return _Plan(("unsure_worry" if worried else "unsure",), misunderstood=1)


def _introduced(turn: Turn, plan: _Plan) -> _Plan:
    """Put the introduction before the first answer."""
    if plan.introduces or not plan.say or not is_new(turn) or plan.say[0] in NEUTRAL:
        return plan
    return replace(plan, say=("intro", plan.say[0]), introduces=True)


def _not_ended(name: str, turn: Turn, content: Content) -> str:
    """Return a topic, or a word for those who wait when all of its steps were said."""
    if name in content.steps:
        said = turn.memory.steps.get(name, 0)
        return name if said < len(content.steps.path(name)) else "waiting"
    return name


def _choices_last(replies: list[Reply]) -> tuple[Reply, ...]:
    bare = [replace(reply, quick_replies=()) for reply in replies[:-1]]
    return (*bare, *replies[-1:])

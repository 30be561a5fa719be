"""What a turn means, before anything is said to it: intent, hint, crisis, language."""

from bot.dialogue.abstain import Belief, believe
from bot.dialogue.content import Content
from bot.dialogue.heard import payload_of, words_of
from bot.dialogue.hints import hinted
from bot.dialogue.language import language_of, other_language
from bot.dialogue.risk import GRAVE
from bot.dialogue.turn import Turn
from bot.dialogue.wording import is_ominous
from storage.records import ConversationState, Language, Risk

CRISIS = {
    "self_harm": "self_harm",
    "danger": "danger_now",
    "threat": "threat",
    "assault": "assault",
    "friend_self_harm": "friend_self_harm",
    "pregnancy": "pregnancy",
    "medical": "medical",
}
"""Category of a risk rule -> group of crisis sentences (numbers and one question)."""

CRISIS_INTENTS = ("self_harm", "danger_now")
MISREAD = {
    "friend_self_harm": {"self_harm": "friend_self_harm"},
    "medical": {"danger_now": "medical", "threat": "medical", "self_harm": "medical_self_harm"},
}
"""What a talk is about -> the crises the classifier takes more words of it for -> what is said."""
CRISIS_BUTTONS = (*CRISIS.values(), "sextortion")
"""Whoever presses "I am threatened" says it as clearly as whoever types it."""


def is_new(turn: Turn) -> bool:
    """Tell whether the bot has not said yet that it is one."""
    return turn.first or not turn.memory.introduced


def intent_of(turn: Turn) -> str | None:
    """Return the intent that is believed, if any."""
    return belief_of(turn).intent


def belief_of(turn: Turn) -> Belief:
    """Return what is expected to cost least: an intent, a choice between two, or a question."""
    if turn.nlu is None:
        return Belief()
    belief = believe(turn.nlu.ranking or ((turn.nlu.intent, turn.nlu.confidence),))
    return Belief() if _is_doubtful(turn, turn.nlu.intent, belief) else belief


def _is_doubtful(turn: Turn, likeliest: str, belief: Belief) -> bool:
    """Tell whether words of danger may be a saying, or mere talk: then that is asked gently."""
    if turn.risk.level is not Risk.LOW:
        return False
    afraid = likeliest in CRISIS_INTENTS and turn.risk.category in CRISIS
    # A guess is low in mere talk alone; what is believed beside the likeliest is answered.
    talk = turn.risk.is_guess and belief.intent == likeliest
    return afraid or talk or turn.risk.category in GRAVE


def is_answered(intent: str, content: Content) -> bool:
    """Tell whether there are sentences for an intent."""
    return content.knows(intent) or intent == "ask_human"


def hinted_by(turn: Turn, content: Content) -> str | None:
    """Return what the words and the subject of the talk say better than the intent."""
    return hinted(
        " ".join(words_of(turn.parts)),
        content.hints,
        intent=intent_of(turn),
        subject=turn.memory.subject,
        queued=turn.state is ConversationState.QUEUED,
    )


def meant_by(turn: Turn, content: Content) -> str | None:
    """Return the hint where there is one, or the intent."""
    return hinted_by(turn, content) or intent_of(turn)


def fitting(target: str, turn: Turn, content: Content) -> str:
    """Return what a button leads to; another topic where this one would be untrue."""
    place = content.steps.place(target)
    better = hinted(
        "",
        content.hints,
        intent=place[0] if place else target,
        subject=turn.memory.subject,
        queued=False,
    )
    return better or target


def risk_beside_words(turn: Turn, content: Content) -> Risk:
    """Return the risk of buttons, intents and signs, which the screen does not read."""
    if crisis_of(turn, content):
        return Risk.HIGH
    return Risk.LOW if shows_a_weapon(turn) else Risk.NONE


def shows_a_weapon(turn: Turn) -> bool:
    """Tell whether a sign without words shows a weapon."""
    return any(is_ominous(part.text) for part in turn.parts)


def crisis_of(turn: Turn, content: Content) -> str | None:
    """Return what a crisis button or intent is about; a button outweighs the classifier."""
    payload = payload_of(turn, content)
    if payload is not None:
        target = payload.removeprefix("go:")
        return target if target in CRISIS_BUTTONS else None
    intent = intent_of(turn)
    return as_in_talk(intent, turn) if intent in CRISIS_INTENTS else None


def as_in_talk(crisis: str, turn: Turn) -> str:
    """Return what goes on with the talk where the classifier takes it for this crisis.

    A rule says so where it is something new: the writer's own death, or who stands at the door.
    """
    return MISREAD.get(str(turn.memory.subject), {}).get(crisis, crisis)


def crisis_feared(turn: Turn) -> str:
    """Return the crisis of the risk; fear alone goes on with the talk, of dying only in some.

    What is feared and named no harm is a threat by default. Whoever worries about a friend, and
    may speak of their own death, is answered as if they did.
    """
    category = turn.risk.category or ""
    crisis = CRISIS.get(category, "threat")
    said = as_in_talk(crisis, turn)
    stays = turn.risk.is_guess and category in CRISIS and said not in GRAVE
    return said if stays else crisis


def language_for(turn: Turn, content: Content) -> Language:
    """Return the language to answer in: asked for, or written."""
    payload = payload_of(turn, content)
    if payload is not None and payload.startswith("lang:"):
        return Language(payload.removeprefix("lang:"))
    if payload == "go:change_language":
        return other_language(turn.language)
    typed = " ".join(words_of(turn.parts))
    found = language_of(typed, turn.language, first=turn.first)
    if intent_of(turn) == "change_language" and found is turn.language:
        return other_language(found)
    return found

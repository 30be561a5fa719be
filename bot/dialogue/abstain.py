"""Which intent to believe, and when to ask instead: whatever is expected to cost least. Pure.

One clarifying question that helps is the unit of cost. The costs are judgments of ours, not
measurements: change them here, and `make nlu-report` shows what it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

Ranking = Sequence[tuple[str, float]]
"""Intents, likeliest first, each with its calibrated probability, 0 to 1."""


class Stakes(Enum):
    """How much depends on understanding somebody who means an intent."""

    CRISIS = "crisis"
    HARM = "harm"
    FEELING = "feeling"
    SERVICE = "service"
    TALK = "talk"


STAKES = {
    Stakes.CRISIS: ("self_harm", "danger_now"),
    Stakes.HARM: (
        "sextortion", "grooming", "paid_offer", "runaway_helper", "impersonation",
        "account_takeover", "illegal_filming", "image_sharing", "deepfake_me",
        "deepfake_friend", "deepfake_made", "image_bullying",
    ),
    Stakes.FEELING: ("loneliness", "scared", "blame", "parents", "worried_friend"),
    Stakes.TALK: (
        "greet", "goodbye", "thanks", "affirm", "deny", "smalltalk", "testing", "abusive",
        "out_of_scope", "correction",
    ),
}  # fmt: skip
"""Stakes of each intent; every other intent is a question to the service."""

MISSED = {
    Stakes.CRISIS: 12.0,
    Stakes.HARM: 4.0,
    Stakes.FEELING: 3.0,
    Stakes.SERVICE: 2.0,
    Stakes.TALK: 1.0,
}
"""Cost of a wrong answer to somebody who meant this. What no ranking names counts as service."""

ALARM = {Stakes.CRISIS: 1.0, Stakes.HARM: 0.5}
"""Added when the wrong answer speaks of a crisis or a harm that nobody named."""

AKIN = 0.5
"""Share of the cost that stays when both have the same stakes: half of the answer fits."""

ASKED = 1.0
ASKED_IN_CRISIS = 2.0
"""Cost of an open question, which a crisis can afford less than anything else."""

CHOICE = 0.7
CHOICE_IN_CRISIS = 1.5
CHOICE_MISSED = 1.5
"""Cost of asking which of two it is: when it is one of them, and when it is neither."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What to take a message for: an intent, a choice between two, or nothing yet."""

    intent: str | None = None
    between: tuple[str, str] | None = None


def believe(ranking: Ranking) -> Belief:
    """Return the belief with the least expected cost; without a ranking, none.

    A tie goes to the answer, then to the choice between two.
    """
    if not ranking:
        return Belief()
    beliefs = [(_cost_of_saying(intent, ranking), Belief(intent)) for intent, _ in ranking]
    if len(ranking) > 1:
        choice = Belief(between=(ranking[0][0], ranking[1][0]))
        beliefs.append((_cost_of_choice(ranking), choice))
    beliefs.append((_cost_of_asking(ranking), Belief()))
    return min(beliefs, key=lambda found: found[0])[1]


def stakes_of(intent: str) -> Stakes:
    """Return how much depends on understanding this intent."""
    return _STAKES_OF.get(intent, Stakes.SERVICE)


def cost(belief: Belief, meant: str) -> float:
    """Return what a belief costs when somebody meant `meant`."""
    if belief.intent is not None:
        return 0.0 if belief.intent == meant else _cost_of_error(belief.intent, meant)
    crisis = stakes_of(meant) is Stakes.CRISIS
    if belief.between is None:
        return ASKED_IN_CRISIS if crisis else ASKED
    if meant not in belief.between:
        return CHOICE_MISSED
    return CHOICE_IN_CRISIS if crisis else CHOICE


def _cost_of_saying(intent: str, ranking: Ranking) -> float:
    wrong = sum(p * _cost_of_error(intent, other) for other, p in ranking if other != intent)
    unnamed = MISSED[Stakes.SERVICE] + ALARM.get(stakes_of(intent), 0.0)
    return wrong + _rest(ranking) * unnamed


def _cost_of_choice(ranking: Ranking) -> float:
    choice = Belief(between=(ranking[0][0], ranking[1][0]))
    return sum(p * cost(choice, meant) for meant, p in ranking) + _rest(ranking) * CHOICE_MISSED


def _cost_of_asking(ranking: Ranking) -> float:
    crisis = sum(p for intent, p in ranking if stakes_of(intent) is Stakes.CRISIS)
    return ASKED + crisis * (ASKED_IN_CRISIS - ASKED)


def _cost_of_error(said: str, meant: str) -> float:
    same = stakes_of(said) is stakes_of(meant)
    alarm = 0.0 if same else ALARM.get(stakes_of(said), 0.0)
    return MISSED[stakes_of(meant)] * (AKIN if same else 1.0) + alarm


def _rest(ranking: Ranking) -> float:
    return max(0.0, 1.0 - sum(p for _, p in ranking))


_STAKES_OF = {intent: stakes for stakes, intents in STAKES.items() for intent in intents}

"""When the answer to an alarm stays with what the talk is about already. Pure."""

import re

from bot.dialogue.choosing import FEELINGS
from bot.dialogue.content import Content
from bot.dialogue.heard import words_of
from bot.dialogue.meant import CRISIS, CRISIS_INTENTS, intent_of
from bot.dialogue.turn import Turn
from storage.records import Risk

BROAD = {"grooming": frozenset[str](), "paid_offer": frozenset({"grooming"})}
"""Harm -> the subjects it may take the place of: what strangers do belongs to nearly every harm."""

BROAD_CATEGORIES = frozenset({"exploitation", "grooming", "worry"})
"""Categories of the risk screen that tell how bad it is, and hardly which harm it is."""

FOR_SOMEBODY_ELSE = frozenset({"worried_friend", "worried_adult"})

_OWN = re.compile(r"(?<![가-힣])(나|저|내|제)(도|가|는|를|한테|에게)|\b(i|im|i'm|me|my)\b")


def is_crisis(turn: Turn) -> bool:
    """Tell whether an alarm is answered with numbers first, whatever was spoken of before.

    What only the classifier fears is one where it speaks of dying, is imminent, or is what the
    message means as a whole.
    """
    category = turn.risk.category
    if turn.risk.level is Risk.IMMINENT:
        return True
    if category not in CRISIS:
        return False
    return not turn.risk.is_guess or category == "self_harm" or intent_of(turn) in CRISIS_INTENTS


def kept_subject(turn: Turn, content: Content) -> str | None:
    """Return the topic an alarm goes on with; None where it speaks of something new.

    A rule of ours that names a harm, and a harm that the classifier names, open a new topic.
    Fear alone, and what strangers do in every harm, does not; and whoever asks for a friend or
    a child is not spoken to as the one harmed, unless they speak of themselves.
    """
    subject = turn.memory.subject
    if subject is None or subject in FEELINGS or subject not in content.steps.harms:
        return None
    if subject in FOR_SOMEBODY_ELSE:
        return None if _OWN.search(" ".join(words_of(turn.parts)).lower()) else subject
    intent = intent_of(turn)
    if turn.risk.is_guess and intent in content.steps.questions:
        return intent
    is_vague = turn.risk.is_guess or turn.risk.category in BROAD_CATEGORIES
    return subject if is_vague and not _is_new(intent, subject, content) else None


def _is_new(intent: str | None, subject: str, content: Content) -> bool:
    if intent not in content.steps.harms or intent in FEELINGS:
        return False
    return intent not in BROAD or subject in BROAD[intent]

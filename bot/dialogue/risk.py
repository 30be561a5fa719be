"""The risk screen: how much danger a text speaks of, by rules that never wait for a model."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.dialogue.lexicon import CATEGORIES, Lexicon, Reading, load_lexicon
from bot.dialogue.turn import GUESS, Screening
from bot.dialogue.wording import as_korean_keys, is_payload, tells_dying_by_ear
from bot.messages import Danger, NluResult
from storage.records import Risk

__all__ = ["CATEGORIES", "Lexicon", "load_lexicon", "screen"]

RECENT = 3  # earlier messages of the person that are read together with the new ones
CAP = 10_000  # characters read in one go: all that any channel states; see `_pieces`
ABOUT = {
    "self_harm": "self_harm",
    "danger_now": "danger",
    "sextortion": "sextortion",
    "grooming": "grooming",
    "paid_offer": "exploitation",
    "runaway_helper": "runaway",
    "illegal_filming": "filming",
    "image_sharing": "filming",
    "deepfake_me": "filming",
    "impersonation": "grooming",
}
"""Intent of the language service -> the category of what it fears; any other: threat."""
DANGER, IMMINENCE, TALKING, WORDS = 0.85, 0.1, -0.25, 0.6
"""What the odds of danger, of imminent danger and of talk, and a rule of ours, weigh."""
ALARM = -0.1  # weight that is an alarm; this and all numbers here are measured: docs/risk.md
GRAVE_ALARM = -2.6  # the same where a rule hears the writer's own death, or that of a friend
ASKED = -1.3  # weight from which mere talk is asked about gently
DOUBTED = -5.0  # the same where a rule is an alarm; below it, old words add nothing to new ones
AT_ONCE = 0.07  # belief in imminent danger that makes an alarm imminent
SURELY = 0.997  # no belief counts for more than this, or for less than what is left of it
GRAVE = frozenset({"self_harm", "friend_self_harm"})
"""Categories of dying, whose words stay an alarm unless the service is nearly sure of none."""
TALK = frozenset({
    "smalltalk", "out_of_scope", "greet", "goodbye", "thanks", "affirm", "deny", "correction",
    "testing", "abusive", "are_you_bot", "is_this_real", "change_language", "confidentiality",
    "erase",
})  # fmt: skip
"""Intents of the language service that tell of no harm."""
IDLE = frozenset({"smalltalk", "out_of_scope"})
"""Those to which no answer says anything that somebody in danger could use."""
TELLING = 15  # characters of words that mean something by themselves, whatever was said before
SHORT = 150  # characters; in more, danger is a small part of what the language service read


def screen(
    parts: Sequence[str],
    *,
    lexicon: Lexicon | None = None,
    nlu: NluResult | None = None,
    recent: Sequence[str] = (),
) -> Screening:
    """Return the highest risk any part, or the joined burst, speaks of.

    Without the language service our rules decide. With it, what it believes and whether a rule
    fires is weighed: too little in a short text, and our words are low. Of words of the writer's
    own death it must be surer. It never lowers words of staff, firm rules, what only the
    keyboard's other letters spell, or dying spelled by ear.

    Args:
        parts: the texts of one burst, in the order they were sent.
        lexicon: None takes the one that is shipped beside this module.
        nlu: what the language service made of them; None without it.
        recent: what the same person said before, oldest first.
    """
    rules = lexicon or _shipped()
    # A button's meaning is the policy's business; its letters are no words.
    words = [part for part in parts if not is_payload(part)]
    readings = _read(words, rules)
    found = by_words = _judged(readings, rules)
    if _is_doubted(by_words, nlu, words, least=_least(by_words)):
        found = _undoubted(readings, rules) or replace(by_words, level=Risk.LOW)
    if found.level is Risk.IMMINENT:
        return found
    together = _together(words, recent, rules, above=found.level)
    if together.rule == by_words.rule or _is_chance(together, nlu, words):
        together = Screening()  # what was doubted stays so, whatever was said before
    guess = _guess(by_words, nlu, readings, rules)
    return max(found, together, guess, key=_first)


def _read(words: Sequence[str], lexicon: Lexicon) -> Sequence[Reading]:
    texts = [*words, " ".join(words)] if len(words) > 1 else words
    pieces = [piece for text in texts for piece in _pieces(text)]
    keys = filter(None, map(as_korean_keys, pieces))
    return [lexicon.read(text) for text in (*pieces, *keys) if text]


def _pieces(text: str) -> Sequence[str]:
    """Return a text, or the head and the tail of one that is longer than any channel states.

    They overlap, so that nothing is left out of up to twice as much.
    """
    return (text,) if len(text) <= CAP else (text[:CAP], text[-CAP:])


def _judged(readings: Sequence[Reading], lexicon: Lexicon) -> Screening:
    rule = lexicon.first(readings)
    found = Screening(rule.level, rule.category, rule.id) if rule else Screening()
    if found.level >= Risk.HIGH:
        return found
    points, about = _points(readings, lexicon)
    return Screening(Risk.HIGH, about, "adds_up") if points >= lexicon.tally.need else found


def _points(readings: Sequence[Reading], lexicon: Lexicon) -> tuple[int, str | None]:
    counted = [lexicon.tally.count(reading.found) for reading in readings]
    return max(counted, key=lambda each: each[0], default=(0, None))


def _together(
    words: Sequence[str], recent: Sequence[str], lexicon: Lexicon, *, above: Risk
) -> Screening:
    """Return the risk `above` a level that only the old and the new words together speak of."""
    before = [text for text in recent[-RECENT:] if not is_payload(text)]
    if not before or not words:
        return Screening()
    joined = f"{' '.join(before)[-CAP:]} {' '.join(words)[:CAP]}"  # read where they meet
    together = _judged([lexicon.read(joined)], lexicon)
    if together.level <= above:  # as nearly always: then what was known before changes nothing
        return Screening()
    known = _judged(_read(before, lexicon), lexicon)
    return together if together.level > known.level else Screening()


def _is_chance(together: Screening, nlu: NluResult | None, words: Sequence[str]) -> bool:
    """Tell whether new words make a danger of earlier ones by chance: they are surely mere talk.

    Few words are not where it is of dying: a farewell alone is mere talk.
    """
    if together.category in GRAVE and sum(map(len, words)) < TELLING:
        return False
    return _is_doubted(together, nlu, words, least=DOUBTED)


def _least(found: Screening) -> float:
    return GRAVE_ALARM if found.category in GRAVE else ALARM


def _is_doubted(
    found: Screening, nlu: NluResult | None, words: Sequence[str], *, least: float
) -> bool:
    """Tell whether the language service sees too little danger in what our words call one."""
    if nlu is None or nlu.danger is None or found.level < Risk.HIGH:
        return False
    if not nlu.danger.doubts or _weight(found, nlu, nlu.danger) >= least:
        return False
    # It learned from short texts, and read other letters than a keyboard left in English means.
    return sum(map(len, words)) <= SHORT and not any(
        as_korean_keys(word) or tells_dying_by_ear(word) for word in words
    )


def _weight(found: Screening, nlu: NluResult, danger: Danger) -> float:
    """Return how much speaks for danger: what the service believes, and whether our words do."""
    believed = DANGER * _odds(danger.high) + IMMINENCE * _odds(danger.imminent)
    return believed + TALKING * _odds(_talk(nlu)) + WORDS * (found.level >= Risk.HIGH)


def _odds(belief: float) -> float:
    """Return the logarithm of the odds of a belief."""
    sure = min(max(belief, 1 - SURELY), SURELY)
    return math.log(sure / (1 - sure))


def _undoubted(readings: Sequence[Reading], lexicon: Lexicon) -> Screening | None:
    among = lexicon.by_staff | lexicon.firm
    rule = lexicon.first(readings, among) if among else None
    return Screening(rule.level, rule.category, rule.id) if rule else None


def _talk(nlu: NluResult) -> float:
    """Return the share of the language service's belief that is on talk without harm."""
    return sum(share for intent, share in nlu.ranking if intent in TALK)


def _guess(
    found: Screening, nlu: NluResult | None, readings: Sequence[Reading], lexicon: Lexicon
) -> Screening:
    """Return what the language service's belief in danger amounts to; little in a mere saying."""
    if nlu is None or nlu.danger is None:
        return Screening()
    intent = next((name for name, _ in nlu.ranking if name in ABOUT), nlu.intent)
    about = ABOUT.get(intent, "threat")
    level = _feared(found, nlu, nlu.danger)
    if about in GRAVE and readings and all(map(lexicon.is_saying, readings)):
        level = Risk.LOW
    if level is Risk.LOW:  # words of ours, though doubted, say best what it is about
        about = found.category or ABOUT.get(intent, "worry")
    return Screening(level, about, f"{GUESS}{intent}") if level else Screening()


def _feared(found: Screening, nlu: NluResult, danger: Danger) -> Risk:
    weight = _weight(found, nlu, danger)
    if weight < ALARM:
        # What asks or tells something is answered; a gentle question stands in for mere talk.
        ours = found.level >= Risk.HIGH
        least = DOUBTED if ours and nlu.intent in IDLE else ASKED
        return Risk.LOW if weight >= least and nlu.intent in (TALK if ours else IDLE) else Risk.NONE
    return Risk.IMMINENT if danger.imminent >= AT_ONCE else Risk.HIGH


def _first(screening: Screening) -> tuple[Risk, bool]:
    """Return what goes first: the higher level, then words; for a gentle question, the guess."""
    return screening.level, screening.is_guess and screening.level is Risk.LOW


@cache
def _shipped() -> Lexicon:
    return load_lexicon(Path(__file__).parent / "content")

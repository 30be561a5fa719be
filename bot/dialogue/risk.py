"""The risk screen: how much danger a text speaks of, by rules that never wait for a model."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.dialogue.lexicon import CATEGORIES, Lexicon, Reading, load_lexicon
from bot.dialogue.turn import GUESS, Screening
from bot.dialogue.wording import as_korean_keys, is_payload
from bot.messages import NluResult
from storage.records import Risk

__all__ = ["CATEGORIES", "Lexicon", "load_lexicon", "screen"]

RECENT = 3  # earlier messages of the person that are read together with the new ones
CAP = 4000  # characters of one text that are read; no channel lets a child type more at once
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
FEARED = 0.25  # belief in danger that is an alarm; measured, like all these: docs/risk.md
EXCUSED = 0.5  # the same where words speak of a film, homework, a game, …
DOUBTED = 0.1  # belief below which broad words that sound like danger are no alarm
AT_ONCE = 0.3  # belief in imminent danger that makes an alarm imminent
UNDOUBTED = frozenset({"self_harm"})
"""Categories in which our own words are an alarm whatever the language service believes."""


def screen(
    parts: Sequence[str],
    *,
    lexicon: Lexicon | None = None,
    nlu: NluResult | None = None,
    recent: Sequence[str] = (),
) -> Screening:
    """Return the highest risk any part, or the joined burst, speaks of.

    Without the language service our rules decide. With it, its fear raises the level; it lowers
    one thing only: broad words that sound like danger (level high, not of `UNDOUBTED`, not added
    by staff) in which it sees none at all are low. What is imminent stays so.

    Args:
        parts: the texts of one burst, in the order they were sent.
        lexicon: None takes the one that is shipped beside this module.
        nlu: what the language service made of them; None without it.
        recent: what the same person said before, oldest first.
    """
    rules = lexicon or _shipped()
    # A button's meaning is the policy's business; its letters are no words.
    words = [part[:CAP] for part in parts if not is_payload(part)]
    readings = _read(words, rules)
    found = _judged(readings, rules)
    if found.level is Risk.IMMINENT:
        return found
    found = _unless_doubted(found, nlu, rules)
    together = _together(words, recent, rules, above=found.level)
    return max(found, together, _guess(nlu, readings, rules), key=lambda each: each.level)


def _read(words: Sequence[str], lexicon: Lexicon) -> Sequence[Reading]:
    texts = [*words, " ".join(words)] if len(words) > 1 else words
    keys = filter(None, map(as_korean_keys, texts))
    return [lexicon.read(text) for text in (*texts, *keys) if text]


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
    before = [text[:CAP] for text in recent[-RECENT:] if not is_payload(text)]
    if not before or not words:
        return Screening()
    together = _judged([lexicon.read(" ".join([*before, *words]))], lexicon)
    if together.level <= above:  # as nearly always: then what was known before changes nothing
        return Screening()
    known = _judged(_read(before, lexicon), lexicon)
    return together if together.level > known.level else Screening()


def _unless_doubted(found: Screening, nlu: NluResult | None, lexicon: Lexicon) -> Screening:
    if nlu is None or nlu.danger is None or nlu.danger.high >= DOUBTED:
        return found
    stays = found.category in UNDOUBTED or found.rule in lexicon.by_staff
    return found if stays or found.level < Risk.HIGH else replace(found, level=Risk.LOW)


def _guess(nlu: NluResult | None, readings: Sequence[Reading], lexicon: Lexicon) -> Screening:
    """Return what the language service's belief in danger amounts to."""
    if nlu is None or nlu.danger is None:
        return Screening()
    excused = any(lexicon.tally.is_excused(reading.found) for reading in readings)
    if nlu.danger.high < (EXCUSED if excused else FEARED):
        return Screening()
    level = Risk.IMMINENT if nlu.danger.imminent >= AT_ONCE else Risk.HIGH
    intent = next((name for name, _ in nlu.ranking if name in ABOUT), nlu.intent)
    return Screening(level, ABOUT.get(intent, "threat"), f"{GUESS}{intent}")


@cache
def _shipped() -> Lexicon:
    return load_lexicon(Path(__file__).parent / "content")

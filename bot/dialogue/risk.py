"""The risk screen: how much danger a text speaks of, by rules that never wait for a model."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.dialogue.lexicon import CATEGORIES, Lexicon, Reading, load_lexicon
from bot.dialogue.turn import GUESS, Screening
from bot.dialogue.wording import as_korean_keys, is_payload
from storage.records import Risk

__all__ = ["CATEGORIES", "Lexicon", "load_lexicon", "screen"]

RECENT = 3  # earlier messages of the person that are read together with the new ones
CAP = 4000  # characters of one text that are read; no channel lets a child type more at once
GUESSED = {
    "self_harm": (Risk.HIGH, "self_harm"),
    "danger_now": (Risk.IMMINENT, "danger"),
    "sextortion": (Risk.HIGH, "sextortion"),
    "grooming": (Risk.HIGH, "grooming"),
    "paid_offer": (Risk.HIGH, "exploitation"),
    "runaway_helper": (Risk.HIGH, "runaway"),
    "illegal_filming": (Risk.HIGH, "filming"),
    "image_sharing": (Risk.HIGH, "filming"),
    "deepfake_me": (Risk.HIGH, "filming"),
    "impersonation": (Risk.HIGH, "grooming"),
}
"""Intent of the language service -> what it would mean if it is right."""
SURE = 0.9  # belief in any danger that counts by itself; measured, see docs/risk.md
WEIGHT = 4  # points that full belief adds to those of the words; measured likewise
LIKELY = 0.5  # belief in one danger above which its own level holds


def screen(
    parts: Sequence[str],
    *,
    lexicon: Lexicon | None = None,
    ranking: Sequence[tuple[str, float]] = (),
    recent: Sequence[str] = (),
) -> Screening:
    """Return the highest risk any part, or the joined burst, speaks of.

    What the classifier or the last turns add only ever raises the level.

    Args:
        parts: the texts of one burst, in the order they were sent.
        lexicon: None takes the one that is shipped beside this module.
        ranking: the classifier's guesses with their confidence, 0 to 1; empty without it.
        recent: what the same person said before, oldest first.
    """
    rules = lexicon or _shipped()
    # A button's meaning is the policy's business; its letters are no words.
    words = [part[:CAP] for part in parts if not is_payload(part)]
    readings = _read(words, rules)
    found = _judged(readings, rules)
    if found.level is Risk.IMMINENT:
        return found
    together = _together(words, recent, rules, above=found.level)
    return max(found, together, _guess(ranking, readings, rules), key=lambda each: each.level)


def _read(words: Sequence[str], lexicon: Lexicon) -> Sequence[Reading]:
    texts = [*words, " ".join(words)] if len(words) > 1 else words
    keys = filter(None, map(as_korean_keys, texts))
    return [lexicon.read(text) for text in (*texts, *keys) if text]


def _judged(readings: Sequence[Reading], lexicon: Lexicon) -> Screening:
    found = Screening()
    for rule in lexicon.rules:
        if any(rule.fires(reading, lexicon.index) for reading in readings):
            found = Screening(rule.level, rule.category, rule.id)
            break
    if found.level >= Risk.HIGH:
        return found
    points, about = _points(readings, lexicon, lexicon.tally.need)
    return Screening(Risk.HIGH, about, "adds_up") if points >= lexicon.tally.need else found


def _points(readings: Sequence[Reading], lexicon: Lexicon, least: int) -> tuple[int, str | None]:
    counted = [lexicon.tally.count(reading.found, least=least) for reading in readings]
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


def _guess(
    ranking: Sequence[tuple[str, float]], readings: Sequence[Reading], lexicon: Lexicon
) -> Screening:
    """Return what the classifier's belief in any danger amounts to, beside the words' points."""
    beliefs = [(belief, intent) for intent, belief in ranking if intent in GUESSED]
    if not beliefs:
        return Screening()
    belief, intent = max(beliefs)
    total = sum(each for each, _ in beliefs)
    points, _ = _points(readings, lexicon, 1)
    alone = total >= SURE and not any(map(lexicon.tally.is_excused, (r.found for r in readings)))
    if not alone and (points == 0 or points + WEIGHT * total < lexicon.tally.need):
        return Screening()
    level, category = GUESSED[intent]
    return Screening(level if belief >= LIKELY else Risk.HIGH, category, f"{GUESS}{intent}")


@cache
def _shipped() -> Lexicon:
    return load_lexicon(Path(__file__).parent / "content")

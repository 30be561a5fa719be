"""The risk screen: how much danger a text speaks of, by rules that never wait for a model."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.dialogue.lexicon import CATEGORIES, Lexicon, Reading, load_lexicon
from bot.dialogue.scenes import Everydayness
from bot.dialogue.turn import GUESS, Screening
from bot.dialogue.wording import as_korean_keys, is_payload, tells_dying_by_ear
from bot.messages import Danger, NluResult
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
FEARED = 0.4  # belief in danger that is an alarm; measured, like all these: docs/risk.md
DREADED, PRESSING = 0.32, 0.1  # the first is enough where belief in imminent danger is the second
UNLIKE_TALK = 0.65  # the same where it takes the text for talk as well, unless it is imminent
AT_ONCE = 0.07  # belief in imminent danger that makes an alarm imminent
DOUBTED = 0.05  # belief below which broad words that sound like danger are no alarm, nor bare ones
DENIED = 0.02  # the same for words that sound imminent, or like the writer's own death
MERE = 0.1  # the same for all but the writer's own death, in a text taken for nothing but talk
IN_TALK = 0.3  # the same for broad words that are common in talk, in a text taken for talk
CERTAIN = 0.9  # belief below which nothing is an alarm in a sure scene of everyday life
GRAVE = frozenset({"self_harm", "friend_self_harm"})
"""Categories of dying, in which the language service must be as sure as about what is imminent."""
TALK = frozenset({
    "smalltalk", "out_of_scope", "greet", "goodbye", "thanks", "affirm", "deny", "correction",
    "testing", "abusive", "are_you_bot", "is_this_real", "change_language", "confidentiality",
    "erase",
})  # fmt: skip
"""Intents of the language service that tell of no harm."""
SOME, MUCH, MOST = 0.25, 0.5, 0.75  # shares of its belief that are on talk
BARE = 3  # Korean syllables; five Latin letters: such a word alone tells nothing yet
SHORT = 150  # characters; in more, danger is a small part of what the language service read


def screen(
    parts: Sequence[str],
    *,
    lexicon: Lexicon | None = None,
    nlu: NluResult | None = None,
    recent: Sequence[str] = (),
) -> Screening:
    """Return the highest risk any part, or the joined burst, speaks of.

    Without the language service our rules decide. With it, its fear raises the level, and where
    it sees no danger at all in a short text our words are low, which still asks gently. Words of
    the writer's own death it must all but deny. It never lowers words of staff, or what
    only the keyboard's other letters spell, or dying spelled by ear.

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
    scene = _scene(words, rules) if _matters(found, nlu) else Everydayness.UNKNOWN
    if _is_doubted(found, nlu, words, rules, scene):
        found = _undoubted(readings, rules) or replace(found, level=Risk.LOW)
    if found.level is Risk.IMMINENT:
        return found
    together = _together(words, recent, rules, above=found.level)
    guess = _guess(nlu, readings, rules, scene)
    return max(found, together, guess, key=lambda each: each.level)


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


def _matters(found: Screening, nlu: NluResult | None) -> bool:
    """Tell whether a scene could change anything: as good as never, and it is slow to find."""
    if nlu is None or nlu.danger is None:
        return False
    return found.level >= Risk.HIGH or nlu.danger.high >= DREADED


def _scene(words: Sequence[str], lexicon: Lexicon) -> Everydayness:
    """Return how surely every part of a burst is about everyday life."""
    return min(map(lexicon.scenes.of, words), default=Everydayness.UNKNOWN)


def _is_doubted(
    found: Screening,
    nlu: NluResult | None,
    words: Sequence[str],
    lexicon: Lexicon,
    scene: Everydayness,
) -> bool:
    """Tell whether the language service sees no danger in what our words call one."""
    if nlu is None or nlu.danger is None or found.level < Risk.HIGH:
        return False
    if not nlu.danger.doubts or nlu.danger.high >= _enough(found, nlu, nlu.danger, lexicon, scene):
        return False
    # It learned from short texts, and read other letters than a keyboard left in English means.
    misread = any(as_korean_keys(word) or tells_dying_by_ear(word) for word in words)
    return sum(map(len, words)) <= SHORT and not misread


def _enough(
    found: Screening, nlu: NluResult, danger: Danger, lexicon: Lexicon, scene: Everydayness
) -> float:
    """Return the belief in danger with which our words stay an alarm."""
    talk = _talk(nlu)
    if scene is Everydayness.SURE:
        return CERTAIN
    if scene is Everydayness.LIKELY and talk > SOME:
        return FEARED
    return 0.0 if danger.imminent >= AT_ONCE else _enough_of_words(found, talk, lexicon)


def _enough_of_words(found: Screening, talk: float, lexicon: Lexicon) -> float:
    if found.category in GRAVE:
        return DENIED
    if found.level is not Risk.IMMINENT and found.rule in lexicon.loose and talk > MUCH:
        return IN_TALK
    if talk > MOST:
        return MERE
    return DENIED if found.level is Risk.IMMINENT else DOUBTED


def _undoubted(readings: Sequence[Reading], lexicon: Lexicon) -> Screening | None:
    among = lexicon.by_staff | lexicon.firm
    rule = lexicon.first(readings, among) if among else None
    return Screening(rule.level, rule.category, rule.id) if rule else None


def _talk(nlu: NluResult) -> float:
    """Return the share of the language service's belief that is on talk without harm."""
    return sum(share for intent, share in nlu.ranking if intent in TALK)


def _guess(
    nlu: NluResult | None, readings: Sequence[Reading], lexicon: Lexicon, scene: Everydayness
) -> Screening:
    """Return what the language service's belief in danger amounts to; little in a mere saying."""
    if nlu is None or nlu.danger is None or not _is_feared(nlu.danger):
        return Screening()
    level = Risk.IMMINENT if nlu.danger.imminent >= AT_ONCE else Risk.HIGH
    intent = next((name for name, _ in nlu.ranking if name in ABOUT), nlu.intent)
    about = ABOUT.get(intent, "threat")
    if _is_harmless(nlu, nlu.danger, about, readings, lexicon, scene):
        level = Risk.LOW
    return Screening(level, about, f"{GUESS}{intent}")


def _is_feared(danger: Danger) -> bool:
    return danger.high >= (DREADED if danger.imminent >= PRESSING else FEARED)


def _is_harmless(
    nlu: NluResult,
    danger: Danger,
    about: str,
    readings: Sequence[Reading],
    lexicon: Lexicon,
    scene: Everydayness,
) -> bool:
    """Tell whether what only the service fears is talk, a scene, a bare word or a saying."""
    if danger.imminent < AT_ONCE and danger.high < UNLIKE_TALK and _talk(nlu) > SOME:
        return True
    bare = danger.imminent < DOUBTED and all(map(_is_bare, readings))
    if danger.high < CERTAIN and (scene is Everydayness.SURE or bare):
        return True
    return about in GRAVE and bool(readings) and all(map(lexicon.is_saying, readings))


def _is_bare(reading: Reading) -> bool:
    korean, latin = reading.wording.squeezed, reading.wording.spaced
    return len(korean) <= BARE if korean else len(latin) <= BARE + 2


@cache
def _shipped() -> Lexicon:
    return load_lexicon(Path(__file__).parent / "content")

"""Whether a text asks a young person for what nobody here may ask."""

import re
from collections.abc import Iterable
from enum import StrEnum

from handoff.guard.likeness import likeliest, likeness, load_weights
from handoff.guard.links import leads_away
from handoff.guard.rules import Rule, load_rules
from handoff.guard.wording import plain, squeezed

BEFORE = 60  # letters of the same sentence in which an excusing word counts
_HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LATIN = re.compile("[a-z]{2}")
_ENGLISH_SIGNS = re.compile(r"[^a-z0-9.?!,\n]+")
_ENDS = re.compile(r"[.?!\n]")


class Ask(StrEnum):
    """What is asked for; the reason a counselor is shown.

    SECRET is a password, a code or the number of a paper; APP another app or account, a
    telephone number or a call; LINK what leads outside the allow-list.
    """

    PHOTO = "photo"
    NAME = "name"
    SCHOOL = "school"
    ADDRESS = "address"
    SECRET = "secret"  # noqa: S105  # nosec B105
    APP = "app"
    MONEY = "money"
    MEETING = "meeting"
    LINK = "link"


def asked(text: str) -> Ask | None:
    """Return what a text asks a young person for; None when it asks for nothing of the list."""
    words = plain(text)
    if leads_away(words):
        return Ask.LINK
    ruled = patterned(words)
    weights = load_weights()
    if likeness(words, weights, ruled=ruled is not None) <= weights.enough:
        return None
    return ruled or Ask(likeliest(words, weights))


def patterned(words: str) -> Ask | None:
    """Return what the patterns alone find in a plain text."""
    rules = load_rules()
    if _HANGUL.search(words) and (found := _first(rules.korean, squeezed(words))):
        return found
    if _LATIN.search(words):
        return _first(rules.english, _ENGLISH_SIGNS.sub(" ", words))
    return None


def _first(rules: Iterable[Rule], text: str) -> Ask | None:
    return next((Ask(rule.category) for rule in rules if _asks(rule, text)), None)


def _asks(rule: Rule, text: str) -> bool:
    return any(not _excused(rule, text, found) for ask in rule.asks for found in ask.finditer(text))


def _excused(rule: Rule, text: str, found: re.Match[str]) -> bool:
    start = max(found.start() - BEFORE, 0)
    before = _ENDS.split(text[start : found.start()])[-1]
    after = _ENDS.split(text[found.end() : found.end() + BEFORE])[0]
    sentence = before + found[0] + after
    return any(excuse.search(sentence) for excuse in rule.unless)

"""What the entries of the lexicon's files become: rules, cues, points and everyday phrases."""

import re
from collections.abc import Mapping, Sequence

from bot.dialogue.by_ear import spelled_by_the_book
from bot.dialogue.content_file import (
    ContentError,
    Entry,
    day,
    entries,
    joined,
    patterns,
    string,
    strings,
)
from bot.dialogue.cues import Combination, CueIndex, CueWords, Tally, make_index
from bot.dialogue.rules import Everyday, Pairing, Rule
from bot.dialogue.sieve import Sieve, make_sieve
from bot.dialogue.turn import GUESS
from bot.dialogue.wording import normalize
from storage.records import Risk

RULES_FILE = "lexicon.toml"
CUES_FILE = "cues.toml"
CATEGORIES = (
    "self_harm", "danger", "threat", "assault", "sextortion", "exploitation", "grooming",
    "runaway", "filming", "worry", "friend_self_harm",
    "pregnancy", "medical",
)  # fmt: skip
"""What a rule can be about; bot/dialogue/policy.py knows an answer to each."""
NEAR = 40  # letters; a combination without `near` of its own
HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")

Cues = dict[str, CueWords]


def signed(file: str, table: Entry, name: str) -> tuple[Entry, ...]:
    """Return the entries of a file; `[by]` signs all that are not signed by themselves."""
    by = table.get("by", {})
    return tuple({**by, **entry} for entry in entries(file, table, name))


def make_rule(entry: Entry, sets: "EverydaySets") -> Rule:
    """Return the rule of patterns that an entry of `lexicon.toml` tells."""
    level, category = _judgement(RULES_FILE, entry)
    squeezed = patterns(RULES_FILE, entry, "ko")
    spaced = joined(patterns(RULES_FILE, entry, "en"))
    if not squeezed and spaced is None:
        raise ContentError(RULES_FILE, str(entry["id"]), "has no pattern")
    everyday = sets.chosen(RULES_FILE, entry)
    return Rule(str(entry["id"]), level, category, squeezed, spaced, everyday)


def make_pairing(entry: Entry, sets: "EverydaySets", cues: Cues) -> Pairing:
    """Return the combination of cues that an entry of `cues.toml` tells."""
    level, category = _judgement(CUES_FILE, entry)
    groups = [frozenset(group.split("|")) for group in strings(CUES_FILE, entry, "all")]
    unless = frozenset(strings(CUES_FILE, entry, "unless"))
    unknown = sorted(frozenset().union(unless, *groups) - cues.keys())
    if unknown or not groups:
        problem = f"names unknown cue {unknown[0]}" if unknown else "has no cues"
        raise ContentError(CUES_FILE, str(entry["id"]), problem)
    near = entry.get("near", NEAR)
    if not isinstance(near, int):
        raise ContentError(CUES_FILE, str(entry["id"]), "near is not a number")
    everyday = sets.chosen(CUES_FILE, entry)
    name = str(entry["id"])
    return Pairing(Combination(name, level, category, tuple(groups), unless, near), everyday)


def make_tally(table: Entry, cues: Cues) -> Tally:
    """Return how points add up, as `cues.toml` tells."""
    match table.get("tally"):
        case {
            "need": int(need),
            "lines": [*lines],
            "excuses": dict(excuses),
            "category": dict(categories),
        }:
            about = {name: frozenset(each) for name, each in categories.items()}
            used = set().union(excuses, *lines, *about.values())
        case _:
            raise ContentError(CUES_FILE, "tally", "needs need, lines, excuses and category")
    wrong = sorted(used - cues.keys()) + sorted(about.keys() - set(CATEGORIES))
    if wrong:
        raise ContentError(CUES_FILE, "tally", f"names unknown {wrong[0]}")
    return Tally(need, tuple(lines), excuses, about)


def make_word(entry: Entry) -> Pairing:
    """Make a rule of the plain words somebody on staff added."""
    level, category = _judgement("words", entry)
    name = str(entry["id"])
    alone = (frozenset((cue_of(name),)),)
    return Pairing(Combination(name, level, category, alone, frozenset(), NEAR), None)


def cue_of(word: str) -> str:
    """Return the name of the cue that a word of staff becomes."""
    return f"word {word}"


def _judgement(file: str, entry: Entry) -> tuple[Risk, str]:
    name = string(file, entry, "id")
    if name.startswith(GUESS):
        # A guess yields to a button that was pressed; a rule of that name would, too.
        raise ContentError(file, name, f"begins with {GUESS}, which is for the classifier")
    level, category = string(file, entry, "level").upper(), string(file, entry, "category")
    if level not in Risk.__members__ or category not in CATEGORIES:
        raise ContentError(file, name, "has an unknown level or category")
    string(file, entry, "author")
    string(file, entry, "approver")
    day(file, entry)
    return Risk[level], category


def read_cues(table: Entry) -> Cues:
    """Return the words of every cue in `cues.toml`."""
    found = table.get("cue")
    if not isinstance(found, dict) or not found:
        raise ContentError(CUES_FILE, "", "has no [cue.…]")
    named: Cues = {}
    for name, entry in found.items():
        korean = entry.get("ko", "")
        if not isinstance(korean, str):
            raise ContentError(CUES_FILE, name, "ko is not a text of words")
        own = {"id": name, **entry}
        latin, heard = strings(CUES_FILE, own, "en"), patterns(CUES_FILE, own, "patterns")
        named[name] = CueWords(korean.split(), latin, heard)
    return named


def indexed(file: str, cues: Cues) -> CueIndex:
    """Return the index of cues; a word that is too short is a mistake of the file."""
    try:
        return make_index(cues)
    except ValueError as error:
        raise ContentError(file, str(error), "is too short a word") from None


def spoken(entry: Entry) -> CueWords:
    """Return the phrases of a word of staff, as they are looked for."""
    said = strings("words", entry, "phrases")
    folded = [normalize(each).squeezed for each in said if HANGUL.search(each)]
    korean = [spelled_by_the_book(each) for each in folded]
    return CueWords(korean, [each.lower() for each in said if not HANGUL.search(each)])


class EverydaySets:
    """The [everyday] tables; entries that except the same sets share one cut of a text."""

    def __init__(self, table: Mapping[str, Entry]) -> None:
        self._table = table
        self._made: dict[tuple[str, ...], Everyday] = {}
        found = [
            (name, pattern)
            for name in sorted(table)
            for pattern in patterns(RULES_FILE, {"id": name, **table[name]}, "patterns")
        ]
        self._squeezed = _sieved([one for one in found if HANGUL.search(one[1].pattern)])
        self._spaced = _sieved([one for one in found if not HANGUL.search(one[1].pattern)])

    def chosen(self, file: str, entry: Entry) -> Everyday | None:
        """Return the phrases that an entry excepts; None if it excepts nothing."""
        names = tuple(sorted(strings(file, entry, "except")))
        missing = [name for name in names if name not in self._table]
        if missing:
            raise ContentError(file, str(entry["id"]), f"excepts unknown {missing[0]}")
        return self.named(*names)

    def named(self, *names: str) -> Everyday | None:
        """Return the phrases of these sets together; None without one, or where one is missing."""
        if not names or not self._table.keys() >= {*names}:
            return None
        if names not in self._made:
            self._made[names] = self._make(names)
        return self._made[names]

    def _make(self, names: tuple[str, ...]) -> Everyday:
        (squeezed, of_squeezed), (spaced, of_spaced) = self._squeezed, self._spaced
        own = tuple(
            frozenset(number for number, name in enumerate(owners) if name in names)
            for owners in (of_squeezed, of_spaced)
        )
        return Everyday(squeezed, spaced, (own[0], own[1]))


def _sieved(found: Sequence[tuple[str, re.Pattern[str]]]) -> tuple[Sieve, Sequence[str]]:
    """Return the patterns in one sieve, and whose each of them is."""
    return make_sieve([pattern for _, pattern in found]), [name for name, _ in found]

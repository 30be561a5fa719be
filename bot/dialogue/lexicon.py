"""The words of the risk screen, read from content files and checked as a whole."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from bot.dialogue.content_file import (
    ContentError,
    Entry,
    day,
    entries,
    joined,
    patterns,
    read_file,
    string,
    strings,
)
from bot.dialogue.cues import Combination, CueIndex, CueWords, Found, Tally, make_index
from bot.dialogue.sieve import Sieve, make_sieve
from bot.dialogue.turn import GUESS
from bot.dialogue.wording import Wording, normalize
from storage.records import Risk

RULES_FILE = "lexicon.toml"
CUES_FILE = "cues.toml"
CATEGORIES = (
    "self_harm", "danger", "threat", "assault", "sextortion", "exploitation", "grooming",
    "runaway", "filming", "worry", "friend_self_harm",
    "pregnancy",
)  # fmt: skip
"""What a rule can be about; bot/dialogue/policy.py knows an answer to each."""
NEAR = 40  # letters; a combination without `near` of its own
WORDS_MOST = 2000  # entries in a file of staff; far above any need, so a wrong file is refused
_HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: patterns hash slowly
class Everyday:
    """Harmless phrases: Korean ones in the squeezed text, Latin ones in the spaced text."""

    squeezed: Sieve = field(repr=False)  # of all everyday phrases that there are
    spaced: Sieve = field(repr=False)
    own: tuple[frozenset[int], frozenset[int]] = field(repr=False)  # which of them count here

    def cut(self, wording: Wording) -> Wording:
        """Return the text with a box in the place of each such phrase."""
        squeezed, spaced = wording.squeezed, wording.spaced
        return Wording(
            spaced=self.spaced.replaced(spaced, "□", self.own[1]) if spaced else "",
            squeezed=self.squeezed.replaced(squeezed, "□", self.own[0]) if squeezed else "",
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in every spelling the rules read, with the cues found in it."""

    wording: Wording
    found: Found = field(repr=False)
    _cuts: dict[Everyday, Wording] = field(default_factory=dict, repr=False)
    _founds: dict[Everyday, Found] = field(default_factory=dict, repr=False)

    def cut(self, everyday: Everyday) -> Wording:
        """Return the text without everyday phrases; worked out once."""
        if everyday not in self._cuts:
            self._cuts[everyday] = everyday.cut(self.wording)
        return self._cuts[everyday]

    def found_without(self, everyday: Everyday, index: CueIndex) -> Found:
        """Return the cues of the text without everyday phrases; worked out once."""
        if everyday not in self._founds:
            cut = self.cut(everyday)
            self._founds[everyday] = self.found if cut == self.wording else index.find(cut)
        return self._founds[everyday]


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns that mean danger by themselves.

    `squeezed` patterns read the text without spaces and punctuation, `spaced` ones read
    words. `everyday` is cut out of the text before the patterns count.
    """

    id: str
    level: Risk
    category: str
    squeezed: tuple[re.Pattern[str], ...] = field(repr=False)
    spaced: re.Pattern[str] | None = field(repr=False)
    everyday: Everyday | None = field(repr=False)

    def fires(self, reading: Reading, _index: CueIndex) -> bool:
        """Tell whether the rule finds its danger in the text, everyday phrases left out."""
        if not self._found(reading.wording):
            return False
        if self.everyday is None:
            return True
        return self._found(reading.cut(self.everyday))

    def _found(self, wording: Wording) -> bool:
        # One by one: a pattern that begins with a plain word is skipped through far faster
        # alone than inside one large alternation.
        return any(pattern.search(wording.squeezed) for pattern in self.squeezed) or bool(
            self.spaced and wording.spaced and self.spaced.search(wording.spaced)
        )


@dataclass(frozen=True, slots=True)
class Pairing:
    """A combination of cues as a rule."""

    combination: Combination
    everyday: Everyday | None = field(repr=False)

    @property
    def id(self) -> str:
        """The short name that is shown beside an alarm."""
        return self.combination.id

    @property
    def level(self) -> Risk:
        """How soon a person must look."""
        return self.combination.level

    @property
    def category(self) -> str:
        """What it is about."""
        return self.combination.category

    def fires(self, reading: Reading, index: CueIndex) -> bool:
        """Tell whether the cues stand together, everyday phrases left out."""
        if not self.combination.fires(reading.found):
            return False
        if self.everyday is None:
            return True
        return self.combination.fires(reading.found_without(self.everyday, index))


@dataclass(frozen=True)
class Lexicon:
    """All rules, the most urgent first, and the cues they are made of."""

    rules: tuple[Rule | Pairing, ...]
    index: CueIndex
    tally: Tally
    by_staff: frozenset[str] = frozenset()  # ids of the words that were laid over it

    def first(self, readings: Sequence[Reading]) -> Rule | Pairing | None:
        """Return the most urgent rule that fires on any of the readings."""
        likely = set[int]().union(*map(self._likely, readings))
        for rule in (self.rules[number] for number in sorted(likely)):
            if any(rule.fires(reading, self.index) for reading in readings):
                return rule
        return None

    def _likely(self, reading: Reading) -> Iterator[int]:
        """Name the rules that could fire: a pattern may match, or a cue of theirs is there."""
        for cue in reading.found:
            yield from self._by_cue.get(cue, ())
        for owners, sieve, text in (
            (*self._squeezed, reading.wording.squeezed),
            (*self._spaced, reading.wording.spaced),
        ):
            yield from (owners[number] for number in (sieve.likely(text) if text else ()))

    @cached_property
    def _by_cue(self) -> Mapping[str, Sequence[int]]:
        """Cue -> the combinations that need it, or another of its group, to fire."""
        found: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for cue in rule.combination.narrowest if isinstance(rule, Pairing) else ():
                found.setdefault(cue, []).append(number)
        return found

    @cached_property
    def _squeezed(self) -> tuple[Sequence[int], Sieve]:
        return self._sifted(lambda rule: rule.squeezed)

    @cached_property
    def _spaced(self) -> tuple[Sequence[int], Sieve]:
        return self._sifted(lambda rule: filter(None, (rule.spaced,)))

    def _sifted(
        self, patterns_of: Callable[[Rule], Iterable[re.Pattern[str]]]
    ) -> tuple[Sequence[int], Sieve]:
        """Return the rules' patterns in one sieve, and whose each of them is."""
        owned = [(number, pattern) for number, rule in enumerate(self.rules)
                 if isinstance(rule, Rule) for pattern in patterns_of(rule)]  # fmt: skip
        return [number for number, _ in owned], make_sieve([pattern for _, pattern in owned])

    def read(self, text: str) -> Reading:
        """Normalize a text; a spelling no pattern of its language can match is left empty."""
        wording = normalize(text)
        wording = Wording(
            spaced=wording.spaced if _LATIN.search(wording.spaced) else "",
            squeezed=wording.squeezed if _HANGUL.search(wording.squeezed) else "",
        )
        return Reading(wording, self.index.find(wording))


def load_lexicon(folder: Path) -> Lexicon:
    """Read `lexicon.toml` and `cues.toml` of a content folder.

    Raises:
        ContentError: an entry is incomplete, unknown, not a regular expression, or does not do
            what its own examples say.
    """
    return _read(folder, _bytes(folder / RULES_FILE), _bytes(folder / CUES_FILE))


@lru_cache(maxsize=1)
def _read(folder: Path, _rules_as_they_are: bytes, _cues_as_they_are: bytes) -> Lexicon:
    # Three parts of a process read the same files, and a lexicon takes 20 MiB and 0.2 s.
    table, cues = read_file(folder / RULES_FILE), read_file(folder / CUES_FILE)
    sets, named = _EverydaySets(table.get("everyday", {})), _cues(cues)
    rules, pairs = _signed(RULES_FILE, table, "rule"), _signed(CUES_FILE, cues, "combination")
    everything: list[Rule | Pairing] = [_rule(entry, sets) for entry in rules]
    everything += [_pairing(entry, sets, named) for entry in pairs]
    lexicon = Lexicon(_urgent_first(everything), _indexed(CUES_FILE, named), _tally(cues, named))
    _prove(RULES_FILE, rules, lexicon)
    _prove(CUES_FILE, pairs, lexicon)
    return lexicon


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # `read_file` says what is wrong with it


def lay_over(lexicon: Lexicon, staff: Path) -> Lexicon:
    """Return a lexicon with the words of staff added, `[[word]]` entries of one file.

    A file that does not exist adds nothing.

    Raises:
        ContentError: a word is incomplete, approved by its author, or does not do what its own
            examples say.
    """
    table = read_file(staff) if staff.exists() else {}
    words = entries(staff.name, table, "word") if table.get("word") else ()
    return lay_words(lexicon, staff.name, words)


def lay_words(lexicon: Lexicon, file: str, words: Sequence[Entry]) -> Lexicon:
    """Return a lexicon with words of staff added; rules are added and none is taken away.

    Raises:
        ContentError: as `lay_over`; it names `file`.
    """
    if len(words) > WORDS_MOST:
        raise ContentError(file, "", f"has more than {WORDS_MOST} words")
    known = {rule.id for rule in lexicon.rules}
    for entry in words:
        _complete(file, entry, known)
        known.add(str(entry["id"]))
    named = {_cue_of(str(entry["id"])): _spoken(entry) for entry in words}
    index = lexicon.index.joined(_indexed(file, named))
    rules = _urgent_first([*(_word(entry) for entry in words), *lexicon.rules])
    own = lexicon.by_staff | {str(entry["id"]) for entry in words}
    laid = Lexicon(rules, index, lexicon.tally, own)
    _prove(file, words, laid)
    return laid


_Cues = dict[str, CueWords]


def _signed(file: str, table: Entry, name: str) -> tuple[Entry, ...]:
    """Return the entries of a file; `[by]` signs all that are not signed by themselves."""
    by = table.get("by", {})
    return tuple({**by, **entry} for entry in entries(file, table, name))


def _rule(entry: Entry, sets: "_EverydaySets") -> Rule:
    level, category = _judgement(RULES_FILE, entry)
    squeezed = patterns(RULES_FILE, entry, "ko")
    spaced = joined(patterns(RULES_FILE, entry, "en"))
    if not squeezed and spaced is None:
        raise ContentError(RULES_FILE, str(entry["id"]), "has no pattern")
    everyday = sets.chosen(RULES_FILE, entry)
    return Rule(str(entry["id"]), level, category, squeezed, spaced, everyday)


def _pairing(entry: Entry, sets: "_EverydaySets", cues: _Cues) -> Pairing:
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


def _tally(table: Entry, cues: _Cues) -> Tally:
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


def _word(entry: Entry) -> Pairing:
    """Make a rule of the plain words somebody on staff added."""
    level, category = _judgement("words", entry)
    name = str(entry["id"])
    alone = (frozenset((_cue_of(name),)),)
    return Pairing(Combination(name, level, category, alone, frozenset(), NEAR), None)


def _cue_of(word: str) -> str:
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


def _cues(table: Entry) -> _Cues:
    found = table.get("cue")
    if not isinstance(found, dict) or not found:
        raise ContentError(CUES_FILE, "", "has no [cue.…]")
    named: _Cues = {}
    for name, entry in found.items():
        korean = entry.get("ko", "")
        if not isinstance(korean, str):
            raise ContentError(CUES_FILE, name, "ko is not a text of words")
        own = {"id": name, **entry}
        latin, heard = strings(CUES_FILE, own, "en"), patterns(CUES_FILE, own, "patterns")
        named[name] = CueWords(korean.split(), latin, heard)
    return named


def _indexed(file: str, cues: _Cues) -> CueIndex:
    try:
        return make_index(cues)
    except ValueError as error:
        raise ContentError(file, str(error), "is too short a word") from None


def _spoken(entry: Entry) -> CueWords:
    said = strings("words", entry, "phrases")
    korean = [normalize(each).squeezed for each in said if _HANGUL.search(each)]
    return CueWords(korean, [each.lower() for each in said if not _HANGUL.search(each)])


def _urgent_first(rules: Sequence[Rule | Pairing]) -> tuple[Rule | Pairing, ...]:
    return tuple(sorted(rules, key=lambda rule: -rule.level))


def _complete(file: str, entry: Entry, shipped: Collection[str]) -> None:
    """Refuse a word that nobody else approved, or that nobody can check."""
    name = string(file, entry, "id")
    if name in shipped:
        raise ContentError(file, name, "is the name of a shipped rule")
    if string(file, entry, "author") == string(file, entry, "approver"):
        raise ContentError(file, name, "is approved by its own author")
    for key in ("phrases", "fires", "quiet"):
        if not strings(file, entry, key):
            raise ContentError(file, name, f"has no {key}")


def _prove(file: str, found: Sequence[Entry], lexicon: Lexicon) -> None:
    """Try every entry on its own examples."""
    rules = {rule.id: rule for rule in lexicon.rules}
    for entry in found:
        rule = rules[str(entry["id"])]
        for text, wanted in _examples(file, entry):
            if rule.fires(lexicon.read(text), lexicon.index) is not wanted:
                problem = "does not fire on" if wanted else "fires on"
                raise ContentError(file, rule.id, f"{problem} its own example: {text}")


def _examples(file: str, entry: Entry) -> list[tuple[str, bool]]:
    fires, quiet = strings(file, entry, "fires"), strings(file, entry, "quiet")
    if not fires or not quiet:
        raise ContentError(file, str(entry["id"]), "needs examples: fires and quiet")
    return [(text, True) for text in fires] + [(text, False) for text in quiet]


class _EverydaySets:
    """The [everyday] tables; entries that except the same sets share one cut of a text."""

    def __init__(self, table: Mapping[str, Entry]) -> None:
        self._table = table
        self._made: dict[tuple[str, ...], Everyday] = {}
        found = [
            (name, pattern)
            for name in sorted(table)
            for pattern in patterns(RULES_FILE, {"id": name, **table[name]}, "patterns")
        ]
        self._squeezed = _sieved([one for one in found if _HANGUL.search(one[1].pattern)])
        self._spaced = _sieved([one for one in found if not _HANGUL.search(one[1].pattern)])

    def chosen(self, file: str, entry: Entry) -> Everyday | None:
        names = tuple(sorted(strings(file, entry, "except")))
        missing = [name for name in names if name not in self._table]
        if missing:
            raise ContentError(file, str(entry["id"]), f"excepts unknown {missing[0]}")
        if names and names not in self._made:
            self._made[names] = self._make(names)
        return self._made.get(names)

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

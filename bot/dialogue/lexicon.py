"""The words of the risk screen, read from content files and checked as a whole."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from bot.dialogue.by_ear import spelled_by_the_book
from bot.dialogue.content_file import (
    ContentError,
    Entry,
    patterns,
    read_file,
    string,
    strings,
)
from bot.dialogue.cues import SYLLABLE, Combination, CueIndex, Found, Tally, make_index
from bot.dialogue.hurried import spelled_out
from bot.dialogue.rule_entries import (
    CATEGORIES,
    CUES_FILE,
    HANGUL,
    RULES_FILE,
    EverydaySets,
    cue_of,
    indexed,
    make_pairing,
    make_rule,
    make_tally,
    make_word,
    read_cues,
    signed,
    spoken,
)
from bot.dialogue.rules import Everyday, Pairing, Reading, Rule
from bot.dialogue.sieve import Sieve, make_sieve
from bot.dialogue.wording import Wording, dying_spelled_out, normalize

__all__ = [
    "CATEGORIES",
    "CUES_FILE",
    "RULES_FILE",
    "Laid",
    "Lexicon",
    "Reading",
    "code_of",
    "lay_each",
    "lay_words",
    "load_lexicon",
    "read_words",
]

WORDS_MOST = 2000  # entries in a file of staff; far above any need, so a wrong file is refused
_PROBLEMS = (
    ("does not fire on", "does_not_fire"),
    ("fires on", "fires_on_its_quiet"),
    ("is too short", "too_short"),
    ("is the name of", "name_taken"),
    ("begins with", "name_taken"),
)
BESIDE_SAYING = 6  # syllables: an ending, a "really", a laugh
_LATIN = re.compile("[a-z]")
_NO_CUES = make_index({})


@dataclass(frozen=True)
class Lexicon:
    """All rules, the most urgent first, and the cues they are made of."""

    rules: tuple[Rule | Pairing, ...]
    index: CueIndex
    tally: Tally
    by_staff: frozenset[str] = frozenset()  # ids of the words that were laid over it
    sayings: Everyday | None = None  # "dying of hunger" and its like
    felt: tuple[re.Pattern[str], ...] = ()  # what makes a saying more than one
    firm: frozenset[str] = frozenset()  # ids of rules that the language service does not doubt

    def first(
        self, readings: Sequence[Reading], among: Collection[str] | None = None
    ) -> Rule | Pairing | None:
        """Return the most urgent rule that fires on any of the readings.

        Args:
            readings: texts that were read by this lexicon.
            among: ids of the rules that count; None for all.
        """
        likely = [(reading, self._likely(reading)) for reading in readings]
        for number in sorted(set[int]().union(*(found for _, found in likely))):
            rule = self.rules[number]
            if (among is None or rule.id in among) and any(
                rule.fires(reading, self.index, found[number])
                for reading, found in likely
                if number in found
            ):
                return rule
        return None

    def is_saying(self, reading: Reading) -> bool:
        """Tell whether a text is an everyday saying about dying, and hardly a word more.

        What names pain, a feeling or a wish is none: it may be meant as it stands.
        """
        if self.sayings is None or reading.wording.holds(self.felt):
            return False
        cut = reading.cut(self.sayings)
        rest = (cut.squeezed or cut.spaced).replace(" ", "")
        most = BESIDE_SAYING * (1 if cut.squeezed else SYLLABLE)
        return "□" in rest and len(rest.replace("□", "")) <= most

    def _likely(self, reading: Reading) -> Mapping[int, Sequence[re.Pattern[str]]]:
        """Name the rules that could fire: a pattern may match, or all their cues are there.

        With each come those of its patterns that may match, in the text or in what is left
        of it when everyday phrases are cut out.
        """
        found: dict[int, list[re.Pattern[str]]] = {
            number: [] for number in self._paired(reading.found)
        }
        for (owners, sieve), text in (
            (self._squeezed, reading.wording.squeezed),
            (self._spaced, reading.wording.spaced),
        ):
            for number in sieve.likely(text) if text else ():
                found.setdefault(owners[number], []).append(sieve.patterns[number])
        return found

    def _paired(self, found: Found) -> Iterator[int]:
        """Name the combinations of which a cue of every group is there."""
        there = 0
        for cue in found:
            there |= self._groups.get(cue, 0)
        for cue in found.keys() & self._by_cue.keys():
            for number, groups in self._by_cue[cue]:
                if groups & there == groups:
                    yield number

    @cached_property
    def _by_cue(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Cue -> the combinations that need it, or another of its group, to fire.

        With each come the bits of all its groups.
        """
        found: dict[str, list[tuple[int, int]]] = {}
        for number, pair in self._pairs:
            groups = sum(self._bits[group] for group in {*pair.groups})
            for cue in pair.narrowest:
                found.setdefault(cue, []).append((number, groups))
        return found

    @cached_property
    def _groups(self) -> Mapping[str, int]:
        """Cue -> the bits of all groups it is in."""
        found: dict[str, int] = {}
        for group, bit in self._bits.items():
            for cue in group:
                found[cue] = found.get(cue, 0) | bit
        return found

    @cached_property
    def _bits(self) -> Mapping[frozenset[str], int]:
        """Group of cues of a combination -> a bit of its own."""
        groups = {group for _, pair in self._pairs for group in pair.groups}
        return {group: 1 << number for number, group in enumerate(groups)}

    @property
    def _pairs(self) -> Sequence[tuple[int, Combination]]:
        return [(number, rule.combination) for number, rule in enumerate(self.rules)
                if isinstance(rule, Pairing)]  # fmt: skip

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
        wording = dying_spelled_out(normalize(text))
        wording = Wording(
            spaced=spelled_out(wording.spaced) if _LATIN.search(wording.spaced) else "",
            squeezed=spelled_by_the_book(said) if HANGUL.search(said := wording.squeezed) else "",
        )
        return Reading(wording, self.index.find(wording))


@dataclass(frozen=True, slots=True)
class Laid:
    """A lexicon with words of staff over it, and which of them are in it."""

    lexicon: Lexicon
    words: Sequence[Entry] = field(repr=False)
    left_out: Sequence[tuple[Entry, ContentError]] = field(repr=False)


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
    sets, named = EverydaySets(table.get("everyday", {})), read_cues(cues)
    rules, pairs = signed(RULES_FILE, table, "rule"), signed(CUES_FILE, cues, "combination")
    everything: list[Rule | Pairing] = [make_rule(entry, sets) for entry in rules]
    everything += [make_pairing(entry, sets, named) for entry in pairs]
    talk = {"id": "talk", **table.get("talk", {})}
    lexicon = Lexicon(
        _urgent_first(everything),
        indexed(CUES_FILE, named),
        make_tally(cues, named),
        sayings=sets.named("hyperbole") if "saying" in table else None,
        felt=patterns(RULES_FILE, {"id": "saying", **table.get("saying", {})}, "felt"),
        firm=frozenset(strings(RULES_FILE, talk, "firm")),
    )
    _prove(RULES_FILE, rules, lexicon)
    _prove(CUES_FILE, pairs, lexicon)
    return lexicon


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # `read_file` says what is wrong with it


def read_words(staff: Path) -> Sequence[Entry]:
    """Return the words of staff as a file has them, `[[word]]` entries that nothing proved yet.

    A file that does not exist has none.

    Raises:
        ContentError: the file cannot be read, or is no list of words.
    """
    words = ({} if _is_missing(staff) else read_file(staff)).get("word", [])
    if not isinstance(words, list) or not all(isinstance(one, dict) for one in words):
        raise ContentError(staff.name, "", "word is not a list of entries")
    if len(words) > WORDS_MOST:
        raise ContentError(staff.name, "", f"has more than {WORDS_MOST} words")
    return tuple(words)


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False


def lay_each(lexicon: Lexicon, file: str, words: Sequence[Entry]) -> Laid:
    """Return a lexicon with words of staff added; one that is not right is left out alone."""
    good, left_out = [], []
    # To index the lexicon anew takes 0.1 s, and a word proves itself by its own cue alone.
    tried = replace(lexicon, index=_NO_CUES)
    for entry in words:
        try:
            tried = replace(lay_words(tried, file, [entry]), index=_NO_CUES)
            good.append(entry)
        except ContentError as error:
            left_out.append((entry, error))
    return Laid(lay_words(lexicon, file, good), good, left_out)


def lay_words(lexicon: Lexicon, file: str, words: Sequence[Entry]) -> Lexicon:
    """Return a lexicon with words of staff added; rules are added and none is taken away.

    Raises:
        ContentError: a word is incomplete, approved by its author, or does not do what its own
            examples say; it names `file`.
    """
    if not words:
        return lexicon
    known = {rule.id for rule in lexicon.rules}
    for entry in words:
        _complete(file, entry, known)
        known.add(str(entry["id"]))
    named = {cue_of(str(entry["id"])): spoken(entry) for entry in words}
    index = lexicon.index.joined(indexed(file, named))
    rules = _urgent_first([*(make_word(entry) for entry in words), *lexicon.rules])
    own = lexicon.by_staff | {str(entry["id"]) for entry in words}
    laid = replace(lexicon, rules=rules, index=index, by_staff=own)
    _prove(file, words, laid)
    return laid


def code_of(error: ContentError) -> str:
    """Return what is wrong with a word of staff as a code, which quotes nothing."""
    found = (code for words, code in _PROBLEMS if error.problem.startswith(words))
    return next(found, "incomplete")


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

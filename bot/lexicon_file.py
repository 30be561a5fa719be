"""The risk lexicon as it stands on the disk, read again when somebody changes it."""

import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bot.dialogue.content_file import ContentError, Entry
from bot.dialogue.lexicon import (
    CUES_FILE,
    RULES_FILE,
    Laid,
    Lexicon,
    code_of,
    lay_each,
    load_lexicon,
    read_words,
)

log = logging.getLogger("gyeot.lexicon")

STAFF, DRAFTS = "words", "drafts"  # stand for the file and the page, where an error names one
EVERY = timedelta(seconds=30)  # a word added is live after this at the latest

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
_Stamp = tuple[int, int]
_ABSENT: _Stamp = (0, 0)


class LexiconFile:
    """The shipped lexicon with the words of staff laid over it.

    A word that cannot be used is left out alone. While a file of staff has such a word, or
    cannot be read, it takes none of the words before away; at the start there are none. A
    broken shipped file is refused at the start, and never replaces a good one.

    `trouble` is a code while not all words of staff are listened to, for the health page.

    Args:
        folder: the content that is shipped.
        staff: the words of staff, `GYEOT_LEXICON`; None when there are none.
        every: how often the disk is looked at.

    Raises:
        ContentError: the shipped files are not right.
    """

    def __init__(self, folder: Path, staff: Path | None, *, every: timedelta = EVERY) -> None:
        self._folder = folder
        self._staff = staff
        self._every = every
        self._looked: datetime | None = None
        self._stamps = self._on_disk()
        self._words: Sequence[Entry] = ()  # of the file
        self._approved: Sequence[Entry] = ()  # words that were proposed and approved on the page
        self._is_unreadable = False
        self._of_file: Sequence[tuple[str, str]] = ()
        self._of_page: Sequence[tuple[str, str]] = ()
        self._shipped = self._with_file = self._lexicon = load_lexicon(folder)
        self._lay_over()

    @property
    def left_out(self) -> Sequence[tuple[str, str]]:
        """Which words of staff are not listened to, and why: ids and codes."""
        return (*self._of_file, *self._of_page)

    def looked_over(self, now: datetime) -> Sequence[tuple[str, str]]:
        """Return the same after a look at the disk; a file that cannot be read has no id."""
        self.current(now)
        return ([("", "unreadable")] if self._is_unreadable else []) + [*self.left_out]

    @property
    def trouble(self) -> str | None:
        """What keeps words of staff from being listened to, as a code."""
        if self._is_unreadable:
            return "unreadable"
        return "left_out" if self.left_out else None

    def current(self, now: datetime) -> Lexicon:
        """Return the lexicon, read anew if a file changed since the last look."""
        if self._looked is not None and now - self._looked < self._every:
            return self._lexicon
        self._looked = now
        before, self._stamps = self._stamps, self._on_disk()
        if before[:-1] != self._stamps[:-1]:
            self._read_shipped()
        elif before != self._stamps:
            self._lay_over()
        return self._lexicon

    def use(self, approved: Sequence[Entry]) -> None:
        """Take the words that staff approved on the page, all of them, from now on."""
        if approved != self._approved:
            self._approved = approved
            self._add_approved()

    def _read_shipped(self) -> None:
        try:
            self._shipped = load_lexicon(self._folder)
        except ContentError as error:
            _report(error)
            return
        self._lay_over()

    def _lay_over(self) -> None:
        """Lay the words of the file; a file that is not all right takes none away."""
        laid = lay_each(self._shipped, STAFF, self._read_words())
        kept = self._missed_in(laid)
        self._of_file, self._words = _told(laid), (*laid.words, *kept)
        self._with_file = lay_each(laid.lexicon, STAFF, kept).lexicon
        self._add_approved()

    def _read_words(self) -> Sequence[Entry]:
        self._is_unreadable = False
        try:
            return read_words(self._staff) if self._staff else ()
        except ContentError as error:
            self._is_unreadable = True
            _report(error)
            return ()

    def _missed_in(self, laid: Laid) -> Sequence[Entry]:
        """Return the words before that a file with a mistake has no more."""
        if not self._is_unreadable and not laid.left_out:
            return ()
        known = {rule.id for rule in laid.lexicon.rules}
        return [entry for entry in self._words if entry["id"] not in known]

    def _add_approved(self) -> None:
        """Add each word that still proves itself."""
        laid = lay_each(self._with_file, DRAFTS, self._approved)
        self._of_page, self._lexicon = _told(laid), laid.lexicon
        log.info("lexicon read", extra={"count": len(self._lexicon.rules)})

    def _on_disk(self) -> Sequence[_Stamp]:
        """Return what changes when a file does; the words of staff are last."""
        shipped = [_stamp(self._folder / name) for name in (RULES_FILE, CUES_FILE)]
        return [*shipped, _stamp(self._staff) if self._staff else _ABSENT]


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return _ABSENT
    return (found.st_mtime_ns, found.st_size)


def _told(laid: Laid) -> Sequence[tuple[str, str]]:
    """Return which words were left out, and why, and write it into the log."""
    found = [(_name(entry), code_of(error)) for entry, error in laid.left_out]
    for name, code in found:
        log.error("word left out", extra={"where": name, "code": code})
    return found


def _name(entry: Entry) -> str:
    name = str(entry.get("id", "?"))
    return name if _PLAIN.fullmatch(name) else "?"  # what is no name may be a sentence


def _report(error: ContentError) -> None:
    # The entry and its problem may quote words; the file's name may not.
    log.error("lexicon refused", extra={"code": f"lexicon_{Path(error.file).stem}"})

"""The risk lexicon as it stands on the disk, read again when somebody changes it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bot.dialogue.content_file import ContentError, Entry
from bot.dialogue.lexicon import (
    CUES_FILE,
    RULES_FILE,
    Lexicon,
    lay_over,
    lay_words,
    load_lexicon,
)

log = logging.getLogger("gyeot.lexicon")

DRAFTS = "drafts"  # stands for the file where words of the database are named
EVERY = timedelta(seconds=30)  # a word added is live after this at the latest

_Stamp = tuple[int, int]
_ABSENT: _Stamp = (0, 0)


class LexiconFile:
    """The shipped lexicon with the words of staff laid over it.

    A file that is broken never replaces a good one. At the start, words of staff that
    cannot be used are left out; a broken shipped file is refused.

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
        self._approved: Sequence[Entry] = ()  # words that were proposed and approved on the page
        self._shipped = self._with_file = self._lexicon = load_lexicon(folder)
        self._lay_over()

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
        try:
            staff = self._staff
            self._with_file = lay_over(self._shipped, staff) if staff else self._shipped
        except ContentError as error:
            _report(error)
            return
        self._add_approved()

    def _add_approved(self) -> None:
        """Add each word that still proves itself; one that does not leaves the others in."""
        try:
            self._lexicon = lay_words(self._with_file, DRAFTS, self._approved)
        except ContentError as error:
            _report(error)
            self._lexicon = self._one_by_one()
        log.info("lexicon read", extra={"count": len(self._lexicon.rules)})

    def _one_by_one(self) -> Lexicon:
        laid = self._with_file
        for entry in self._approved:
            try:
                laid = lay_words(laid, DRAFTS, [entry])
            except ContentError as error:
                _report(error)
        return laid

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


def _report(error: ContentError) -> None:
    # The entry and its problem may quote words; the file's name may not.
    log.error("lexicon refused", extra={"code": f"lexicon_{Path(error.file).stem}"})

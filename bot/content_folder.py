"""The content folder as it stands on the disk, read again when somebody changes it."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.bubbles import load_fitting, unfit
from bot.dialogue.changes import Laid, Overlay, lay
from bot.dialogue.content import Content
from bot.dialogue.content_file import ContentError, line_of
from bot.dialogue.lexicon import CUES_FILE, RULES_FILE, Lexicon
from bot.dialogue.sentences import Fault

log = logging.getLogger("gyeot.content")

LOOK = 1.0  # seconds between two looks: a changed sentence is live after this and a reading

LEXICON = (RULES_FILE, CUES_FILE)
_Stamps = Sequence[tuple[str, int, int]]


def problem_of(folder: Path) -> ContentError | None:
    """Return what is wrong with a content folder, the first thing only; None when it may be used.

    Who shows it to staff may show all of it; a log gets file and line alone (`line_of`).
    """
    try:
        load_fitting(folder)
    except ContentError as error:
        return error
    return None


class ContentFolder:
    """The content that is said now, and whoever is to be told when it changes.

    A folder with a mistake never replaces a good one: all files are read and checked
    before any of them is used.

    Args:
        folder: what is said; the shipped content, or a deployment's own (`GYEOT_CONTENT`).

    Raises:
        ContentError: the folder is not right at the start.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps = _stamps(folder)
        self._followers: list[Callable[[Content], None]] = []
        self._overlay = Overlay()
        self._laid = Laid(load_fitting(folder), {})
        self.files = self._laid.content

    @property
    def current(self) -> Content:
        """The sentences as they are said: the files, and what staff changed over them."""
        return self._laid.content

    @property
    def left_out(self) -> Mapping[tuple[str, str], Sequence[Fault]]:
        """Why a change of staff is not said, by sentence and band."""
        return self._laid.left_out

    def follow(self, use: Callable[[Content], None]) -> None:
        """Have `use` called with every new set, from now on."""
        self._followers.append(use)

    def take(self, content: Content) -> None:
        """Make a set that was read and checked the one that is said from the next turn on.

        What staff changed is laid over it again, and checked again.
        """
        self.files = content
        self._say()

    def lay(self, overlay: Overlay) -> None:
        """Take what staff changed and approved, all of it, from the next turn on."""
        if overlay != self._overlay:
            self._overlay = overlay
            self._say()

    def _say(self) -> None:
        before, self._laid = self.left_out, lay(self.files, self._overlay, unfit)
        for use in self._followers:
            use(self.current)
        for key, found in self.left_out.items():
            if key not in before:
                log.error("change left out", extra={"where": key[0], "code": found[0].code})
        log.info("content read", extra={"count": len(self.current.sentences)})

    def read_anew(self) -> Content | None:
        """Return the folder's content when a file changed since the last look and all is right."""
        before, self._stamps = self._stamps, _stamps(self._folder)
        if before == self._stamps:
            return None
        try:
            return load_fitting(self._folder, lexicon=self._same_lexicon(before))
        except ContentError as error:
            _report(self._folder, error)
            return None

    def _same_lexicon(self, before: _Stamps) -> Lexicon | None:
        """Return the lexicon when its files did not change: to prove it takes longest."""
        ours = [{one for one in seen if one[0] in LEXICON} for seen in (before, self._stamps)]
        return self.files.lexicon if ours[0] == ours[1] else None

    async def look(self) -> None:
        """Take the folder's content when it changed and is right."""
        # Reading compiles some thousand patterns: nobody waits for an answer meanwhile.
        content = await asyncio.to_thread(self.read_anew)
        if content is not None:
            self.take(content)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("content not read")
            await asyncio.sleep(LOOK)


def _stamps(folder: Path) -> _Stamps:
    """Return what changes when a file does."""
    try:
        found = [(path.name, path.stat()) for path in sorted(folder.glob("*.toml"))]
    except OSError:  # taken away while we looked: the next look sees what is there then
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


def _report(folder: Path, error: ContentError) -> None:
    # The entry and its problem may quote words; the file's name and the line may not.
    where = f"{Path(error.file).name}:{line_of(folder, error)}"
    log.error("content refused", extra={"where": where})

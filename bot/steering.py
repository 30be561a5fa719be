"""What staff set while the house runs, as this process read it last."""

import logging
from collections.abc import Iterator, Mapping, Set

from bot.changed_sentences import overlay_of, values_out
from bot.content_folder import ContentFolder
from bot.dialogue.service import Service
from bot.lexicon_file import LexiconFile
from bot.word_checks import entry_of
from storage import drafts, sentences, settings
from storage.database import Database, Topic
from storage.errors import StorageError
from storage.records import Limits
from storage.setting_names import NAMES

log = logging.getLogger("gyeot.steering")

NET = 2.0  # seconds between two looks, in case a bell was missed


class Steering:
    """The settings that hold now; while the database is away, those that held before.

    Args:
        database: open.
        lexicon: takes the words that staff approved; None where nobody is screened.
        shelf: takes the sentences that staff changed; None where nothing is said.
    """

    def __init__(
        self,
        database: Database,
        lexicon: LexiconFile | None = None,
        shelf: ContentFolder | None = None,
    ) -> None:
        self._database = database
        self._lexicon = lexicon
        self._shelf = shelf
        self._values: Mapping[str, str] = {name: one.default for name, one in NAMES.items()}

    def is_on(self, channel: str) -> bool:
        """Say whether a channel takes and sends messages; one nobody switched is on."""
        return self._values.get(f"channel.{channel}") != "off"

    def limits(self, base: Limits) -> Limits:
        """Return how long things are kept: what staff set, over what the environment says."""
        return settings.with_days(self._values, base)

    def service(self) -> Service:
        """Return which surge sentence is on, and the opening hours."""
        return Service(self._values.get("surge", ""), self._values.get("hours", ""))

    def unused_numbers(self) -> frozenset[str]:
        """Return the values of numbers that staff said are out of use."""
        return frozenset(values_out(self._values))

    async def look(self) -> None:
        """Read everything once.

        Raises:
            StorageError: not now; what was read before holds.
        """
        async with self._database.reading() as session:
            self._values = await settings.current(session)
            words = await drafts.live(session, drafts.WORD)
            versions = await sentences.live(session)
        if self._lexicon is not None:
            self._lexicon.use([entry_of(one) for one in words])
        if self._shelf is not None:
            self._shelf.lay(overlay_of(versions, self._values, self._shelf.files))

    async def run(self) -> None:
        """Read at every bell and every few seconds, until cancelled."""
        async with self._database.wakeups.subscribe(Topic.SETTINGS) as bell:
            while True:
                try:
                    await self.look()
                except StorageError as error:
                    log.info("settings not read", extra={"code": error.code})
                except Exception:
                    log.exception("settings not read")
                await bell.wait(NET)


class ChannelsOn(Set[str]):
    """The names of channels that are on at the moment of asking."""

    def __init__(self, names: Set[str], steering: Steering) -> None:
        self._names = names
        self._steering = steering

    def __contains__(self, name: object) -> bool:
        return name in self._names and self._steering.is_on(str(name))

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._names if self._steering.is_on(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

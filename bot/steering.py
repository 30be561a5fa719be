"""What staff set while the house runs, as this process read it last."""

import logging
from collections.abc import Collection, Mapping

from bot.changed_sentences import overlay_of, values_out
from bot.content_folder import ContentFolder
from bot.dialogue.off import Doors
from bot.dialogue.service import Service
from bot.lexicon_file import LexiconFile
from bot.word_checks import entry_of
from storage import drafts, sentences, settings
from storage.database import Database, Topic
from storage.errors import StorageError
from storage.records import Limits
from storage.setting_names import NAMES

log = logging.getLogger("gyeot.steering")

WEB = "web"
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
        """Say whether talks begin on a channel; one nobody switched is on."""
        return self._values.get(f"channel.{channel}") != "off"

    def doors(self, channels: Collection[str], address: str) -> Doors:
        """Return where people can write now, of the channels that are set up."""
        on = [name for name in channels if self.is_on(name)]
        off = [name for name in channels if name not in on]
        return Doors(off, [name for name in on if name != WEB], address if WEB in on else "")

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

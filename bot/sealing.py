"""The loop that seals the audit log and copies its checkpoints to a second place."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from storage import audit_seal, checkpoints
from storage.audit_seal import Sealed
from storage.checkpoints import CopyFailed
from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger("gyeot.audit")

PAUSE = 5.0  # seconds between two batches (shared/security.md 2.8)
COPY_FAILED = "checkpoint_not_copied"


class Sealer:
    """Seals what was written since; any number of processes may, one of them does.

    `trouble` is a code while something keeps it from its work, for the health page.
    """

    def __init__(self, database: Database, folder: Path, clock: Callable[[], datetime]) -> None:
        self.trouble: str | None = None
        self._database = database
        self._folder = folder
        self._clock = clock

    async def run(self) -> None:
        """Seal and copy again and again, whatever fails."""
        while True:
            try:
                self._note(await self._tried())
            except Exception:
                log.exception("step failed", extra={"reason": "seal"})
                self.trouble = "failed"
            await asyncio.sleep(PAUSE)

    async def step(self) -> None:
        """Seal all that waits, a batch a transaction, then copy the newest checkpoint.

        Raises:
            StorageError: nothing, or not all, was sealed.
            CopyFailed: all was sealed, and the second place cannot be written.
        """
        while await self._is_waiting():
            async with self._database.transaction() as session:
                if not await audit_seal.seal(session, self._database.vault, now=self._clock()):
                    break  # another process is at it
            await asyncio.sleep(0)
        await self._copy()

    async def _tried(self) -> str | None:
        try:
            await self.step()
        except StorageError as error:
            return error.code
        except CopyFailed:
            return COPY_FAILED
        return None

    def _note(self, trouble: str | None) -> None:
        """Say it in the log once: when it begins, and when it is over."""
        if trouble is not None and trouble != self.trouble:
            log.error("audit log is not sealed as it should be", extra={"code": trouble})
        if trouble is None and self.trouble is not None:
            log.warning("audit log is sealed again", extra={"code": self.trouble})
        self.trouble = trouble

    async def _is_waiting(self) -> bool:
        async with self._database.reading() as session:
            return (await audit_seal.behind(session)).unsealed > 0

    async def _copy(self) -> None:
        """Copy the newest checkpoint, which speaks for all before it, unless it is there."""
        vault = self._database.vault
        async with self._database.reading() as session:
            newest = await audit_seal.newest(session, vault)
            if newest is None or newest.copied_at is not None:
                return
            keys = await audit_seal.verifier_keys(session, vault)
        await asyncio.to_thread(self._write, newest, tuple(keys))
        async with self._database.transaction() as session:
            await audit_seal.copied(session, newest.number, now=self._clock())

    def _write(self, newest: Sealed, keys: tuple[str, ...]) -> None:
        checkpoints.keep_keys(self._folder, keys)
        checkpoints.append(self._folder, newest.note, day=newest.sealed_at.date())

"""Bells between processes: PostgreSQL's LISTEN and NOTIFY."""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import make_url, text

from storage.engines import CONNECT_SECONDS
from storage.sessions import Session
from storage.typing_signs import TypingSign, TypingSigns, read_sign
from storage.wakeups import Topic, Wakeups

log = logging.getLogger("gyeot.listening")

CHANNEL = "gyeot"
PAUSE = 1.0  # seconds between two tries to listen; the pumps look each second anyway


class Listening:
    """Rings our bells when another process committed, and theirs when we did.

    A bell is a hint: while the connection is away nothing is lost, only later.
    """

    def __init__(self, url: str, wakeups: Wakeups, signs: TypingSigns) -> None:
        self._address = make_url(url).set(drivername="postgresql").render_as_string(False)
        self._wakeups = wakeups
        self._signs = signs
        self._me: UUID = uuid4()  # our own notes come back to us, and we have rung already

    async def announce(self, session: Session, topics: frozenset[Topic]) -> None:
        """Tell the other processes at this transaction's commit, and not if it fails."""
        await self._say(session, sorted(topics))

    async def pass_on(self, session: Session, sign: TypingSign) -> None:
        """Let the other processes hear a sign; it is written nowhere."""
        await self._say(session, [sign.note()])

    async def _say(self, session: Session, words: Sequence[str]) -> None:
        await session.execute(text("SELECT pg_notify(:channel, :note)"), {
            "channel": CHANNEL, "note": " ".join((str(self._me), *words)),
        })  # fmt: skip

    async def run(self) -> None:
        """Listen until cancelled; connect again whenever the connection is lost."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                log.warning("listening paused", extra={"error": type(error).__name__})
            await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, connect_timeout=CONNECT_SECONDS
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._wakeups.ring(Topic)  # whatever was said while nobody listened
            async for note in connection.notifies():
                self._hear(note.payload)

    def _hear(self, note: str) -> None:
        sender, *words = note.split(" ")
        if sender == str(self._me):
            return
        self._wakeups.ring(topic for topic in Topic if topic in words)
        for sign in filter(None, map(read_sign, words)):
            self._signs.give(sign)

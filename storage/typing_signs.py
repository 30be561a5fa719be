"""Signs that somebody is writing: a flag that goes by, never a word, and kept nowhere."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

_MOST_WAITING = 64  # for one listener; what is too much is forgotten, the next sign follows soon


class Writer(StrEnum):
    """Whose hands are on the keys."""

    PERSON = "person"
    COUNSELOR = "counselor"


@dataclass(frozen=True, slots=True)
class TypingSign:
    """Somebody is writing in a talk at this moment."""

    talk: UUID
    writer: Writer

    def note(self) -> str:
        """Return the sign as one word of a note between processes."""
        return f"typing:{self.writer}:{self.talk}"


def read_sign(note: str) -> TypingSign | None:
    """Return the sign that a word of a note means, None when it means something else."""
    match note.split(":"):
        case ["typing", writer, talk]:
            try:
                return TypingSign(UUID(talk), Writer(writer))
            except ValueError:
                return None
    return None


class TypingSigns:
    """All of this process who want to know that somebody is writing."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[TypingSign]] = set()

    @contextmanager
    def listen(self) -> Generator["asyncio.Queue[TypingSign]"]:
        """Hear every sign from now until the block ends."""
        heard: asyncio.Queue[TypingSign] = asyncio.Queue(_MOST_WAITING)
        self._listeners.add(heard)
        try:
            yield heard
        finally:
            self._listeners.discard(heard)

    def give(self, sign: TypingSign) -> None:
        """Let everybody who listens hear it."""
        for heard in self._listeners:
            if not heard.full():
                heard.put_nowait(sign)

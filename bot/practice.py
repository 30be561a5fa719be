"""Practice talks: a script in place of a young person, on a channel that leads to nobody."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from bot.channels.base import Capabilities, InvalidSignature, TextUnit
from bot.dialogue.content_file import read_file
from bot.messages import Headers, InboundMessage, MessageKind, Origin, Reply
from storage.records import TRAINING, Language

log = logging.getLogger("gyeot.practice")

LOOK = 1.0  # seconds between two looks for somebody who waited long enough
FILE = Path(__file__).parent / "practice.toml"

Store = Callable[[Sequence[InboundMessage]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Script:
    """What a made-up young person says: at first, and after each answer of the counselor.

    `pauses` are seconds, one for each line of `answers`: so long after the line before it is
    written even when the counselor is silent; 0, and one that is left out, waits for the
    counselor however long it takes.
    """

    name: str
    language: Language
    ko: str  # its title, and in English below
    en: str
    opening: tuple[str, ...]
    answers: tuple[str, ...]
    pauses: tuple[int, ...] = ()

    def pause(self, number: int) -> timedelta | None:
        """Return how long a line waits for the counselor; None: always."""
        seconds = self.pauses[number] if number < len(self.pauses) else 0
        return timedelta(seconds=seconds) if seconds and number < len(self.answers) else None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A line that is written at its time, unless the counselor answers before."""

    name: str
    number: int
    at: datetime


def load_scripts(path: Path = FILE) -> Mapping[str, Script]:
    """Read the scripts, by name."""
    talks = TypeAdapter(tuple[Script, ...]).validate_python(read_file(path)["talk"])
    return MappingProxyType({one.name: one for one in talks})


def titles(scripts: Mapping[str, Script]) -> Mapping[str, Mapping[str, str]]:
    """Return what each script is called, by language."""
    return {one.name: {"ko": one.ko, "en": one.en} for one in scripts.values()}


class PracticeChannel:
    """Takes what would go out, and answers a counselor with the next line of the script.

    Where a script stands is part of the address, so that any process can go on with it; the
    same answer sent twice brings the same next line, which is kept once. What is only waited
    for is known to the process that wrote the line before; after its end the script waits for
    the counselor.
    """

    name = TRAINING
    capabilities = Capabilities(
        text_limit=2000,
        text_unit=TextUnit.CHARACTERS,
        quick_replies=13,
        label_limit=40,
        payload_limit=64,
        idempotent=True,
    )

    def __init__(
        self, scripts: Mapping[str, Script], store: Store, clock: Callable[[], datetime]
    ) -> None:
        self._scripts = scripts
        self._store = store
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}  # by account

    async def run(self) -> None:
        """Write what counselors let wait, for as long as the process lives."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.go_on(self._clock())
            except Exception:  # a script that stands still is no reason to stop
                log.exception("practice failed")

    async def go_on(self, now: datetime) -> None:
        """Write the lines whose pause is over."""
        due = [(who, one) for who, one in self._waiting.items() if one.at <= now]
        for account, one in due:
            await self._write(one.name, account, one.number, now=now)

    async def begin(self, name: str) -> None:
        """Let the young person of a script write for the first time."""
        script, account = self._scripts[name], str(uuid4())
        lines = enumerate(script.opening)
        await self._store(
            [self._message(name, account, 0, text, f"opening-{number}") for number, text in lines]
        )

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Refuse what comes from outside: nobody can write on this channel.

        Raises:
            InvalidSignature: always.
        """
        raise InvalidSignature(self.name, "practice")

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Answer a counselor's words with the next line, if there is one.

        What the house says by itself (a goodbye, a change of hands) ends the waiting.
        """
        name, account, place = address.split("/")
        self._waiting.pop(account, None)
        if reply.origin is Origin.COUNSELOR and name in self._scripts:
            await self._write(name, account, int(place), now=self._clock())
        return ""

    async def _write(self, name: str, account: str, number: int, *, now: datetime) -> None:
        """Write one line of a script, and note when the next one is written by itself."""
        script = self._scripts[name]
        if number >= len(script.answers):
            return
        text = script.answers[number]
        await self._store([self._message(name, account, number + 1, text, str(number))])
        self._waiting.pop(account, None)
        if (pause := script.pause(number + 1)) is not None:
            self._waiting[account] = _Waiting(name, number + 1, now + pause)

    def _message(
        self, name: str, account: str, following: int, text: str, event: str
    ) -> InboundMessage:
        return InboundMessage(
            channel=self.name,
            event_id=f"{account}:{event}",
            account=account,
            address=f"{name}/{account}/{following}",
            kind=MessageKind.TEXT,
            sent_at=self._clock(),
            text=text,
        )

"""Practice talks: a script in place of a young person, on a channel that leads to nobody."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from bot.channels.base import Capabilities, InvalidSignature, TextUnit
from bot.dialogue.content_file import read_file
from bot.messages import Headers, InboundMessage, MessageKind, Origin, Reply
from storage.records import TRAINING, Language

FILE = Path(__file__).parent / "practice.toml"

Store = Callable[[Sequence[InboundMessage]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Script:
    """What a made-up young person says: at first, and after each answer of the counselor."""

    name: str
    language: Language
    ko: str  # its title, and in English below
    en: str
    opening: tuple[str, ...]
    answers: tuple[str, ...]


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
    same answer sent twice brings the same next line, which is kept once.
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
        """Answer a counselor's words with the next line, if there is one."""
        name, account, place = address.split("/")
        script = self._scripts.get(name)
        if reply.origin is not Origin.COUNSELOR or script is None:
            return ""
        number = int(place)
        if number < len(script.answers):
            text = script.answers[number]
            await self._store([self._message(name, account, number + 1, text, str(number))])
        return ""

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

"""What a case is: one adapter, what its provider sends, and how it refuses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.channels.base import Channel, ChannelError
from bot.messages import Headers, MessageKind
from tests.fakes.switchboard import FakeProvider

Event = dict[str, Any]
NOWHERE = "http://127.0.0.1:9"


class Person(Protocol):
    """Somebody who writes, in their provider's words."""

    account: str

    def says(self, text: str) -> Event: ...

    def presses(self, payload: str) -> Event: ...


class Closable(Channel, Protocol):
    async def close(self) -> None: ...


@dataclass(frozen=True)
class Refusal:
    """How a provider says no, and what we must make of it."""

    error: type[ChannelError]
    code: str
    status: int
    body: object
    waits: float = 0.0  # seconds at least


@dataclass(frozen=True)
class Case:
    """One adapter and its provider."""

    name: str
    provider: Callable[[], FakeProvider]
    build: Callable[[str, float], Closable]  # base URL, time-out in seconds
    person: Person
    body: Callable[[object], bytes]  # one event as a webhook body
    proof: Callable[[bytes], Headers]
    secrets: Sequence[str]
    kinds: Mapping[str, tuple[Event, MessageKind, str, str | None]]  # event, kind, text, attachment
    ignored: Sequence[object]
    refusals: Sequence[Refusal]
    limits: Mapping[str, int] = field(default_factory=dict)

"""A house with a fake channel and a fake language service at the wire."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx

from bot import dialogue
from bot.channels.base import Capabilities, ChannelError, TextUnit
from bot.dialogue.content import load_content
from bot.dialogue.off import Doors
from bot.dialogue.service import Service
from bot.engine import Engine
from bot.intake import Intake
from bot.messages import Headers, InboundMessage, MessageKind, NluResult, Reply
from bot.nlu_client import KNOWN, NluClient
from bot.parting import Parting
from bot.sender import Sender
from storage import contacts, conversations
from storage.database import Database
from storage.ledger import Ledger
from storage.records import Conversation, Line
from storage.transcript import read
from tests.factories import NOON

CONTENT_FILES = load_content(Path(dialogue.__file__).parent / "content")
SOON = NOON + timedelta(seconds=1)

_numbers = count(1)


def said(text: str, *, kind: MessageKind = MessageKind.TEXT, event_id: str = "") -> InboundMessage:
    """What one young person says on the fake channel; a new delivery each time."""
    return InboundMessage(
        channel="fake",
        event_id=event_id or f"event-{next(_numbers)}",
        account="canary-account",
        address="canary-address",
        kind=kind,
        sent_at=NOON,
        text=text,
    )


def understood(
    intent: str, confidence: float = 0.9, danger: tuple[float, float] | None = None
) -> httpx.Response:
    """What the language service answers; with how likely danger is, high and imminent."""
    body: dict[str, object] = {
        "intent": {"name": intent, "confidence": confidence},
        "intent_ranking": [],
    }
    if danger is not None:
        body["danger"] = dict(zip(("high", "imminent"), danger, strict=True))
    return httpx.Response(200, json=body)


Answer = (
    Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Awaitable[httpx.Response]]
)


def nlu(answer: Answer) -> NluClient:
    """A client whose service has a right model, if it is not away, and answers as told."""
    told = answer if answer is away else _checked(answer)
    transport = httpx.MockTransport(told)  # type: ignore[arg-type]  # it takes both
    return NluClient(httpx.AsyncClient(base_url="http://nlu", transport=transport), "token")


def away(_: httpx.Request) -> httpx.Response:
    """A language service that is dead."""
    raise httpx.ConnectError("down")


def _checked(answer: Answer) -> Callable[[httpx.Request], object]:
    """Say what a client wants to hear of the model, and leave every other question to `answer`."""
    known = False

    def told(request: httpx.Request) -> object:
        nonlocal known
        was, known = known, request.url.path == "/status"
        if known:
            return httpx.Response(200, json={"model_file": "right.tar.gz"})
        return understood(KNOWN[1]) if was else answer(request)

    return told


@dataclass
class FakeChannel:
    """A channel that records what it sends, or fails as told."""

    name: str = "fake"
    sent: list[tuple[str, Reply, str]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    fail_at: dict[int, ChannelError] = field(default_factory=dict)  # number of messages sent before
    present: bool = False
    tried: list[str | None] = field(default_factory=list)  # reply tokens
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(1000, TextUnit.CHARACTERS, 10, 14, 64)
    )

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        return ()

    def is_present(self, address: str) -> bool:
        return self.present

    async def send(self, address: str, reply: Reply, key: str) -> str:
        self.tried.append(reply.reply_token)
        if self.failures:
            raise self.failures.pop(0)
        if error := self.fail_at.pop(len(self.sent), None):
            raise error
        self.sent.append((address, reply, key))
        return "id"


PROCESS = uuid4()


@dataclass
class Road:
    """Everything between an accepted message and a sent answer."""

    database: Database
    client: NluClient
    channel: FakeChannel = field(default_factory=FakeChannel)
    crossing: Sequence[str] = ()
    costly: Sequence[str] = ()
    ledger: Ledger | None = None
    service: Service = Service()  # noqa: RUF009 - frozen
    doors: Doors = Doors()  # noqa: RUF009 - frozen
    noted: Callable[[str, NluResult | None, datetime], None] = lambda *_: None

    def __post_init__(self) -> None:
        self.engine = Engine(
            self.database,
            self.client,
            CONTENT_FILES,
            crossing=self.crossing,
            costly=self.costly,
            ledger=self.ledger,
            service=lambda: self.service,
            doors=lambda: self.doors,
            noted=self.noted,
        )
        self.now = SOON  # the sender's clock
        channels = {self.channel.name: self.channel}
        self.sender = Sender(self.database, channels, PROCESS, lambda: self.now)
        self.parting = Parting(self.database, channels, PROCESS, lambda: self.now)

    async def hear(self, *messages: InboundMessage, now: datetime = NOON) -> None:
        """Accept messages as a webhook does."""
        await Intake(self.database, lambda: now).store(messages)

    async def answer(self, now: datetime = SOON) -> bool:
        """Answer one due turn."""
        turns = await self.engine.take(now, 1)
        for turn in turns:
            await self.engine.work(turn, now)
        return bool(turns)

    async def deliver(self, now: datetime = SOON) -> bool:
        """Send one due message."""
        self.now = now
        deliveries = await self.sender.take(now, 1)
        for delivery in deliveries:
            await self.sender.work(delivery, now)
        return bool(deliveries)

    async def part(self, now: datetime = SOON) -> bool:
        """Send one last word that is due."""
        self.now = now
        receipts = await self.parting.take(now, 1)
        for receipt in receipts:
            await self.parting.work(receipt, now)
        return bool(receipts)

    async def talk(self, text: str, *, now: datetime = SOON) -> list[str]:
        """Say something and return what comes back."""
        before = len(self.channel.sent)
        heard = now - timedelta(seconds=1)
        await self.hear(replace(said(text), sent_at=heard), now=heard)
        await self.answer(now)
        while await self.deliver(now) or await self.part(now):
            pass
        return [reply.text for _, reply, _ in self.channel.sent[before:]]

    async def conversation(self) -> Conversation:
        """The young person's open talk."""
        async with self.database.transaction() as session:
            person = await contacts.find_or_make(
                session,
                self.database.vault,
                channel="fake",
                account="canary-account",
                address="canary-address",
                now=NOON,
            )
            talk = await conversations.open_talk(session, person.id)
        assert talk is not None
        return talk

    async def lines(self, conversation: Conversation) -> tuple[Line, ...]:
        """The whole transcript."""
        async with self.database.reading() as session:
            return await read(session, self.database.vault, conversation.id)

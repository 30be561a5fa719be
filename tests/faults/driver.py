"""The load: many people write numbered texts, and a provider delivers until it hears 200."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.fakes.line import LinePerson
from tests.fakes.telegram import TelegramPerson
from tests.faults.history import Event

PHRASES = (
    "안녕하세요", "요즘 잠이 안 와요", "그냥 얘기하고 싶어요", "학교 가기 싫어요", "ㅠㅠ", "네",
    "누가 자꾸 말을 걸어요", "어떻게 해야 할지 모르겠어요", "상담사랑 얘기할래요", "hello",
)  # fmt: skip
URGENT = "죽고 싶어요"
ANSWER_PATIENCE = 10.0  # seconds that a provider waits for our answer

Delivery = tuple[bytes, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is written, by how many, how fast."""

    senders: int
    events: int
    per_second: float
    redelivered: float = 0.2  # share of deliveries that come again, byte by byte
    side_by_side: float = 0.05  # share of deliveries that overtake each other


@dataclass
class Driver:
    """Delivers a plan to `url`; `answered` is the record of every first 200.

    `open_token` is told each reply token that LINE would take once, and whom it answers.

    One person's deliveries follow each other: the next one leaves when the one before was
    answered 200, as often as that takes. Between people there is no order at all, and the
    ids of Telegram's updates run as they like.
    """

    url: Callable[[], str]
    plan: Plan
    rng: random.Random
    open_token: Callable[[str, str], object] = field(default=lambda *_: None)
    answered: list[Event] = field(default_factory=list)
    redelivered: int = 0
    refused: int = 0  # answers that were not 200, and none at all
    halted: bool = False  # True: nothing new is written

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._updates = iter(_shuffled(self.rng))
        self._repeats: set[asyncio.Task[None]] = set()

    @property
    def accounts(self) -> Sequence[tuple[str, str]]:
        """Everybody who writes: channel and account."""
        return [_account(number) for number in range(self.plan.senders)]

    async def run(self) -> None:
        """Deliver everything, repeats included."""
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
        async with httpx.AsyncClient(timeout=ANSWER_PATIENCE, limits=limits) as client:
            shares = [self._share(number) for number in range(self.plan.senders)]
            people = zip(self.accounts, shares, strict=True)
            await asyncio.gather(*(self._writes(client, *one) for one in people))
            await asyncio.gather(*self._repeats)

    def _share(self, number: int) -> int:
        each, rest = divmod(self.plan.events, self.plan.senders)
        return each + (number < rest)

    async def _writes(self, client: httpx.AsyncClient, sender: tuple[str, str], share: int) -> None:
        pause = self.plan.senders / self.plan.per_second
        left = share
        await asyncio.sleep(self.rng.random() * pause)
        while left > 0 and not self.halted:
            together = min(left, 2) if self.rng.random() < self.plan.side_by_side else 1
            ordered = together == 1
            await asyncio.gather(
                *(self._delivered(client, sender, ordered=ordered) for _ in range(together))
            )
            left -= together
            await asyncio.sleep(self.rng.uniform(0.2, 1.8) * pause * together)

    async def _delivered(
        self, client: httpx.AsyncClient, sender: tuple[str, str], *, ordered: bool
    ) -> None:
        number = next(self._numbers)
        channel, account = sender
        path, delivery = f"/channels/{channel}", self._make(channel, account, number)
        while not await self._answers_ok(client, path, delivery):
            self.refused += 1
            await asyncio.sleep(self.rng.uniform(0.1, 0.5))
        self.answered.append(Event(number, channel, account, time.time(), ordered))
        if self.rng.random() < self.plan.redelivered:
            again = asyncio.create_task(self._comes_again(client, path, delivery))
            self._repeats.add(again)

    async def _comes_again(self, client: httpx.AsyncClient, path: str, delivery: Delivery) -> None:
        await asyncio.sleep(self.rng.uniform(0.0, 6.0))
        self.redelivered += 1
        await self._answers_ok(client, path, delivery)

    async def _answers_ok(self, client: httpx.AsyncClient, path: str, delivery: Delivery) -> bool:
        body, headers = delivery
        try:
            answer = await client.post(self.url() + path, content=body, headers=dict(headers))
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def _make(self, channel: str, account: str, number: int) -> Delivery:
        words = URGENT if number % 25 == 0 else self.rng.choice(PHRASES)
        text = f"번호 {number:06d} {words}"
        if channel == "line":
            event = line_says(account, text)
            if number % 2:  # LINE takes half of the reply tokens, and calls the others too old
                self.open_token(str(event["replyToken"]), account)
            return line_fake.webhook(event)
        return telegram_fake.webhook(telegram_says(account, text, next(self._updates)))


def line_says(account: str, text: str) -> dict[str, object]:
    """A LINE event of now."""
    return LinePerson(account).says(text) | {"timestamp": int(time.time() * 1000)}


def telegram_says(account: str, text: str, update: int) -> dict[str, object]:
    """A Telegram update of now, under the id `update`."""
    made = TelegramPerson(account).says(text)
    made["message"]["date"] = int(time.time())
    return made | {"update_id": update}


def _account(number: int) -> tuple[str, str]:
    if number % 5 < 3:
        return "line", f"U{number:032x}"
    return "telegram", str(7_100_000_000 + number)


def _shuffled(rng: random.Random, block: int = 16, blocks: int = 4000) -> list[int]:
    """Return ids that grow in the large and run wildly in the small, none twice."""
    ids: list[int] = []
    for start in range(1_000_000, 1_000_000 + block * blocks, block):
        part = list(range(start, start + block))
        rng.shuffle(part)
        ids += part
    return ids

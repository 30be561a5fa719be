"""Who takes part when the handoff machine is checked, and how they take a step."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis.stateful import RuleBasedStateMachine

from handoff.errors import HandoffError
from storage import conversations
from storage.database import Database
from storage.errors import ConversationChanged
from storage.records import Conversation, ConversationState
from tests.factories import NOON, talk_of
from tests.handoff.invariants import Invariants
from tests.handoff.model import OPEN, Expected, in_line
from tests.handoff.world import World

State = ConversationState

_Result = TypeVar("_Result")


class Cast(RuleBasedStateMachine):
    """Persons, counselors, their talks, and the time."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.now = NOON
        self.talks: list[Expected] = []  # every talk there was
        self.open: dict[int, Expected] = {}  # by person
        self.read: dict[UUID, Conversation] = {}  # as a worker read it a while ago
        self.keys: list[tuple[UUID, UUID]] = []  # talk and key of what was said
        self.away: set[int] = set()  # counselors who were dismissed
        self.rows = Invariants()
        world.run(world.start_over())

    @property
    def database(self) -> Database:
        return self.world.one

    def _does(self, step: Callable[[], Awaitable[Any]], *, refused: str | None = None) -> Any:
        self.world.steps += 1
        try:
            with _refusal(refused):
                return self.world.run(_awaited(step))
            return None
        finally:
            # No two things happen at one moment: a random id must decide nothing, or a run
            # could not be repeated.
            self.now += timedelta(milliseconds=1)

    def _talk(self, person: int) -> Expected:
        """The open talk of a person; a new one under a new key after a goodbye (H9)."""
        if person not in self.open:
            made = self.world.run(talk_of(self.database, account=f"person-{person}", now=self.now))
            self.open[person] = Expected(made.id)
            self.talks.append(self.open[person])
        return self.open[person]

    def _forget(self, talk: Expected) -> None:
        if talk.state not in OPEN:
            self.open = {who: one for who, one in self.open.items() if one is not talk}

    def _any(self, pick: int) -> Expected:
        """Mostly a talk that goes on, sometimes one that is over."""
        going = [talk for talk in self.talks if talk.state in OPEN]
        some = going if going and pick % 5 else self.talks
        return some[pick % len(some)]

    def _waiting(self, pick: int) -> Expected:
        """Mostly somebody who waits."""
        line = self._line()
        if not line or pick % 5 == 4:
            return self._any(pick)
        return line[pick // 5 % len(line)]

    def _led(self, who: int, pick: int) -> tuple[int, Expected]:
        """Mostly a counselor and a talk of theirs."""
        ids = [staff.id for staff in self.world.staff]
        led = self._leads()
        if not led or pick % 5 == 4:
            return who, self._any(pick)
        talk = led[pick // 5 % len(led)]
        return ids.index(talk.owner) if talk.owner else who, talk

    def _leads(self) -> list[Expected]:
        return [talk for talk in self.talks if talk.state is State.ACTIVE]

    def _line(self) -> list[Expected]:
        waiting = [talk for talk in self.talks if talk.state is State.QUEUED]
        return in_line(waiting)

    def _owns(self, who: int, talk: Expected) -> bool:
        return talk.state is State.ACTIVE and talk.owner == self.world.staff[who].id

    def _why_not_owner(self, who: int, talk: Expected, old: int) -> str | None:
        if not self._owns(who, talk):
            return "not_owner"
        return "stale_epoch" if old else None

    def _why_not_claim(self, who: int, talk: Expected, old: int) -> str | None:
        if who in self.away:
            return "dismissed"
        if talk.state is not State.QUEUED:
            return "already_claimed"
        if old:
            return "card_changed"
        if talk.lost_by == self.world.staff[who].id:
            return None
        line = self._line()
        before = line[: line.index(talk)]
        return "more_urgent_waits" if any(one.risk > talk.risk for one in before) else None

    async def _row(self, talk: Expected) -> Conversation:
        async with self.database.reading() as session:
            return await conversations.get(session, talk.id)


async def together(*steps: Awaitable[_Result]) -> list[_Result]:
    """Take steps at the same time; none goes on when another one failed."""
    results = await asyncio.gather(*steps, return_exceptions=True)
    for one in results:
        if isinstance(one, BaseException):
            raise one
    return [one for one in results if not isinstance(one, BaseException)]


async def _awaited(step: Callable[[], Awaitable[Any]]) -> Any:
    return await step()


@contextmanager
def _refusal(code: str | None) -> Generator[None]:
    if code is None:
        yield
        return
    try:
        yield
    except (HandoffError, ConversationChanged) as error:
        assert error.code == code  # noqa: PT017  the other outcome fails below
    else:
        pytest.fail(f"not refused: {code}")

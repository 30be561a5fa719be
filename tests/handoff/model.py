"""The handoff machine as its specification has it (H1-H12), in memory: what a test compares with.

Nothing of the product is used here but the names of states, risks and reasons.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cmp_to_key
from uuid import UUID

from storage.records import AskReason, ConversationState, Risk

State = ConversationState
OPEN = (State.BOT, State.QUEUED, State.ACTIVE)
LEASE = timedelta(seconds=45)
AGING = timedelta(minutes=30)
HEAD_START = {Risk.NONE: 0, Risk.LOW: 10, Risk.HIGH: 30}  # minutes; IMMINENT is before all


@dataclass
class Expected:
    """One talk as it must be."""

    id: UUID
    state: State = State.BOT
    risk: Risk = Risk.NONE
    reason: AskReason | None = None
    queued_at: datetime | None = None
    epoch: int = 0
    version: int = 1
    owner: UUID | None = None
    lost_by: UUID | None = None  # who may take it back past a higher risk (decision 6)
    lease_until: datetime | None = None
    speakers: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)

    def ask(self, reason: AskReason, risk: Risk, now: datetime) -> None:
        before = (self.state, self.reason, self.risk, self.queued_at)
        if self.state is State.BOT:
            self.state = State.QUEUED
        if self.reason is None or reason is AskReason.CRISIS:
            self.reason = reason
        self.risk = max(self.risk, risk)
        self.queued_at = self.queued_at or now
        if before != (self.state, self.reason, self.risk, self.queued_at):
            self._changed("ask")

    def cancel(self) -> None:
        self.state, self.reason, self.queued_at, self.lost_by = State.BOT, None, None, None
        self._changed("cancel")

    def leave(self) -> None:
        if self.state is State.BOT:
            self.state = State.CLOSED
            self._changed("leave")
        else:
            self.speakers.append("system")
            self.acts.append("leave")

    def turn(self) -> None:
        """The person wrote; the bot answers unless a counselor owns the talk (H3)."""
        self.version += 1
        self.speakers.append("person")
        if self.state is not State.ACTIVE:
            self.speakers.append("bot")

    def claim(self, staff: UUID, now: datetime) -> None:
        self.state, self.owner, self.lease_until = State.ACTIVE, staff, now + LEASE
        self.lost_by = None
        self.epoch += 1
        self.speakers.append("bot")
        self._changed("claim")

    def say(self) -> None:
        self.speakers.append("counselor")
        self._changed("say")

    def back(self, act: str) -> None:
        """Returned to the line with place and risk kept, the person told once (H7)."""
        self.lost_by = self.owner if act == "lapse" else None
        self.state, self.owner, self.lease_until = State.QUEUED, None, None
        self.speakers.append("bot")
        self._changed(act)

    def close(self) -> None:
        self.state, self.lease_until = State.CLOSED, None
        self.speakers += ["bot", "bot"]  # goodbye, and the words to come back with
        self._changed("close")

    def unread_after(self, seen: int) -> bool:
        return "person" in self.speakers[seen:]

    def _changed(self, act: str) -> None:
        self.version += 1
        self.acts.append(act)


def goes_before(one: Expected, other: Expected) -> bool:
    """Who is first of two who wait (H6): imminent, then risk with aging, then time, then id."""
    assert one.queued_at is not None
    assert other.queued_at is not None
    imminent = (one.risk is Risk.IMMINENT, other.risk is Risk.IMMINENT)
    if imminent[0] != imminent[1]:
        return imminent[0]
    start = timedelta(0)
    if not imminent[0]:
        start = timedelta(minutes=HEAD_START[one.risk] - HEAD_START[other.risk])
    mine, theirs = one.queued_at - start, other.queued_at
    return (mine, one.id.int) < (theirs, other.id.int)


def in_line(waiting: Iterable[Expected]) -> list[Expected]:
    """All who wait, who is next first."""

    def order(one: Expected, other: Expected) -> int:
        return -1 if goes_before(one, other) else 1

    return sorted(waiting, key=cmp_to_key(order))

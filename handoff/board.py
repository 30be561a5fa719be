"""What a supervisor sees at one moment: who waits, leads and is here; no word of anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from storage import conversations, offers, readers, settings, stopped
from storage.database import Database
from storage.presence import colleagues
from storage.records import (
    TRAINING,
    Colleague,
    Conversation,
    Offer,
    Presence,
    Risk,
    Stopped,
    StoppedState,
)

URGENT_TARGET = timedelta(minutes=3)
TARGET = timedelta(minutes=5)
"""How long somebody should wait at most, at a high risk and otherwise (shared/field.md G)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits, against the target."""

    talk: Conversation
    waited: timedelta
    target: timedelta

    @property
    def late(self) -> bool:
        """Whether they wait longer than anybody should."""
        return self.waited > self.target


@dataclass(frozen=True, slots=True)
class LedTalk:
    """A talk with its counselor, and what else goes on about it."""

    talk: Conversation
    owner: str
    offered_to: str | None
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A colleague, whether they are here, and how many talks they lead."""

    colleague: Colleague
    leads: int

    @property
    def here(self) -> bool:
        """Whether they can be given a talk."""
        return self.colleague.presence is not Presence.AWAY


@dataclass(frozen=True, slots=True)
class Board:
    """Everything a supervisor sees at once."""

    waiting: Sequence[Waiting]
    led: Sequence[LedTalk]
    desks: Sequence[Desk]
    asked: Sequence[tuple[Stopped, LedTalk]]  # stopped texts that wait for an answer
    names: Mapping[UUID, str]
    surge: str  # the prepared sentence that is on, "" for none

    @property
    def late(self) -> int:
        """Return how many wait longer than anybody should."""
        return sum(one.late for one in self.waiting)


def target_of(risk: Risk) -> timedelta:
    """Return how long somebody at this risk should wait at most."""
    return URGENT_TARGET if risk >= Risk.HIGH else TARGET


async def read_board(database: Database, *, now: datetime) -> Board:
    """Read everything a supervisor sees at once, at one moment.

    Raises:
        DatabaseAway: try again later.
    """
    async with database.reading() as session:
        queued = await conversations.queue(session)
        led = await conversations.led(session)
        asked = await offers.standing(session)
        along = await readers.of_talks(session, [one.id for one in led], now=now)
        texts = await stopped.standing(session)
        staff = await colleagues(session, now=now)
        surge = (await settings.current(session))["surge"]
    names = {one.id: one.name for one in staff}
    shown = {one.id: _led_talk(one, asked, along, names) for one in sorted(led, key=_place)}
    return Board(
        waiting=[_waiting(one, now=now) for one in queued],
        led=tuple(shown.values()),
        desks=[Desk(one, sum(talk.owner_id == one.id for talk in led)) for one in staff],
        asked=[
            (one, shown[one.conversation_id])
            for one in texts
            if one.state is StoppedState.ASKED and one.conversation_id in shown
        ],
        names=names,
        surge=surge,
    )


def _waiting(talk: Conversation, *, now: datetime) -> Waiting:
    return Waiting(talk, now - (talk.queued_at or talk.opened_at), target_of(talk.risk))


def _place(talk: Conversation) -> tuple[bool, int, datetime]:
    """Where a led talk stands: practice last, the highest risk first, then the longest silent."""
    return talk.channel == TRAINING, -talk.risk, talk.heard_at


def _led_talk(
    talk: Conversation,
    asked: Mapping[UUID, Offer],
    along: Mapping[UUID, tuple[UUID, ...]],
    names: Mapping[UUID, str],
) -> LedTalk:
    offer = asked.get(talk.id)
    return LedTalk(
        talk,
        names.get(talk.owner_id, "") if talk.owner_id else "",
        names.get(offer.staff_id, "") if offer else None,
        tuple(names.get(one, "") for one in along.get(talk.id, ())),
    )

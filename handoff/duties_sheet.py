"""How duties are written for their pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from handoff.alias import alias, name_of
from handoff.audit_sheet import moment
from handoff.reporting import Category, Duty, Recipient, WhyUntold
from storage import audit_search
from storage.database import Session
from storage.records import TRAINING, Conversation, Language
from storage.reports import Report
from storage.unmaskings import SHOWN_FOR, Unmasking

__all__ = [
    "CHOICES",
    "asked",
    "card",
    "debriefs",
    "elapsed",
    "moment",
    "names",
    "owed",
    "request",
    "team",
]

CHOICES = {
    "category": list(Category),
    "recipient": list(Recipient),
    "duty": list(Duty),
    "untold": list(WhyUntold),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A talk by the name that we made for it."""

    id: UUID
    alias: str
    channel: str
    state: str
    training: bool


@dataclass(frozen=True, slots=True)
class Span:
    """How long something has gone on."""

    hours: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Owed:
    """A report that is not filed."""

    id: UUID
    alias: str
    state: str
    since: Span


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to unmask somebody, for the second person."""

    id: UUID
    alias: str
    who: str
    reason: str
    state: str
    since: Span


@dataclass(frozen=True, slots=True)
class Request:
    """A request to unmask somebody, for the one who asked."""

    id: UUID
    reason: str
    state: str
    at: str
    until: str
    open: bool
    told: bool


def card(talk: Conversation, language: Language) -> Card:
    """Name a talk."""
    training = talk.channel == TRAINING
    return Card(talk.id, name_of(talk, language), talk.channel, talk.state.value, training)


def elapsed(since: datetime, now: datetime) -> Span:
    """Return how long something has gone on."""
    minutes = max(0, int((now - since).total_seconds()) // 60)
    return Span(minutes // 60, minutes % 60)


def owed(report: Report, language: Language, now: datetime) -> Owed:
    """Write down a report that is not filed."""
    name = alias(report.conversation_id, language)
    return Owed(report.conversation_id, name, report.state.value, elapsed(report.noticed_at, now))


def asked(one: Unmasking, language: Language, people: Mapping[UUID, str], now: datetime) -> Asked:
    """Write down a request for the second person."""
    who = people.get(one.asked_by, "")
    since = elapsed(one.asked_at, now)
    name = alias(one.talk, language)
    return Asked(one.id, name, who, one.reason.value, one.state.value, since)


def request(one: Unmasking, now: datetime) -> Request:
    """Write down a request for the one who asked."""
    until = "" if one.decided_at is None else moment(one.decided_at + SHOWN_FOR)
    told = one.told_at is not None
    at = moment(one.asked_at)
    return Request(one.id, one.reason.value, one.state.value, at, until, one.is_open(now), told)


def team(counts: Mapping[UUID, int], people: Mapping[UUID, str]) -> Sequence[tuple[str, int]]:
    """Return everybody's number of heavy talks, the most first."""
    known = [(people[who], number) for who, number in counts.items() if who in people]
    return sorted(known, key=lambda one: (-one[1], one[0]))


def debriefs(
    notes: Sequence[tuple[UUID, UUID, datetime]], people: Mapping[UUID, str]
) -> Sequence[tuple[UUID, str, str]]:
    """Return id, author and moment of debriefs."""
    return [(one, people.get(who, ""), moment(at)) for one, who, at in notes]


async def names(session: Session) -> Mapping[UUID, str]:
    """Return the pseudonyms of the staff by id."""
    return dict(await audit_search.people(session))

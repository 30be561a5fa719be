"""Care for the staff: after several heavy talks nobody takes the next one at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from handoff.errors import HandoffError
from storage import heavy, presence
from storage.database import Session
from storage.records import Conversation, Presence, Risk, Staff

HEAVY_TALKS = 3
"""Heavy talks after which a pause follows; ours, not from a study (docs/duties.md)."""

PAUSE = timedelta(minutes=10)


class RestFirst(HandoffError):
    """This counselor pauses for some minutes after heavy talks: take the next one then."""


@dataclass(frozen=True, slots=True)
class Load:
    """How heavy a shift has been, as a number and nothing else."""

    heavy: int
    rests_until: datetime | None


def rests_until(endings: Sequence[datetime], *, after: int, now: datetime) -> datetime | None:
    """Return until when a pause goes on; None when there is none. `endings`: oldest first.

    Every `after` heavy talks that ended bring one pause, counted from the end of the last.
    """
    rounds = len(endings) // after
    if rounds == 0:
        return None
    until = endings[rounds * after - 1] + PAUSE
    return until if now < until else None


async def load(session: Session, staff_id: UUID, *, after: int, now: datetime) -> Load:
    """Return how heavy somebody's shift has been."""
    ended = await heavy.endings(session, staff_id, now=now)
    counted = (await heavy.counts(session, now=now)).get(staff_id, 0)
    return Load(counted, rests_until(ended, after=after, now=now))


async def may_take(
    session: Session, staff: Staff, card: Conversation, *, after: int, now: datetime
) -> None:
    """Let a counselor take this talk, unless they pause now.

    Somebody in imminent danger is taken by who pauses when no colleague is there for it.

    Raises:
        RestFirst: they pause.
    """
    ended = await heavy.endings(session, staff.id, now=now)
    if rests_until(ended, after=after, now=now) is None:
        return
    if card.risk is Risk.IMMINENT and not await _others(session, staff, after=after, now=now):
        return
    raise RestFirst("rest_first")


async def _others(session: Session, staff: Staff, *, after: int, now: datetime) -> bool:
    for one in await presence.colleagues(session, now=now):
        if one.id == staff.id or one.presence is not Presence.AVAILABLE:
            continue
        ended = await heavy.endings(session, one.id, now=now)
        if rests_until(ended, after=after, now=now) is None:
            return True
    return False

"""Whether the lines of a talk look different than before, without opening one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import String, cast, func, select

from storage.database import Session
from storage.records import TRAVELLING_STATES
from storage.tables import case_notes, conversations, lines, outbox
from storage.transcript import TAKEN_BACK


@dataclass(frozen=True, slots=True)
class Mark:
    """What is different whenever a line was added, taken back or came further on its way.

    A talk's `version` is not: a line is no change of the talk.
    """

    last_seq: int
    taken_back: int
    travelling: str  # numbers and states of what has not arrived
    notes: int = 0  # what counselors wrote down about it


async def of_talks(session: Session, talk_ids: Collection[UUID]) -> Mapping[UUID, Mark]:
    """Return the mark of each of these talks."""
    if not talk_ids:
        return {}
    query = _QUERY.where(conversations.c.id.in_(talk_ids))
    return {row.id: Mark(*row[1:]) for row in await session.execute(query)}


_STEP = cast(outbox.c.seq, String) + ":" + outbox.c.state
_MOVING = (
    select(func.coalesce(func.aggregate_strings(_STEP, " "), ""))
    .where(outbox.c.conversation_id == conversations.c.id, outbox.c.state.in_(TRAVELLING_STATES))
    .scalar_subquery()
)
_BLANKED = (
    select(func.count())
    .where(lines.c.conversation_id == conversations.c.id, lines.c.kind == TAKEN_BACK)
    .scalar_subquery()
)
_NOTES = (
    select(func.count()).where(case_notes.c.conversation_id == conversations.c.id).scalar_subquery()
)
_QUERY = select(conversations.c.id, conversations.c.last_seq, _BLANKED, _MOVING, _NOTES)

"""Drafts of words: one of the staff proposes, another decides, and what is live can be ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, insert, select, update

from storage import audit
from storage.database import Session, Topic, wake
from storage.errors import DraftRefused
from storage.records import Role, Staff
from storage.tables import drafts, staff
from storage.tables.steering import VALUE

PROPOSERS = frozenset({Role.COUNSELOR, Role.SUPERVISOR})
WORD = "word"  # the kind of draft that is a word for the risk lexicon
MOST = 300  # drafts that one look reads; a page shows no more


class DraftState(StrEnum):
    """How far a draft has come."""

    PROPOSED = "proposed"
    LIVE = "live"
    DECLINED = "declined"
    ENDED = "ended"  # was live and was taken back


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that somebody proposed; people are named by their pseudonyms."""

    id: UUID
    kind: str
    body: str
    state: DraftState
    proposer_id: UUID
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None


async def propose(session: Session, kind: str, body: str, *, staff: Staff, now: datetime) -> UUID:
    """Put words forward; nothing changes until another person approves them.

    Raises:
        DraftRefused: not for this role, or too long.
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    if staff.role not in PROPOSERS:
        raise DraftRefused("not_for_this_role")
    if len(body) > (VALUE.length or 0):
        raise DraftRefused("too_long")
    draft_id = uuid4()
    row = {"id": draft_id, "kind": kind, "body": body, "state": DraftState.PROPOSED}
    await session.execute(insert(drafts), {**row, "proposed_by": staff.id, "proposed_at": now})
    await _note(session, draft_id, f"propose_{kind}", staff, now)
    return draft_id


async def decide(
    session: Session, draft: Draft, *, approve: bool, staff: Staff, now: datetime
) -> None:
    """Approve or decline a draft of somebody else.

    Raises:
        DraftRefused: not for this role ("not_for_this_role"), their own ("own_draft"), or
            decided meanwhile ("decided_already").
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    if staff.role is not Role.SUPERVISOR:
        raise DraftRefused("not_for_this_role")
    if draft.proposer_id == staff.id:
        raise DraftRefused("own_draft")
    after = DraftState.LIVE if approve else DraftState.DECLINED
    by = {"decided_by": staff.id, "decided_at": now}
    await _move(session, draft.id, DraftState.PROPOSED, {"state": after, **by})
    act = "approve" if approve else "decline"
    await _note(session, draft.id, f"{act}_{draft.kind}", staff, now)


async def end(session: Session, draft: Draft, *, staff: Staff, now: datetime) -> None:
    """Take back what is live.

    Raises:
        DraftRefused: not for this role, or not live any more ("decided_already").
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    if staff.role is not Role.SUPERVISOR:
        raise DraftRefused("not_for_this_role")
    by = {"ended_by": staff.id, "ended_at": now}
    await _move(session, draft.id, DraftState.LIVE, {"state": DraftState.ENDED, **by})
    await _note(session, draft.id, f"end_{draft.kind}", staff, now)


async def get(session: Session, draft_id: UUID) -> Draft:
    """Return one draft.

    Raises:
        DraftRefused: there is none ("unknown_draft").
    """
    found = await _read(session, drafts.c.id == draft_id)
    if not found:
        raise DraftRefused("unknown_draft")
    return found[0]


async def newest(session: Session, kind: str) -> Sequence[Draft]:
    """Return drafts of a kind in every state, the newest first."""
    return (await _read(session, drafts.c.kind == kind))[::-1]


async def live(session: Session, kind: str) -> Sequence[Draft]:
    """Return what is approved and was not taken back, the oldest first."""
    return await _read(session, drafts.c.kind == kind, drafts.c.state == DraftState.LIVE)


async def _read(session: Session, *wanted: ColumnElement[bool]) -> Sequence[Draft]:
    proposer, decider, ender = staff.alias(), staff.alias(), staff.alias()
    query = (
        select(
            drafts, proposer.c.name, decider.c.name.label("decider"), ender.c.name.label("ender")
        )
        .join(proposer, proposer.c.id == drafts.c.proposed_by)
        .outerjoin(decider, decider.c.id == drafts.c.decided_by)
        .outerjoin(ender, ender.c.id == drafts.c.ended_by)
        .where(*wanted)
        .order_by(drafts.c.proposed_at.desc(), drafts.c.id)
        .limit(MOST)
    )
    rows = (await session.execute(query)).all()
    return [
        Draft(
            row.id, row.kind, row.body, DraftState(row.state), row.proposed_by, row.name,
            row.proposed_at, row.decider, row.decided_at, row.ender, row.ended_at,
        )
        for row in reversed(rows)
    ]  # fmt: skip


async def _move(
    session: Session, draft_id: UUID, before: DraftState, values: Mapping[str, object]
) -> None:
    """Change a draft if it still is where it was; of two who decide at once, one does."""
    statement = update(drafts).where(drafts.c.id == draft_id, drafts.c.state == before)
    moved = await session.execute(statement.values(values).returning(drafts.c.id))
    if moved.one_or_none() is None:
        raise DraftRefused("decided_already")
    wake(session, Topic.SETTINGS)


async def _note(session: Session, draft_id: UUID, action: str, staff: Staff, now: datetime) -> None:
    await audit.record(session, staff=staff, action=action, object_id=draft_id, now=now)

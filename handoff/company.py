"""A colleague reads a talk along: asked for by its owner, read-only, until either ends it."""

from datetime import datetime
from uuid import UUID

from handoff import passing, steps
from handoff.errors import Dismissed, NotOffered, NotOwner
from storage import companions, duty
from storage.database import Database
from storage.records import Companion, Role, Staff


async def ask(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    colleague: UUID | None,
    now: datetime,
) -> None:
    """Ask a named colleague, or any supervisor, to read this talk along; it stays its owner's.

    Raises:
        NotOwner, StaleEpoch: nothing was written.
        NotOffered: the colleague is not here (`colleague_away`).
    """
    async with database.transaction() as session:
        talk = await steps.owned(session, staff, conversation_id, epoch=epoch)
        if colleague is not None:
            await passing.is_here(session, staff, colleague, now=now)
        await companions.ask(session, Companion(talk.id, epoch, colleague), now=now)
        await steps.note(session, staff, "ask_along", talk, now=now)


async def join(
    database: Database, staff: Staff, conversation_id: UUID, *, epoch: int, now: datetime
) -> None:
    """Begin to read a talk along; it is written down before a word of it is opened.

    Raises:
        NotOffered: this colleague was not asked under this epoch, or somebody came first.
        Dismissed: this colleague works here no longer.
    """
    async with database.transaction() as session:
        if await duty.is_dismissed(session, staff.id):
            raise Dismissed("dismissed")
        asked = await companions.of_talk(session, conversation_id)
        if asked is None or asked.epoch != epoch or not _is_meant(asked, staff):
            raise NotOffered("not_offered")
        talk = await steps.active(session, conversation_id)
        if talk.owner_id == staff.id or not await companions.join(
            session, asked, staff.id, now=now
        ):
            raise NotOffered("not_offered")
        await steps.note(session, staff, "join_along", talk, now=now)


async def end(
    database: Database, staff: Staff, conversation_id: UUID, *, epoch: int, now: datetime
) -> None:
    """End the reading along, or the asking for it: its owner may, and whoever was asked.

    Raises:
        NotOwner: it is neither theirs nor are they asked; nothing was written.
    """
    async with database.transaction() as session:
        talk = await steps.active(session, conversation_id)
        asked = await companions.of_talk(session, conversation_id)
        theirs = talk.owner_id == staff.id or (asked and asked.staff_id == staff.id)
        if asked is None or asked.epoch != epoch or not theirs:
            raise NotOwner("not_owner")
        await companions.end(session, conversation_id)
        await steps.note(session, staff, "end_along", talk, now=now)


def _is_meant(asked: Companion, staff: Staff) -> bool:
    if asked.staff_id is None:
        return staff.role is Role.SUPERVISOR
    return asked.staff_id == staff.id

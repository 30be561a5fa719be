"""The talk somebody came back to by their code, for the counselor who leads the present one."""

from datetime import datetime
from uuid import UUID

from handoff import steps
from storage import returning, transcript
from storage.database import Database
from storage.errors import KeyMissing
from storage.records import Line, Staff


async def earlier_id(database: Database, conversation_id: UUID) -> UUID | None:
    """Return which talk that is, None when nobody came back to one."""
    async with database.reading() as session:
        return await returning.earlier(session, conversation_id)


async def open_earlier(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    earlier: UUID,
    *,
    epoch: int,
    now: datetime,
) -> tuple[Line, ...]:
    """Write down that its transcript is read, then open it; () when its key is destroyed.

    Raises:
        NotOwner, StaleEpoch: the present talk is not theirs; nothing was opened.
        SealBroken: a line does not open.
    """
    async with database.transaction() as session:
        talk = await steps.owned(session, staff, conversation_id, epoch=epoch)
        await steps.note(session, staff, "read_earlier", talk, purpose="earlier", now=now)
    async with database.reading() as session:
        await steps.owned(session, staff, conversation_id, epoch=epoch)
        try:
            return await transcript.read(session, database.vault, earlier)
        except KeyMissing:
            return ()

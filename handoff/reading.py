"""What a counselor reads is written down, and committed, before a word of it is opened."""

from datetime import datetime
from uuid import UUID

from handoff import steps
from handoff.errors import NotAudited
from storage.database import Database
from storage.errors import DatabaseAway, NotWrittenDown
from storage.records import Staff


async def open_transcript(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    first: int = 1,
    last: int,
    now: datetime,
) -> None:
    """Write down that this counselor reads these lines; committed before a word is opened.

    Raises:
        NotOwner, StaleEpoch: it is not theirs to read.
        NotAudited: it could not be written down, so nothing may be opened.
    """
    purpose = f"lines {first}-{last}"
    await _write(database, staff, conversation_id, "read", purpose, epoch=epoch, now=now)


async def open_beside(
    database: Database, staff: Staff, conversation_id: UUID, *, epoch: int, now: datetime
) -> None:
    """Write down that this counselor reads the notes of a talk and what the dialogue remembers.

    Raises:
        NotOwner, StaleEpoch: it is not theirs to read.
        NotAudited: it could not be written down, so nothing may be opened.
    """
    await _write(database, staff, conversation_id, "read_beside", "", epoch=epoch, now=now)


async def _write(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    action: str,
    purpose: str,
    *,
    epoch: int,
    now: datetime,
) -> None:
    try:
        async with database.transaction() as session:
            talk = await steps.read_by(session, staff, conversation_id, epoch=epoch)
            await steps.note(session, staff, action, talk, purpose=purpose, now=now)
    except (DatabaseAway, NotWrittenDown):
        raise NotAudited("not_audited") from None

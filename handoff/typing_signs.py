"""A counselor's page says that its owner is writing: passed on for their own talk only."""

from uuid import UUID

from handoff import steps
from handoff.errors import NotOwner
from storage.database import Database
from storage.errors import DatabaseAway
from storage.records import Staff
from storage.typing_signs import TypingSign, Writer


async def writes(database: Database, staff: Staff, talk_id: UUID, *, epoch: int) -> None:
    """Let the young person see that their counselor is writing; from anybody else it is nothing.

    Nothing is written down, and a sign that is lost is no reason to tell anybody.
    """
    try:
        async with database.reading() as session:
            talk = await steps.owned(session, staff, talk_id, epoch=epoch)
        await database.show_typing(TypingSign(talk.id, Writer.COUNSELOR))
    except (NotOwner, DatabaseAway):
        return

"""Reading a led talk along: written down before a word is opened, and seen by its counselor."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from handoff import steps
from handoff.errors import NotAudited, NotTheirs
from storage import conversations, marks, readers, transcript
from storage.database import Database
from storage.errors import DatabaseAway, NotFound, NotWrittenDown
from storage.records import Conversation, ConversationState, Line, Role, Staff


@dataclass(frozen=True, slots=True)
class Along:
    """A led talk as a supervisor reads it along, and its last line when they looked."""

    talk: Conversation
    lines: tuple[Line, ...]
    seen: int


async def read_along(
    database: Database, staff: Staff, conversation_id: UUID, *, now: datetime
) -> Along:
    """Open a led talk for a supervisor who does not lead it.

    One audit row for the opening and one for each batch of lines that came since; the row and
    the sign that its counselor sees are committed before a word is opened.

    Raises:
        NotTheirs: nobody leads it (`talk_changed`), or they do (`yours_already`), or they are
            no supervisor (`not_supervisor`).
        NotAudited: it could not be written down, so nothing was opened.
        SealBroken, KeyMissing: it cannot be opened.
    """
    try:
        talk, last = await _written_down(database, staff, conversation_id, now=now)
    except (DatabaseAway, NotWrittenDown):
        raise NotAudited("not_audited") from None
    async with database.reading() as session:
        lines = await transcript.read(session, database.vault, talk.id, upto=last)
    return Along(talk, tuple(lines), last)


async def _written_down(
    database: Database, staff: Staff, conversation_id: UUID, *, now: datetime
) -> tuple[Conversation, int]:
    if staff.role is not Role.SUPERVISOR:
        raise NotTheirs("not_supervisor")
    async with database.transaction() as session:
        try:
            talk = await conversations.get(session, conversation_id)
        except NotFound:
            raise NotTheirs("talk_changed") from None
        if talk.state is not ConversationState.ACTIVE:
            raise NotTheirs("talk_changed")
        if talk.owner_id == staff.id:
            raise NotTheirs("yours_already")
        last = (await marks.of_talks(session, [talk.id]))[talk.id].last_seq
        told = await readers.upto(session, talk.id, staff.id, now=now)
        if last > told:
            purpose = f"lines {told + 1}-{last}"
            await steps.note(session, staff, "read_along", talk, purpose=purpose, now=now)
        await readers.look(session, talk.id, staff.id, upto=last, now=now)
    return talk, last

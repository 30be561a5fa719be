"""The surge switch: a prepared sentence for who comes and who waits; never free text."""

from datetime import datetime
from uuid import UUID

from handoff import steps
from handoff.errors import NotTheirs
from handoff.notices import Notices
from storage import conversations, settings
from storage.database import Database
from storage.errors import NotFound
from storage.records import ConversationState, Language, Speaker, Staff
from storage.setting_names import NAMES

SETTING = "surge"


async def switch(
    database: Database, notices: Notices, staff: Staff, key: str, *, now: datetime
) -> int:
    """Turn a surge on with one of the prepared sentences, or off with ""; tell who waits.

    Each waiting person is told once, in a transaction of its own; who comes later is told by
    the dialogue.

    Returns:
        How many were told.

    Raises:
        NotTheirs: nobody who may (`not_supervisor`), or no prepared sentence (`no_such_text`).
        NotWrittenDown, DatabaseAway: nothing was set.
    """
    if staff.role not in NAMES[SETTING].roles:
        raise NotTheirs("not_supervisor")
    if key and key not in notices.surges(Language.KO):
        raise NotTheirs("no_such_text")
    async with database.transaction() as session:
        before = (await settings.current(session))[SETTING]
        await settings.put(session, SETTING, key, staff=staff, now=now)
        waiting = await conversations.queue(session)
    if not key or key == before:
        return 0
    return sum([await _tell(database, notices, staff, key, one.id, now=now) for one in waiting])


async def _tell(
    database: Database, notices: Notices, staff: Staff, key: str, talk_id: UUID, *, now: datetime
) -> bool:
    async def step() -> bool:
        async with database.transaction() as session:
            try:
                talk = await conversations.get(session, talk_id)
            except NotFound:
                return False
            if talk.state is not ConversationState.QUEUED:
                return False
            if not await steps.can_be_sealed(database.vault, talk):
                return False
            # Saved first: the version proves that nobody took the talk while we looked.
            talk = await steps.save(session, talk, talk, staff=staff, action="surge_told", now=now)
            notice = notices.surge(key, talk.language)
            await steps.send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)
            return True

    return await steps.tried(step)

"""How long a talk stays with its counselor: heartbeat, lapse, dismissal."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from handoff import lifecycle, steps
from handoff.notices import Notices
from storage import audit, conversations, duty, offers, presence
from storage.database import Database, Session
from storage.errors import StorageError
from storage.records import Conversation, Speaker, Staff
from storage.vault import Vault

log = logging.getLogger("gyeot.queue")

Check = Callable[[Session], Awaitable[None]]

LEASE = timedelta(seconds=45)
"""How long a counselor keeps a talk after their console was last heard."""


async def heartbeat(database: Database, staff: Staff, *, now: datetime) -> int:
    """Note that this counselor is here and keep their talks for another lease; return how many."""
    async with database.transaction() as session:
        await presence.beat(session, staff.id, now=now)
        return await conversations.extend_leases(session, staff.id, lease_until=now + LEASE)


async def hand_to(
    session: Session,
    vault: Vault,
    notices: Notices,
    before: Conversation,
    owner: UUID,
    *,
    by: Staff,
    action: str,
    purpose: str = "",
    now: datetime,
) -> Conversation:
    """Make somebody else the owner of a led talk and tell the person; the old epoch ends.

    Args:
        session: the open transaction.
        vault: holds the talk's key.
        notices: the reviewed sentences.
        before: the talk as it was read.
        owner: who leads it from now on.
        by: whose act it is; they or a supervisor.
        action: what the audit log calls it, with its purpose.
        now: aware UTC time.
    """
    after = lifecycle.transferred(before, owner, lease_until=now + LEASE)
    talk = await conversations.save(session, before, after)
    await steps.note(session, by, action, talk, purpose=purpose, now=now)
    await offers.take_back(session, talk.id)
    notice = notices.handed_over(talk.language)
    await steps.send(session, vault, talk, notice, speaker=Speaker.BOT, now=now)
    return talk


async def lapse(database: Database, notices: Notices, *, now: datetime) -> int:
    """Put the talks of counselors who are gone back into the queue; return how many.

    Each keeps its risk and its place in line, and its person is told once, however many
    processes do this at the same time. Each is a transaction of its own, so one that fails
    holds up no other; it is tried again at the next call.
    """
    async with database.reading() as session:
        overdue = await conversations.lapsed(session, now=now)
    return sum([await _lapse_one(database, notices, one.id, now=now) for one in overdue])


async def dismiss(
    database: Database,
    notices: Notices,
    staff_id: UUID,
    *,
    by: Staff | None = None,
    now: datetime,
    first: Check | None = None,
) -> int:
    """End a counselor's work here: sign them out everywhere, put their talks back in line.

    All of it is one transaction, and a claim of theirs that comes between is undone or refused.

    Args:
        database: open, migrated.
        notices: tell each young person that their place is kept.
        staff_id: who is dismissed; again, it changes nothing.
        by: who decided it; None: from the shell.
        now: aware UTC time.
        first: asked in the same transaction; raises what speaks against it.

    Returns:
        How many talks went back.

    Raises:
        NotFound: nobody of this id works here.
    """

    async def step() -> int:
        async with database.transaction() as session:
            if first is not None:
                await first(session)
            # First: from here on a claim of theirs waits for us, and is then refused.
            await duty.dismiss(session, staff_id)
            talks = await conversations.hold_owned_by(session, staff_id)
            for talk in talks:
                after = lifecycle.dismissed(talk)
                await _give_back(
                    database, session, notices, talk, after, by=by, action="dismiss", now=now
                )
            await audit.record(session, staff=by, action="dismiss", object_id=staff_id, now=now)
            return len(talks)

    return await steps.tried(step)


async def _lapse_one(
    database: Database, notices: Notices, conversation_id: UUID, *, now: datetime
) -> bool:
    try:
        async with database.transaction() as session:
            before = await conversations.hold_lapsed(session, conversation_id, now=now)
            if before is None:
                return False  # the counselor came back, or another process does it
            after = lifecycle.lapsed(before)
            await _give_back(
                database, session, notices, before, after, by=None, action="lapse", now=now
            )
    except StorageError as error:
        log.error("lapse failed", extra={"conversation": conversation_id, "code": error.code})
        return False
    return True


async def _give_back(
    database: Database,
    session: Session,
    notices: Notices,
    before: Conversation,
    after: Conversation,
    *,
    by: Staff | None,
    action: str,
    now: datetime,
) -> None:
    talk = await steps.save(session, before, after, staff=by, action=action, now=now)
    # A talk without its key can be told nothing, but it must not stay with somebody gone.
    if await steps.can_be_sealed(database.vault, talk):
        notice = notices.returned(talk.language)
        await steps.send(session, database.vault, talk, notice, speaker=Speaker.BOT, now=now)

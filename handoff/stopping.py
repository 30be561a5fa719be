"""Asking for a stopped text to be released, and a supervisor's answer; nothing is sent here."""

from datetime import datetime
from uuid import UUID

from handoff import steps
from handoff.errors import NotAsked, NotAudited, TextRefused
from handoff.guard.asking import asked
from handoff.saying import checked
from storage import conversations, stopped
from storage.database import Database, Session
from storage.errors import DatabaseAway, NotWrittenDown
from storage.records import Role, Staff
from storage.stopped import Stopped, StoppedState, StoppedWords


async def ask_release(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    key: UUID,
    text: str,
    reason: str,
    now: datetime,
) -> None:
    """Ask supervisors to release a text that the guard stops; the same key again is the same.

    Raises:
        NotOwner, StaleEpoch, TextRefused: nothing was written; `not_stopped` when the guard
            lets it pass.
    """
    words, why = checked(text), checked(reason)
    ask = asked(words)
    if ask is None:
        raise TextRefused("not_stopped")

    async def step() -> None:
        async with database.transaction() as session:
            talk = await steps.owned(session, staff, conversation_id, epoch=epoch)
            one = Stopped(key, talk.id, epoch, staff.id, ask, StoppedState.ASKED, now, None)
            if await conversations.of_line(session, key) is not None:
                raise TextRefused("key_used")
            if await stopped.add(session, database.vault, one, text=words, reason=why):
                await steps.note(session, staff, "release_ask", talk, purpose=ask, now=now)
                return
            known = await stopped.read(session, database.vault, talk.id, [key])
            if key not in known or known[key].text != words:
                raise TextRefused("key_used")

    await steps.tried(step)


async def open_stopped(
    database: Database, staff: Staff, which: UUID, *, now: datetime
) -> tuple[Stopped, StoppedWords]:
    """Open a stopped text for a supervisor; that is written down and committed before.

    Raises:
        NotAsked: it stands no longer.
        NotAudited: it could not be written down, so nothing was opened.
        SealBroken, KeyMissing: it cannot be opened.
    """
    try:
        async with database.transaction() as session:
            one = await _standing(session, staff, which)
            talk = await conversations.get(session, one.conversation_id)
            await steps.note(session, staff, "release_read", talk, now=now)
    except (DatabaseAway, NotWrittenDown):
        raise NotAudited("not_audited") from None
    async with database.reading() as reading:
        found = await stopped.read(reading, database.vault, one.conversation_id, [which])
    if which not in found:
        raise NotAsked("not_asked")
    return one, found[which]


async def decide_release(
    database: Database,
    staff: Staff,
    which: UUID,
    *,
    release: bool,
    answer: str,
    now: datetime,
) -> None:
    """Release a stopped text, or refuse it, with a word; its counselor still has to send it.

    Raises:
        NotAsked: it stands no longer (`not_asked`), somebody decided before
            (`decided_before`), or it is the supervisor's own (`own_text`).
        TextRefused: a refusal needs a word.
    """
    word = checked(answer) if answer.strip() or not release else ""
    state = StoppedState.RELEASED if release else StoppedState.REFUSED

    async def step() -> None:
        async with database.transaction() as session:
            one = await _standing(session, staff, which)
            if one.staff_id == staff.id:
                raise NotAsked("own_text")
            talk = await conversations.get(session, one.conversation_id)
            vault = database.vault
            if not await stopped.decide(
                session, vault, one, state, answer=word, by=staff.id, now=now
            ):
                raise NotAsked("decided_before")
            action = "release_grant" if release else "release_refuse"
            await steps.note(session, staff, action, talk, purpose=one.ask, now=now)

    await steps.tried(step)


async def _standing(session: Session, staff: Staff, which: UUID) -> Stopped:
    one = await stopped.get(session, which) if staff.role is Role.SUPERVISOR else None
    if one is None:
        raise NotAsked("not_asked")
    return one

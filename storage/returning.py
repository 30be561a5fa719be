"""Ways back to a talk: a code the young person holds, of which a keyed hash is stored."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, or_, select, update

from storage import conversations as talks
from storage.database import Session
from storage.errors import NotFound
from storage.records import Conversation, ConversationState
from storage.tables import conversations, earlier_talks, insert_into, return_codes, return_tries
from storage.vault import Vault

CODES = 64**6
"""How many codes there are: three words of two parts, each one of 64, so 36 bits."""
OWN_TRIES = 5
"""Wrong codes of one contact in `WITHIN`; after them the right one is wrong as well."""
ALL_TRIES = 1000
"""Wrong codes of everybody in `WITHIN`: with 10,000 codes alive, a stranger meets one of them
in 1.5 of 10,000 days. Beyond it nobody gets back by a code until the day has passed."""
WITHIN = timedelta(days=1)

NOBODY = UUID(int=0)
"""Whose tries those of somebody erased are."""

_DOMAIN = "return"  # what the event key hashes here is no event of a channel


class Way(StrEnum):
    """What became of a right code."""

    OVER = "over"  # the talk was over: it is shown as the earlier one
    OPEN = "open"  # it goes on, here


async def give(session: Session, vault: Vault, conversation_id: UUID, *, now: datetime) -> int:
    """Return a new code of a talk; the one before is worth nothing any more."""
    await session.execute(
        delete(return_codes).where(return_codes.c.conversation_id == conversation_id)
    )
    code = secrets.randbelow(CODES)
    row = {"code_hash": _hash(vault, code), "conversation_id": conversation_id, "made_at": now}
    made = insert_into(session, return_codes).values(**row).on_conflict_do_nothing()
    taken = await session.execute(made.returning(return_codes.c.code_hash))
    if taken.first() is None:  # another talk's: as likely as guessing one
        return await give(session, vault, conversation_id, now=now)
    return code


async def redeem(
    session: Session, vault: Vault, contact_id: UUID, code: int | None, *, now: datetime
) -> Conversation:
    """Return the talk of a code and use the code up.

    Args:
        session: the open transaction.
        vault: holds the key of the hash.
        contact_id: who tries.
        code: None where the words are no code at all; it counts as a wrong one.
        now: aware UTC time.

    Raises:
        NotFound: the code is wrong, used, or of a talk that is gone, or there were too many
            tries. Which of these it was is not told, and the try is written down.
    """
    found = None
    if code is not None and not await _is_spent(session, contact_id, now=now):
        known = return_codes.c.code_hash == _hash(vault, code)
        used = delete(return_codes).where(known).returning(return_codes.c.conversation_id)
        found = (await session.execute(used)).scalar_one_or_none()
    if found is None:
        await _note_try(session, contact_id, now=now)
        raise NotFound("return_code")
    return await _talk(session, found)


async def attach(
    session: Session, conversation_id: UUID, earlier_id: UUID, *, now: datetime
) -> None:
    """Note that a talk goes on where an earlier one ended; the last one that was named counts."""
    mine = earlier_talks.c.conversation_id == conversation_id
    await session.execute(delete(earlier_talks).where(mine))
    row = {"conversation_id": conversation_id, "earlier_id": earlier_id, "at": now}
    await session.execute(insert(earlier_talks).values(**row))


async def earlier(session: Session, conversation_id: UUID) -> UUID | None:
    """Return the talk that this one goes on from, if somebody came back by a code."""
    query = select(earlier_talks.c.earlier_id).where(
        earlier_talks.c.conversation_id == conversation_id
    )
    return (await session.execute(query)).scalar_one_or_none()


async def forget(session: Session, talk_ids: Collection[UUID]) -> None:
    """Remove the codes and the ties of these talks (or people); their tries are nobody's then.

    They are counted for the rest of the day all the same: else who erases after every few
    wrong codes could try without an end.
    """
    people = select(conversations.c.contact_id).where(conversations.c.id.in_(talk_ids))
    tried = return_tries.c.contact_id
    theirs = tried.in_(people) | tried.in_(talk_ids)
    await session.execute(update(return_tries).where(theirs).values(contact_id=NOBODY))
    await session.execute(delete(return_codes).where(return_codes.c.conversation_id.in_(talk_ids)))
    either = (earlier_talks.c.conversation_id, earlier_talks.c.earlier_id)
    await session.execute(delete(earlier_talks).where(or_(*(one.in_(talk_ids) for one in either))))


async def _is_spent(session: Session, contact_id: UUID, *, now: datetime) -> bool:
    recent = return_tries.c.at > now - WITHIN
    own = return_tries.c.contact_id == contact_id  # never NOBODY: ids are random
    counts = select(func.count(), func.count().filter(own)).where(recent)
    everybody, one = (await session.execute(counts)).one()
    return int(everybody) >= ALL_TRIES or int(one) >= OWN_TRIES


async def _note_try(session: Session, contact_id: UUID, *, now: datetime) -> None:
    await session.execute(delete(return_tries).where(return_tries.c.at <= now - WITHIN))
    await session.execute(insert(return_tries).values(id=uuid4(), contact_id=contact_id, at=now))


async def _talk(session: Session, conversation_id: UUID) -> Conversation:
    talk = await talks.get(session, conversation_id)
    if talk.state is ConversationState.ERASED:
        raise NotFound("return_code")
    return talk


def _hash(vault: Vault, code: int) -> bytes:
    return vault.event_hash(_DOMAIN, str(code))

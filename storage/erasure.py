"""Erasing people and talks for good: cut off, ledger, keys, rows, in this order.

`cut_off` makes everything of a person inert in the transaction that ends their turn: nothing
more goes out, and nobody finds them again. `finish` then writes the ledger, destroys the data
keys and removes the rows. A crash between leaves a receipt that says what is unfinished, and
a ledger that says what must not be; `prepare` and `finish_all` complete either, and may be
called at any time. What may not be finished is never readable by anybody but its counselor.
"""

import asyncio
import logging
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from storage import receipts
from storage.contacts import NO_INDEX
from storage.database import Database, Session, Topic, wake
from storage.errors import LedgerMissing
from storage.inbox import EventState
from storage.ledger import Ledger
from storage.records import ConversationState
from storage.tables import (
    case_notes,
    companions,
    contacts,
    conversations,
    crossings,
    data_keys,
    erasures,
    inbox,
    insert_into,
    ledgers,
    lines,
    offers,
    outbox,
    outcomes,
    readers,
    stopped,
)
from storage.vault import Vault

log = logging.getLogger("gyeot.erasure")

BITE = 200  # owners in one statement


@dataclass(frozen=True, slots=True)
class LastWord:
    """What somebody who erased is told, and how it reaches them once their address is gone."""

    channel: str
    address: str = field(repr=False)
    body: str = field(repr=False)


async def cut_off(
    session: Session,
    vault: Vault,
    contact_id: UUID,
    route: bytes,
    last_word: LastWord,
    *,
    now: datetime,
) -> None:
    """Let nothing more of a person go out, and nobody be recognized as them; `finish` is next.

    Args:
        session: the open transaction, which also ends the turn.
        vault: seals the last word.
        contact_id: who is to be erased.
        route: of their deliveries; what was set aside of them is erased, too.
        last_word: sent once everything is gone.
        now: aware UTC time.
    """
    talks = select(conversations.c.id).where(conversations.c.contact_id == contact_id)
    await session.execute(delete(crossings).where(crossings.c.conversation_id.in_(talks)))
    await session.execute(delete(offers).where(offers.c.conversation_id.in_(talks)))
    await session.execute(delete(companions).where(companions.c.conversation_id.in_(talks)))
    await session.execute(delete(outbox).where(outbox.c.conversation_id.in_(talks)))
    await session.execute(
        update(inbox)
        .where(inbox.c.route == route, inbox.c.state == EventState.DEAD)
        .values(body_ct=None, route=None)
    )
    holder = select(contacts.c.holder).where(contacts.c.id == contact_id)
    reached_by = (await session.execute(holder)).scalar_one_or_none()
    await forget_who(session, contact_id)
    await receipts.put(
        session,
        vault,
        channel=last_word.channel,
        address=last_word.address,
        body=last_word.body,
        holder=reached_by,
        erasing=contact_id,
        now=now,
    )


async def finish(
    database: Database, ledger: Ledger, contact_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Destroy what `cut_off` left of these people; again, it changes nothing.

    Raises:
        LedgerMissing, LedgerDamaged: nothing was destroyed; an operator is needed.
        DatabaseAway: try again.
    """
    if not contact_ids:
        return
    async with database.reading() as session:
        owners = (*contact_ids, *await _talks_of(session, contact_ids))
    await asyncio.to_thread(ledger.append, owners, now=now)
    await _destroy(database, owners, now=now)


async def finish_all(
    database: Database, ledger: Ledger, *, now: datetime, before: datetime | None = None
) -> int:
    """Finish every erasure that was begun (before a time), as after a crash; return how many."""
    async with database.reading() as session:
        waiting = await receipts.unfinished(session, before=before)
    await finish(database, ledger, waiting, now=now)
    return len(waiting)


async def prepare(database: Database, ledger: Ledger, *, now: datetime) -> int:
    """Do what must be done before anything is served: check the ledger, replay it, finish.

    The first time, a ledger is begun; from then on the database is not served without it.

    Returns:
        How many erasures of the ledger were not in this database.

    Raises:
        LedgerMissing: it is not there, or lacks an erasure that the database knows of.
        LedgerDamaged: it cannot be used.
        DatabaseAway: try again.
    """
    await _begin(database, ledger, now=now)
    replayed = await replay(database, ledger, now=now)
    await finish_all(database, ledger, now=now)
    return replayed


async def replay(database: Database, ledger: Ledger, *, now: datetime) -> int:
    """Erase again whatever the ledger names, as after a restore.

    Returns:
        How many erasures of the ledger were not in this database.

    Raises:
        LedgerMissing: it is not there, or lacks an erasure that the database knows of.
        LedgerDamaged: it cannot be used.
        DatabaseAway: try again; nothing may be served before.
    """
    named = dict.fromkeys(one.owner for one in await asyncio.to_thread(ledger.read))
    async with database.reading() as session:
        known = set((await session.execute(select(erasures.c.owner))).scalars())
    if not known <= named.keys():
        raise LedgerMissing("ledger_behind")
    missing = [owner for owner in named if owner not in known]
    for start in range(0, len(missing), BITE):
        await _destroy(database, missing[start : start + BITE], now=now)
    if missing:
        log.warning("erasures replayed", extra={"count": len(missing)})
    return len(missing)


async def erased_among(session: Session, talk_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return which of these talks were erased, finished or not."""
    if not talk_ids:
        return frozenset()
    ending = select(conversations.c.id).where(
        conversations.c.id.in_(talk_ids), conversations.c.state == ConversationState.ERASED
    )
    gone = select(erasures.c.owner).where(erasures.c.owner.in_(talk_ids))
    found = [*(await session.execute(ending)).scalars(), *(await session.execute(gone)).scalars()]
    return frozenset(found)


async def forget_who(session: Session, contact_id: UUID) -> None:
    """Give a contact a name that belongs to nobody, and take its address away."""
    await session.execute(
        update(contacts)
        .where(contacts.c.id == contact_id)
        .values(index_key=NO_INDEX, pseudonym=os.urandom(32), address_ct=b"", holder=None)
    )


async def destroy_keys(database: Database, owners: Iterable[UUID]) -> None:
    """Destroy the data keys of these owners, each in a step of its own, before their rows."""
    for owner in owners:
        await database.vault.destroy_data_key(owner)


async def remove_talks(session: Session, talk_ids: Collection[UUID]) -> None:
    """Remove every row of these talks; their keys were destroyed before."""
    gone = (crossings, offers, companions, outbox, outcomes, case_notes, readers, stopped, lines)
    for table in gone:
        await session.execute(delete(table).where(table.c.conversation_id.in_(talk_ids)))
    await session.execute(delete(conversations).where(conversations.c.id.in_(talk_ids)))
    wake(session, Topic.QUEUE)


async def _begin(database: Database, ledger: Ledger, *, now: datetime) -> None:
    begun = select(ledgers.c.keyring).where(ledgers.c.keyring == ledger.keyring_id)
    async with database.reading() as session:
        if (await session.execute(begun)).first() is not None:
            return
        if (await session.execute(select(erasures.c.owner).limit(1))).first() is not None:
            return  # it has erased before: a new ledger would hide that the old one is lost
    await asyncio.to_thread(ledger.begin)  # first: a mark without the file would stop everybody
    async with database.transaction() as session:
        row = insert_into(session, ledgers).values(keyring=ledger.keyring_id, begun_at=now)
        await session.execute(row.on_conflict_do_nothing())


async def _destroy(database: Database, named: Collection[UUID], *, now: datetime) -> None:
    """Destroy the keys, then remove the rows; on PostgreSQL both are one transaction."""
    async with database.reading() as session:
        inside = session.dialect == "postgresql"
        owners = {*named, *await _talks_of(session, named)}
    if not inside:  # a file of its own, so it goes first (docs/decisions/0001)
        await destroy_keys(database, owners)
    async with database.transaction() as session:
        talks = {*owners, *await _talks_of(session, named, hold=True)}
        if inside:
            await session.execute(delete(data_keys).where(data_keys.c.owner.in_(talks)))
        await remove_talks(session, talks)
        await _remove_people(session, named)
        await _mark(session, named, now=now)
        await receipts.let_go(session, named, now=now)
    if inside:
        database.vault.forget_all(talks)
    else:  # of a talk that came between
        await destroy_keys(database, talks - owners)


async def _talks_of(
    session: Session, contact_ids: Collection[UUID], *, hold: bool = False
) -> tuple[UUID, ...]:
    query = select(conversations.c.id).where(
        or_(conversations.c.contact_id.in_(contact_ids), conversations.c.id.in_(contact_ids))
    )
    query = query.order_by(conversations.c.id)
    rows = await session.execute(query.with_for_update() if hold else query)
    return tuple(rows.scalars())


async def _remove_people(session: Session, contact_ids: Collection[UUID]) -> None:
    # A talk that went over to another channel may have sent something while it was here.
    where_it_is = (
        select(conversations.c.contact_id)
        .where(conversations.c.id == outbox.c.conversation_id)
        .scalar_subquery()
    )
    await session.execute(
        update(outbox).where(outbox.c.contact_id.in_(contact_ids)).values(contact_id=where_it_is)
    )
    await session.execute(delete(contacts).where(contacts.c.id.in_(contact_ids)))


async def _mark(session: Session, owners: Iterable[UUID], *, now: datetime) -> None:
    rows = [{"owner": owner, "at": now} for owner in owners]
    await session.execute(insert_into(session, erasures).on_conflict_do_nothing(), rows)

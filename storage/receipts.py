"""The last word to somebody who erased: sealed by a key of its own that dies with the delivery.

Their address is destroyed with everything else, so this row carries a copy of it that nothing
links to anybody. It waits while the erasure is not finished (`erasing` says whose), then it is
sent; arrived, refused or older than `LIFETIME`, its key is destroyed and the row removed.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from storage import places
from storage.database import Database, Session, Topic, wake
from storage.errors import KeyMissing, LeaseLost, SealBroken
from storage.keyring import Purpose
from storage.processes import LIVE, Holding
from storage.records import Receipt
from storage.tables import processes, receipts
from storage.vault import Vault

LIFETIME = timedelta(hours=1)
"""How long the last word is tried; after that nobody waits for it any more."""


async def put(
    session: Session,
    vault: Vault,
    *,
    channel: str,
    address: str,
    body: str,
    holder: UUID | None,
    erasing: UUID | None,
    now: datetime,
) -> None:
    """Let a last word wait for the end of an erasure, or go out at once where there is none.

    Args:
        session: the open transaction.
        vault: makes the key, which is committed before the row.
        channel: where it goes out.
        address: the only copy that outlives the contact.
        body: as in the outbox.
        holder: the process whose connection reaches the person, on channels that need one.
        erasing: the contact that is being erased; None: there is nothing to erase.
        now: aware UTC time.
    """
    row_id = uuid4()
    key = await vault.make_data_key(row_id, Purpose.WRAP_CONTACT, now=now)
    row = {
        "id": row_id,
        "erasing": erasing,
        "channel": channel,
        "address_ct": vault.seal(key, address, places.receipt_address(row_id, channel)),
        "body_ct": vault.seal(key, body, places.receipt_body(row_id)),
        "holder": holder,
        "attempt": 0,
        "fence": 0,
        "due_at": now,
        "created_at": now,
    }
    await session.execute(insert(receipts), row)
    wake(session, Topic.OUTBOX)


async def unfinished(session: Session, *, before: datetime | None = None) -> tuple[UUID, ...]:
    """Return the contacts whose erasure was begun (before a time) and is not finished."""
    query = select(receipts.c.erasing).where(receipts.c.erasing.is_not(None))
    if before is not None:
        query = query.where(receipts.c.created_at < before)
    return tuple(one for one in (await session.execute(query)).scalars() if one is not None)


async def let_go(session: Session, contacts: Collection[UUID], *, now: datetime) -> None:
    """Let the last words to contacts that are erased now go out; nothing names them any more."""
    await session.execute(
        update(receipts)
        .where(receipts.c.erasing.in_(contacts))
        .values(erasing=None, due_at=now, created_at=now)
    )
    wake(session, Topic.OUTBOX)


async def claim(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    lease: timedelta,
    channels: Collection[str],
    holding: Holding,
) -> Receipt | None:
    """Take the last word that is due first on one of `channels`; None when nothing is due.

    One that does not open can never be sent, so it is removed.
    """
    while (row_id := await _due(session, channels, holding, now=now)) is not None:
        leased = (
            update(receipts)
            .where(receipts.c.id == row_id)
            .values(due_at=now + lease, fence=receipts.c.fence + 1, attempt=receipts.c.attempt + 1)
            .returning(receipts)
        )
        row = (await session.execute(leased)).one()
        try:
            key = await vault.data_key(row.id)
            return Receipt(
                id=row.id,
                channel=row.channel,
                address=vault.open(
                    key, row.address_ct, places.receipt_address(row.id, row.channel)
                ),
                body=vault.open(key, row.body_ct, places.receipt_body(row.id)),
                attempt=row.attempt,
                fence=row.fence,
                created_at=row.created_at,
            )
        except (KeyMissing, SealBroken):
            await session.execute(delete(receipts).where(receipts.c.id == row.id))
    return None


async def next_due(
    session: Session, channels: Collection[str], holding: Holding, *, now: datetime
) -> datetime | None:
    """Return when `claim` will have something on these channels, None when nothing waits."""
    query = select(func.min(receipts.c.due_at, type_=receipts.c.due_at.type)).where(
        *_for(channels, holding, now)
    )
    moment: datetime | None = (await session.execute(query)).scalar_one()
    return moment


async def retry(session: Session, receipt: Receipt, *, due_at: datetime) -> None:
    """Give a last word back to be tried again.

    Raises:
        LeaseLost: another sender has it; nothing was written.
    """
    given_back = (
        update(receipts)
        .where(receipts.c.id == receipt.id, receipts.c.fence == receipt.fence)
        .values(due_at=due_at)
        .returning(receipts.c.id)
    )
    if (await session.execute(given_back)).one_or_none() is None:
        raise LeaseLost("receipt")


async def end(database: Database, receipt_id: UUID) -> None:
    """Leave nothing of a last word: its key first, then the row."""
    await database.vault.destroy_data_key(receipt_id)
    async with database.transaction() as session:
        await session.execute(delete(receipts).where(receipts.c.id == receipt_id))


async def overdue(session: Session, *, now: datetime) -> tuple[UUID, ...]:
    """Return the last words that were to be sent for longer than `LIFETIME`."""
    query = select(receipts.c.id).where(
        receipts.c.erasing.is_(None), receipts.c.created_at < now - LIFETIME
    )
    return tuple((await session.execute(query)).scalars())


async def _due(
    session: Session, channels: Collection[str], holding: Holding, *, now: datetime
) -> UUID | None:
    query = (
        select(receipts.c.id)
        .where(receipts.c.due_at <= now, *_for(channels, holding, now))
        .order_by(receipts.c.due_at, receipts.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found: UUID | None = (await session.execute(query)).scalar_one_or_none()
    return found


def _for(
    channels: Collection[str], holding: Holding, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    """What this process can send; see `processes.REACHABLE`."""
    live = select(processes.c.id).where(processes.c.seen_at > now - LIVE)
    reached = or_(
        receipts.c.channel.not_in(holding.channels),
        receipts.c.holder.is_(None),
        receipts.c.holder == holding.process,
        receipts.c.holder.not_in(live),
    )
    return receipts.c.erasing.is_(None), receipts.c.channel.in_(channels), reached

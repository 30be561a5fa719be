"""People, each on one channel, known only by a keyed hash."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, case, literal, or_, select, update

from storage import places
from storage.database import Session
from storage.keyring import Purpose
from storage.records import Contact
from storage.tables import UtcDateTime, contacts, insert_into
from storage.vault import Vault


async def find_or_make(
    session: Session, vault: Vault, *, channel: str, account: str, address: str, now: datetime
) -> Contact:
    """Return the person behind an account, met for the first time or again.

    Who writes is there again, so `gone` is cleared. The address is sealed anew each time:
    only the sender ever opens it, not even to see whether it changed.
    """
    version, pseudonym = vault.pseudonym(channel, account)
    known = {"version": version, "hash": pseudonym}
    row = (await session.execute(_FIND, known)).one_or_none()
    if row is None:
        made = await _make(session, vault, channel, address, version, pseudonym, now=now)
        if made is not None:
            return made
        row = (await session.execute(_FIND, known)).one()
    return await meet(session, vault, row.id, channel, address, now=now)


async def meet(
    session: Session, vault: Vault, contact_id: UUID, channel: str, address: str, *, now: datetime
) -> Contact:
    """Note that a known person wrote again, and from where."""
    key = await vault.data_key(contact_id)
    sealed = vault.seal(key, address, places.contact_address(contact_id, channel))
    met = {"whose": contact_id, "address_ct": sealed, "last_seen": now, "gone_at": None}
    return _record((await session.execute(_MEET, met)).one())


async def find(session: Session, vault: Vault, *, channel: str, account: str) -> UUID | None:
    """Return the id of the person behind an account, None when they never wrote."""
    version, pseudonym = vault.pseudonym(channel, account)
    known = {"version": version, "hash": pseudonym}
    found: UUID | None = (await session.execute(_FIND, known)).scalar_one_or_none()
    return found


async def mark_gone(session: Session, contact_id: UUID, *, now: datetime) -> None:
    """Note that the person blocked or left the channel: nothing reaches them."""
    await session.execute(update(contacts).where(contacts.c.id == contact_id).values(gone_at=now))


async def hold(session: Session, contact_id: UUID, process: UUID, *, at: datetime) -> None:
    """Note which process has the connection that reaches this person.

    Args:
        session: the open transaction.
        contact_id: the person; their row is locked until the transaction ends.
        process: who has the connection.
        at: when it was made, or when something came in on it; an older one replaces nothing.
    """
    newer = or_(contacts.c.held_at.is_(None), contacts.c.held_at <= at)
    await session.execute(
        update(contacts)
        .where(contacts.c.id == contact_id)
        .values(
            holder=case((newer, process), else_=contacts.c.holder),
            held_at=case((newer, literal(at, UtcDateTime)), else_=contacts.c.held_at),
        )
    )


async def _make(
    session: Session,
    vault: Vault,
    channel: str,
    address: str,
    version: int,
    pseudonym: bytes,
    *,
    now: datetime,
) -> Contact | None:
    """Insert a new person; None when another worker was quicker."""
    contact_id = uuid4()
    key = await vault.make_data_key(contact_id, Purpose.WRAP_CONTACT, now=now)
    place = places.contact_address(contact_id, channel)
    statement = (
        insert_into(session, contacts)
        .values(
            id=contact_id,
            channel=channel,
            index_key=version,
            pseudonym=pseudonym,
            address_ct=vault.seal(key, address, place),
            first_seen=now,
            last_seen=now,
        )
        .on_conflict_do_nothing()
        .returning(contacts)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        await vault.destroy_data_key(contact_id)
        return None
    return _record(row)


_FIND = select(contacts.c.id).where(
    contacts.c.index_key == bindparam("version"), contacts.c.pseudonym == bindparam("hash")
)
_MEET = update(contacts).where(contacts.c.id == bindparam("whose")).returning(contacts)


def _record(row: Row[tuple[object, ...]]) -> Contact:
    return Contact(row.id, row.channel, row.gone_at is not None)

"""People, each on one channel, known only by a keyed hash."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, case, literal, or_, select, update

from storage import places
from storage.database import Session
from storage.errors import KeyMissing, SealBroken
from storage.keyring import Purpose
from storage.records import Contact
from storage.tables import UtcDateTime, contacts, insert_into
from storage.vault import Vault

NO_INDEX = 0
"""The index key's number of a contact that nobody can be recognized as any more."""


async def find_or_make(
    session: Session, vault: Vault, *, channel: str, account: str, address: str, now: datetime
) -> Contact:
    """Return the person behind an account, met for the first time or again.

    Who writes is there again, so `gone` is cleared. The address is sealed anew each time:
    only the sender ever opens it, not even to see whether it changed.
    """
    row = await _find(session, vault, channel, account)
    if row is None and await vault.refresh():
        row = await _find(session, vault, channel, account)  # known by a newer key only
    version, pseudonym = vault.pseudonym(channel, account)
    if row is None:
        made = await _make(session, vault, channel, address, version, pseudonym, now=now)
        if made is not None:
            return made
        row = (await session.execute(_FIND, _known([(version, pseudonym)]))).one()
    if row.index_key != version:
        await _rename(session, row.id, version, pseudonym)
    return await meet(session, vault, row.id, channel, address, now=now)


async def meet(
    session: Session, vault: Vault, contact_id: UUID, channel: str, address: str, *, now: datetime
) -> Contact:
    """Note that a known person wrote again, and from where."""
    key = await vault.sealing_key(contact_id, now=now)
    sealed = vault.seal(key, address, places.contact_address(contact_id, channel))
    met = {"whose": contact_id, "address_ct": sealed, "last_seen": now, "gone_at": None}
    return _record((await session.execute(_MEET, met)).one())


async def find(session: Session, vault: Vault, *, channel: str, account: str) -> UUID | None:
    """Return the id of the person behind an account, None when they never wrote."""
    row = await _find(session, vault, channel, account)
    return None if row is None else row.id


async def address_held_by(
    session: Session, vault: Vault, contact_id: UUID, process: UUID
) -> str | None:
    """Open the address of a person whose connection this process has, None for anybody else.

    Raises:
        KeyMissing, SealBroken: it does not open.
    """
    query = select(contacts.c.channel, contacts.c.address_ct).where(
        contacts.c.id == contact_id, contacts.c.holder == process, contacts.c.gone_at.is_(None)
    )
    row = (await session.execute(query)).first()
    if row is None:
        return None
    key = await vault.data_key(contact_id)
    return vault.open(key, row.address_ct, places.contact_address(contact_id, row.channel))


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


async def rehash(
    session: Session, vault: Vault, *, after: UUID | None, most: int
) -> tuple[UUID | None, int]:
    """Name people by the newest index key, so that an older one can be destroyed.

    The account is not kept, but every channel's address of a person is their account; where it
    is not, the person gets the new name when they write again.

    Args:
        session: the open transaction.
        vault: holds the keys; the address is opened here, to be hashed, and goes nowhere.
        after: where the bite before ended.
        most: how many people.

    Returns:
        Where this bite ended, None when nobody was left to look at; and how many have new names.
    """
    newest = vault.keyring.newest(Purpose.INDEX).number
    named = (newest, NO_INDEX)
    query = select(contacts).where(contacts.c.index_key.not_in(named)).order_by(contacts.c.id)
    if after is not None:
        query = query.where(contacts.c.id > after)
    rows = (await session.execute(query.limit(most).with_for_update(skip_locked=True))).all()
    done = [await _renamed(session, vault, row) for row in rows]
    return (rows[-1].id if rows else None), sum(done)


async def _renamed(session: Session, vault: Vault, row: Row[Any]) -> bool:
    try:
        key = await vault.data_key(row.id)
        account = vault.open(key, row.address_ct, places.contact_address(row.id, row.channel))
    except (KeyMissing, SealBroken):
        return False
    known = dict(vault.pseudonyms(row.channel, account))
    if known.get(row.index_key) != row.pseudonym:
        return False
    version, pseudonym = vault.pseudonym(row.channel, account)
    await _rename(session, row.id, version, pseudonym)
    return True


async def _rename(session: Session, contact_id: UUID, version: int, pseudonym: bytes) -> None:
    name = {"whose": contact_id, "index_key": version, "pseudonym": pseudonym}
    await session.execute(_RENAME, name)


async def _find(session: Session, vault: Vault, channel: str, account: str) -> Any:
    known = _known(vault.pseudonyms(channel, account))
    return (await session.execute(_FIND, known)).first()


def _known(names: Sequence[tuple[int, bytes]]) -> dict[str, object]:
    return {"versions": [one[0] for one in names], "hashes": [one[1] for one in names]}


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


_FIND = (
    select(contacts.c.id, contacts.c.index_key)
    .where(
        contacts.c.index_key.in_(bindparam("versions", expanding=True)),
        contacts.c.pseudonym.in_(bindparam("hashes", expanding=True)),
    )
    .order_by(contacts.c.index_key.desc())
    .limit(1)
)
_RENAME = update(contacts).where(contacts.c.id == bindparam("whose"))
_MEET = update(contacts).where(contacts.c.id == bindparam("whose")).returning(contacts)


def _record(row: Row[tuple[object, ...]]) -> Contact:
    return Contact(row.id, row.channel, row.gone_at is not None)


async def is_gone(session: Session, contact_id: UUID) -> bool:
    """Tell whether a person blocked or left the channel and was not heard of since."""
    query = select(contacts.c.gone_at).where(contacts.c.id == contact_id)
    return (await session.execute(query)).scalar_one_or_none() is not None

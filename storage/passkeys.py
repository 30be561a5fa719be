"""Passkeys of staff, and the challenges that were answered."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, delete, insert, or_, select, update

from storage import places
from storage.credentials import Passkey
from storage.database import Session
from storage.errors import NotFound
from storage.keyring import Purpose
from storage.records import Role, Staff
from storage.tables import challenges, insert_into, passkeys, staff
from storage.vault import Vault


async def add(
    session: Session,
    vault: Vault,
    *,
    owner: Staff,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    label: str,
    now: datetime,
) -> Passkey:
    """Keep a new passkey of a member of staff.

    Raises:
        NotFound: this credential is known already ("passkey_taken").
    """
    known = select(passkeys.c.id).where(passkeys.c.credential_hash == _hash(credential_id))
    if (await session.execute(known)).one_or_none() is not None:
        raise NotFound("passkey_taken")
    key = Passkey(uuid4(), owner, credential_id, public_key, label, sign_count, now, None)
    sealed = vault.seal(vault.staff_key(), _written(key), places.passkey(key.id, owner.id))
    await session.execute(
        insert(passkeys).values(
            id=key.id,
            staff_id=owner.id,
            credential_hash=_hash(credential_id),
            key_ct=sealed,
            sign_count=sign_count,
            made_at=now,
        )
    )
    return key


async def of_credential(session: Session, vault: Vault, credential_id: bytes) -> Passkey | None:
    """Return the passkey that a device names; None when nobody has it.

    Raises:
        SealBroken: the stored key does not open at its place.
        KeyMissing: the key it was sealed with is not in the keyring.
    """
    query = _query().where(passkeys.c.credential_hash == _hash(credential_id))
    row = (await session.execute(query)).one_or_none()
    return _passkey(vault, row) if row is not None else None


async def of_staff(session: Session, vault: Vault, staff_id: UUID) -> Sequence[Passkey]:
    """Return a person's passkeys, the oldest first.

    Raises:
        SealBroken: a stored key does not open at its place.
        KeyMissing: the key one was sealed with is not in the keyring.
    """
    query = _query().where(passkeys.c.staff_id == staff_id).order_by(passkeys.c.made_at)
    return [_passkey(vault, row) for row in await session.execute(query)]


async def use(session: Session, passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
    """Note a use; False when a count did not grow, as a copied device's would not.

    A device that never counts says 0 each time.
    """
    grows = or_(passkeys.c.sign_count < sign_count, passkeys.c.sign_count + sign_count == 0)
    statement = (
        update(passkeys)
        .where(passkeys.c.id == passkey.id, grows)
        .values(sign_count=sign_count, used_at=now)
        .returning(passkeys.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def remove(session: Session, staff_id: UUID, passkey_id: UUID) -> None:
    """Forget a passkey of this person.

    Raises:
        NotFound: they have none of this id.
    """
    statement = (
        delete(passkeys)
        .where(passkeys.c.id == passkey_id, passkeys.c.staff_id == staff_id)
        .returning(passkeys.c.id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        raise NotFound("passkey")


async def spend(session: Session, challenge: bytes, *, until: datetime, now: datetime) -> bool:
    """Note that a challenge was answered; False when it was before.

    Args:
        session: the open transaction.
        challenge: as it was signed.
        until: when it is worth nothing anyway, and is forgotten here.
        now: aware UTC time.
    """
    await session.execute(delete(challenges).where(challenges.c.expires_at <= now))
    row = insert_into(session, challenges).values(challenge_hash=_hash(challenge), expires_at=until)
    statement = row.on_conflict_do_nothing().returning(challenges.c.challenge_hash)
    return (await session.execute(statement)).one_or_none() is not None


def _query() -> Any:
    return select(passkeys, staff.c.name, staff.c.role, staff.c.active).join(
        staff, staff.c.id == passkeys.c.staff_id
    )


def _written(key: Passkey) -> str:
    return json.dumps(
        {
            "id": base64.b64encode(key.credential_id).decode(),
            "key": base64.b64encode(key.public_key).decode(),
            "label": key.label,
        },
        ensure_ascii=False,
    )


def _passkey(vault: Vault, row: Row[Any]) -> Passkey:
    key = vault.keyring_key(row.key_ct, Purpose.STAFF)
    told = json.loads(vault.open(key, row.key_ct, places.passkey(row.id, row.staff_id)))
    return Passkey(
        id=row.id,
        staff=Staff(row.staff_id, row.name, Role(row.role), row.active),
        credential_id=base64.b64decode(told["id"]),
        public_key=base64.b64decode(told["key"]),
        label=told["label"],
        sign_count=row.sign_count,
        made_at=row.made_at,
        used_at=row.used_at,
    )


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()

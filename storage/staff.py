"""Counselors and the others who work here: how they join and stay signed in."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update

from storage import places
from storage.credentials import Invitation, StaffSecrets
from storage.database import Session
from storage.errors import NotFound
from storage.keyring import Purpose
from storage.records import Role, Staff, StaffSession
from storage.tables import invitations, passkeys, staff, staff_sessions
from storage.vault import Vault

IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=10)
TOUCH_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32
NO_PASSWORD = "-"  # noqa: S105  # nosec B105
"""What stands for the hash of somebody who signs in with passkeys only; nothing hashes to it."""


async def invite(
    session: Session,
    vault: Vault,
    *,
    role: Role,
    invited_by: UUID | None,
    now: datetime,
    lifetime: timedelta,
    with_password: bool = True,
) -> str:
    """Make an invitation that one person can use once, within `lifetime`.

    Args:
        session: the open transaction.
        vault: holds the staff key.
        role: what they will be.
        invited_by: None for an invitation from the shell.
        now: aware UTC time.
        lifetime: how long it is good.
        with_password: whether a password and one-time codes will do instead of a passkey.

    Returns:
        The token. Only its SHA-256 is stored, so it cannot be shown again.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await session.execute(
        insert(invitations).values(
            id=uuid4(),
            token_hash=_hash(token),
            role=role,
            invited_by=invited_by,
            made_at=now,
            expires_at=now + lifetime,
            with_password=with_password,
        )
    )
    return token


async def revoke_first_invitations(session: Session) -> None:
    """Make every unused invitation worthless that nobody on the staff gave."""
    await session.execute(
        delete(invitations).where(
            invitations.c.used_at.is_(None), invitations.c.invited_by.is_(None)
        )
    )


async def invitation(session: Session, token: str, *, now: datetime) -> Invitation:
    """Return what an invitation is for.

    Raises:
        NotFound: unknown, used or expired.
    """
    query = select(invitations.c.role, invitations.c.with_password).where(*_usable(token, now))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("invitation")
    return Invitation(Role(row.role), row.with_password)


async def join(
    session: Session,
    vault: Vault,
    *,
    token: str,
    name: str,
    password_hash: str,
    totp_secret: str,
    now: datetime,
    staff_id: UUID | None = None,
) -> Staff:
    """Use an invitation up and take the person in.

    Args:
        session: the open transaction.
        vault: holds the staff key.
        token: of the invitation.
        name: a pseudonym.
        password_hash: Argon2id's, or `NO_PASSWORD`.
        totp_secret: base32.
        now: aware UTC time.
        staff_id: their id, where a passkey names it already.

    Raises:
        NotFound: the invitation is unknown, used or expired ("invitation"), or the name is
            somebody else's already ("name_taken"); the caller's transaction must end.
    """
    use = update(invitations).where(*_usable(token, now)).values(used_at=now)
    role = (await session.execute(use.returning(invitations.c.role))).scalar_one_or_none()
    if role is None:
        raise NotFound("invitation")
    taken = select(staff.c.id).where(staff.c.name == name)
    if (await session.execute(taken)).one_or_none() is not None:
        raise NotFound("name_taken")
    person = Staff(staff_id or uuid4(), name, Role(role), active=True)
    sealed = vault.seal(vault.staff_key(), totp_secret, places.staff_totp(person.id))
    await session.execute(
        insert(staff).values(
            id=person.id,
            name=name,
            role=person.role,
            active=True,
            password_hash=password_hash,
            totp_ct=sealed,
            totp_last_step=0,
            joined_at=now,
        )
    )
    return person


async def secrets_of(session: Session, vault: Vault, name: str) -> StaffSecrets | None:
    """Return what a member of staff signs in with; None for an unknown name.

    Raises:
        SealBroken: the stored seed does not open at its place.
        KeyMissing: the key it was sealed with is not in the keyring.
    """
    row = (await session.execute(select(staff).where(staff.c.name == name))).one_or_none()
    if row is None:
        return None
    key = vault.keyring_key(row.totp_ct, Purpose.STAFF)
    seed = vault.open(key, row.totp_ct, places.staff_totp(row.id))
    return StaffSecrets(_staff(row), row.password_hash, seed, row.totp_last_step)


async def hold_ways_in(session: Session, staff_id: UUID) -> int:
    """Count the ways in which a person can sign in; nobody else takes one of them meanwhile."""
    person = select(staff.c.password_hash).where(staff.c.id == staff_id).with_for_update()
    password = (await session.execute(person)).scalar_one_or_none()
    keys = select(func.count()).where(passkeys.c.staff_id == staff_id)
    count = int((await session.execute(keys)).scalar_one())
    return count + (password is not None and password != NO_PASSWORD)


async def use_totp_step(session: Session, staff_id: UUID, step: int) -> bool:
    """Use up a 30-second step; False when it, or a later one, was used before."""
    statement = (
        update(staff)
        .where(staff.c.id == staff_id, staff.c.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(staff.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def start_session(
    session: Session, *, staff: Staff, token_hash: bytes, csrf_token: str, now: datetime
) -> StaffSession:
    """Sign a browser in; only the SHA-256 of its token comes here."""
    signed_in = StaffSession(uuid4(), staff, csrf_token, now, now)
    await session.execute(
        insert(staff_sessions).values(
            id=signed_in.id,
            token_hash=token_hash,
            staff_id=staff.id,
            csrf_token=csrf_token,
            started_at=now,
            seen_at=now,
        )
    )
    return signed_in


async def session_of(
    session: Session, token_hash: bytes, *, now: datetime, touch: bool = True
) -> StaffSession | None:
    """Return the sign-in behind a token, and note that it was used unless `touch` is off.

    None when it is unknown, unused for `IDLE_LIMIT`, older than `ABSOLUTE_LIMIT`, or the
    person is not active any more. The note is written at most once in `TOUCH_EVERY`.
    """
    row = (await session.execute(_session_query(token_hash, now))).one_or_none()
    if row is None:
        return None
    seen_at = row.seen_at
    if touch and now - seen_at >= TOUCH_EVERY:
        seen_at = now
        await session.execute(
            update(staff_sessions).where(staff_sessions.c.id == row.session_id).values(seen_at=now)
        )
    return StaffSession(row.session_id, _staff(row), row.csrf_token, row.started_at, seen_at)


async def still_signed_in(
    session: Session, session_ids: Collection[UUID], *, now: datetime
) -> frozenset[UUID]:
    """Return which of these sign-ins go on; does not count as use."""
    query = (
        select(staff_sessions.c.id)
        .join(staff, staff.c.id == staff_sessions.c.staff_id)
        .where(staff_sessions.c.id.in_(session_ids), *_going_on(now))
    )
    return frozenset((await session.execute(query)).scalars())


async def is_idle(session: Session, token_hash: bytes, *, now: datetime) -> bool:
    """Tell whether a sign-in would go on, had it been used within `IDLE_LIMIT`."""
    query = (
        select(staff_sessions.c.id)
        .join(staff, staff.c.id == staff_sessions.c.staff_id)
        .where(
            staff_sessions.c.token_hash == token_hash,
            staff_sessions.c.seen_at <= now - IDLE_LIMIT,
            staff_sessions.c.started_at > now - ABSOLUTE_LIMIT,
            staff.c.active,
        )
    )
    return (await session.execute(query)).one_or_none() is not None


async def end_session(session: Session, session_id: UUID) -> None:
    """Sign a browser out."""
    await session.execute(delete(staff_sessions).where(staff_sessions.c.id == session_id))


async def count(session: Session) -> int:
    """Return how many people work here, active or not."""
    return int((await session.execute(select(func.count()).select_from(staff))).scalar_one())


def _session_query(token_hash: bytes, now: datetime) -> Select[Any]:
    signed_in = staff_sessions.c
    return (
        select(
            signed_in.id.label("session_id"),
            signed_in.csrf_token,
            signed_in.started_at,
            signed_in.seen_at,
            staff.c.id,
            staff.c.name,
            staff.c.role,
            staff.c.active,
        )
        .join(staff, staff.c.id == signed_in.staff_id)
        .where(
            signed_in.token_hash == token_hash,
            *_going_on(now),
        )
    )


def _going_on(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        staff_sessions.c.seen_at > now - IDLE_LIMIT,
        staff_sessions.c.started_at > now - ABSOLUTE_LIMIT,
        staff.c.active,
    )


def _usable(token: str, now: datetime) -> tuple[Any, ...]:
    return (
        invitations.c.token_hash == _hash(token),
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > now,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _staff(row: Row[Any]) -> Staff:
    return Staff(row.id, row.name, Role(row.role), row.active)

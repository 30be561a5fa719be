"""Short codes that show that a chat is ours; none is tied to a person or a talk."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete

from storage.database import Session
from storage.tables import insert_into, proofs
from storage.vault import Vault

LIFETIME = timedelta(minutes=10)
DIGITS = 8
_DOMAIN = "proof"  # what the event key hashes here is no event of a channel


async def give(session: Session, vault: Vault, *, now: datetime) -> str:
    """Return eight digits that are good once, for ten minutes; a keyed hash is stored."""
    await session.execute(delete(proofs).where(proofs.c.expires_at <= now))
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = {"code_hash": vault.event_hash(_DOMAIN, code), "expires_at": now + LIFETIME}
    made = insert_into(session, proofs).values(**row).on_conflict_do_nothing()
    taken = await session.execute(made.returning(proofs.c.code_hash))
    return code if taken.first() else await give(session, vault, now=now)


async def confirm(session: Session, vault: Vault, code: str, *, now: datetime) -> bool:
    """Tell whether a code is ours and use it up; why it is not is told to nobody."""
    known = proofs.c.code_hash == vault.event_hash(_DOMAIN, code)
    used = delete(proofs).where(known).returning(proofs.c.expires_at)
    until = (await session.execute(used)).scalar_one_or_none()
    return until is not None and until > now

"""Sealing the audit log: what was written since the last batch becomes one more link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from storage import audit_chain, notes
from storage.audit_chain import Checkpoint
from storage.database import Session
from storage.keyring import Key
from storage.notes import Note
from storage.tables import audit, audit_batches, audit_head, audit_keys, insert_into
from storage.vault import Vault

BATCH = 1000
"""Rows of one batch at most, so that no writer waits long."""

KEPT = timedelta(days=2 * 365)
"""How long an act stays in the log unless the setting says otherwise."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What the sealer has not done yet."""

    unsealed: int
    oldest: datetime | None
    uncopied: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch: how long the log is with it, and its checkpoint."""

    number: int
    size: int
    note: Note
    sealed_at: datetime
    copied_at: datetime | None  # when its checkpoint was in the second place


async def behind(session: Session) -> Behind:
    """Tell how much is not sealed, and not in the second place."""
    query = select(func.count(), func.min(audit.c.at)).where(audit.c.batch.is_(None))
    count, oldest = (await session.execute(query)).one()
    waiting = select(func.count()).where(audit_batches.c.copied_at.is_(None))
    uncopied = (await session.execute(waiting.select_from(audit_batches))).scalar_one()
    return Behind(count, oldest, uncopied)


async def seal(session: Session, vault: Vault, *, now: datetime) -> int:
    """Seal at most `BATCH` rows and return how many; 0 while another process seals.

    A row belongs to the batch that its column names, so one that was given a low position and
    committed late is simply in a later batch: order of commit decides, not of position.

    Raises:
        KeyMissing: the keyring has no key that signs.
    """
    head = await _hold_head(session)
    if head is None:
        return 0
    rows = (await session.execute(_UNSEALED)).all()
    if rows:
        await _add_batch(session, vault, head, rows, now=now)
    return len(rows)


async def newest(session: Session, vault: Vault) -> Sealed | None:
    """Return the newest batch; None before the first."""
    query = (
        select(audit_batches, audit_keys.c.public)
        .join(audit_keys, audit_keys.c.number == audit_batches.c.key)
        .order_by(audit_batches.c.number.desc())
    )
    row = (await session.execute(query.limit(1))).one_or_none()
    if row is None:
        return None
    checkpoint = Checkpoint(audit_chain.origin(vault.installation), row.size, row.hash)
    note = audit_chain.note_of(checkpoint, row.public, row.signature)
    return Sealed(row.number, row.size, note, row.sealed_at, row.copied_at)


async def copied(session: Session, number: int, *, now: datetime) -> None:
    """Note that the checkpoint of this batch, which speaks for all before, is in both places."""
    await session.execute(
        update(audit_batches)
        .where(audit_batches.c.number <= number, audit_batches.c.copied_at.is_(None))
        .values(copied_at=now)
    )


async def verifier_keys(session: Session, vault: Vault) -> Sequence[str]:
    """Return every public key that ever signed the log, as tools for signed notes read it."""
    rows = await session.execute(select(audit_keys).order_by(audit_keys.c.number))
    name = audit_chain.origin(vault.installation)
    return [notes.verifier_key(name, row.public) for row in rows]


async def forget(session: Session, *, before: datetime) -> int:
    """Remove the oldest batch with its rows if it was sealed before a moment; return its rows.

    Whole batches only. What is left of it is its signed checkpoint, which the next batch is
    linked to; the newest batch always stays.
    """
    oldest = (await session.execute(_OLDEST)).one_or_none()
    if oldest is None or oldest.sealed_at >= before or await _is_newest(session, oldest.number):
        return 0
    await session.execute(delete(audit).where(audit.c.batch == oldest.number))
    await session.execute(delete(audit_batches).where(audit_batches.c.number < oldest.number))
    emptied = update(audit_batches).where(audit_batches.c.number == oldest.number)
    await session.execute(emptied.values(leaves=None))
    return int(oldest.rows)


_UNSEALED = select(audit).where(audit.c.batch.is_(None)).order_by(audit.c.position).limit(BATCH)
_OLDEST = (
    select(audit_batches.c.number, audit_batches.c.rows, audit_batches.c.sealed_at)
    .where(audit_batches.c.leaves.is_not(None))
    .order_by(audit_batches.c.number)
    .limit(1)
    .with_for_update()
)


async def _hold_head(session: Session) -> Row[Any] | None:
    """Lock the chain's head until the commit; None while another process has it.

    This is the sealer's lease: it ends with its transaction, however that ends.
    """
    first = {"id": 1, "number": 0, "size": 0, "hash": audit_chain.START}
    await session.execute(insert_into(session, audit_head).on_conflict_do_nothing(), [first])
    query = select(audit_head).with_for_update(skip_locked=True)
    return (await session.execute(query)).one_or_none()


async def _add_batch(
    session: Session, vault: Vault, head: Row[Any], rows: Sequence[Row[Any]], *, now: datetime
) -> None:
    leaves = [
        (row.position, audit_chain.leaf(row.position, audit_chain.content(row))) for row in rows
    ]
    root = audit_chain.root([one for _, one in leaves])
    number, size = head.number + 1, head.size + len(rows)
    linked = audit_chain.link(head.hash, root, len(rows))
    key, name = vault.audit_key(), audit_chain.origin(vault.installation)
    text = Checkpoint(name, size, linked).text
    await _keep_public_key(session, key, now=now)
    await session.execute(
        insert(audit_batches).values(
            number=number,
            rows=len(rows),
            size=size,
            root=root,
            hash=linked,
            leaves=audit_chain.pack(leaves),
            key=key.number,
            signature=notes.sign(text, name=name, seed=key.secret).signature,
            sealed_at=now,
        )
    )
    taken = update(audit).where(audit.c.position.in_([position for position, _ in leaves]))
    await session.execute(taken.values(batch=number))
    await session.execute(update(audit_head).values(number=number, size=size, hash=linked))


async def _keep_public_key(session: Session, key: Key, *, now: datetime) -> None:
    row = {"number": key.number, "public": notes.public_key(key.secret), "seen_at": now}
    await session.execute(insert_into(session, audit_keys).on_conflict_do_nothing(), [row])


async def _is_newest(session: Session, number: int) -> bool:
    newest = (await session.execute(select(func.max(audit_batches.c.number)))).scalar_one()
    return bool(newest == number)

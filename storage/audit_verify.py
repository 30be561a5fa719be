"""Verifying the audit log: every row against its batch, every batch against the chain."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, String, func, or_, select, type_coerce

from storage import audit_chain, notes
from storage.audit_blame import Fault, Finding, blame
from storage.audit_chain import Checkpoint
from storage.database import Database, Session
from storage.notes import Note
from storage.tables import audit, audit_batches, audit_head, audit_keys

MOST_FINDINGS = 1000
"""After so many the walk ends: the log is not worth more."""

BACKDATED = timedelta(hours=1)
"""How much older than what was sealed two batches before it no honest row is."""


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found; `outside` counts the checkpoints from elsewhere that were held to it.

    With `outside` 0 nobody can tell whether the whole log was written anew.
    """

    findings: Sequence[Finding]
    rows: int
    batches: int
    unsealed: int
    size: int  # rows since the log began, removed ones included
    removed: int  # rows that were kept long enough
    outside: int

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


async def verify(database: Database, outside: Iterable[Note] = ()) -> Report:
    """Walk the whole log, in bites that leave the process to others.

    Raises:
        DatabaseAway: try again later.
    """
    async with database.reading() as session:
        walk = await _begin(session, database)
    while walk.number < walk.last and len(walk.findings) < MOST_FINDINGS:
        async with database.reading() as session:
            await _bite(session, walk)
        await asyncio.sleep(0)
    async with database.reading() as session:
        if await _first_kept(session) != walk.first:  # old batches went meanwhile: look again
            return await verify(database, outside)
        unsealed = await _outside_of_batches(session, walk)
    held = _hold(walk, outside)
    rows = walk.size - walk.removed
    return Report(
        walk.findings[:MOST_FINDINGS], rows, walk.batches, unsealed, walk.size, walk.removed, held
    )


@dataclass
class _Walk:
    """Where the walk is, and what it knows."""

    origin: str
    first: int  # the number of the first batch that has its rows
    last: int  # as the head says
    keys: Mapping[int, bytes]
    number: int = 0
    size: int = 0
    hash: bytes = audit_chain.START
    removed: int = 0
    batches: int = 0
    newest: datetime | None = None  # of all rows of the batches before the one before
    newest_before: datetime | None = None  # of the batch before
    hashes: dict[int, bytes] = field(default_factory=lambda: {0: audit_chain.START})  # by size
    signed: dict[int, Row[Any]] = field(default_factory=dict)  # the last batch of each key
    findings: list[Finding] = field(default_factory=list)

    def blame(self, fault: Fault, *, batch: int | None = None, position: int | None = None) -> None:
        self.findings.append(Finding(fault, position, batch))


_BITE = 20  # batches
_RAW = (  # as the driver gives them: a third of the time, and the same hash
    audit.c.position,
    type_coerce(audit.c.at, String).label("at"),
    type_coerce(audit.c.staff_id, String).label("staff_id"),
    audit.c.role,
    audit.c.action,
    type_coerce(audit.c.object_id, String).label("object_id"),
    audit.c.purpose,
    audit.c.result,
    audit.c.batch,
)


async def _begin(session: Session, database: Database) -> _Walk:
    head = (await session.execute(select(audit_head))).one_or_none()
    known = (await session.execute(select(audit_keys))).all()
    walk = _Walk(
        origin=audit_chain.origin(database.vault.installation),
        first=await _first_kept(session),  # 0: no batch has rows
        last=head.number if head else 0,
        keys={row.number: row.public for row in known},
    )
    last = (await session.execute(select(func.max(audit_batches.c.number)))).scalar_one()
    walk.last = max(walk.last, last or 0)  # the head may have been set back
    _check_keys(
        walk, {key.number: notes.public_key(key.secret) for key in database.vault.audit_keys()}
    )
    await _base(session, walk)
    return walk


def _check_keys(walk: _Walk, own: Mapping[int, bytes]) -> None:
    """Hold the public keys to the keyring: what it has is equal, and nothing is newer."""
    for number, public in walk.keys.items():
        if own.get(number, public) != public or (own and number > max(own)):
            walk.blame(Fault.KEY)


async def _first_kept(session: Session) -> int:
    query = select(func.min(audit_batches.c.number)).where(audit_batches.c.leaves.is_not(None))
    return int((await session.execute(query)).scalar_one() or 0)


async def _base(session: Session, walk: _Walk) -> None:
    """Start from the signed checkpoint of what was removed, if anything was."""
    query = select(audit_batches).where(audit_batches.c.leaves.is_(None))
    gone = (await session.execute(query.order_by(audit_batches.c.number))).all()
    if not gone or (walk.first and gone[-1].number > walk.first):
        for one in gone[:1]:
            walk.blame(Fault.BATCH_EDITED, batch=one.number)
        return
    base = gone[-1]
    walk.number, walk.size, walk.hash, walk.removed = base.number, base.size, base.hash, base.size
    walk.hashes[base.size] = base.hash
    walk.signed[base.key] = base
    if not _is_signed(walk, base):
        walk.blame(Fault.SIGNATURE, batch=base.number)


async def _bite(session: Session, walk: _Walk) -> None:
    upto = min(walk.number + _BITE, walk.last)
    between = audit_batches.c.number.between(walk.number + 1, upto)
    query = select(audit_batches).where(between).order_by(audit_batches.c.number)
    batches = (await session.execute(query)).all()
    rows = await _rows(session, walk.number + 1, upto)
    for batch in batches:
        _follow(walk, batch, rows.pop(batch.number, []))
    for number, left in sorted(rows.items()):  # of batches that do not exist
        for row in left:
            walk.blame(Fault.INSERTED, batch=number, position=row.position)
    _missing(walk, upto + 1)


async def _rows(session: Session, first: int, last: int) -> dict[int, list[Row[Any]]]:
    query = select(*_RAW).where(audit.c.batch.between(first, last))
    rows = (await session.execute(query.order_by(audit.c.batch, audit.c.position))).all()
    return {batch: list(own) for batch, own in groupby(rows, itemgetter(-1))}


def _follow(walk: _Walk, batch: Row[Any], rows: Sequence[Row[Any]]) -> None:
    """Take one more batch into the walk, and say what is wrong with it."""
    follows = not _missing(walk, batch.number)
    linked = (walk.size + batch.rows, audit_chain.link(walk.hash, batch.root, batch.rows))
    if follows and linked != (batch.size, batch.hash):
        walk.blame(Fault.BATCH_EDITED, batch=batch.number)
    _check_rows(walk, batch, rows)
    _check_moments(walk, batch, rows)
    walk.number, walk.size, walk.hash = batch.number, batch.size, batch.hash
    walk.hashes[batch.size] = batch.hash
    walk.signed[batch.key] = batch
    walk.batches += 1


def _missing(walk: _Walk, upto: int) -> bool:
    """Note the batches that should stand before number `upto` and do not."""
    gone = range(walk.number + 1, upto)
    fault = Fault.TRUNCATED if upto > walk.last else Fault.BATCH_DELETED
    for number in gone[:MOST_FINDINGS]:
        walk.blame(fault, batch=number)
    walk.number = max(walk.number, upto - 1)
    return bool(gone)


def _check_rows(walk: _Walk, batch: Row[Any], rows: Sequence[Row[Any]]) -> None:
    written = [(row[0], audit_chain.content(row)) for row in rows]
    leaves = [(position, audit_chain.leaf(position, one)) for position, one in written]
    root = audit_chain.root([leaf for _, leaf in leaves])
    as_sealed = audit_chain.pack(leaves) == batch.leaves
    if root == batch.root and len(rows) == batch.rows and as_sealed:
        return
    sealed = audit_chain.unpack(batch.leaves or b"")
    authentic = audit_chain.root(list(sealed.values())) == batch.root
    found = list(blame(sealed, dict(written), batch.number)) if authentic else []
    walk.findings += found or [Finding(Fault.BATCH_EDITED, None, batch.number)]


def _check_moments(walk: _Walk, batch: Row[Any], rows: Sequence[Row[Any]]) -> None:
    """Blame what was put in later and sealed like any other: it is older than it can be."""
    if not rows:
        return
    moments = [row.at for row in rows]
    if walk.newest is not None and _moment(min(moments)) < walk.newest - BACKDATED:
        for row in rows:
            if _moment(row.at) < walk.newest - BACKDATED:
                walk.blame(Fault.BACKDATED, batch=batch.number, position=row.position)
    known = [one for one in (walk.newest, walk.newest_before) if one is not None]
    walk.newest, walk.newest_before = max(known, default=None), _moment(max(moments))


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _is_signed(walk: _Walk, batch: Row[Any]) -> bool:
    if batch.key not in walk.keys:
        return False
    checkpoint = Checkpoint(walk.origin, batch.size, batch.hash)
    note = audit_chain.note_of(checkpoint, walk.keys[batch.key], batch.signature)
    return notes.is_signed_by(note, walk.keys[batch.key])


async def _outside_of_batches(session: Session, walk: _Walk) -> int:
    """Blame rows of batches that cannot be; return how many rows wait to be sealed."""
    newest = select(func.max(audit_batches.c.number)).scalar_subquery()
    never = or_(audit.c.batch < walk.first, audit.c.batch > func.coalesce(newest, 0))
    query = select(audit.c.position, audit.c.batch).where(never).limit(MOST_FINDINGS)
    for row in await session.execute(query):
        walk.blame(Fault.INSERTED, batch=row.batch, position=row.position)
    unsealed = select(func.count()).select_from(audit).where(audit.c.batch.is_(None))
    return int((await session.execute(unsealed)).scalar_one())


def _hold(walk: _Walk, outside: Iterable[Note]) -> int:
    """Check the signatures that speak for everything, and the checkpoints from elsewhere."""
    for batch in walk.signed.values():
        if not _is_signed(walk, batch):
            walk.blame(Fault.SIGNATURE, batch=batch.number)
    held = 0
    for note in outside:
        fault = _fault_of(walk, note)
        if fault is not None:
            walk.blame(fault)
        held += 1
    return held


def _fault_of(walk: _Walk, note: Note) -> Fault | None:
    """Hold the log to one checkpoint from elsewhere."""
    try:
        checkpoint = audit_chain.read_checkpoint(note.text)
    except notes.NoteMalformed:
        return Fault.FOREIGN
    signed = any(notes.is_signed_by(note, public) for public in walk.keys.values())
    if checkpoint.origin != walk.origin or not signed:
        return Fault.FOREIGN
    if checkpoint.size < walk.removed:
        return None  # it speaks of what was kept long enough
    if checkpoint.size > walk.size:
        return Fault.TRUNCATED
    return None if walk.hashes.get(checkpoint.size) == checkpoint.hash else Fault.REWRITTEN

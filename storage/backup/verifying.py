"""Whether a restored database is whole: every transcript without a gap, every seal opened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Row, Table, func, or_, select, tuple_

from storage import audit_verify, places
from storage.database import Database
from storage.errors import KeyMissing, SealBroken
from storage.keyring import Purpose
from storage.records import Speaker
from storage.tables import (
    case_notes,
    contacts,
    conversations,
    debriefs,
    inbox,
    lines,
    outbox,
    passkeys,
    receipts,
    staff,
    stopped,
)
from storage.vault import DataKey, Place, Vault

BITE = 500  # rows in one step


@dataclass(frozen=True, slots=True)
class Findings:
    """What verifying saw; counts only."""

    opened: int = 0  # sealed values that opened
    broken: int = 0  # altered, moved, or of another key
    locked: int = 0  # whose key is not there
    gaps: int = 0  # transcripts that lack a line
    audit: int = 0  # acts that were altered, added or cut out of the log

    @property
    def sound(self) -> bool:
        """Whether everything is there and opens."""
        return not (self.broken or self.locked or self.gaps or self.audit)

    @property
    def code(self) -> str:
        """What was found, as an error's code."""
        counts = f"broken_{self.broken}_locked_{self.locked}_gaps_{self.gaps}"
        return f"{counts}_audit_{self.audit}"


Find = Callable[[Vault, Row[Any]], Awaitable[DataKey]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed column: how its rows are walked, which key opens them, where they lie."""

    column: Column[Any]
    order: tuple[Column[Any], ...]  # unique; the owner of the key first
    key: Find
    place: Callable[[Row[Any]], Place]

    @property
    def table(self) -> Table:
        """The table it is in."""
        return self.column.table


def _of(owner: str) -> Find:
    async def key(vault: Vault, row: Row[Any]) -> DataKey:
        return await vault.data_key(getattr(row, owner))

    return key


def _of_keyring(column: str, purpose: Purpose) -> Find:
    async def key(vault: Vault, row: Row[Any]) -> DataKey:
        return vault.keyring_key(getattr(row, column), purpose)

    return key


SEALED = (
    Sealed(
        contacts.c.address_ct,
        (contacts.c.id,),
        _of("id"),
        lambda row: places.contact_address(row.id, row.channel),
    ),
    Sealed(
        conversations.c.memory_ct,
        (conversations.c.id,),
        _of("id"),
        lambda row: places.conversation_memory(row.id),
    ),
    Sealed(
        lines.c.text_ct,
        (lines.c.conversation_id, lines.c.seq),
        _of("conversation_id"),
        lambda row: places.line_text(row.conversation_id, row.id, Speaker(row.speaker), row.seq),
    ),
    Sealed(
        case_notes.c.text_ct,
        (case_notes.c.conversation_id, case_notes.c.id),
        _of("conversation_id"),
        lambda row: places.case_note(row.conversation_id, row.id),
    ),
    Sealed(
        stopped.c.words_ct,
        (stopped.c.conversation_id, stopped.c.id),
        _of("conversation_id"),
        lambda row: places.stopped_words(row.conversation_id, row.id),
    ),
    Sealed(
        stopped.c.answer_ct,
        (stopped.c.conversation_id, stopped.c.id),
        _of("conversation_id"),
        lambda row: places.stopped_answer(row.conversation_id, row.id),
    ),
    Sealed(
        inbox.c.body_ct,
        (inbox.c.position,),
        _of_keyring("body_ct", Purpose.INTAKE),
        lambda row: places.inbox_body(row.id, row.channel, row.event_hash),
    ),
    Sealed(
        outbox.c.body_ct,
        (outbox.c.conversation_id, outbox.c.seq),
        _of("conversation_id"),
        lambda row: places.outbox_body(row.conversation_id, row.id, row.seq),
    ),
    Sealed(
        staff.c.totp_ct,
        (staff.c.id,),
        _of_keyring("totp_ct", Purpose.STAFF),
        lambda row: places.staff_totp(row.id),
    ),
    Sealed(
        debriefs.c.text_ct,
        (debriefs.c.id,),
        _of_keyring("text_ct", Purpose.STAFF),
        lambda row: places.debrief(row.id, row.staff_id),
    ),
    Sealed(
        passkeys.c.key_ct,
        (passkeys.c.id,),
        _of_keyring("key_ct", Purpose.STAFF),
        lambda row: places.passkey(row.id, row.staff_id),
    ),
    Sealed(
        receipts.c.address_ct,
        (receipts.c.id,),
        _of("id"),
        lambda row: places.receipt_address(row.id, row.channel),
    ),
    Sealed(
        receipts.c.body_ct,
        (receipts.c.id,),
        _of("id"),
        lambda row: places.receipt_body(row.id),
    ),
)
"""Every sealed column of the database."""


async def verify(database: Database) -> Findings:
    """Open every sealed value, count every transcript, walk the audit log; nothing opened is kept.

    Raises:
        DatabaseAway: try again.
    """
    log = await audit_verify.verify(database)
    found = Findings(gaps=await _gaps(database), audit=len(log.findings))
    for sealed in SEALED:
        found = await _walk(database, sealed, found)
    return found


async def _gaps(database: Database) -> int:
    """Count the transcripts whose lines are not exactly those from 1 to the last."""
    last = func.coalesce(func.max(lines.c.seq), 0)
    query = (
        select(conversations.c.id)
        .outerjoin(lines, lines.c.conversation_id == conversations.c.id)
        .group_by(conversations.c.id)
        .having(
            or_(
                func.count(lines.c.id) != conversations.c.last_seq,
                last != conversations.c.last_seq,
            )
        )
    )
    async with database.reading() as session:
        return len((await session.execute(query)).all())


async def _walk(database: Database, sealed: Sealed, found: Findings) -> Findings:
    after: tuple[Any, ...] | None = None
    while True:
        rows = await _bite(database, sealed, after)
        for row in rows:
            found = await _opened(database.vault, sealed, row, found)
        if len(rows) < BITE:
            return found
        after = tuple(getattr(rows[-1], column.name) for column in sealed.order)


async def _bite(
    database: Database, sealed: Sealed, after: tuple[Any, ...] | None
) -> list[Row[Any]]:
    query = select(sealed.table).where(sealed.column.is_not(None), func.length(sealed.column) > 0)
    if after is not None:
        types = [column.type for column in sealed.order]
        query = query.where(tuple_(*sealed.order) > tuple_(*after, types=types))
    async with database.reading() as session:
        result = await session.execute(query.order_by(*sealed.order).limit(BITE))
        return list(result.all())


async def _opened(vault: Vault, sealed: Sealed, row: Row[Any], found: Findings) -> Findings:
    blob = getattr(row, sealed.column.name)
    try:
        vault.open(await sealed.key(vault, row), blob, sealed.place(row))
    except SealBroken:
        return replace(found, broken=found.broken + 1)
    except KeyMissing:
        return replace(found, locked=found.locked + 1)
    return replace(found, opened=found.opened + 1)

"""What counselors write down about a talk: sealed under the talk's key, never sent."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from storage import places
from storage.database import Session, Topic, wake
from storage.records import CaseNote
from storage.tables import case_notes, insert_into
from storage.vault import Vault

NOTE = "note"
HAND_OVER = "hand_over"
"""The kinds: for whoever reads the talk, and for whoever takes it next."""

UNMASKING = "unmasking"
REPORT = "report"
UNTOLD = "untold"
RECEIPT = "receipt"
"""Kinds of the duties' pages: why somebody is unmasked; what a report says, why the young
person was not told of it, and the number that the police gave. The desk never shows these."""


async def add(
    session: Session,
    vault: Vault,
    conversation_id: UUID,
    *,
    note_id: UUID,
    staff_id: UUID,
    text: str,
    kind: str,
    now: datetime,
) -> bool:
    """Write a note down; the same id again is the same note, and then it returns False.

    Raises:
        KeyMissing: the talk's key was destroyed.
    """
    key = await vault.data_key(conversation_id)
    values = {
        "id": note_id,
        "conversation_id": conversation_id,
        "staff_id": staff_id,
        "kind": kind,
        "at": now,
        "text_ct": vault.seal(key, text, places.case_note(conversation_id, note_id)),
    }
    statement = insert_into(session, case_notes).values(**values).on_conflict_do_nothing()
    made = await session.execute(statement.returning(case_notes.c.id))
    wake(session, Topic.QUEUE)
    return made.one_or_none() is not None


async def read(
    session: Session,
    vault: Vault,
    conversation_id: UUID,
    *,
    kinds: Collection[str] = (NOTE, HAND_OVER),
) -> tuple[CaseNote, ...]:
    """Open the notes of a talk of these kinds, oldest first. The caller audits first.

    Raises:
        SealBroken: one does not open; none is returned.
        KeyMissing: the talk's key was destroyed.
    """
    query = (
        select(case_notes)
        .where(case_notes.c.conversation_id == conversation_id, case_notes.c.kind.in_(kinds))
        .order_by(case_notes.c.at, case_notes.c.id)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return ()
    key = await vault.data_key(conversation_id)
    return tuple(
        CaseNote(
            row.id,
            row.staff_id,
            row.kind,
            row.at,
            vault.open(key, row.text_ct, places.case_note(conversation_id, row.id)),
        )
        for row in rows
    )

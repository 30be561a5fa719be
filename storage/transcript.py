"""What was said in a talk, line by line."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, select, update

from storage import places
from storage.database import Session, Topic, wake
from storage.errors import ConversationChanged, NotFound
from storage.records import DeliveryState, Line, Speaker
from storage.tables import conversations, insert_into, lines, outbox
from storage.vault import DataKey, Vault

TAKEN_BACK = "taken_back"
"""The kind of a line whose writer unsent it: it says that there was something, not what."""


async def append(
    session: Session,
    vault: Vault,
    conversation_id: UUID,
    *,
    speaker: Speaker,
    text: str,
    kind: str,
    at: datetime,
    line_id: UUID | None = None,
    message: tuple[str, str] | None = None,
) -> Line:
    """Add the next line; its number follows the last one without a gap.

    Writers of one talk wait for each other here until the other's transaction ends.

    Args:
        session: the open transaction.
        vault: holds the talk's key.
        conversation_id: of a talk that is not erased.
        speaker: whose line it is; part of what the text is bound to.
        text: what was said.
        kind: a MessageKind's value, or "reply" for what goes out.
        at: aware UTC time.
        line_id: chosen by a console that may ask twice (see `find`); None: a new one.
        message: channel and the provider's id of it, if it can be taken back (see `blank`).

    Raises:
        NotFound: there is no such talk.
        KeyMissing: the talk's key was destroyed.
        ConversationChanged: a line of this id came between, perhaps in another talk.
    """
    line = Line(
        id=line_id or uuid4(),
        seq=await _next_seq(session, conversation_id),
        speaker=speaker,
        text=text,
        kind=kind,
        at=at,
        delivery=None,
    )
    key = await vault.data_key(conversation_id)
    place = places.line_text(conversation_id, line.id, speaker, line.seq)
    statement = insert_into(session, lines).values(
        id=line.id,
        conversation_id=conversation_id,
        seq=line.seq,
        speaker=speaker,
        kind=kind,
        at=at,
        text_ct=vault.seal(key, text, place),
        message_hash=vault.event_hash(*message) if message else None,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["id"])
    if (await session.execute(statement.returning(lines.c.id))).one_or_none() is None:
        raise ConversationChanged("line_id")
    wake(session, Topic.QUEUE)
    return line


async def read(
    session: Session, vault: Vault, conversation_id: UUID, *, after: int = 0
) -> tuple[Line, ...]:
    """Open the lines that follow number `after`, in order. The caller audits first.

    Raises:
        SealBroken: a line does not open; no part of the transcript is returned.
        KeyMissing: the talk's key was destroyed.
    """
    query = _lines(conversation_id).where(lines.c.seq > after).order_by(lines.c.seq)
    rows = (await session.execute(query)).all()
    if not rows:
        return ()
    key = await vault.data_key(conversation_id)
    return tuple(_open(vault, key, row) for row in rows)


async def last_words(
    session: Session, vault: Vault, conversation_id: UUID, speaker: Speaker, *, most: int
) -> tuple[str, ...]:
    """Return what this speaker said last and did not take back, oldest first.

    Raises:
        SealBroken: a line does not open.
        KeyMissing: the talk's key was destroyed.
    """
    query = (
        _lines(conversation_id)
        .where(lines.c.speaker == speaker, lines.c.kind != TAKEN_BACK)
        .order_by(lines.c.seq.desc())
        .limit(most)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return ()
    key = await vault.data_key(conversation_id)
    return tuple(_open(vault, key, row).text for row in reversed(rows))


async def blank(session: Session, vault: Vault, contact_id: UUID, message: tuple[str, str]) -> bool:
    """Take the words out of a line that its writer took back; the line itself stays.

    Args:
        session: the open transaction.
        vault: holds the talk's key.
        contact_id: only lines of this person's talks are looked at.
        message: channel and the provider's id, as given to `append`.

    Returns:
        False when no line of this person is that message.
    """
    query = (
        select(lines.c.id, lines.c.seq, lines.c.conversation_id)
        .join(conversations, conversations.c.id == lines.c.conversation_id)
        .where(
            conversations.c.contact_id == contact_id,
            lines.c.message_hash == vault.event_hash(*message),
        )
    )
    row = (await session.execute(query)).first()
    if row is None:
        return False
    key = await vault.data_key(row.conversation_id)
    place = places.line_text(row.conversation_id, row.id, Speaker.PERSON, row.seq)
    await session.execute(
        update(lines)
        .where(lines.c.id == row.id)
        .values(kind=TAKEN_BACK, text_ct=vault.seal(key, "", place), message_hash=None)
    )
    wake(session, Topic.QUEUE)
    return True


async def spoken_after(session: Session, conversation_id: UUID, speaker: Speaker, seq: int) -> bool:
    """Tell whether this speaker has a line after number `seq`."""
    query = select(lines.c.seq).where(
        lines.c.conversation_id == conversation_id,
        lines.c.speaker == speaker,
        lines.c.seq > seq,
    )
    return (await session.execute(query.limit(1))).first() is not None


async def taken_back(session: Session, conversation_id: UUID) -> frozenset[int]:
    """Return the numbers of the lines whose writer unsent them."""
    query = select(lines.c.seq).where(
        lines.c.conversation_id == conversation_id, lines.c.kind == TAKEN_BACK
    )
    return frozenset((await session.execute(query)).scalars())


async def find(session: Session, vault: Vault, conversation_id: UUID, line_id: UUID) -> Line | None:
    """Open one line of a talk, None when it was never written.

    Raises:
        SealBroken: it does not open.
        KeyMissing: the talk's key was destroyed.
    """
    query = _lines(conversation_id).where(lines.c.id == line_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return _open(vault, await vault.data_key(conversation_id), row)


def _lines(conversation_id: UUID) -> Select[Any]:
    return (
        select(lines, outbox.c.state.label("delivery"))
        .outerjoin(outbox, outbox.c.line_id == lines.c.id)
        .where(lines.c.conversation_id == conversation_id)
    )


async def _next_seq(session: Session, conversation_id: UUID) -> int:
    statement = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_seq=conversations.c.last_seq + 1)
        .returning(conversations.c.last_seq)
    )
    seq = (await session.execute(statement)).scalar_one_or_none()
    if seq is None:
        raise NotFound("conversation")
    return int(seq)


def _open(vault: Vault, key: DataKey, row: Row[Any]) -> Line:
    speaker = Speaker(row.speaker)
    place = places.line_text(row.conversation_id, row.id, speaker, row.seq)
    return Line(
        id=row.id,
        seq=row.seq,
        speaker=speaker,
        text=vault.open(key, row.text_ct, place),
        kind=row.kind,
        at=row.at,
        delivery=None if row.delivery is None else DeliveryState(row.delivery),
    )

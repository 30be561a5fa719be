"""What was said in a talk, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.sql.dml import ReturningInsert

from storage import places
from storage.database import Session, Topic, wake
from storage.errors import ConversationChanged, NotFound, SealBroken
from storage.records import DeliveryState, Line, Speaker
from storage.tables import conversations, insert_for, lines, outbox
from storage.vault import DataKey, Place, Vault

TAKEN_BACK = "taken_back"
"""The kind of a line whose writer unsent it: it says that there was something, not what."""


@dataclass(frozen=True, slots=True)
class Words:
    """What becomes a line: who said what; see `append`."""

    speaker: Speaker
    text: str = field(repr=False)
    kind: str
    line_id: UUID | None = None
    message: tuple[str, str] | None = field(default=None, repr=False)


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
    words = Words(speaker, text, kind, line_id=line_id, message=message)
    (line,) = await append_all(session, vault, conversation_id, [words], at=at)
    return line


async def append_all(
    session: Session,
    vault: Vault,
    conversation_id: UUID,
    words: Sequence[Words],
    *,
    at: datetime,
) -> Sequence[Line]:
    """Add lines, one after the other; see `append`."""
    if not words:
        return ()
    first = await _reserve(session, conversation_id, len(words))
    added = [_line(one, seq, at) for seq, one in enumerate(words, first)]
    key = await vault.sealing_key(conversation_id, messages=first, now=at)
    rows = [
        {
            "id": line.id,
            "conversation_id": conversation_id,
            "seq": line.seq,
            "speaker": line.speaker,
            "kind": line.kind,
            "at": at,
            "text_ct": vault.seal(key, line.text, _place(conversation_id, line)),
            "message_hash": vault.event_hash(*one.message) if one.message else None,
        }
        for one, line in zip(words, added, strict=True)
    ]
    stored = await session.execute(_add(session.dialect), rows)
    if len(stored.all()) != len(rows):
        raise ConversationChanged("line_id")
    wake(session, Topic.QUEUE)
    return added


async def read(
    session: Session,
    vault: Vault,
    conversation_id: UUID,
    *,
    after: int = 0,
    upto: int | None = None,
) -> tuple[Line, ...]:
    """Open the lines that follow number `after`, in order, and none after `upto`.

    The caller audits first, and so says up to where.

    Raises:
        SealBroken: a line does not open, or one is missing before the last; no part of the
            transcript is returned.
        KeyMissing: the talk's key was destroyed.
    """
    query = _lines(conversation_id).where(lines.c.seq > after).order_by(lines.c.seq)
    if upto is not None:
        query = query.where(lines.c.seq <= upto)
    rows = (await session.execute(query)).all()
    if not rows:
        return ()
    if rows[-1].seq - after != len(rows):
        raise SealBroken("line_missing")
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
    asked = {"talk": conversation_id, "whose": speaker, "most": most}
    rows = (await session.execute(_LAST_WORDS, asked)).all()
    if not rows:
        return ()
    key = await vault.data_key(conversation_id)
    return tuple(_text(vault, key, row) for row in reversed(rows))


async def last_told(session: Session, vault: Vault, conversation_id: UUID) -> str:
    """Return what was said to the person last, by the bot or a counselor; "" when nothing was.

    Raises:
        SealBroken: the line does not open.
        KeyMissing: the talk's key was destroyed.
    """
    to_them = lines.c.speaker.in_((Speaker.BOT, Speaker.COUNSELOR))
    query = select(lines).where(lines.c.conversation_id == conversation_id, to_them)
    row = (await session.execute(query.order_by(lines.c.seq.desc()).limit(1))).one_or_none()
    return "" if row is None else _text(vault, await vault.data_key(conversation_id), row)


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


async def _reserve(session: Session, conversation_id: UUID, count: int) -> int:
    """Take the next numbers of a talk; return the first of them."""
    taken = await session.execute(_RESERVE, {"talk": conversation_id, "count": count})
    last = taken.scalar_one_or_none()
    if last is None:
        raise NotFound("conversation")
    return int(last) - count + 1


def _line(words: Words, seq: int, at: datetime) -> Line:
    return Line(
        id=words.line_id or uuid4(),
        seq=seq,
        speaker=words.speaker,
        text=words.text,
        kind=words.kind,
        at=at,
        delivery=None,
    )


def _place(conversation_id: UUID, line: Line) -> Place:
    return places.line_text(conversation_id, line.id, line.speaker, line.seq)


@cache
def _add(dialect: str) -> ReturningInsert[tuple[UUID]]:
    statement = insert_for(dialect, lines).on_conflict_do_nothing(index_elements=["id"])
    return statement.returning(lines.c.id)


_RESERVE = (
    update(conversations)
    .where(conversations.c.id == bindparam("talk"))
    .values(last_seq=conversations.c.last_seq + bindparam("count"))
    .returning(conversations.c.last_seq)
)
_LAST_WORDS = (
    select(lines)
    .where(
        lines.c.conversation_id == bindparam("talk"),
        lines.c.speaker == bindparam("whose"),
        lines.c.kind != TAKEN_BACK,
    )
    .order_by(lines.c.seq.desc())
    .limit(bindparam("most"))
)


def _speaker(row: Row[Any]) -> Speaker:
    try:
        return Speaker(row.speaker)
    except ValueError:  # part of what the text is bound to, so it was altered
        raise SealBroken("speaker") from None


def _text(vault: Vault, key: DataKey, row: Row[Any]) -> str:
    place = places.line_text(row.conversation_id, row.id, _speaker(row), row.seq)
    return vault.open(key, row.text_ct, place)


def _open(vault: Vault, key: DataKey, row: Row[Any]) -> Line:
    return Line(
        id=row.id,
        seq=row.seq,
        speaker=_speaker(row),
        text=_text(vault, key, row),
        kind=row.kind,
        at=row.at,
        delivery=None if row.delivery is None else DeliveryState(row.delivery),
    )

"""Talks: who answers them, how urgent they are, what the dialogue remembers."""

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select, update

from storage import places, tallies
from storage.database import Session, Topic, wake
from storage.errors import ConversationChanged, NotFound
from storage.keyring import Purpose
from storage.records import (
    OPEN_STATES,
    TRAINING,
    AskReason,
    Contact,
    Conversation,
    ConversationState,
    Language,
    Risk,
)
from storage.tables import contacts, conversations, insert_into, lines
from storage.vault import Vault

_FIXED = {"id", "opened_at", "version"}
_RECORD = [conversations.c[one.name] for one in fields(Conversation)]
_CHANGING = [one.name for one in fields(Conversation) if one.name not in _FIXED]


async def open_talk(session: Session, contact_id: UUID) -> Conversation | None:
    """Return the talk a new message of this person belongs to, or None. There is at most one."""
    query = _select(conversations.c.contact_id == contact_id, _in(*OPEN_STATES))
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _record(row)


async def start(
    session: Session, vault: Vault, contact: Contact, *, language: Language, now: datetime
) -> Conversation:
    """Open a new talk with the bot, under a data key of its own.

    Raises:
        ConversationChanged: another worker opened one for this person first.
    """
    talk = Conversation(
        id=uuid4(),
        contact_id=contact.id,
        channel=contact.channel,
        state=ConversationState.BOT,
        language=language,
        risk=Risk.NONE,
        topic=None,
        reason=None,
        version=1,
        epoch=0,
        owner_id=None,
        opened_at=now,
        heard_at=now,
        queued_at=None,
        lease_until=None,
        closed_at=None,
    )
    await vault.make_data_key(talk.id, Purpose.WRAP, now=now)
    values = {column.name: getattr(talk, column.name) for column in _RECORD}
    statement = insert_into(session, conversations).values(
        last_seq=0, rank_at=talk.rank_at, **values
    )
    statement = statement.on_conflict_do_nothing()
    made = await session.execute(statement.returning(conversations.c.id))
    if made.one_or_none() is None:
        await vault.destroy_data_key(talk.id)
        raise ConversationChanged("opened_elsewhere")
    tallies.arrived(session, talk.channel, now=now)
    wake(session, Topic.QUEUE)
    return talk


async def get(session: Session, conversation_id: UUID) -> Conversation:
    """Return one talk.

    Raises:
        NotFound: there is none of this id.
    """
    row = (await session.execute(_select(conversations.c.id == conversation_id))).one_or_none()
    if row is None:
        raise NotFound("conversation")
    return _record(row)


async def save(session: Session, before: Conversation, after: Conversation) -> Conversation:
    """Write what differs between two states of one talk, if nobody changed it since `before`.

    Returns:
        `after` under its new version.

    Raises:
        ConversationChanged: the stored version is not that of `before`.
    """
    return await _save(session, before, after)


async def advance(
    session: Session, vault: Vault, before: Conversation, after: Conversation, *, memory: str
) -> Conversation:
    """Write the state of a talk after a turn, and what its dialogue remembers; see `save`.

    Raises:
        ConversationChanged: the stored version is not that of `before`.
        KeyMissing: the talk's key was destroyed.
    """
    key = await vault.data_key(before.id)
    sealed = vault.seal(key, memory, places.conversation_memory(before.id))
    return await _save(session, before, after, memory_ct=sealed)


async def move(session: Session, before: Conversation, contact: Contact) -> Conversation:
    """Continue a talk with another contact of the same person, on that contact's channel.

    Raises:
        ConversationChanged: the stored version is not that of `before`.
    """
    after = replace(before, contact_id=contact.id, channel=contact.channel)
    return await save(session, before, after)


async def memory(session: Session, vault: Vault, conversation: Conversation) -> str:
    """Return what the dialogue remembered, "" when nothing yet.

    Raises:
        SealBroken: the stored value does not open at its place.
        KeyMissing: the talk's key was destroyed.
    """
    query = select(conversations.c.memory_ct).where(conversations.c.id == conversation.id)
    sealed = (await session.execute(query)).scalar_one_or_none()
    return await _remembered(vault, conversation.id, sealed)


async def of_person(
    session: Session, vault: Vault, *, channel: str, account: str
) -> tuple[Conversation, str] | None:
    """Return the open talk of the person behind an account, and what its dialogue remembers.

    None when they never wrote or have no open talk.

    Raises:
        SealBroken: what is remembered does not open at its place.
        KeyMissing: the talk's key was destroyed.
    """
    names = vault.pseudonyms(channel, account)
    known = {"indexes": [one[0] for one in names], "hashes": [one[1] for one in names]}
    row = (await session.execute(_OF_PERSON, known)).first()
    if row is None:
        return None
    return _record(row), await _remembered(vault, row.id, row.memory_ct)


async def queue(session: Session) -> tuple[Conversation, ...]:
    """Return everybody who waits, by `Conversation.rank_at`, then id."""
    return tuple(_record(row) for row in await session.execute(_waiting(())))


async def ahead(session: Session, talk: Conversation) -> int:
    """Return how many people are before one who waits; a practice talk is nobody's."""
    earlier = conversations.c.rank_at < talk.rank_at
    as_early = and_(conversations.c.rank_at == talk.rank_at, conversations.c.id < talk.id)
    people = conversations.c.channel != TRAINING
    before = (_in(ConversationState.QUEUED), people, or_(earlier, as_early))
    query = select(func.count()).where(*before)
    return (await session.execute(query)).scalar_one()


async def next_waiting(session: Session, *, without: Collection[UUID] = ()) -> Conversation | None:
    """Return who waits and is next, held for this transaction; None when nobody waits.

    Those who take the next one at the same time never wait for each other: each passes over
    what another one holds. But nobody is passed over for someone at a lower risk, nor for
    nobody: what holds them may be a message of their own.

    Args:
        session: the open transaction.
        without: talks that are not looked at.

    Raises:
        ConversationChanged: who is next is held at this moment. End the transaction, pause,
            try again: to wait here, with one held, is to wait for each other for ever.
    """
    # A practice talk is taken by hand only, so that it never comes before anybody.
    query = _waiting(without).where(conversations.c.channel != TRAINING).limit(1)
    row = (await session.execute(query.with_for_update(skip_locked=True))).one_or_none()
    if row is None:
        if (await session.execute(query)).one_or_none() is None:
            return None
        raise ConversationChanged("held")
    free = _record(row)
    if await more_urgent(session, free, without=without) is not None:
        raise ConversationChanged("held")
    return free


async def more_urgent(
    session: Session, card: Conversation, *, without: Collection[UUID] = ()
) -> Conversation | None:
    """Return somebody at a higher risk who is before this one in line, None when nobody is."""
    if card.risk is max(Risk):
        return None
    query = _select(
        _in(ConversationState.QUEUED),
        conversations.c.rank_at < card.rank_at,
        conversations.c.risk > card.risk,
        conversations.c.channel != TRAINING,
        *_not(without),
    )
    row = (await session.execute(query.limit(1))).first()
    return None if row is None else _record(row)


async def of_line(session: Session, line_id: UUID) -> UUID | None:
    """Return which talk a line of this id is in, None when there is no such line."""
    query = select(lines.c.conversation_id).where(lines.c.id == line_id)
    return (await session.execute(query)).scalar_one_or_none()


async def owned_by_any(session: Session, staff_ids: Collection[UUID]) -> tuple[Conversation, ...]:
    """Return the talks that any of these counselors leads now, oldest first."""
    query = _select(conversations.c.owner_id.in_(staff_ids), _in(ConversationState.ACTIVE))
    rows = await session.execute(query.order_by(conversations.c.opened_at, conversations.c.id))
    return tuple(_record(row) for row in rows)


async def led(
    session: Session, talk_ids: Collection[UUID] | None = None
) -> tuple[Conversation, ...]:
    """Return the talks that counselors lead now, oldest first; only some if they are named."""
    query = _select(_in(ConversationState.ACTIVE))
    if talk_ids is not None:
        query = query.where(conversations.c.id.in_(talk_ids))
    rows = await session.execute(query.order_by(conversations.c.opened_at, conversations.c.id))
    return tuple(_record(row) for row in rows)


async def hold_owned_by(session: Session, staff_id: UUID) -> tuple[Conversation, ...]:
    """Return the talks one counselor leads now, held for this transaction."""
    query = _select(conversations.c.owner_id == staff_id, _in(ConversationState.ACTIVE))
    rows = await session.execute(query.order_by(conversations.c.id).with_for_update())
    return tuple(_record(row) for row in rows)


async def hold_of_contact(session: Session, contact_id: UUID) -> tuple[Conversation, ...]:
    """Return every talk of one person, open or over, held for this transaction."""
    query = _select(conversations.c.contact_id == contact_id).order_by(conversations.c.id)
    return tuple(_record(row) for row in await session.execute(query.with_for_update()))


async def extend_leases(session: Session, staff_id: UUID, *, lease_until: datetime) -> int:
    """Keep every talk this counselor leads for longer; return how many there are.

    Does not count as a change of the talk: nobody has to read or decide again for it.
    """
    # Held in one order, so that two consoles of one counselor cannot lock each other out.
    held = await hold_owned_by(session, staff_id)
    if held:
        await session.execute(
            update(conversations)
            .where(conversations.c.id.in_([talk.id for talk in held]))
            .values(lease_until=lease_until)
        )
    return len(held)


async def lapsed(session: Session, *, now: datetime) -> tuple[Conversation, ...]:
    """Return the led talks whose counselor was not heard of in time, longest gone first."""
    query = _select(conversations.c.lease_until < now, _in(ConversationState.ACTIVE))
    rows = await session.execute(query.order_by(conversations.c.lease_until, conversations.c.id))
    return tuple(_record(row) for row in rows)


async def hold_lapsed(
    session: Session, conversation_id: UUID, *, now: datetime
) -> Conversation | None:
    """Return one of `lapsed`, held for this transaction, so that no heartbeat comes between.

    None when it lapsed no longer, or when another transaction holds it at this moment.
    """
    query = _select(
        conversations.c.id == conversation_id,
        conversations.c.lease_until < now,
        _in(ConversationState.ACTIVE),
    )
    row = (await session.execute(query.with_for_update(skip_locked=True))).one_or_none()
    return None if row is None else _record(row)


def _waiting(without: Collection[UUID]) -> Select[Any]:
    order = (conversations.c.rank_at, conversations.c.id)
    return _select(_in(ConversationState.QUEUED), *_not(without)).order_by(*order)


def _not(without: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return (conversations.c.id.not_in(without),) if without else ()


async def _save(
    session: Session, before: Conversation, after: Conversation, **also: object
) -> Conversation:
    changes = {**_changes(before, after), **also, "version": before.version + 1}
    known = {"which": before.id, "seen": before.version}
    row = (await session.execute(_SAVE, {**known, **changes})).one_or_none()
    if row is None:
        raise ConversationChanged("version")
    wake(session, Topic.QUEUE)
    return _record(row)


async def _remembered(vault: Vault, conversation_id: UUID, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    key = await vault.data_key(conversation_id)
    return vault.open(key, sealed, places.conversation_memory(conversation_id))


def _changes(before: Conversation, after: Conversation) -> dict[str, Any]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in _CHANGING)
    changes = {name: new for name, old, new in pairs if new != old}
    return {**changes, "rank_at": after.rank_at}


def _select(*where: ColumnElement[bool]) -> Select[Any]:
    return select(*_RECORD).where(*where)


def _in(*states: ConversationState) -> ColumnElement[bool]:
    return conversations.c.state.in_(states)


_SAVE = (
    update(conversations)
    .where(conversations.c.id == bindparam("which"), conversations.c.version == bindparam("seen"))
    .returning(*_RECORD)
)
_OF_PERSON: Select[Any] = (
    select(*_RECORD, conversations.c.memory_ct)
    .join(contacts, contacts.c.id == conversations.c.contact_id)
    .where(
        contacts.c.index_key.in_(bindparam("indexes", expanding=True)),
        contacts.c.pseudonym.in_(bindparam("hashes", expanding=True)),
        _in(*OPEN_STATES),
    )
)


def _record(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        contact_id=row.contact_id,
        channel=row.channel,
        state=ConversationState(row.state),
        language=Language(row.language),
        risk=Risk(row.risk),
        topic=row.topic,
        reason=None if row.reason is None else AskReason(row.reason),
        version=row.version,
        epoch=row.epoch,
        owner_id=row.owner_id,
        opened_at=row.opened_at,
        heard_at=row.heard_at,
        queued_at=row.queued_at,
        lease_until=row.lease_until,
        closed_at=row.closed_at,
        covered_at=row.covered_at,
        watched_at=row.watched_at,
    )


async def line(session: Session) -> tuple[int, datetime | None]:
    """Return how many wait for a person, and since when the first of them does."""
    query = select(func.count(), func.min(conversations.c.queued_at)).where(
        _in(ConversationState.QUEUED)
    )
    count, since = (await session.execute(query)).one()
    return count, since

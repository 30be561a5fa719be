"""How long what is done with is kept, and its removal in small bites."""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, delete, func, or_, select, update

from storage import audit, audit_seal, erasure, heavy, tallies
from storage.contacts import NO_INDEX
from storage.database import Database, Session
from storage.inbox import EventState
from storage.metric_tables import BACK
from storage.records import (
    TRAINING,
    TRAVELLING_STATES,
    ConversationState,
    DeliveryState,
    Limits,
    Risk,
)
from storage.tables import (
    contacts,
    conversations,
    crossings,
    inbox,
    outbox,
    processes,
    receipts,
    routes,
)

TOMBSTONES = timedelta(days=8)  # longer than any provider repeats, shared/security.md 5.3
DEAD_BODIES = timedelta(hours=72)
IDLE_ROUTES = timedelta(days=8)
PROCESSES = timedelta(hours=1)  # since a process was heard of
BITE = 50  # talks, and contacts, in one step of a purge; each has a key to destroy
BATCH = 1000  # rows of each sort in one sweep, so that no writer waits long

_over_since = func.coalesce(inbox.c.died_at, inbox.c.received_at)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep removed."""

    tombstones: int
    bodies: int
    routes: int
    crossings: int
    processes: int

    @property
    def more(self) -> bool:
        """Whether a bite was full, so that another sweep will find something."""
        return any(count >= BATCH for count in astuple(self))


@dataclass(frozen=True, slots=True)
class Due:
    """How much of each class has been kept long enough, counts only."""

    transcripts: int
    contacts: int
    dead_letters: int
    tombstones: int
    acts: int


async def due(session: Session, limits: Limits, *, now: datetime) -> Due:
    """Count what a purge would remove now."""
    return Due(
        transcripts=await _count(session, conversations, *_talks_over(now - limits.transcripts)),
        contacts=await _count(session, contacts, *_contacts_over(now - limits.contacts)),
        dead_letters=await _count(session, inbox, *_dead_events(now - limits.dead_bodies))
        + await _count(session, outbox, *_dead_deliveries(now - limits.dead_bodies)),
        tombstones=await _count(session, inbox, *_tombstones(now - TOMBSTONES)),
        acts=await audit_seal.forgettable(session, before=now - limits.acts),
    )


async def purge(database: Database, limits: Limits, *, now: datetime) -> bool:
    """Remove one bite of the talks and contacts that were kept long enough.

    Keys go before rows. A contact is forgotten the other way round: first nobody is recognized
    as them any more, then their key goes; a message that came between would find no key
    otherwise. A key that a crash leaves there goes with the contact's row.

    Returns:
        Whether there was anything, so that there may be more.
    """
    async with database.reading() as session:
        talks = await _some(session, conversations.c.id, _talks_over(now - limits.transcripts))
        nobodies = await _some(session, contacts.c.id, _of_no_talk())
    await erasure.destroy_keys(database, (*talks, *nobodies))
    async with database.transaction() as session:
        await heavy.forget(session, now=now)
        await erasure.remove_talks(session, talks)
        await session.execute(delete(contacts).where(contacts.c.id.in_(nobodies)))
        over = _contacts_over(now - limits.contacts)
        people = await _some(session, contacts.c.id, over, hold=True)
        for contact_id in people:
            await _let_be_forgotten(session, contact_id, now=now)
    await erasure.destroy_keys(database, people)
    return bool(talks or nobodies or people)


async def forget_acts(database: Database, limits: Limits, *, now: datetime) -> None:
    """Remove the batches of the audit log that were kept long enough, one a transaction."""
    more = 1
    while more:
        async with database.transaction() as session:
            more = await audit_seal.forget(session, before=now - limits.acts)


async def sweep(session: Session, *, now: datetime, dead_bodies: timedelta = DEAD_BODIES) -> Swept:
    """Remove what has been kept long enough, at most `BATCH` rows of each sort."""
    return Swept(
        tombstones=await _remove(
            session,
            inbox,
            inbox.c.position,
            *_tombstones(now - TOMBSTONES),
        ),
        bodies=await _erase_bodies(session, before=now - dead_bodies),
        routes=await _remove(
            session, routes, routes.c.route, *_idle(before=now - IDLE_ROUTES, now=now)
        ),
        crossings=await _remove(
            session, crossings, crossings.c.reference_hash, crossings.c.expires_at <= now
        ),
        processes=await _remove(
            session, processes, processes.c.id, processes.c.seen_at < now - PROCESSES
        ),
    )


def _idle(*, before: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Nothing pending, no lease, and idle since `before` (an idle route's rank says it).

    A route that comes back starts with fence 0, so a worker that was paused for days could
    hold a number that is given out again. It can write nothing all the same: a turn is
    finished only if each of its events is still pending, and those were finished, and swept,
    by somebody else; ids of events never come back.
    """
    unleased = routes.c.lease_until.is_(None) | (routes.c.lease_until <= now)
    since = routes.c.rank_at.is_(None) | (routes.c.rank_at < before)
    return routes.c.due_at.is_(None), unleased, since


async def _erase_bodies(session: Session, *, before: datetime) -> int:
    events = await _bite(
        session,
        inbox.c.position,
        *_dead_events(before),
    )
    deliveries = await _bite(
        session,
        outbox.c.id,
        *_dead_deliveries(before),
    )
    if events:
        erased = update(inbox).where(inbox.c.position.in_(events))
        await session.execute(erased.values(body_ct=None, route=None))
    if deliveries:
        erased = update(outbox).where(outbox.c.id.in_(deliveries))
        await session.execute(erased.values(body_ct=None))
    return len(events) + len(deliveries)


_Where = tuple[ColumnElement[bool], ...]


def _tombstones(before: datetime) -> _Where:
    return inbox.c.state.in_((EventState.DONE, EventState.DEAD)), _over_since < before


def _dead_events(before: datetime) -> _Where:
    dead = inbox.c.state == EventState.DEAD
    return dead, inbox.c.body_ct.is_not(None), _over_since < before


def _dead_deliveries(before: datetime) -> _Where:
    dead = outbox.c.state == DeliveryState.DEAD
    return dead, outbox.c.body_ct.is_not(None), outbox.c.settled_at < before


def _talks_over(before: datetime) -> _Where:
    closed = conversations.c.state == ConversationState.CLOSED
    # A practice talk is of nobody, and is kept only until it is closed.
    practice = conversations.c.channel == TRAINING
    return closed, or_(practice, conversations.c.closed_at < before)


def _contacts_over(before: datetime) -> _Where:
    """Whoever waits for a person, or has one, is not forgotten: no machine ends that."""
    waited_for = (ConversationState.QUEUED, ConversationState.ACTIVE, ConversationState.WRAPUP)
    busy = (
        select(conversations.c.id)
        .where(conversations.c.contact_id == contacts.c.id, conversations.c.state.in_(waited_for))
        .exists()
    )
    return contacts.c.last_seen < before, contacts.c.index_key != NO_INDEX, ~busy


async def _let_be_forgotten(session: Session, contact_id: UUID, *, now: datetime) -> None:
    """End a talk with the bot that nobody came back to, and cut the way to the person."""
    ended = await session.execute(
        update(conversations)
        .where(
            conversations.c.contact_id == contact_id,
            conversations.c.state == ConversationState.BOT,
        )
        .values(
            state=ConversationState.CLOSED,
            closed_at=now,
            version=conversations.c.version + 1,
        )
        .returning(
            conversations.c.id,
            conversations.c.channel,
            conversations.c.risk,
            conversations.c.topic,
            conversations.c.epoch,
        )
    )
    for talk in ended.all():
        await audit.record(session, staff=None, action="expire", object_id=talk.id, now=now)
        tallies.ended(
            session, channel=talk.channel, risk=Risk(talk.risk), topic=talk.topic,
            outcome=BACK, with_person=talk.epoch > 0, now=now,
        )  # fmt: skip
    await session.execute(
        update(outbox)
        .where(outbox.c.contact_id == contact_id, outbox.c.state.in_(TRAVELLING_STATES))
        .values(state=DeliveryState.CANCELLED, body_ct=None)
    )
    await erasure.forget_who(session, contact_id)


def _of_no_talk() -> _Where:
    """Forgotten contacts that no talk names any more; not those that are being erased."""
    talks = select(conversations.c.id).where(conversations.c.contact_id == contacts.c.id)
    messages = select(outbox.c.id).where(outbox.c.contact_id == contacts.c.id)
    erasing = select(receipts.c.id).where(receipts.c.erasing == contacts.c.id)
    named = talks.exists() | messages.exists() | erasing.exists()
    return contacts.c.index_key == NO_INDEX, ~named


async def _count(session: Session, table: Table, *where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(*where)
    return int((await session.execute(query)).scalar_one())


async def _some(
    session: Session, key: Column[UUID], where: _Where, *, hold: bool = False
) -> tuple[UUID, ...]:
    query = select(key).where(*where).order_by(key).limit(BITE)
    query = query.with_for_update(skip_locked=True) if hold else query
    return tuple((await session.execute(query)).scalars())


async def _remove(
    session: Session, table: Table, key: Column[object], *where: ColumnElement[bool]
) -> int:
    found = await _bite(session, key, *where)
    if found:
        await session.execute(delete(table).where(key.in_(found)))
    return len(found)


async def _bite(session: Session, key: Column[object], *where: ColumnElement[bool]) -> list[object]:
    # Locked while they are looked at: a route that becomes due meanwhile must not go.
    query = select(key).where(*where).order_by(key).limit(BATCH).with_for_update(skip_locked=True)
    return list((await session.execute(query)).scalars())

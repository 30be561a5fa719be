"""Messages on their way out, each talk's in order; the only place that opens an address.

A message is PENDING until it is SENT, DEAD or CANCELLED; then its body is erased (the words
stay in the transcript). Only the first pending message of a talk can be claimed, so one that
has to wait holds up those behind it, and one that is settled lets them go.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, insert, select, update

from storage import audit, places, tallies
from storage.crashes import CRASH_TRIES, TRUSTED_TRIES, suspect_lease
from storage.database import Session, Topic, wake
from storage.errors import KeyMissing, KeysAway, LeaseLost, SealBroken
from storage.processes import REACHABLE, Holding, reach
from storage.records import Conversation, Delivery, DeliveryState, Line
from storage.tables import contacts, conversations, outbox
from storage.vault import Vault

BATCH = 1000  # messages in one step of `give_up`
KEYS_AWAY = timedelta(seconds=5)  # until the next try, while the keys cannot be had
STALE = timedelta(days=7)
"""How long words wait for a person; longer than that they are not theirs to find."""


def _is_head() -> ColumnElement[bool]:
    ahead = outbox.alias("ahead")
    earlier = exists().where(
        ahead.c.conversation_id == outbox.c.conversation_id,
        ahead.c.state == DeliveryState.PENDING,
        ahead.c.seq < outbox.c.seq,
    )
    return (outbox.c.state == DeliveryState.PENDING) & ~earlier


_UNSENT = (DeliveryState.PENDING, DeliveryState.WAITING_FOR_USER)
_KEEPS_BODY = (*_UNSENT, DeliveryState.DEAD)  # a dead one may be tried again, see dead.py


async def put(
    session: Session,
    vault: Vault,
    conversation: Conversation,
    line: Line,
    body: str,
    *,
    from_counselor: bool,
    now: datetime,
    neutral: bool = False,
) -> None:
    """Let a line of the transcript go out to the person as `body`.

    While somebody watches it is held, unless it is `neutral`: words that anybody may read.

    Raises:
        KeyMissing: the talk's key was destroyed.
    """
    row_id, covered = uuid4(), conversation.covered_at is not None
    key = await vault.data_key(conversation.id)
    place = places.outbox_body(conversation.id, row_id, line.seq)
    row = {
        "id": row_id,
        "line_id": line.id,
        "conversation_id": conversation.id,
        "contact_id": conversation.contact_id,
        "channel": conversation.channel,
        "seq": line.seq,
        "body_ct": vault.seal(key, body, place),
        "from_counselor": from_counselor,
        "state": DeliveryState.HELD if covered and not neutral else DeliveryState.PENDING,
        "attempt": 0,
        "tries": 0,
        "part": 0,
        "fence": 0,
        "due_at": now,
        "code": "",
        "created_at": now,
    }
    await session.execute(_PUT, row)
    wake(session, Topic.OUTBOX)


async def claim(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    lease: timedelta,
    channels: Collection[str],
    holding: Holding,
) -> Delivery | None:
    """Take the message that is due first on one of `channels`; None when nothing is due.

    Where only the holder of a connection can send, `holding` says whom this process reaches.

    A sender that dies keeps it no longer than `lease`, so a person may get a message twice
    but never not at all. One that does not open is DEAD at once, and so is one over which
    sender after sender died; the next one is taken.
    """
    asked = _asked(channels, holding, now)
    while (row := await _lease(session, asked, until=now + lease)) is not None:
        if row.tries > CRASH_TRIES:
            await _bury(session, row.id, "crash", now=now)
            continue
        if row.tries > TRUSTED_TRIES:
            await _longer(
                session, row.id, until=now + _apart(suspect_lease(lease, row.tries), lease)
            )
        try:
            return await _open(session, vault, row)
        except KeysAway:
            await _rest(session, row.id, until=now + KEYS_AWAY)
        except KeyMissing:
            await _bury(session, row.id, "key_missing", now=now)
        except SealBroken as error:
            await _bury(session, row.id, "seal_broken", now=now)
            await audit.note_broken(session, row.id, purpose="outbox", code=error.code, now=now)
    return None


async def settle(
    session: Session,
    delivery: Delivery,
    state: DeliveryState,
    *,
    now: datetime,
    code: str = "",
) -> None:
    """Write down how a delivery ended; the next message of the talk may go.

    Raises:
        LeaseLost: another sender has it, or it was cancelled; nothing was written.
    """
    values: dict[str, Any] = {"state": state, "code": code, "settled_at": now, "tries": 0}
    if state not in _KEEPS_BODY:
        values["body_ct"] = None
    await _write(session, delivery, values)
    if state is DeliveryState.DEAD:
        tallies.undelivered(session, delivery.channel, now=now)


async def progress(
    session: Session, delivery: Delivery, *, part: int, lease_until: datetime
) -> None:
    """Note that `part` pieces of a long text arrived, so that no try sends them again.

    Raises:
        LeaseLost: another sender has it, or it was cancelled; nothing was written.
    """
    await _write(session, delivery, {"part": part, "due_at": lease_until})


async def retry(session: Session, delivery: Delivery, *, due_at: datetime, code: str = "") -> None:
    """Give a delivery back to be tried again at `due_at`.

    Raises:
        LeaseLost: another sender has it, or it was cancelled; nothing was written.
    """
    await _write(session, delivery, {"due_at": due_at, "code": code, "tries": 0})


async def release_waiting(session: Session, contact_id: UUID, *, now: datetime) -> None:
    """Let everything go that waited for this person to be there again.

    What is older than `STALE` is cancelled: who holds the phone by then may be somebody else.
    """
    wake(session, Topic.QUEUE)
    if (await session.execute(_WAITING, {"whose": contact_id})).first() is None:
        return
    waiting = (
        outbox.c.contact_id == contact_id,
        outbox.c.state == DeliveryState.WAITING_FOR_USER,
    )
    await session.execute(
        update(outbox)
        .where(*waiting, outbox.c.created_at < now - STALE)
        .values(state=DeliveryState.CANCELLED, body_ct=None)
    )
    statement = (
        update(outbox)
        .where(*waiting)
        .values(state=DeliveryState.PENDING, due_at=now, again_at=now, settled_at=None, code="")
        .returning(outbox.c.id)
    )
    if (await session.execute(statement)).first() is not None:
        wake(session, Topic.OUTBOX)


async def redirect(session: Session, conversation: Conversation, *, now: datetime) -> None:
    """Send what has not arrived to where the talk is now, for a talk that crossed over."""
    await session.execute(
        update(outbox)
        .where(outbox.c.conversation_id == conversation.id, outbox.c.state.in_(_UNSENT))
        .values(
            contact_id=conversation.contact_id,
            channel=conversation.channel,
            state=DeliveryState.PENDING,
            due_at=now,
            again_at=now,
            tries=0,
            fence=outbox.c.fence + 1,
        )
    )
    wake(session, Topic.OUTBOX)


async def give_up(
    session: Session, channels: Collection[str], *, before: datetime, now: datetime
) -> int:
    """Set aside what was due before a time and is not for one of `channels`: nobody takes it.

    Returns:
        How many, `BATCH` at most; then there may be more.
    """
    untaken = (
        select(outbox.c.id)
        .where(
            outbox.c.state == DeliveryState.PENDING,
            outbox.c.channel.not_in(channels),
            outbox.c.due_at < before,
        )
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = (await session.execute(untaken)).scalars().all()
    for row_id in found:
        await _bury(session, row_id, "channel_off", now=now)
    return len(found)


async def cancel(session: Session, conversation_id: UUID) -> None:
    """Stop every message of a talk that has not arrived yet, and erase its body."""
    await session.execute(
        update(outbox)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.state.in_(_UNSENT))
        .values(state=DeliveryState.CANCELLED, body_ct=None)
    )
    wake(session, Topic.QUEUE)


async def next_due(
    session: Session, channels: Collection[str], holding: Holding, *, now: datetime
) -> datetime | None:
    """Return when `claim` will have something on these channels, None when nothing is pending."""
    asked = _asked(channels, holding, now)
    moment: datetime | None = (await session.execute(_NEXT_DUE, asked)).scalar_one()
    return moment


def _asked(channels: Collection[str], holding: Holding, now: datetime) -> dict[str, Any]:
    return {"channels": list(channels), "moment": now, **reach(holding, now=now)}


async def _lease(session: Session, asked: dict[str, Any], *, until: datetime) -> Row[Any] | None:
    row: Row[Any] | None = (await session.execute(_LEASE, {**asked, "until": until})).one_or_none()
    return row


async def _longer(session: Session, row_id: UUID, *, until: datetime) -> None:
    await session.execute(update(outbox).where(outbox.c.id == row_id).values(due_at=until))


async def _rest(session: Session, row_id: UUID, *, until: datetime) -> None:
    """Give a message back that cannot be opened now; no try is counted."""
    later = {"due_at": until, "tries": 0}
    await session.execute(update(outbox).where(outbox.c.id == row_id).values(later))


def _apart(longest: timedelta, shortest: timedelta) -> timedelta:
    """Spread what was under way together, so that what kills is soon alone when it does."""
    return max(shortest, longest * (0.5 + random.random() / 2))  # noqa: S311 # nosec B311


async def _open(session: Session, vault: Vault, row: Row[Any]) -> Delivery:
    asked = {"talk": row.conversation_id, "whose": row.contact_id}
    person = (await session.execute(_PERSON, asked)).one()
    address_key = await vault.data_key(row.contact_id)
    address_place = places.contact_address(row.contact_id, row.channel)
    body_key = await vault.data_key(row.conversation_id)
    body_place = places.outbox_body(row.conversation_id, row.id, row.seq)
    return Delivery(
        id=row.id,
        conversation_id=row.conversation_id,
        contact_id=row.contact_id,
        channel=row.channel,
        seq=row.seq,
        address=vault.open(address_key, person.address_ct, address_place),
        body=vault.open(body_key, row.body_ct, body_place),
        from_counselor=row.from_counselor,
        attempt=row.attempt,
        part=row.part,
        fence=row.fence,
        created_at=row.created_at,
        since=row.again_at or row.created_at,
        heard_at=person.heard_at,
        watched=person.watched_at is not None,
    )


async def _bury(session: Session, row_id: UUID, code: str, *, now: datetime) -> None:
    buried = await session.execute(
        update(outbox)
        .where(outbox.c.id == row_id)
        .values(state=DeliveryState.DEAD, code=code, settled_at=now)
        .returning(outbox.c.channel)
    )
    tallies.undelivered(session, buried.scalar_one(), now=now)
    wake(session, Topic.QUEUE)


async def _write(session: Session, delivery: Delivery, values: dict[str, Any]) -> None:
    held = {"which": delivery.id, "token": delivery.fence}
    if (await session.execute(_WRITE, {**held, **values})).one_or_none() is None:
        raise LeaseLost("delivery")
    wake(session, Topic.OUTBOX)
    wake(session, Topic.QUEUE)


# Made once: they cost more to make than to run.
_PUT = insert(outbox)
_READY = _is_head() & outbox.c.channel.in_(bindparam("channels", expanding=True)) & REACHABLE
_NEXT_DUE = select(func.min(outbox.c.due_at)).where(_READY)
_LEASE = (
    update(outbox)
    .where(
        outbox.c.id
        == select(outbox.c.id)
        .where(_READY, outbox.c.due_at <= bindparam("moment"))
        .order_by(outbox.c.due_at, outbox.c.created_at, outbox.c.seq, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(
        due_at=bindparam("until", type_=outbox.c.due_at.type),
        fence=outbox.c.fence + 1,
        attempt=outbox.c.attempt + 1,
        tries=outbox.c.tries + 1,
    )
    .returning(outbox)
)
_TALK = conversations.c.id == bindparam("talk")
_PERSON = select(
    contacts.c.address_ct,
    select(conversations.c.heard_at).where(_TALK).scalar_subquery().label("heard_at"),
    select(conversations.c.watched_at).where(_TALK).scalar_subquery().label("watched_at"),
).where(contacts.c.id == bindparam("whose"))
_WAITING = (
    select(outbox.c.id)
    .where(
        outbox.c.contact_id == bindparam("whose"),
        outbox.c.state == DeliveryState.WAITING_FOR_USER,
    )
    .limit(1)
)
_WRITE = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("which"),
        outbox.c.fence == bindparam("token"),
        outbox.c.state == DeliveryState.PENDING,
    )
    .returning(outbox.c.id)
)

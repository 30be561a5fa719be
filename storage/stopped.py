"""Texts that the outbound guard stopped and a counselor asks to have released; sealed."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, update

from storage import places
from storage.database import Session, Topic, wake
from storage.records import ConversationState
from storage.tables import conversations, insert_into, stopped
from storage.vault import Vault


class StoppedState(StrEnum):
    """What became of a stopped text; SENT is said once and never again."""

    ASKED = "asked"
    RELEASED = "released"
    REFUSED = "refused"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stopped text that somebody asks about, without a word of it."""

    id: UUID
    conversation_id: UUID
    epoch: int
    staff_id: UUID
    ask: str
    state: StoppedState
    asked_at: datetime
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class StoppedWords:
    """The words around a stopped text, opened."""

    text: str = field(repr=False)
    reason: str = field(repr=False)
    answer: str = field(repr=False)


async def add(session: Session, vault: Vault, one: Stopped, *, text: str, reason: str) -> bool:
    """Keep a text that was stopped, and why it should be sent; False when the id is known.

    Raises:
        KeyMissing: the talk's key was destroyed.
    """
    key = await vault.data_key(one.conversation_id)
    words = json.dumps([text, reason], ensure_ascii=False)
    values = {
        "id": one.id,
        "conversation_id": one.conversation_id,
        "epoch": one.epoch,
        "staff_id": one.staff_id,
        "ask": one.ask,
        "state": one.state,
        "words_ct": vault.seal(key, words, places.stopped_words(one.conversation_id, one.id)),
        "asked_at": one.asked_at,
    }
    statement = insert_into(session, stopped).values(**values).on_conflict_do_nothing()
    made = await session.execute(statement.returning(stopped.c.id))
    wake(session, Topic.QUEUE)
    return made.one_or_none() is not None


async def decide(
    session: Session,
    vault: Vault,
    one: Stopped,
    state: StoppedState,
    *,
    answer: str,
    by: UUID,
    now: datetime,
) -> bool:
    """Write down a supervisor's decision; False when somebody decided before.

    Raises:
        KeyMissing: the talk's key was destroyed.
    """
    key = await vault.data_key(one.conversation_id)
    place = places.stopped_answer(one.conversation_id, one.id)
    statement = (
        update(stopped)
        .where(stopped.c.id == one.id, stopped.c.state == StoppedState.ASKED)
        .values(
            state=state, answer_ct=vault.seal(key, answer, place), decided_by=by, decided_at=now
        )
    )
    done = await session.execute(statement.returning(stopped.c.id))
    wake(session, Topic.QUEUE)
    return done.one_or_none() is not None


async def note_sent(session: Session, which: UUID) -> bool:
    """Use a release up; False when there is none (any more)."""
    statement = (
        update(stopped)
        .where(stopped.c.id == which, stopped.c.state == StoppedState.RELEASED)
        .values(state=StoppedState.SENT)
    )
    done = await session.execute(statement.returning(stopped.c.id))
    wake(session, Topic.QUEUE)
    return done.one_or_none() is not None


async def get(session: Session, which: UUID) -> Stopped | None:
    """Return one that stands, None when its talk changed hands or it never was."""
    row = (await session.execute(_standing().where(stopped.c.id == which))).one_or_none()
    return None if row is None else _record(row)


async def standing(
    session: Session, talk_ids: Collection[UUID] | None = None
) -> tuple[Stopped, ...]:
    """Return what is asked under the present epoch of its talk, oldest first."""
    query = _standing().order_by(stopped.c.asked_at, stopped.c.id)
    if talk_ids is not None:
        query = query.where(stopped.c.conversation_id.in_(talk_ids))
    return tuple(_record(row) for row in await session.execute(query))


async def read(
    session: Session, vault: Vault, conversation_id: UUID, which: Collection[UUID]
) -> Mapping[UUID, StoppedWords]:
    """Open the words of some stopped texts of one talk. The caller audits first.

    Raises:
        SealBroken: one does not open; none is returned.
        KeyMissing: the talk's key was destroyed.
    """
    columns = (stopped.c.id, stopped.c.words_ct, stopped.c.answer_ct)
    query = select(*columns).where(
        stopped.c.conversation_id == conversation_id, stopped.c.id.in_(which)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return {}
    key = await vault.data_key(conversation_id)
    opened: dict[UUID, StoppedWords] = {}
    for row in rows:
        words = vault.open(key, row.words_ct, places.stopped_words(conversation_id, row.id))
        text, reason = json.loads(words)
        place = places.stopped_answer(conversation_id, row.id)
        answer = vault.open(key, row.answer_ct, place) if row.answer_ct is not None else ""
        opened[row.id] = StoppedWords(text, reason, answer)
    return opened


def _standing() -> Select[Any]:
    return (
        select(
            stopped.c.id,
            stopped.c.conversation_id,
            stopped.c.epoch,
            stopped.c.staff_id,
            stopped.c.ask,
            stopped.c.state,
            stopped.c.asked_at,
            stopped.c.decided_by,
        )
        .join(conversations, conversations.c.id == stopped.c.conversation_id)
        .where(
            conversations.c.state == ConversationState.ACTIVE,
            conversations.c.epoch == stopped.c.epoch,
            conversations.c.owner_id == stopped.c.staff_id,
        )
    )


def _record(row: Row[Any]) -> Stopped:
    return Stopped(
        row.id,
        row.conversation_id,
        row.epoch,
        row.staff_id,
        row.ask,
        StoppedState(row.state),
        row.asked_at,
        row.decided_by,
    )

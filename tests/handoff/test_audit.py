"""No transition without its audit row, and none of the two without the other (H12)."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from inspect import iscoroutinefunction
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from handoff import queue
from handoff.errors import NotAudited
from storage.database import Database
from storage.errors import NotWrittenDown
from storage.records import AskReason, Conversation, ConversationState, Staff
from tests.factories import NOON, talk_of
from tests.handoff.conftest import NOTICES, acts_on, claimed, counselor, lines_of, row_of, waiting

State = ConversationState
LONG_AFTER = NOON + 2 * queue.LEASE

Act = Callable[[Database, Staff, Conversation], Awaitable[object]]


async def _ask(database: Database, _: Staff, talk: Conversation) -> None:
    async with database.transaction() as session:
        await queue.ask(session, talk, reason=AskReason.REQUESTED, now=NOON)


async def _cancel(database: Database, _: Staff, talk: Conversation) -> None:
    async with database.transaction() as session:
        await queue.cancel(session, talk, now=NOON)


async def _leave(database: Database, _: Staff, talk: Conversation) -> None:
    async with database.transaction() as session:
        await queue.leave(session, database.vault, talk, now=NOON)


async def _erase(database: Database, _: Staff, talk: Conversation) -> None:
    async with database.transaction() as session:
        await queue.erase(session, talk.contact_id, now=NOON)


def _say(database: Database, me: Staff, talk: Conversation) -> Awaitable[object]:
    return queue.say(database, NOTICES, me, talk.id, epoch=1, text="네", key=uuid4(), now=NOON)


ACTS: dict[str, tuple[State, State, list[str], Act]] = {
    "ask": (State.BOT, State.QUEUED, ["ask"], _ask),
    "cancel": (State.QUEUED, State.BOT, ["cancel"], _cancel),
    "leave": (State.BOT, State.CLOSED, ["leave"], _leave),
    "claim": (State.QUEUED, State.ACTIVE, ["claim"], claimed),
    "claim_next": (
        State.QUEUED, State.ACTIVE, ["claim"],
        lambda db, me, _: queue.claim_next(db, NOTICES, me, now=NOON),
    ),
    "say": (State.ACTIVE, State.ACTIVE, ["say"], _say),
    "release": (
        State.ACTIVE, State.QUEUED, ["release"],
        lambda db, me, talk: queue.release(db, NOTICES, me, talk.id, epoch=1, now=NOON),
    ),
    "close": (
        State.ACTIVE, State.CLOSED, ["close"],
        lambda db, me, talk: queue.close(db, NOTICES, me, talk.id, epoch=1, seen=9, now=NOON),
    ),
    "lapse": (
        State.ACTIVE, State.QUEUED, ["lapse"],
        lambda db, _, __: queue.lapse(db, NOTICES, now=LONG_AFTER),
    ),
    "dismiss": (
        State.ACTIVE, State.QUEUED, ["dismiss"],
        lambda db, me, _: queue.dismiss(db, NOTICES, me.id, now=NOON),
    ),
    "open_transcript": (
        State.ACTIVE, State.ACTIVE, ["read"],
        lambda db, me, talk: queue.open_transcript(db, me, talk.id, epoch=1, last=1, now=NOON),
    ),
    "open_beside": (
        State.ACTIVE, State.ACTIVE, ["read_beside"],
        lambda db, me, talk: queue.open_beside(db, me, talk.id, epoch=1, now=NOON),
    ),
    "erase": (State.ACTIVE, State.ERASED, ["erase"], _erase),
    "heartbeat": (
        State.ACTIVE, State.ACTIVE, [],  # a lease that goes on is no transition
        lambda db, me, _: queue.heartbeat(db, me, now=NOON),
    ),
}  # fmt: skip


async def _talk_in(database: Database, me: Staff, state: State) -> Conversation:
    if state is State.BOT:
        return await talk_of(database)
    card = await waiting(database)
    return card if state is State.QUEUED else await claimed(database, me, card)


def test_every_public_step_is_tried_here() -> None:
    assert set(ACTS) == {
        name for name in queue.__all__ if iscoroutinefunction(getattr(queue, name))
    }


@pytest.mark.parametrize("name", ACTS)
async def test_every_step_is_written_down_once(database: Database, name: str) -> None:
    before, after, written, act = ACTS[name]
    me = await counselor(database)
    talk = await _talk_in(database, me, before)
    earlier = await acts_on(database, talk)

    await act(database, me, talk)

    assert (await row_of(database, talk)).state is after
    assert await acts_on(database, talk) == [*earlier, *written]


@pytest.mark.parametrize("name", [name for name, (_, _, written, _) in ACTS.items() if written])
async def test_what_cannot_be_written_down_does_not_happen(database: Database, name: str) -> None:
    me = await counselor(database)
    talk = await _talk_in(database, me, ACTS[name][0])
    told = await lines_of(database, talk)
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE audit RENAME TO audit_away"))

    refused = pytest.raises((NotWrittenDown, NotAudited, DBAPIError))
    with nullcontext() if name == "lapse" else refused:  # a loop goes on, and logs it
        await ACTS[name][3](database, me, talk)

    assert await row_of(database, talk) == talk
    assert await lines_of(database, talk) == told

"""Things that tests make over and over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

from storage import contacts, conversations, inbox, outbox, transcript
from storage.database import Database, migrate, open_database
from storage.keyring import Keyring, create_keyring
from storage.processes import Holding
from storage.records import (
    Conversation,
    Delivery,
    InboxEvent,
    Lane,
    Language,
    Line,
    PendingTurn,
    Speaker,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=1)
DUE = NOON + SETTLE
LEASE = timedelta(seconds=30)

_numbers = count(1)


def received(
    *,
    account: str = "account-1",
    text: str = "안녕하세요",
    event_id: str | None = None,
    channel: str = "fake",
    settle: timedelta = SETTLE,
    lane: Lane = Lane.NORMAL,
    holder: UUID | None = None,
) -> InboxEvent:
    """One delivery as a channel gives it; a new event unless `event_id` says otherwise."""
    name = event_id or f"event-{next(_numbers)}"
    return InboxEvent(channel, name, account, text, settle=settle, lane=lane, holder=holder)


async def open_database_at(folder: Path, *, keyring: Keyring | None = None) -> Database:
    """A migrated SQLite database with its keyring in `folder`; the caller closes it."""
    url = f"sqlite+aiosqlite:///{folder / 'gyeot.db'}"
    await migrate(url, None)
    own = keyring or create_keyring(folder / "keyring.json", now=NOON)
    return open_database(url, keys_url=None, keyring=own)


async def talk_of(
    database: Database, *, account: str = "account-1", channel: str = "fake", now: datetime = NOON
) -> Conversation:
    """A fresh talk with the bot of the person behind `account`, at address `to-<account>`."""
    async with database.transaction() as session:
        person = await contacts.find_or_make(
            session,
            database.vault,
            channel=channel,
            account=account,
            address=f"to-{account}",
            now=now,
        )
        return await conversations.start(
            session, database.vault, person, language=Language.KO, now=now
        )


async def said(
    database: Database,
    conversation_id: UUID,
    text: str,
    *,
    speaker: Speaker = Speaker.PERSON,
    at: datetime = NOON,
) -> Line:
    """One more line of a talk."""
    async with database.transaction() as session:
        return await transcript.append(
            session,
            database.vault,
            conversation_id,
            speaker=speaker,
            text=text,
            kind="text",
            at=at,
        )


async def sent_out(database: Database, talk: Conversation, text: str) -> Line:
    """A line of the bot that is on its way out; its body is `body:<text>`."""
    async with database.transaction() as session:
        line = await transcript.append(
            session,
            database.vault,
            talk.id,
            speaker=Speaker.BOT,
            text=text,
            kind="reply",
            at=NOON,
        )
        await outbox.put(
            session, database.vault, talk, line, f"body:{text}", from_counselor=False, now=NOON
        )
        return line


async def accepted(database: Database, *events: InboxEvent, now: datetime = NOON) -> int:
    """Deliveries that were stored; they are due `SETTLE` later. How many were new."""
    async with database.transaction() as session:
        return await inbox.accept(session, database.vault, events, now=now)


async def turn_taken(database: Database, *, now: datetime = DUE) -> PendingTurn | None:
    """The next turn, leased for `LEASE`."""
    async with database.transaction() as session:
        turns = await inbox.take_turns(session, database.vault, now=now, lease=LEASE)
    return turns[0] if turns else None


async def delivery_claimed(database: Database, *, now: datetime = NOON) -> Delivery | None:
    """The next message out on channel "fake", leased for `LEASE`."""
    async with database.transaction() as session:
        return await outbox.claim(
            session, database.vault, now=now, lease=LEASE, channels=("fake",), holding=NOBODY
        )


NOBODY = Holding(uuid4(), frozenset())
"""A process that holds no connection."""


@dataclass(slots=True)
class Timer:
    """A monotonic clock that tests turn by hand, in seconds."""

    seconds: float = field(default=0.0)

    def __call__(self) -> float:
        return self.seconds

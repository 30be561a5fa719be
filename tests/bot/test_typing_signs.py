"""Who is writing right now is a flag for two people: it goes by, and nothing of it stays."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from bot import tabs, typing_signs
from bot.channels.web import WebChannel
from handoff import queue
from storage import contacts, conversations
from storage.database import Database
from storage.records import AskReason, Conversation, Language
from storage.tables import METADATA
from storage.typing_signs import TypingSign, Writer
from tests.bot.test_tabs import Tab
from tests.factories import NOON
from tests.handoff.conftest import claimed, counselor

ADDRESS = "tab"


@dataclass
class Screen(Tab):
    """A socket that keeps what it is shown."""

    shown: list[str] = field(default_factory=list)

    async def send_text(self, data: str) -> None:
        self.shown.append(data)


async def led(database: Database, *, channel: str = "web") -> Conversation:
    """A talk with a counselor."""
    talk = await waits(database, channel=channel)
    return await claimed(database, await counselor(database), talk)


async def waits(database: Database, *, channel: str = "web") -> Conversation:
    """A young person in a tab of this page who waits."""
    async with database.transaction() as session:
        person = await contacts.find_or_make(
            session, database.vault, channel=channel, account=ADDRESS, address=ADDRESS, now=NOON
        )
        talk = await conversations.start(
            session, database.vault, person, language=Language.KO, now=NOON
        )
        return await queue.ask(session, talk, reason=AskReason.REQUESTED, now=NOON)


async def heard(database: Database) -> list[TypingSign]:
    """What this process hears when somebody writes at the tab."""
    with database.typing_signs.listen() as signs:
        await typing_signs.writes(database)(ADDRESS)
        return [signs.get_nowait() for _ in range(signs.qsize())]


async def rows(database: Database) -> list[list[Any]]:
    async with database.reading() as session:
        return [
            sorted(map(repr, (await session.execute(table.select())).all()))
            for table in METADATA.sorted_tables
        ]


@asynccontextmanager
async def shown_by(database: Database, process: UUID) -> AsyncGenerator[Screen]:
    """The one open tab of a process that shows what it hears."""
    screen = Screen()
    web = WebChannel(lambda: NOON, returned=tabs.returning(database, process, lambda: NOON))
    await web.connected(ADDRESS, screen, returning=True)
    showing = asyncio.create_task(typing_signs.showing(database, web, process))
    await asyncio.sleep(0)
    yield screen
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing


async def test_who_writes_at_a_tab_is_heard_by_whoever_leads_their_talk(
    database: Database,
) -> None:
    talk = await led(database)
    before = await rows(database)

    assert await heard(database) == [TypingSign(talk.id, Writer.PERSON)]

    assert await rows(database) == before  # nothing of it is kept


async def test_nobody_looks_on_before_a_counselor_is_there(database: Database) -> None:
    assert await heard(database) == []
    await waits(database)
    assert await heard(database) == []


async def test_a_counselor_who_writes_is_seen_at_the_tab(database: Database) -> None:
    talk = await led(database)
    async with shown_by(database, uuid4()) as screen:
        before = await rows(database)
        await database.show_typing(TypingSign(uuid4(), Writer.COUNSELOR))  # of no talk
        await database.show_typing(TypingSign(talk.id, Writer.PERSON))
        await database.show_typing(TypingSign(talk.id, Writer.COUNSELOR))
        async with asyncio.timeout(5):
            while not screen.shown:
                await asyncio.sleep(0.01)
        assert await rows(database) == before
    assert screen.shown == ['{"v": 1, "t": "typing"}']


@pytest.mark.parametrize("channel", ["web", "telegram"])
async def test_the_address_is_opened_only_where_the_tab_is(
    database: Database, channel: str
) -> None:
    talk = await led(database, channel=channel)
    here, elsewhere = uuid4(), uuid4()
    async with database.transaction() as session:
        await contacts.hold(session, talk.contact_id, elsewhere, at=NOON)
    async with database.reading() as session:
        found = await contacts.address_held_by(session, database.vault, talk.contact_id, here)
        there = await contacts.address_held_by(session, database.vault, talk.contact_id, elsewhere)
    assert found is None
    assert there == ADDRESS

"""Accepting: kept before it is acknowledged, and nobody lost for a neighbor's sake."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from bot import event_body
from bot.intake import Intake, IntakeFull
from bot.messages import InboundMessage
from storage import inbox
from storage.database import Database, open_database
from storage.errors import DatabaseAway
from storage.keyring import Keyring
from tests.bot.road import said
from tests.database import ON_POSTGRESQL
from tests.factories import DUE, LEASE, NOON


@asynccontextmanager
async def running(intake: Intake) -> AsyncGenerator[Intake]:
    task = asyncio.create_task(intake.run())
    yield intake
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def kept(database: Database) -> list[InboundMessage]:
    async with database.transaction() as session:
        turn = await inbox.take_turn(session, database.vault, now=DUE, lease=LEASE)
    return [event_body.load(event.body) for event in turn.events] if turn else []


async def test_a_message_comes_back_from_the_disk_as_it_was(database: Database) -> None:
    message = replace(said("반쪽 글자 \ud83d 와 \x00 도 그대로"), reply_token="t", refers_to="r")
    async with running(Intake(database, lambda: NOON)) as intake:
        await intake.accept([message])

    assert await kept(database) == [message]


async def test_what_comes_together_is_kept_in_order(database: Database) -> None:
    texts = [f"말 {number}" for number in range(40)]
    async with running(Intake(database, lambda: NOON)) as intake:
        await asyncio.gather(*(intake.accept([said(text)]) for text in texts))

    assert [message.text for message in await kept(database)] == texts


@ON_POSTGRESQL
async def test_one_that_cannot_be_kept_takes_no_other_with_it(database: Database) -> None:
    bad = replace(said("여기"), channel="a channel name that no column can hold" * 4)
    async with running(Intake(database, lambda: NOON)) as intake:
        results = await asyncio.gather(
            intake.accept([said("하나")]),
            intake.accept([bad]),
            intake.accept([said("둘")]),
            return_exceptions=True,
        )

    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert [message.text for message in await kept(database)] == ["하나", "둘"]


async def test_a_dead_database_is_told_to_every_caller(keyring: Keyring) -> None:
    away = open_database("postgresql+psycopg://gyeot@127.0.0.1:1/gyeot", keyring=keyring)
    async with running(Intake(away, lambda: NOON)) as intake:
        results = await asyncio.gather(
            *(intake.accept([said("하나")]) for _ in range(3)), return_exceptions=True
        )
    await away.close()

    assert all(isinstance(result, DatabaseAway) for result in results)


async def test_more_than_can_be_kept_in_time_is_refused_at_once(database: Database) -> None:
    intake = Intake(database, lambda: NOON, capacity=1)
    waiting = asyncio.create_task(intake.accept([said("하나")]))
    await asyncio.sleep(0)

    with pytest.raises(IntakeFull):
        await intake.accept([said("둘")])
    waiting.cancel()

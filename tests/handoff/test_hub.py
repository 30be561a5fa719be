"""Which consoles get a look, and which do not."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from handoff.hub import Console, Hub
from handoff.look import Look
from storage import staff
from storage.database import Database
from storage.records import StaffSession
from tests.factories import NOON
from tests.handoff.conftest import HandClock, counselor, waiting


def hub(database: Database) -> Hub:
    return Hub(database, HandClock(), {})


async def session(database: Database, name: str = "별") -> StaffSession:
    person = await counselor(database, name)
    async with database.transaction() as opened:
        return await staff.start_session(
            opened, staff=person, token_hash=uuid4().bytes * 2, csrf_token="", now=NOON
        )


async def looked(console: Console) -> Look:
    """The next look, which must come."""
    async with asyncio.timeout(30):
        look = await console.look()
    assert look is not None
    return look


async def until(console: Console, cards: int) -> Look:
    while len((look := await looked(console)).cards) != cards:
        continue
    return look


async def test_all_consoles_are_shown_one_and_the_same_look(database: Database) -> None:
    consoles = hub(database)
    signed_in = await session(database)
    async with consoles.connect(signed_in) as one, consoles.connect(signed_in) as two:
        await until(one, 0), await until(two, 0)
        await waiting(database)
        assert await until(one, 1) is await until(two, 1)


async def test_a_page_that_takes_no_look_holds_up_no_other(database: Database) -> None:
    consoles = hub(database)
    signed_in = await session(database)
    async with consoles.connect(signed_in) as slow, consoles.connect(signed_in) as quick:
        for number in range(3):
            await waiting(database, f"account-{number}")
            await until(quick, number + 1)
        assert len((await looked(slow)).cards) == 3


async def test_a_page_that_opens_during_a_look_waits_for_one_that_knows_it(
    database: Database,
) -> None:
    consoles = hub(database)
    first, second = await session(database), await session(database, "달")
    async with consoles.connect(first) as early:
        await asyncio.sleep(0)  # the look has begun
        async with consoles.connect(second) as late:
            assert first.id in (await looked(early)).sessions
            assert second.id in (await looked(late)).sessions


async def test_a_page_whose_session_ended_gets_no_look(database: Database) -> None:
    consoles = hub(database)
    signed_in, other = await session(database), await session(database, "달")
    async with consoles.connect(signed_in) as page, consoles.connect(other) as colleague:
        await until(page, 0)
        async with database.transaction() as opened:
            await staff.end_session(opened, signed_in.id)
        await waiting(database)
        await until(colleague, 1)
        assert await page.look() is None


async def test_a_page_of_a_session_nobody_knows_gets_no_look(database: Database) -> None:
    unknown = replace(await session(database), id=uuid4())
    async with hub(database).connect(unknown) as page, asyncio.timeout(30):
        assert await page.look() is None


async def test_who_comes_after_all_have_left_is_shown_a_look(database: Database) -> None:
    consoles = hub(database)
    signed_in = await session(database)
    for _ in range(2):
        async with consoles.connect(signed_in) as page:
            await until(page, 0)

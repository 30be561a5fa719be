"""What staff set is live in every process without a restart."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from sqlalchemy import insert

from bot.content_folder import ContentFolder
from bot.dialogue.content import FOLDER
from bot.dialogue.off import Doors
from bot.steering import Steering
from storage import drafts, sentences, settings
from storage.database import Database, open_database
from storage.keyring import Keyring
from storage.records import Language, Limits, Role
from storage.tables import sentence_versions
from tests.bot.road import Road, away, nlu
from tests.factories import NOON
from tests.storage.members import member


@asynccontextmanager
async def running(steering: Steering) -> AsyncGenerator[None]:
    task = asyncio.create_task(steering.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _set(database: Database, name: str, value: str) -> None:
    person = await member(database, Role.ADMINISTRATOR)
    async with database.transaction() as session:
        await settings.put(session, name, value, staff=person, now=NOON)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.02)


async def test_a_channel_that_is_switched_off_is_off_in_every_process_and_on_again(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    other = open_database(database_url, keyring=keyring)
    mine, theirs = Steering(database), Steering(other)
    async with running(mine), running(theirs):
        await _set(database, "channel.line", "off")
        await _until(lambda: not mine.is_on("line") and not theirs.is_on("line"))
        assert mine.is_on("web")

        await _set(database, "channel.line", "on")
        await _until(lambda: mine.is_on("line") and theirs.is_on("line"))
    await other.close()


async def test_while_the_database_is_away_what_was_set_before_holds(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    steering = Steering(database)
    await _set(database, "channel.line", "off")
    await steering.look()
    await database.close()
    async with running(steering):
        await asyncio.sleep(0.05)
        assert not steering.is_on("line")


async def test_days_that_were_set_hold_over_those_of_the_environment(database: Database) -> None:
    steering = Steering(database)
    base = Limits(transcripts=timedelta(days=60))
    assert steering.limits(base) == base

    await _set(database, "days.transcripts", "30")
    await steering.look()

    assert steering.limits(base).transcripts == timedelta(days=30)
    assert steering.limits(base).contacts == base.contacts


async def test_who_is_sent_elsewhere_is_told_of_what_is_on_and_of_no_page_that_is_off(
    database: Database,
) -> None:
    steering, known, address = Steering(database), ("line", "telegram", "web"), "https://gyeot"
    assert steering.doors(known, address) == Doors([], ["line", "telegram"], address)

    await _set(database, "channel.line", "off")
    await _set(database, "channel.web", "off")
    await steering.look()

    assert steering.doors(known, address) == Doors(["line", "web"], ["telegram"], "")


async def test_a_number_that_staff_took_out_of_use_is_said_nowhere_until_it_is_confirmed_again(
    database: Database,
) -> None:
    shelf = ContentFolder(FOLDER)
    steering = Steering(database, None, shelf)
    road = Road(database, nlu(away))
    shelf.follow(road.engine.use)

    await _set(database, "resource.suicide-109", "out 2026-11-20")
    await steering.look()
    crisis = await road.talk("죽고 싶어")

    assert steering.unused_numbers() == {"109"}
    assert crisis
    assert not any("109" in one for one in crisis)
    assert any("1388" in one for one in crisis)

    await _set(database, "resource.suicide-109", "in 2026-11-21")
    await steering.look()
    assert "109" in shelf.current.sentence("self_harm.1", Language.KO)


async def test_what_cannot_be_read_of_a_change_stops_nothing(database: Database) -> None:
    shelf = ContentFolder(FOLDER)
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    async with database.transaction() as session:
        made = await drafts.propose(session, sentences.KIND, "[]", staff=star, now=NOON)
        await drafts.decide(
            session, await drafts.get(session, made), approve=True, staff=moon, now=NOON
        )
        row = {"sentence": "greet.1", "band": "", "number": 1, "draft_id": made, "reason": "x"}
        await session.execute(insert(sentence_versions), {**row, "staff_id": moon.id, "at": NOON})

    await Steering(database, None, shelf).look()

    assert shelf.current is shelf.files

"""A tab that comes back, here or at another process, gets what is meant for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select, update

from bot import tabs
from bot.channels.web import WebChannel
from bot.intake import Intake
from storage import tables
from storage.database import Database
from storage.records import DeliveryState
from tests.bot.road import SOON, Road, nlu, said, understood
from tests.factories import NOON

OLD, NEW = uuid4(), uuid4()


@dataclass
class Tab:
    """A socket that never says anything."""

    async def send_text(self, data: str) -> None:
        return

    async def close(self, code: int = 1000) -> None:
        return


def _web(database: Database, process: UUID, clock: Callable[[], datetime]) -> WebChannel:
    return WebChannel(clock, returned=tabs.returning(database, process, clock))


async def _written(database: Database, *, at: datetime) -> None:
    """A young person's words on the page, which came to the process OLD."""
    words = replace(said("안녕하세요"), channel="web", account="tab", address="tab", sent_at=at)
    await Intake(database, lambda: at, holders={"web": OLD}).store([words])


async def _holder(database: Database) -> UUID | None:
    async with database.reading() as session:
        found: UUID | None = (await session.execute(select(tables.contacts.c.holder))).scalar_one()
        return found


def _road(database: Database) -> Road:
    return Road(database, nlu(lambda _: understood("greet")))


async def test_an_answer_goes_where_the_words_came_from(database: Database) -> None:
    await _written(database, at=NOON)

    await _road(database).answer()

    assert await _holder(database) == OLD


async def test_a_turn_that_is_answered_late_leaves_a_tab_where_it_is_now(
    database: Database,
) -> None:
    road, later = _road(database), SOON + timedelta(minutes=1)
    await _written(database, at=NOON)
    await road.answer()
    await _written(database, at=SOON)
    (turn,) = await road.engine.take(later, 1)

    back = _web(database, NEW, lambda: SOON + timedelta(seconds=1))
    await back.connected("tab", Tab(), returning=True)
    await road.engine.work(turn, later)

    assert await _holder(database) == NEW


async def test_a_tab_that_moved_before_its_first_answer_gets_it(database: Database) -> None:
    await _written(database, at=NOON)

    await _web(database, NEW, lambda: SOON).connected("tab", Tab(), returning=True)
    await _road(database).answer()

    assert await _holder(database) == NEW


async def test_a_tab_that_moved_while_its_first_answer_was_made_gets_it(
    database: Database,
) -> None:
    async def moves(_: httpx.Request) -> httpx.Response:
        await _web(database, NEW, lambda: SOON).connected("tab", Tab(), returning=True)
        return understood("greet")

    await _written(database, at=NOON)

    await Road(database, nlu(moves)).answer()

    assert await _holder(database) == NEW


async def test_a_tab_that_moved_as_its_first_turn_was_taken_gets_the_answer(
    database: Database,
) -> None:
    road = _road(database)
    await _written(database, at=NOON)
    (turn,) = await road.engine.take(SOON, 1)

    await _web(database, NEW, lambda: SOON).connected("tab", Tab(), returning=True)
    await road.engine.work(turn, SOON)

    assert await _holder(database) == NEW


async def _waits(database: Database) -> bool:
    async with database.reading() as session:
        found = await session.execute(select(tables.outbox.c.state))
        return DeliveryState.WAITING_FOR_USER in found.scalars()


async def _nobody_was_there(database: Database) -> None:
    """A process that has no tab finds nobody, and notes that."""
    waiting = update(tables.outbox).values(state=DeliveryState.WAITING_FOR_USER)
    async with database.transaction() as session:
        await session.execute(waiting)


async def test_who_was_taken_for_dead_lets_go_what_waits_for_its_open_tabs(
    database: Database,
) -> None:
    await _written(database, at=NOON)
    await _road(database).answer()
    here = _web(database, OLD, lambda: SOON)
    await here.connected("tab", Tab(), returning=True)
    await _nobody_was_there(database)

    await tabs.let_all_go(database, OLD, here.present, lambda: SOON)

    assert not await _waits(database)


async def test_who_was_taken_for_dead_takes_back_no_tab_that_is_elsewhere_by_now(
    database: Database,
) -> None:
    await _written(database, at=NOON)
    await _road(database).answer()
    lost = _web(database, OLD, lambda: SOON)
    await lost.connected("tab", Tab(), returning=True)
    second = timedelta(seconds=1)
    await _web(database, NEW, lambda: SOON + second).connected("tab", Tab(), returning=True)

    await tabs.let_all_go(database, OLD, lost.present, lambda: SOON + 2 * second)

    assert await _holder(database) == NEW


async def test_a_tab_that_is_gone_is_not_present() -> None:
    web, tab = WebChannel(lambda: NOON), Tab()
    await web.connected("tab", tab, returning=False)
    there = dict(web.present)

    web.disconnected("tab", tab)

    assert (there, web.present) == ({"tab": NOON}, {})

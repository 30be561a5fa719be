"""What a young person meets when a part of the house is slow, wrong or away."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.fakes import kakao as kakao_fake
from tests.fakes.kakao import FakeKakao, SkillPerson
from tests.faults import reading
from tests.faults.cluster import running_cluster
from tests.faults.driver import Driver, Plan
from tests.faults.history import History, check
from tests.faults.house import PATIENCE, ROLES, House, house, says, somebody
from tests.faults.processes import make_process
from tests.faults.providers import Mood
from tests.faults.storm import quiet
from tests.loopback import free_port

CRISIS_SECONDS = 5.0
CRISIS, NUMBER = "죽고 싶어요", "109"
ASKING, ASKED = "상담사랑 얘기할래요", "요청했어요"
END_SECONDS = 10.0

KAKAO = {"GYEOT_KAKAO_SKILL_KEY": kakao_fake.SKILL_KEY, "GYEOT_KAKAO_BOT_ID": kakao_fake.BOT}


@pytest.fixture
async def running(tmp_path: Path) -> AsyncGenerator[House]:
    async with house(tmp_path) as one:
        yield one


async def everybody_is_helped(one: House) -> None:
    """A crisis, a wish for a person and ordinary words, each on each channel."""
    for channel in ("line", "telegram"):
        wanted = [(CRISIS, NUMBER), (ASKING, ASKED), ("오늘 좀 그래요", "")]
        people = [(somebody(channel), *one) for one in wanted]
        for account, words, _ in people:
            assert await one.hears(channel, says(channel, account, words)) == httpx.codes.OK
        took = [await one.reads(account, answer) for account, _, answer in people]
        assert took[0] < CRISIS_SECONDS
        for account, words, _ in people:
            assert await one.heard_from(channel, account) == [words]


@pytest.mark.parametrize("mood", [Mood.SLOW, Mood.FAILING, Mood.GARBLED, Mood.WRONG])
async def test_a_crisis_and_a_wish_for_a_person_need_no_language_service(
    running: House, mood: Mood
) -> None:
    running.world.nlu.mood = mood

    await everybody_is_helped(running)

    assert running.world.nlu.calls > 0


async def test_a_dead_language_service_costs_nobody_their_answer(tmp_path: Path) -> None:
    nowhere = {"GYEOT_NLU_URL": f"http://127.0.0.1:{free_port()}"}

    async with house(tmp_path, extra=nowhere) as one:
        await everybody_is_helped(one)


@pytest.mark.postgres
async def test_without_its_database_the_house_refuses_and_names_the_numbers(
    tmp_path: Path,
) -> None:
    kakao, person, waiting = FakeKakao(), somebody("line"), SkillPerson()
    with running_cluster() as cluster:
        url = await asyncio.to_thread(cluster.make, "gyeot")
        async with house(tmp_path, database_url=url, cluster=cluster, extra=KAKAO) as one:
            event = says("line", person, "여기 누구 있어요?")
            await cluster.crash()

            refused = await one.hears("line", event)
            shown = await kakao.ask(f"{one.url}/channels/kakao", waiting.says(CRISIS))
            await cluster.start()
            accepted = await _accepted(one, event)
            await one.reads(person)
            heard = await one.heard_from("line", person)
            ours = one.process.is_open

    assert refused == httpx.codes.SERVICE_UNAVAILABLE
    assert NUMBER in " ".join(shown.texts)
    assert shown.seconds < CRISIS_SECONDS
    assert accepted <= 5.0
    assert heard == ["여기 누구 있어요?"]
    assert ours


async def _accepted(one: House, event: object) -> float:
    """Deliver until it is taken; return the seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(60):
        while await one.hears("line", event) != httpx.codes.OK:
            await asyncio.sleep(0.2)
    return time.monotonic() - began


async def test_a_provider_that_is_away_holds_nobody_else_up_and_gets_all_when_it_is_back(
    running: House,
) -> None:
    running.world.line.troubles.refusing = 1.0
    unlucky, lucky = somebody("line"), somebody("telegram")

    await running.hears("line", says("line", unlucky, CRISIS))
    await asyncio.sleep(1.5)  # the first tries have failed
    await running.hears("telegram", says("telegram", lucky, CRISIS))
    others = await running.reads(lucky, NUMBER)
    nothing = list(running.seen_by(unlucky))
    running.world.line.troubles.refusing = 0.0
    await running.reads(unlucky, NUMBER, patience=90.0)

    assert others < CRISIS_SECONDS
    assert nothing == []
    assert len(running.seen_by(unlucky)) == len(set(running.seen_by(unlucky)))


async def test_an_orderly_end_under_load_is_quick_and_no_end_needs_a_repair(
    running: House,
) -> None:
    driver = Driver(lambda: running.url, Plan(30, 120, per_second=15.0), random.Random(3))
    driving = asyncio.create_task(driver.run())
    await asyncio.sleep(2.0)

    began = time.monotonic()
    running.process.end()
    code = await running.process.ended()
    took = time.monotonic() - began
    running.process.start()
    await running.process.opened()
    await asyncio.sleep(1.0)
    running.process.kill()
    await running.process.ended()
    running.process.start()
    async with asyncio.timeout(120):
        await driving
    history = await _whole(running, driver)

    assert code == 0
    assert took < END_SECONDS
    assert len(history.events) == driver.plan.events
    assert check(history) == ()


async def _whole(one: House, driver: Driver) -> History:
    """Wait for rest; return what happened on both sides."""
    assert await quiet(one.world) == {}
    database = one.world.open()
    try:
        talks = await reading.talks(database, driver.accounts)
    finally:
        await database.close()
    arrivals = (*one.world.line.arrivals, *one.world.telegram.arrivals)
    return History(tuple(driver.answered), talks, arrivals)


async def test_a_second_process_on_one_sqlite_file_is_refused_in_one_sentence(
    running: House,
) -> None:
    second = make_process("second", ROLES, running.process.folder, running.world.environment)
    second.start()
    try:
        code = await second.ended(PATIENCE)
    finally:
        second.kill()
    printed = second.log.read_text(encoding="utf-8").strip()

    assert code != 0
    assert printed.startswith("gyeot: ")
    assert len(printed.splitlines()) == 1
    await running.is_well()

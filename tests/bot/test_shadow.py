"""A candidate beside the language model: asked of real turns, in silence, and only summed up."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.config import Settings
from bot.house import make_house
from bot.messages import Danger, NluResult
from bot.nlu_client import PATIENCE, NluClient, client_for
from bot.roles import ProcessRole
from bot.shadow import AFTER, ALARM, MOST, OLD, Shadow
from bot.weekly_sums import WeeklySums
from storage import weekly
from storage.database import Database
from storage.records import TRAINING
from tests.bot.road import FakeChannel, Road, away, nlu, said, understood
from tests.factories import NOON, open_database_at
from tests.fakes.nlu import TOKEN, FakeNlu
from tests.faults.house import house, says, somebody, until
from tests.logs import product_log
from tests.loopback import free_port
from tests.remains import everything

MODEL = "0123456789abcdef"
WEEK = "2026-W48"
CANARY = "카나리아문장"
QUIET, LOUD = Danger(ALARM - 0.01, 0.0), Danger(ALARM, 0.0)


@dataclass
class Timer:
    """Seconds that only grow when told."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Beside:
    """A shadow whose loop runs, and where it counts."""

    url: str
    pressed: bool = False
    after: float = 0.0
    timer: Timer = field(default_factory=Timer)
    sums: WeeklySums = field(default_factory=WeeklySums)

    def __post_init__(self) -> None:
        self.shadow = Shadow(
            NluClient(client_for(self.url), TOKEN, patient=True),
            self.sums,
            pressed=lambda: self.pressed,
            after=self.after,
            timer=self.timer,
        )

    def note(self, text: str, intent: str = "greet", danger: Danger = QUIET) -> None:
        """Tell of a text that the served model answered."""
        self.shadow.note(text, NluResult(intent, 0.9, danger=danger), NOON)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Ask the candidate beside the block."""
        loop = asyncio.create_task(self.shadow.run())
        try:
            yield
        finally:
            loop.cancel()
            with suppress(asyncio.CancelledError):
                await loop
            await self.shadow.close()

    async def counted(self, database: Database, least: int) -> Mapping[str, int]:
        """Wait until so much is counted; return the sums of the week as they are kept."""
        async with asyncio.timeout(30):
            while True:
                await self.sums.write(database)
                async with database.reading() as session:
                    kept = (await weekly.weeks(session, most=1)).get(WEEK, {})
                if sum(kept.get(name, 0) for name in ENDS) >= least:
                    return kept
                await asyncio.sleep(0.01)


ENDS = ("shadow_left_out", "shadow_away", f"shadow_asked:{MODEL}")


class Echo(FakeNlu):
    """A candidate whose answer to one text nobody can read, with the text in it."""

    async def answer(self, request: Request) -> Response:
        text = (await request.json())["text"] if request.method == "POST" else ""
        if text != CANARY:
            return await super().answer(request)
        guess = {"name": text, "confidence": text}
        return JSONResponse({"intent": {"name": text, "confidence": 1}, "intent_ranking": [guess]})


async def compared_with(candidate: FakeNlu, database: Database) -> Mapping[str, int]:
    """What is counted of one text that a candidate is asked."""
    async with candidate.serving():
        beside = Beside(candidate.url)
        async with beside.running():
            beside.note("안녕")
            return await beside.counted(database, 1)


async def test_agreement_and_alarms_of_both_models_arrive_as_sums_of_the_week(
    database: Database,
) -> None:
    rankings = {"안녕": {"greet": 0.9}, "무서워": {"scared": 0.9}}
    dangers = {"무서워": ALARM, "맞았어": ALARM, "안녕": ALARM - 0.01}
    candidate = FakeNlu(rankings, model=MODEL, dangers=dangers)
    async with candidate.serving():
        beside = Beside(candidate.url)
        async with beside.running():
            beside.note("안녕")
            beside.note("무서워", "scared", LOUD)  # both
            beside.note("맞았어", "violence")  # the candidate alone, for another reason
            beside.note("죽었어", "violence", LOUD)  # the served one alone, twice
            beside.note("때렸어", "violence", LOUD)
            kept = await beside.counted(database, 5)

    assert kept == {
        f"shadow_asked:{MODEL}": 5,
        f"shadow_same:{MODEL}": 2,
        f"shadow_both:{MODEL}": 1,
        f"shadow_served:{MODEL}": 2,
        f"shadow_candidate:{MODEL}": 1,
    }


async def test_a_text_that_the_served_model_did_not_answer_is_compared_with_nothing(
    database: Database,
) -> None:
    candidate = FakeNlu({}, model=MODEL)
    async with candidate.serving():
        beside = Beside(candidate.url)
        async with beside.running():
            beside.shadow.note("모르는 말", None, NOON)
            beside.note("안녕")
            await beside.counted(database, 1)

    assert candidate.heard == ["안녕"]


async def test_what_does_not_fit_into_the_line_is_left_out_and_counted(database: Database) -> None:
    beside = Beside(f"http://127.0.0.1:{free_port()}")
    for _ in range(MOST + 3):
        beside.note("안녕")
    kept = await beside.counted(database, 3)
    await beside.shadow.close()

    assert MOST == 200
    assert kept == {"shadow_left_out": 3}


async def test_while_people_wait_nothing_is_asked_and_what_waits_is_left_out(
    database: Database,
) -> None:
    candidate = FakeNlu({}, model=MODEL)
    async with candidate.serving():
        beside = Beside(candidate.url, pressed=True)
        async with beside.running():
            beside.note("안녕")
            beside.note("저기")
            kept = await beside.counted(database, 2)

    assert kept == {"shadow_left_out": 2}
    assert candidate.calls == 0


async def test_what_waited_for_long_is_left_out(database: Database) -> None:
    candidate = FakeNlu({}, model=MODEL)
    async with candidate.serving():
        beside = Beside(candidate.url)
        beside.note("안녕")
        beside.timer.now += OLD + 0.1
        beside.note("저기")
        async with beside.running():
            kept = await beside.counted(database, 2)

    assert kept["shadow_left_out"] == 1
    assert candidate.heard == ["저기"]


async def test_a_text_waits_until_nobody_waits_for_its_answer(database: Database) -> None:
    candidate = FakeNlu({}, model=MODEL)
    async with candidate.serving():
        beside = Beside(candidate.url, after=0.3)
        async with beside.running():
            beside.note("안녕")
            began = time.monotonic()
            await asyncio.sleep(0.1)
            asked_early = candidate.calls
            await beside.counted(database, 1)

    assert asked_early == 0
    assert time.monotonic() - began >= 0.3
    assert AFTER == 2.0


@pytest.mark.parametrize("model", ["fake", "", "0123456789abcdef.shown", "0123456789ABCDEF"])
async def test_a_candidate_whose_name_is_none_of_ours_counts_as_away(
    database: Database, model: str
) -> None:
    kept = await compared_with(FakeNlu({}, model=model), database)

    assert kept == {"shadow_away": 1}


async def test_a_candidate_that_does_not_understand_the_known_sentence_counts_as_away(
    database: Database,
) -> None:
    forgetful = FakeNlu({"죽고 싶어요": {"greet": 0.99}}, model=MODEL)

    kept = await compared_with(forgetful, database)

    assert kept == {"shadow_away": 1}


async def test_a_dead_candidate_counts_as_away_and_the_turn_is_answered_as_ever(
    database: Database,
) -> None:
    beside = Beside(f"http://127.0.0.1:{free_port()}")
    road = Road(database, nlu(lambda _: understood("greet")), noted=beside.shadow.note)
    async with beside.running():
        answers = await road.talk("안녕하세요")
        kept = await beside.counted(database, 1)

    assert "봇" in " ".join(answers)
    assert kept == {"shadow_away": 1}


async def test_a_slow_candidate_holds_up_no_answer_and_counts_as_away_when_it_ends(
    database: Database,
) -> None:
    candidate = FakeNlu({}, model=MODEL)
    candidate.delay = 600.0
    async with AsyncExitStack() as ends:
        async with candidate.serving():
            beside = Beside(candidate.url)
            await ends.enter_async_context(beside.running())
            road = Road(database, nlu(lambda _: understood("greet")), noted=beside.shadow.note)
            began = time.monotonic()
            first = await road.talk("안녕하세요")
            await until(lambda: candidate.calls == 1)
            second = await road.talk("저기요", now=NOON + timedelta(minutes=1))
            took = time.monotonic() - began
            asked = candidate.calls
        kept = await beside.counted(database, 2)

    assert first
    assert second
    assert took < PATIENCE / 2
    assert asked == 1  # one text at a time
    assert kept == {"shadow_away": 2}


async def test_a_turn_without_an_answer_of_the_service_is_told_as_such(database: Database) -> None:
    told: list[tuple[str, NluResult | None]] = []
    road = Road(database, nlu(away), noted=lambda text, found, _: told.append((text, found)))

    await road.talk("어제 있었던 일인데 좀 복잡해요")

    assert told == [("어제 있었던 일인데 좀 복잡해요", None)]


async def test_practice_is_no_real_turn_and_is_told_to_nobody(database: Database) -> None:
    told: list[str] = []
    real = Road(database, nlu(away), noted=lambda text, *_: told.append(text))
    practice = Road(
        database,
        nlu(away),
        FakeChannel(TRAINING),
        noted=lambda text, *_: told.append(text),
    )

    await practice.hear(replace(said("연습이에요"), channel=TRAINING))
    assert await practice.answer()
    await real.talk("진짜예요")

    assert told == ["진짜예요"]


async def test_no_word_of_a_text_is_logged_kept_or_printed(
    database: Database, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    candidate, broken = FakeNlu({CANARY: {CANARY: 0.9}}, model=MODEL), Echo({}, model=MODEL)
    with product_log("DEBUG"):
        async with candidate.serving(), broken.serving():
            for url, least in ((candidate.url, 3), (broken.url, 5)):
                beside = Beside(url)
                for text in ("안녕", CANARY, "끝"):
                    beside.note(text, text)
                printed = repr(vars(beside.shadow))
                assert "_Asked" in printed
                assert CANARY not in printed
                async with beside.running():
                    await beside.counted(database, least)
    said = capfd.readouterr()

    assert CANARY in candidate.heard
    assert "step failed" in said.err  # and the loop went on after what nobody can read
    assert CANARY not in said.out + said.err
    assert CANARY not in repr(await everything(database_url))


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:5006"])
async def test_a_candidate_is_asked_only_where_one_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    await (await open_database_at(tmp_path)).close()
    monkeypatch.setenv("GYEOT_NLU_SHADOW_URL", address)
    made = make_house(Settings(home=tmp_path), list(ProcessRole))
    try:
        assert (made.shadow is not None) is bool(address)
    finally:
        await made.nlu.close()
        if made.shadow is not None:
            await made.shadow.close()
        await made.database.close()


async def test_what_a_young_person_writes_is_asked_of_the_candidate_after_the_answer(
    tmp_path: Path,
) -> None:
    candidate, account = FakeNlu({}, model=MODEL), somebody("line")
    async with candidate.serving():
        extra = {"GYEOT_NLU_SHADOW_URL": candidate.url, "GYEOT_NLU_TOKEN": TOKEN}
        async with house(tmp_path, extra=extra) as one:
            await one.hears("line", says("line", account, "안녕하세요"))
            await one.reads(account)
            before = list(candidate.heard)
            await until(lambda: candidate.heard == ["안녕하세요"])

    assert before == []

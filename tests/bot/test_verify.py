"""/verify: digits from a chat are confirmed once, for ten minutes, and nothing else is told."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from bot.dialogue.accounts import Account, load_accounts
from bot.dialogue.content import FOLDER
from bot.verify import make_verify
from storage.database import Database
from storage.records import Language
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu
from tests.remains import everything

RIGHT, WRONG, LATER = (
    CONTENT_FILES.sentence(f"verify_{name}.1", Language.KO) for name in ("right", "wrong", "later")
)
MINUTE = timedelta(minutes=1)


class Clock:
    """The page's time."""

    now = SOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def page(database: Database, clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    app = FastAPI()
    ours = (Account("Telegram", "@gyeot_example", datetime(2026, 11, 28, tzinfo=UTC).date()),)
    app.include_router(make_verify(database, lambda: CONTENT_FILES, ours, clock))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def digits(database: Database) -> str:
    road = Road(database, nlu(away))
    return (await road.talk("진짜 곁이에요?"))[-1].rpartition("\n")[2]


async def typed(page: httpx.AsyncClient, code: str) -> httpx.Response:
    return await page.post("/verify", data={"code": code, "lang": "ko"})


async def test_digits_from_the_chat_are_confirmed_once(
    database: Database, page: httpx.AsyncClient
) -> None:
    code = await digits(database)

    assert RIGHT in (await typed(page, code)).text
    assert WRONG in (await typed(page, code)).text


async def test_they_are_worth_nothing_after_ten_minutes(
    database: Database, page: httpx.AsyncClient, clock: Clock
) -> None:
    code = await digits(database)
    clock.now = SOON + 11 * MINUTE

    assert WRONG in (await typed(page, code)).text


@pytest.mark.parametrize("code", ["00000000", "", "아무말", "1" * 500])
async def test_whatever_is_wrong_has_one_answer(page: httpx.AsyncClient, code: str) -> None:
    answer = await typed(page, code)

    assert answer.status_code == 200
    assert WRONG in answer.text


async def test_they_name_no_talk_and_stand_in_no_transcript(
    database: Database, database_url: str
) -> None:
    code = await digits(database)
    rows = await everything(database_url)

    assert len(rows["proofs"]) == 1
    assert code not in repr(rows)
    assert code.replace(" ", "") not in repr(rows)
    road = Road(database, nlu(away))
    talk = await road.conversation()
    assert not any(repr(talk.id) in row for row in rows["proofs"])
    assert all(code not in line.text for line in await road.lines(talk))


async def test_nothing_is_left_in_the_browser(page: httpx.AsyncClient) -> None:
    for answer in (await page.get("/verify"), await typed(page, "12345678")):
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert "'none'" in answer.headers["content-security-policy"]
        assert "12345678" not in answer.text


async def test_nobody_tries_for_long(page: httpx.AsyncClient) -> None:
    answers = [(await typed(page, f"{number:08d}")).status_code for number in range(30)]

    assert answers.count(200) == 20
    assert answers[-1] == 429


async def test_only_confirmed_accounts_are_shown(page: httpx.AsyncClient) -> None:
    assert "@gyeot_example" in (await page.get("/verify")).text
    assert load_accounts(FOLDER / "accounts.toml") == ()


async def test_it_speaks_english(page: httpx.AsyncClient) -> None:
    answer = await page.get("/verify", params={"lang": "en"})

    assert 'lang="en"' in answer.text
    assert CONTENT_FILES.sentence("verify_title.1", Language.EN) in answer.text

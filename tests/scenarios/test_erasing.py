"""A young person wants everything gone while a counselor writes, and Rasa is dead."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.fakes import telegram as telegram_fake
from tests.fakes.telegram import FakeTelegram, TelegramPerson
from tests.remains import everything
from tests.scenarios.house import Frame, House, console, join, running_house, telegram_says, until

NOTHING_THERE = "http://127.0.0.1:1"
WORDS = "어제 있었던 일이에요"


@pytest.fixture
async def deaf(tmp_path: Path, database_url: str, telegram: FakeTelegram) -> AsyncGenerator[House]:
    """The house without its language service."""
    environment = {
        "GYEOT_DATABASE_URL": database_url,
        "GYEOT_NLU_URL": NOTHING_THERE,
        "GYEOT_TELEGRAM_TOKEN": telegram_fake.TOKEN,
        "GYEOT_TELEGRAM_SECRET": telegram_fake.SECRET,
        "GYEOT_TELEGRAM_API": telegram.url,
    }
    async with running_house(tmp_path, environment) as running:
        yield running


async def test_everything_goes_from_the_phone_to_the_console(
    deaf: House, telegram: FakeTelegram, database_url: str
) -> None:
    person, cookie = TelegramPerson(), await join(deaf, "은하")
    async with console(deaf, cookie) as room, console(deaf, cookie) as other_page:
        await telegram_says(deaf, person.says(WORDS))
        queue = await room.until("queue", lambda frame: bool(frame["changed"]))
        card: Frame = queue["changed"][0]
        await room.send("claim", conversation=card["conversation"], version=card["version"])
        await room.until("talks", lambda frame: bool(frame["changed"]))
        await until(lambda: len(telegram.sent) >= 2)

        await telegram_says(deaf, person.says("지워줘"))
        await until(lambda: telegram.sent[-1].text.startswith("정리할까요?"))
        await telegram_says(deaf, person.says("네"))

        for page in (room, other_page):
            told = await page.until("talks", lambda frame: bool(frame["erased"]))
            assert told["erased"] == told["gone"] == [card["conversation"]]
        await until(lambda: telegram.sent[-1].text.startswith("정리했어요."))

    assert "상담" not in telegram.sent[-1].text
    rows = await everything(database_url)
    for name in ("lines", "outbox", "conversations", "contacts", "data_keys"):
        assert not rows[name], name
    ledger = (deaf.folder / "keyring.json.erased").read_text(encoding="ascii")
    assert card["conversation"].replace("-", "") in ledger
    assert WORDS not in deaf.log.read_text(encoding="utf-8")

"""The house as a fixture, with both providers on this machine."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.fakes.line import FakeLine
from tests.fakes.telegram import FakeTelegram
from tests.rasa_process import RasaProcess
from tests.scenarios.house import House, running_house


@pytest.fixture
async def line() -> AsyncGenerator[FakeLine]:
    provider = FakeLine()
    async with provider.serving():
        yield provider


@pytest.fixture
async def telegram() -> AsyncGenerator[FakeTelegram]:
    provider = FakeTelegram()
    async with provider.serving():
        yield provider


@pytest.fixture
async def house(
    tmp_path: Path,
    database_url: str,
    rasa_service: RasaProcess,
    line: FakeLine,
    telegram: FakeTelegram,
) -> AsyncGenerator[House]:
    environment = {
        "GYEOT_DATABASE_URL": database_url,
        "GYEOT_NLU_URL": rasa_service.url,
        "GYEOT_NLU_TOKEN": rasa_service.token,
        "GYEOT_LINE_SECRET": line_fake.SECRET,
        "GYEOT_LINE_TOKEN": line_fake.TOKEN,
        "GYEOT_LINE_API": line.url,
        "GYEOT_TELEGRAM_TOKEN": telegram_fake.TOKEN,
        "GYEOT_TELEGRAM_SECRET": telegram_fake.SECRET,
        "GYEOT_TELEGRAM_API": telegram.url,
    }
    async with running_house(tmp_path, environment) as running:
        yield running

from collections.abc import AsyncIterator, Iterator
from functools import cache

import pytest

from bot.channels.base import Channel
from tests.contracts.case import NOWHERE, Case
from tests.contracts.cases import CASES
from tests.fakes.switchboard import FakeProvider
from tests.logs import product_log


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
async def provider(case: Case) -> AsyncIterator[FakeProvider]:
    fake = case.provider()
    async with fake.serving():
        yield fake


@pytest.fixture
def reader(case: Case) -> Channel:
    """An adapter that only reads; building one is slow, because it loads certificates."""
    return _built(case.name)


@pytest.fixture
async def channel(case: Case, provider: FakeProvider) -> AsyncIterator[Channel]:
    built = case.build(provider.url, 5.0)
    yield built
    await built.close()


@pytest.fixture
def production_log(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Logging as the product sets it, at its most talkative, into `capsys`; undone afterwards."""
    with product_log("DEBUG"):
        yield


@cache
def _built(name: str) -> Channel:
    return CASES[name].build(NOWHERE, 1.0)

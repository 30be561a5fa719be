"""A channel that is off, through its own adapter and provider: a valid yes, and an answer."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import httpx
from fastapi import FastAPI

from bot.channels.base import Channel
from bot.channels.kakao_skill import KEY_HEADER, Waits, make_kakao_skill
from bot.channels.web import WebChannel
from bot.channels.web.sessions import address_of, new_token
from bot.dialogue.off import Doors
from bot.engine import Engine
from bot.intake import Intake
from bot.sender import Sender
from bot.webhooks import make_webhooks, storing
from storage.database import Database
from storage.records import Language
from tests.bot.road import CONTENT_FILES, PROCESS, away, nlu, said
from tests.contracts.case import Case
from tests.contracts.cases_kakao import TEXTS
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.fakes.kakao import BOT, SKILL_KEY, SkillPerson, see
from tests.fakes.switchboard import FakeProvider

OFF = CONTENT_FILES.sentence("channel_off.1", Language.KO)
LATER = NOON + timedelta(seconds=1)
pytestmark = ON_SQLITE


class Desk:
    """All between a stored message and a sent answer, for a channel that is off."""

    def __init__(self, database: Database, channel: Channel) -> None:
        doors = Doors(shut=[channel.name], open=["telegram"], address="https://gyeot.example")
        self.engine = Engine(database, nlu(away), CONTENT_FILES, doors=lambda: doors)
        self.sender = Sender(database, {channel.name: channel}, PROCESS, lambda: LATER)

    async def answer(self) -> None:
        """Answer what is due and send it."""
        for turn in await self.engine.take(LATER, 8):
            await self.engine.work(turn, LATER)
        while deliveries := await self.sender.take(LATER, 8):
            await asyncio.gather(*(self.sender.work(one, LATER) for one in deliveries))


@asynccontextmanager
async def provider_calls(
    database: Database, channel: Channel
) -> AsyncGenerator[tuple[httpx.AsyncClient, Desk]]:
    """Our webhook around one adapter, served without a socket."""
    intake, app = Intake(database, lambda: NOON), FastAPI()
    app.include_router(make_webhooks({channel.name: channel}, intake))
    storing_now = asyncio.create_task(intake.run())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gyeot"
    ) as client:
        yield client, Desk(database, channel)
    storing_now.cancel()
    with suppress(asyncio.CancelledError):
        await storing_now


async def test_the_provider_gets_its_yes_and_the_person_an_answer(
    database: Database, case: Case, channel: Channel, provider: FakeProvider
) -> None:
    body = case.body(case.person.says("안녕하세요"))
    proof: Mapping[str, str] = case.proof(body)
    endpoint = proof.get(":endpoint", "")
    path = f"/channels/{case.name}" + (f"/{endpoint}" if endpoint else "")
    headers = {name: value for name, value in proof.items() if not name.startswith(":")}

    async with provider_calls(database, channel) as (client, desk):
        answer = await client.post(path, content=body, headers=headers)
        await desk.answer()

    assert answer.status_code == httpx.codes.OK
    [sent] = provider.sent
    assert sent.recipient == case.person.account
    assert sent.text.startswith(OFF)
    assert "https://gyeot.example" in sent.text


async def test_kakaos_skill_answers_inside_the_call(database: Database) -> None:
    channel = make_kakao_skill(
        SKILL_KEY, BOT, TEXTS, lambda: NOON, waits=Waits(answer=20.0, quiet=0.05)
    )
    async with provider_calls(database, channel) as (client, desk):
        call = SkillPerson().says("안녕하세요")
        asking = asyncio.create_task(
            client.post("/channels/kakao", json=call, headers={KEY_HEADER: SKILL_KEY})
        )
        while not asking.done():
            await desk.answer()
            await asyncio.sleep(0.02)
        answer = await asking
    await channel.close()

    assert see(answer.json(), 0.0).texts[0].startswith(OFF)


class Tab:
    """An open tab that shows what it gets."""

    def __init__(self, channel: WebChannel, address: str) -> None:
        self.channel, self.address = channel, address
        self.shown: list[str] = []

    async def send_text(self, data: str) -> None:
        frame = json.loads(data)
        self.shown.append(frame["text"])
        self.channel.acknowledged(self.address, frame["key"])

    async def close(self, code: int = 1000) -> None:
        return


async def test_the_web_page_shows_it(database: Database) -> None:
    channel, address = WebChannel(lambda: NOON), address_of(new_token())
    tab = Tab(channel, address)
    await channel.connected(address, tab, returning=False)
    async with provider_calls(database, channel) as (_, desk):
        intake = Intake(database, lambda: NOON)
        committing = asyncio.create_task(intake.run())
        message = replace(said("안녕하세요"), channel="web", account=address, address=address)
        await storing(intake)([message])
        await desk.answer()
        committing.cancel()

    assert tab.shown[0].startswith(OFF)

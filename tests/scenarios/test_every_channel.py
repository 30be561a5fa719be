"""Every channel through all of the house: real product, real Rasa, providers at the wire."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.database import ON_SQLITE
from tests.fakes import kakao, meta, x
from tests.fakes.kakao import ConsultPerson, FakeKakao, Seen, SkillPerson
from tests.fakes.meta import FakeMessenger, MetaPerson
from tests.fakes.x import FakeX, XPerson
from tests.rasa_process import RasaProcess
from tests.scenarios.house import (
    Console,
    Frame,
    House,
    console,
    deliver,
    join,
    running_house,
    until,
)

pytestmark = pytest.mark.rasa


@dataclass(frozen=True)
class World:
    """The house, and every provider that it talks to here."""

    house: House
    kakao: FakeKakao
    messenger: FakeMessenger
    x: FakeX

    async def ask_skill(self, call: Frame) -> Seen:
        return await self.kakao.ask(f"{self.house.url}/channels/kakao", call)

    async def hear_consult(self, call: Frame) -> None:
        body = json.dumps(call).encode()
        headers = kakao.consult_headers(body)
        endpoint = headers.pop(":endpoint", kakao.endpoint_of(body))
        await deliver(f"{self.house.url}/channels/kakao-consult/{endpoint}", body, headers)


@pytest.fixture
async def world(
    tmp_path: Path, database_url: str, rasa_service: RasaProcess
) -> AsyncGenerator[World]:
    talk, messenger, post = FakeKakao(), FakeMessenger(), FakeX()
    async with talk.serving(), messenger.serving(), post.serving():
        environment = {
            "GYEOT_DATABASE_URL": database_url,
            "GYEOT_NLU_URL": rasa_service.url,
            "GYEOT_NLU_TOKEN": rasa_service.token,
            "GYEOT_KAKAO_SKILL_KEY": kakao.SKILL_KEY,
            "GYEOT_KAKAO_BOT_ID": kakao.BOT,
            "GYEOT_KAKAO_CONSULT_API": talk.url,
            "GYEOT_KAKAO_CONSULT_TOKEN": kakao.TOKEN,
            "GYEOT_KAKAO_CONSULT_KEY": kakao.CONSULT_KEY,
            "GYEOT_META_APP_SECRET": meta.SECRET,
            "GYEOT_META_VERIFY_TOKEN": meta.VERIFY_TOKEN,
            "GYEOT_MESSENGER_TOKEN": meta.TOKEN,
            "GYEOT_META_API": messenger.url,
            "GYEOT_X_CONSUMER_SECRET": x.SECRET,
            "GYEOT_X_TOKEN": x.TOKEN,
            "GYEOT_X_USER_ID": x.ACCOUNT,
            "GYEOT_X_API": post.url,
        }
        async with running_house(tmp_path, environment) as house:
            yield World(house, talk, messenger, post)


async def taken(room: Console, channel: str) -> Frame:
    """Claim the first card of a channel; return the talk.

    As on the page, a card that changed at that very moment is claimed again as it is now.
    """

    def card_after(version: int) -> Callable[[Frame], bool]:
        return lambda frame: any(
            card["channel"] == channel and card["version"] > version for card in frame["changed"]
        )

    version = 0
    while True:
        cards = (await room.until("queue", card_after(version)))["changed"]
        card = next(each for each in cards if each["channel"] == channel)
        version = card["version"]
        await room.send("claim", conversation=card["conversation"], version=version)
        told = await room.next("talks", "refused")
        if told["type"] == "talks":
            return dict(told["changed"][0])
        assert told["code"] == "card_changed"


async def until_held(room: Console, text: str) -> None:
    """Wait until the console shows that these words wait for the person."""

    def shown() -> bool:
        lines = [line for told in room.frames if told["type"] == "lines" for line in told["lines"]]
        held = {line["seq"] for line in lines if line["delivery"] == "waiting_for_user"}
        held |= {
            told["seq"]
            for told in room.frames
            if told["type"] == "delivery" and told["state"] == "waiting_for_user"
        }
        return any(line["seq"] in held for line in lines if line["text"] == text)

    async with asyncio.timeout(10):
        while not shown():
            room.frames.append(json.loads(await room.socket.recv()))


@ON_SQLITE
async def test_a_kakao_skill_answers_inside_the_request_and_holds_a_counselors_words(
    world: World,
) -> None:
    person = SkillPerson()
    cookie = await join(world.house, "은하")

    first = await world.ask_skill(person.says("안녕하세요"))
    asked = await world.ask_skill(person.says("상담사랑 얘기할래요"))
    async with console(world.house, cookie) as room:
        talk = await taken(room, "kakao")
        await room.say(talk, "저 여기 있어요.")
        await until_held(room, "저 여기 있어요.")
        touched = await world.ask_skill(person.presses("check:reply", "답장 확인"))

    assert "챗봇" in first.texts[0]
    assert first.quick_replies
    assert max(first.seconds, asked.seconds) < 4.5
    assert "저 여기 있어요." in touched.texts


@ON_SQLITE
async def test_a_kakao_talk_goes_over_to_the_consultation_talk_by_its_reference(
    world: World,
) -> None:
    asked = await world.ask_skill(SkillPerson().says("상담사랑 얘기할래요"))
    reference = asked.operator["extra"]["reference"]

    await world.hear_consult(ConsultPerson().comes_over(reference))
    async with console(world.house, await join(world.house, "은하")) as room:
        talk = await taken(room, "kakao-consult")
        await room.say(talk, "이제 바로 답할 수 있어요.")
        await until(lambda: any("바로 답할" in sent.text for sent in world.kakao.sent))

    assert talk["channel"] == "kakao-consult"


@ON_SQLITE
async def test_messenger_and_x_are_answered_after_their_handshakes(world: World) -> None:
    assert await world.messenger.register(
        f"{world.house.url}/channels/messenger", meta.VERIFY_TOKEN
    )
    assert await world.x.check(f"{world.house.url}/channels/x")

    await deliver(
        f"{world.house.url}/channels/messenger",
        *meta.webhook("page", MetaPerson().says("안녕하세요")),
    )
    await deliver(f"{world.house.url}/channels/x", *x.webhook(XPerson().says("안녕하세요")))
    await until(lambda: bool(world.messenger.sent and world.x.sent))
    await until(lambda: any("1. " in sent.text for sent in world.x.sent))
    await deliver(f"{world.house.url}/channels/x", *x.webhook(XPerson().says("5")))
    await until(lambda: any("요청했어요" in sent.text for sent in world.x.sent))

    assert "챗봇" in world.messenger.sent[0].text
    assert "챗봇" in world.x.sent[0].text

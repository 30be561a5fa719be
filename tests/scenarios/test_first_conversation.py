"""A first conversation through all of the house: real product, real Rasa, providers at the wire."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tests.fakes.line import PERSON as LINE_ACCOUNT
from tests.fakes.line import FakeLine, LinePerson, webhook
from tests.fakes.telegram import PERSON as TELEGRAM_ACCOUNT
from tests.fakes.telegram import FakeTelegram, TelegramPerson
from tests.scenarios.house import Frame, House, console, join, line_says, telegram_says, until

pytestmark = pytest.mark.rasa


async def test_a_young_person_is_answered_on_line_and_on_telegram(
    house: House, line: FakeLine, telegram: FakeTelegram
) -> None:
    await line_says(house, LinePerson().says("안녕하세요"))
    await telegram_says(house, TelegramPerson().says("hello, can I talk to someone here?"))

    await until(lambda: bool(line.sent and telegram.sent))
    await until(lambda: bool(line.sent[-1].quick_replies))

    assert line.sent[0].recipient == LINE_ACCOUNT
    assert "봇" in line.sent[0].text
    assert telegram.sent[0].recipient == TELEGRAM_ACCOUNT
    assert "bot" in telegram.sent[0].text


async def test_a_crisis_goes_through_the_counselor_and_back(house: House, line: FakeLine) -> None:
    person = LinePerson()
    cookie = await join(house, "은하")

    async with console(house, cookie) as room:
        await room.until("hello")
        await line_says(
            house, person.says("사진으로 협박당하고 있어요"), person.says("죽고 싶어요")
        )
        queue = await room.until("queue", lambda frame: bool(frame["changed"]))
        card: Frame = queue["changed"][0]
        await until(lambda: "109" in " ".join(sent.text for sent in line.sent))

        await room.send("claim", conversation=card["conversation"], version=card["version"])
        talks = await room.until("talks", lambda frame: bool(frame["changed"]))
        lines = await room.until("lines")
        await room.say(talks["changed"][0], "저 여기 있어요. 천천히 이야기해요.")
        await until(lambda: line.sent[-1].text == "저 여기 있어요. 천천히 이야기해요.")
        answered = len(line.sent)

        await line_says(house, person.says("고마워요"))
        await room.until("lines", _says("고마워요"))
        assert len(line.sent) == answered  # the bot is silent

        await room.send("close", conversation=card["conversation"], epoch=1, seen=999)
        await room.until("done")
        await until(lambda: len(line.sent) == answered + 2)  # goodbye, and the way back

    assert card["risk"] >= 2
    assert [one["text"] for one in lines["lines"]][:2] == [
        "사진으로 협박당하고 있어요",
        "죽고 싶어요",
    ]
    last = " ".join(sent.text for sent in line.sent[answered:])
    assert "상담" not in last  # neutral for whoever holds the phone


async def test_a_later_word_opens_a_new_talk_that_knows_nothing(
    house: House, line: FakeLine
) -> None:
    person = LinePerson()
    cookie = await join(house, "은하")
    async with console(house, cookie) as room:
        await line_says(house, person.says("상담사랑 얘기할래요"))
        queue = await room.until("queue", lambda frame: bool(frame["changed"]))
        card: Frame = queue["changed"][0]
        await room.send("claim", conversation=card["conversation"], version=card["version"])
        await room.until("talks", lambda frame: bool(frame["changed"]))
        await room.send("close", conversation=card["conversation"], epoch=1, seen=999)
        await room.until("done")

        await line_says(house, person.says("상담사 불러 주세요"))
        again = await room.until("queue", _other_than(card["conversation"]))

    assert again["changed"][0]["conversation"] != card["conversation"]


async def test_a_delivery_that_comes_twice_is_answered_once(house: House, line: FakeLine) -> None:
    line.duplicating = True
    person = LinePerson()
    for text in ("안녕하세요", "상담사랑 얘기할래요"):
        statuses = await line.deliver(f"{house.url}/channels/line", *webhook(person.says(text)))
        assert statuses == [200, 200]
        await asyncio.sleep(1.5)  # past the settling of a burst

    await until(lambda: "요청했어요" in line.sent[-1].text)
    assert len(line.sent) == len({sent.text for sent in line.sent}) == 2


async def test_a_forged_call_changes_nothing(house: House, line: FakeLine) -> None:
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.post(
            f"{house.url}/channels/line", json={"events": [LinePerson().says("안녕")]}
        )

    assert answer.status_code == 401
    assert answer.content == b""
    assert line.sent == []


def _says(text: str) -> Callable[[Frame], bool]:
    return lambda frame: any(line["text"] == text for line in frame["lines"])


def _other_than(conversation: str) -> Callable[[Frame], bool]:
    return lambda frame: any(card["conversation"] != conversation for card in frame["changed"])

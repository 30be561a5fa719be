"""What no honest provider sends: none of it harms the house, and what comes after is answered."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.faults.house import PATIENCE, House, house, says, signed, somebody

OK = httpx.codes.OK
CHANNELS = pytest.mark.parametrize("channel", ["line", "telegram"])
REFUSED = (httpx.codes.BAD_REQUEST, httpx.codes.REQUEST_ENTITY_TOO_LARGE)
AFTER = "그다음 말이에요"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    folder: Path = tmp_path_factory.mktemp("bad_input")
    async with house(folder) as one:
        yield one


async def what_comes_after_is_answered(one: House, channel: str, account: str) -> None:
    assert await one.hears(channel, says(channel, account, AFTER)) == OK
    async with asyncio.timeout(PATIENCE):
        while not await _is_answered(one, channel, account, AFTER):
            await asyncio.sleep(0.1)
    assert one.process.is_open


async def _is_answered(one: House, channel: str, account: str, text: str) -> bool:
    """Whether these words are the person's last, with an answer that was sent after them."""
    talks = await one.talks_of(channel, account)
    lines = talks[-1].lines if talks else ()
    said = [line.seq for line in lines if line.speaker == "person"]
    last = next((line for line in lines if said and line.seq == said[-1]), None)
    sent = [line.seq for line in lines if line.outgoing and line.outgoing.state == "sent"]
    return last is not None and last.text == text and any(seq > last.seq for seq in sent)


def at(channel: str, event: dict[str, Any], moment: int) -> dict[str, Any]:
    """The same event with another time on it."""
    if channel == "line":
        return event | {"timestamp": moment}
    return event | {"message": event["message"] | {"date": moment}}


@CHANNELS
@pytest.mark.parametrize("sign", ["\0", "\ud800", "\udc00\ud800", "\u0000" * 50])
async def test_signs_that_cannot_be_stored_leave_the_words_around_them(
    running: House, channel: str, sign: str
) -> None:
    account = somebody(channel)

    assert await running.hears(channel, says(channel, account, f"앞{sign}뒤")) == OK
    await running.reads(account)

    (heard,) = await running.heard_from(channel, account)
    assert heard == "앞" + "\ufffd" * len(sign) + "뒤"
    await what_comes_after_is_answered(running, channel, account)


@CHANNELS
async def test_nothing_but_signs_that_cannot_be_stored_is_answered_too(
    running: House, channel: str
) -> None:
    account = somebody(channel)

    assert await running.hears(channel, says(channel, account, "\0\ud800")) == OK
    await running.reads(account)

    await what_comes_after_is_answered(running, channel, account)


@CHANNELS
async def test_a_mebibyte_of_emoji_is_refused(running: House, channel: str) -> None:
    account = somebody(channel)
    body, headers = signed(channel, says(channel, account, "😀" * (1024 * 1024 // 4)))

    status = await running.hears_raw(channel, body, headers)

    assert status in REFUSED
    await what_comes_after_is_answered(running, channel, account)


@CHANNELS
async def test_as_many_emoji_as_a_provider_lets_through_are_kept(
    running: House, channel: str
) -> None:
    account, text = somebody(channel), "😀" * 2000

    assert await running.hears(channel, says(channel, account, text)) == OK
    await running.reads(account)

    assert await running.heard_from(channel, account) == [text]
    await what_comes_after_is_answered(running, channel, account)


@CHANNELS
@pytest.mark.parametrize("moment", [4_070_908_800_000, 4_070_908_800, 10**18, -5, "bald", None])
async def test_a_time_that_cannot_be_true_costs_nobody_an_answer(
    running: House, channel: str, moment: Any
) -> None:
    account = somebody(channel)
    event = at(channel, says(channel, account, "먼저 한 말"), moment)

    assert await running.hears(channel, event) == OK
    await running.reads(account)

    assert await running.heard_from(channel, account) == ["먼저 한 말"]
    await what_comes_after_is_answered(running, channel, account)


async def test_one_event_id_on_two_channels_is_two_events(running: House) -> None:
    on_line, on_telegram = somebody("line"), somebody("telegram")
    pressed = says("line", on_line, "") | {
        "type": "postback", "message": {}, "webhookEventId": "6000001",
        "postback": {"data": "go:menu"},
    }  # fmt: skip
    written = says("telegram", on_telegram, "같은 번호예요") | {"update_id": 6_000_001}

    assert await running.hears("line", pressed) == OK
    assert await running.hears("telegram", written) == OK
    await running.reads(on_line)
    await running.reads(on_telegram)

    assert len(await running.heard_from("line", on_line)) == 1
    assert await running.heard_from("telegram", on_telegram) == ["같은 번호예요"]


@CHANNELS
async def test_of_two_bodies_under_one_event_id_the_first_counts(
    running: House, channel: str
) -> None:
    account = somebody(channel)
    first = says(channel, account, "처음 말")
    second = json.loads(json.dumps(first))
    second["message"]["text"] = "다른 말"

    assert await running.hears(channel, first) == OK
    assert await running.hears(channel, second) == OK
    await running.reads(account)
    assert await running.hears(channel, second) == OK

    await what_comes_after_is_answered(running, channel, account)
    assert await running.heard_from(channel, account) == ["처음 말", AFTER]


@CHANNELS
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b'{"events": 7}', b"7"])
async def test_a_body_that_cannot_be_read_is_refused_and_changes_nothing(
    running: House, channel: str, body: bytes
) -> None:
    status = await running.hears_raw(channel, body, _proof(channel, body))

    assert status in (OK, *REFUSED)
    await running.is_well()


def _proof(channel: str, body: bytes) -> dict[str, str]:
    if channel == "line":
        return {"x-line-signature": line_fake.signature(body)}
    return {"x-telegram-bot-api-secret-token": telegram_fake.SECRET}

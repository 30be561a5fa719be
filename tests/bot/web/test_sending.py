"""A reply reaches the page, or the sender hears that it did not."""

import asyncio
import time
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from bot.channels.base import (
    Channel,
    InvalidPayload,
    InvalidSignature,
    TemporarySendError,
    WindowClosed,
)
from bot.channels.web.channel import ACK_SECONDS, SESSION_HEADER, SOCKETS_PER_ADDRESS, WebChannel
from bot.channels.web.sessions import address_of, new_token
from bot.messages import MessageKind, Origin, QuickReply, Reply
from tests.bot.web.conftest import NOON, Site, until

REPLY = Reply(
    "안녕하세요", (QuickReply("사람과 이야기", "talk_to_person"),), Origin.COUNSELOR, language="ko"
)


async def test_a_reply_arrives_whole_and_is_done_when_the_page_says_so(site: Site) -> None:
    key = str(uuid4())
    async with site.tab() as tab:
        sending = asyncio.create_task(site.channel.send(address_of(tab.session), REPLY, key))
        frame = await tab.take()
        assert not sending.done()

        await tab.put(t="ack", key=key)

        assert await sending == ""
    assert frame == {
        "v": 1,
        "t": "reply",
        "key": key,
        "text": "안녕하세요",
        "choices": [["사람과 이야기", "talk_to_person"]],
        "origin": "counselor",
        "lang": "ko",
    }


async def test_an_address_without_a_tab_is_offline(site: Site) -> None:
    async with site.tab() as tab:
        pass
    address = address_of(tab.session)
    await until(lambda: not site.channel._sockets)

    with pytest.raises(WindowClosed) as offline:
        await site.channel.send(address, REPLY, str(uuid4()))

    assert offline.value.code == "offline"
    assert address not in str(offline.value)


async def test_silence_of_the_page_means_try_again_with_the_same_key(site: Site) -> None:
    key = str(uuid4())
    async with site.tab() as tab:
        address = address_of(tab.session)
        started = time.monotonic()
        with pytest.raises(TemporarySendError) as unseen:
            await site.channel.send(address, REPLY, key)
        waited = time.monotonic() - started
        again = asyncio.create_task(site.channel.send(address, REPLY, key))
        assert (await tab.take())["key"] == (await tab.take())["key"] == key
        await tab.put(t="ack", key=key)

        assert await again == ""
    assert unseen.value.code == "no_ack"
    assert waited < ACK_SECONDS + 1
    assert not site.channel._unseen


async def test_every_tab_gets_it_and_one_word_is_enough(site: Site) -> None:
    key = str(uuid4())
    async with site.tab() as first, site.tab(first.session) as second:
        sending = asyncio.create_task(site.channel.send(address_of(first.session), REPLY, key))
        assert (await first.take())["key"] == (await second.take())["key"] == key

        await second.put(t="ack", key=key)

        assert await sending == ""


async def test_a_stranger_cannot_say_that_it_was_seen(site: Site) -> None:
    key = str(uuid4())
    async with site.tab() as tab, site.tab() as stranger:
        sending = asyncio.create_task(site.channel.send(address_of(tab.session), REPLY, key))
        await tab.take()
        await stranger.put(t="ack", key=key)
        await stranger.put(t="ping")
        await stranger.take()
        assert not sending.done()

        await tab.put(t="ack", key=key)

        assert await sending == ""


async def test_nobody_else_gets_a_reply(site: Site) -> None:
    async with site.tab() as tab, site.tab() as stranger:
        key = str(uuid4())
        sending = asyncio.create_task(site.channel.send(address_of(tab.session), REPLY, key))
        await tab.take()
        await tab.put(t="ack", key=key)
        await sending

        await stranger.put(t="ping")

        assert (await stranger.take())["t"] == "pong"


async def test_words_that_many_replies_were_seen_cost_no_allowance(site: Site) -> None:
    async with site.tab() as tab:
        for _ in range(25):
            key = str(uuid4())
            sending = asyncio.create_task(site.channel.send(address_of(tab.session), REPLY, key))
            await tab.take()
            await tab.put(t="ack", key=key)
            await sending

        await tab.say("안녕")

        assert (await tab.take())["t"] == "stored"


async def test_too_many_tabs_of_one_session_cost_the_oldest(site: Site) -> None:
    async with AsyncExitStack() as tabs:
        oldest = await tabs.enter_async_context(site.tab())
        for _ in range(SOCKETS_PER_ADDRESS):
            await tabs.enter_async_context(site.tab(oldest.session))
        async with asyncio.timeout(5):
            await oldest.socket.wait_closed()

        assert oldest.socket.close_code == 1008
        assert len(site.channel._sockets[address_of(oldest.session)]) == SOCKETS_PER_ADDRESS


def test_it_fits_the_channel_protocol() -> None:
    channel: Channel = WebChannel(lambda: NOON)
    assert channel.name == "web"
    assert channel.capabilities.idempotent


def test_a_frame_without_a_session_is_refused() -> None:
    channel = WebChannel(lambda: NOON)
    for session in ("", "x", "é" * 43):
        with pytest.raises(InvalidSignature):
            channel.parse(b"{}", {SESSION_HEADER: session})


async def test_no_http_request_can_carry_a_session(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET / HTTP/1.1\r\nHost: x\r\n{SESSION_HEADER}: x\r\n\r\n".encode())

    answer = await reader.readline()

    writer.close()
    assert b" 400 " in answer


def test_a_frame_of_a_session_is_read_and_what_nobody_said_is_nothing() -> None:
    channel, token, name = WebChannel(lambda: NOON), new_token(), str(uuid4())
    genuine = {SESSION_HEADER: token}

    (message,) = channel.parse(
        b'{"v":1,"t":"press","id":"%s","text":"yes"}' % name.encode(), genuine
    )

    assert (message.kind, message.text, message.event_id) == (MessageKind.BUTTON, "yes", name)
    assert channel.parse(b'{"v":1,"t":"ping"}', genuine) == ()
    for body in (b"", b"\xff", b"[" * 9000, b'"text"'):
        with pytest.raises(InvalidPayload):
            channel.parse(body, genuine)

"""What the socket promises to a tab."""

import asyncio
import logging
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.channels.web import FRAME_LIMIT
from bot.channels.web.sessions import address_of
from bot.messages import Kept, MessageKind
from tests.bot.web.conftest import NOON, Site, until

TEXT = "canary-text-4c1d 안녕"


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.startswith("gyeot")]


async def test_a_new_tab_gets_a_session_of_256_random_bits(site: Site) -> None:
    async with site.tab() as first, site.tab() as second:
        assert len(first.session) == len(second.session) == 43
        assert first.session != second.session


async def test_a_tab_that_returns_is_the_same_person_and_is_announced(site: Site) -> None:
    async with site.tab() as tab:
        session = tab.session
        await tab.say("하나")
        await tab.take()
    assert not site.returned

    async with site.tab(session) as again:
        assert again.session == session
        await again.say("둘")
        await again.take()

    first, second = site.store.messages
    assert first.account == first.address == second.account == address_of(session)
    assert site.returned == [address_of(session)]


async def test_the_token_itself_is_in_no_message(site: Site) -> None:
    async with site.tab() as tab:
        await tab.say("안녕")
        await tab.take()

    message = site.store.messages[0]
    assert tab.session not in (message.account, message.address, message.event_id)


@pytest.mark.parametrize("session", ["", "short", "x" * 44, "é" * 43, "../" * 20])
async def test_a_session_not_of_our_form_is_replaced(site: Site, session: str) -> None:
    async with site.tab(session) as tab:
        assert tab.session != session
        assert len(tab.session) == 43


async def test_a_message_carries_what_was_said_and_when(site: Site) -> None:
    async with site.tab() as tab:
        name = await tab.say("  안녕 🙂\n둘째 줄")
        await tab.take()

    message = site.store.messages[0]
    assert message.channel == "web"
    assert message.kind is MessageKind.TEXT
    assert message.text == "  안녕 🙂\n둘째 줄"
    assert message.event_id == name
    assert message.sent_at == NOON


async def test_a_pressed_choice_and_the_way_out_are_told_apart(site: Site) -> None:
    async with site.tab() as tab:
        await tab.put(t="press", id=str(uuid4()), text="talk_to_person")
        await tab.take()
        await tab.put(t="leave", id=str(uuid4()))
        await tab.take()

    pressed, gone = site.store.messages
    assert (pressed.kind, pressed.text) == (MessageKind.BUTTON, "talk_to_person")
    assert gone.kind is MessageKind.LEAVE


async def test_stored_is_said_only_after_accept_returned(site: Site) -> None:
    site.store.may_return.clear()
    async with site.tab() as tab:
        name = await tab.say("안녕")
        await until(lambda: bool(site.store.messages))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await tab.socket.recv()

        site.store.may_return.set()

        assert await tab.take() == {"v": 1, "t": "stored", "id": name}


async def test_what_could_not_be_kept_is_said_and_may_be_sent_again(site: Site) -> None:
    site.store.fail(declared=True)
    async with site.tab() as tab:
        name = await tab.say("안녕")
        assert await tab.take() == {"v": 1, "t": "not_stored", "id": name}

        site.store.error = None
        await tab.say("안녕", name=name)

        assert await tab.take() == {"v": 1, "t": "stored", "id": name}


@pytest.mark.parametrize("kept", [Kept.SAID, Kept.UNSAID])
async def test_what_was_too_much_is_never_called_stored_and_may_be_sent_again(
    site: Site, kept: Kept
) -> None:
    site.store.kept = kept
    async with site.tab() as tab:
        name = await tab.say("안녕")
        assert await tab.take() == {"v": 1, "t": "refused", "id": name, "why": "too_fast"}

        site.store.kept = Kept.ALL
        await tab.say("안녕", name=name)

        assert await tab.take() == {"v": 1, "t": "stored", "id": name}


async def test_an_unforeseen_error_closes_the_line_and_is_never_called_stored(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.store.fail(declared=False)
    async with site.tab() as tab:
        await tab.say("안녕")
        with pytest.raises(ConnectionClosed) as closed:
            await tab.take()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert [getattr(record, "error", None) for record in ours(caplog)] == ["DiskOnFire"]
    assert "canary-in-an-error" not in caplog.text


async def test_a_repeat_keeps_its_event_id_also_over_a_new_connection(site: Site) -> None:
    async with site.tab() as tab:
        name = await tab.say("안녕")
        await tab.take()
    async with site.tab(tab.session) as again:
        await again.say("안녕", name=name.upper())
        await again.take()

    assert [message.event_id for message in site.store.messages] == [name, name]


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", "file://x", "["],
)
async def test_a_page_of_another_site_is_refused(site: Site, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with site.line(origin=origin):
            pass
    assert refused.value.response.status_code == 403


BAD_FRAMES: list[tuple[str | bytes, str]] = [
    ("", "malformed"),
    ("{", "malformed"),
    ("null", "malformed"),
    ("[]", "malformed"),
    ("1" * 6000, "malformed"),
    ("[" * 16000, "malformed"),
    ('{"v":1,"t":"say","id":' * 600, "malformed"),
    (b"\x00\xff\x00", "malformed"),
    ("{}", "malformed"),
    ('{"v":1,"t":"hello"}', "malformed"),
    ('{"v":1,"t":"erase_everything"}', "malformed"),
    ('{"v":1,"t":"say","id":"not-a-uuid","text":"x"}', "malformed"),
    ('{"v":1,"t":"say","id":7,"text":"x"}', "malformed"),
    ('{"v":1,"t":"say","id":"6f6c3a2e-6d1c-4a55-9a53-6f2a6c1b0d11"}', "malformed"),
    ('{"v":1,"t":"say","id":"6f6c3a2e-6d1c-4a55-9a53-6f2a6c1b0d11","text":["x"]}', "malformed"),
    ('{"v":1,"t":"say","id":"6f6c3a2e-6d1c-4a55-9a53-6f2a6c1b0d11","text":"\\ud83d"}', "malformed"),
    ('{"v":1,"t":"say","id":"6f6c3a2e-6d1c-4a55-9a53-6f2a6c1b0d11","text":" \\n "}', "empty"),
    ('{"v":2,"t":"ping"}', "version"),
    ('{"v":true,"t":"ping"}', "version"),
    ('{"v":"1","t":"ping"}', "version"),
    ("가" * (FRAME_LIMIT // 3 + 1), "too_long"),
]


@pytest.mark.parametrize(("frame", "reason"), BAD_FRAMES, ids=range(len(BAD_FRAMES)))
async def test_a_bad_frame_is_answered_with_a_reason_and_the_talk_goes_on(
    site: Site, frame: str | bytes, reason: str
) -> None:
    async with site.tab() as tab:
        await tab.socket.send(frame)
        answer = await tab.take()
        name = await tab.say("안녕")

        assert (answer["t"], answer["why"]) == ("refused", reason)
        assert await tab.take() == {"v": 1, "t": "stored", "id": name}
    assert len(site.store.messages) == 1


@pytest.mark.parametrize(("frame", "reason"), BAD_FRAMES, ids=range(len(BAD_FRAMES)))
async def test_a_bad_first_frame_never_opens_a_session(
    site: Site, frame: str | bytes, reason: str
) -> None:
    if frame == '{"v":1,"t":"hello"}':
        return  # the one that is good in first place
    async with site.line() as tab:
        await tab.socket.send(frame)
        answers = await tab.take_all()
    assert [answer["why"] for answer in answers] in ([reason], [])
    assert not site.store.messages


async def test_five_thousand_characters_are_taken_and_one_more_is_refused(site: Site) -> None:
    async with site.tab() as tab:
        kept = str(uuid4())
        longest = '{"v":1,"t":"say","id":"%s","text":"%s"}'
        await tab.socket.send(longest % (kept, "가" * 5000))
        assert await tab.take() == {"v": 1, "t": "stored", "id": kept}

        refused = str(uuid4())
        await tab.socket.send(longest % (refused, "a" * 5001))
        assert await tab.take() == {"v": 1, "t": "refused", "id": refused, "why": "too_long"}


async def test_a_frame_far_too_big_ends_the_line_and_not_the_server(site: Site) -> None:
    async with site.tab() as tab:
        await tab.socket.send("x" * (FRAME_LIMIT * 5))
        assert await tab.take_all() == []
    async with site.tab() as other:
        await other.say("안녕")
        assert (await other.take())["t"] == "stored"


async def test_who_writes_too_fast_is_told_so_and_is_heard_again_later(site: Site) -> None:
    async with site.tab() as tab:
        for _ in range(20):
            await tab.say("ㅠ")
            assert (await tab.take())["t"] == "stored"
        late = await tab.say("ㅠ")
        assert await tab.take() == {"v": 1, "t": "refused", "id": late, "why": "too_fast"}

        site.clock.pass_seconds(1)
        await tab.say("ㅠ", name=late)

        assert await tab.take() == {"v": 1, "t": "stored", "id": late}


async def test_a_line_that_only_sends_rubbish_is_cut(site: Site) -> None:
    async with site.tab() as tab:
        for _ in range(150):
            await tab.socket.send("{")
        answers = await tab.take_all()

    assert len(answers) == 100
    assert tab.socket.close_code == 1008


async def test_a_ping_is_answered(site: Site) -> None:
    async with site.tab() as tab:
        await tab.put(t="ping")
        assert await tab.take() == {"v": 1, "t": "pong"}


@pytest.mark.parametrize("declared", [None, True, False])
async def test_neither_text_nor_token_nor_address_reaches_a_log(
    site: Site, caplog: pytest.LogCaptureFixture, declared: bool | None
) -> None:
    if declared is not None:
        site.store.fail(declared=declared)
    logging.getLogger("gyeot.web").debug("the log is listening")
    async with site.tab() as tab:
        await tab.socket.send('{"broken": "' + TEXT)
        await tab.take()
        await tab.say(TEXT)
        if declared is not False:
            await tab.take()
        else:
            await tab.socket.wait_closed()

    assert "the log is listening" in caplog.text
    for secret in ("canary-text", tab.session, address_of(tab.session), "127.0.0.1"):
        assert secret not in caplog.text
        assert not any(secret in str(vars(record)) for record in caplog.records)

"""What only Telegram does: presses to answer, kinds of chat, polling."""

from functools import cache

import httpx
import pytest

from bot.channels.base import RecipientGone, TemporarySendError
from bot.channels.telegram import TelegramChannel, make_poller, make_telegram
from bot.messages import InboundMessage, MessageKind, Reply
from tests.fakes.telegram import PERSON, SECRET, TOKEN, FakeTelegram, TelegramPerson

KEY = "00000000-0000-4000-8000-000000000000"
YOUNG = TelegramPerson()


@pytest.fixture
async def telegram() -> FakeTelegram:
    return FakeTelegram()


@cache
def reader() -> TelegramChannel:
    return make_telegram(TOKEN, SECRET)


def test_a_press_whose_message_is_gone_still_counts() -> None:
    old = YOUNG.presses("ask:person")
    old["callback_query"]["message"] = {"chat": {"id": int(PERSON), "type": "private"}, "date": 0}
    bare = YOUNG.presses("ask:person")
    del bare["callback_query"]["message"]

    pressed = [reader().parse_update(update)[0] for update in (old, bare)]

    assert [message.kind for message in pressed] == [MessageKind.BUTTON] * 2
    assert [message.address for message in pressed] == [PERSON, PERSON]


def test_a_press_in_a_group_is_ignored() -> None:
    update = YOUNG.presses("ask:person")
    update["callback_query"]["message"]["chat"] = {"id": -5, "type": "group"}

    assert reader().parse_update(update) == ()


def test_ids_and_times_may_be_written_as_text() -> None:
    update = {
        "update_id": "77",
        "message": {"chat": {"id": "5"}, "from": {"id": "5"}, "date": "1764000000", "text": "안녕"},
    }

    (message,) = reader().parse_update(update)

    assert (message.event_id, message.account, message.sent_at.year) == ("77", "5", 2025)


def test_an_update_without_its_number_is_told_apart_by_what_it_says() -> None:
    def unnumbered(text: str) -> InboundMessage:
        update = YOUNG.says(text) | {"update_id": None}
        update["message"]["message_id"] = 1
        return reader().parse_update(update)[0]

    hello, repeat, other = unnumbered("안녕"), unnumbered("안녕"), unnumbered("도와줘")

    assert hello.event_id == repeat.event_id != other.event_id
    assert "안녕" not in hello.event_id


async def test_the_mark_on_a_pressed_button_is_stopped(telegram: FakeTelegram) -> None:
    async with telegram.serving():
        channel = make_telegram(TOKEN, SECRET, telegram.url)
        for update in (YOUNG.presses("ask:person"), YOUNG.says("안녕")):
            await channel.acknowledge(channel.parse_update(update)[0])
        await channel.close()

    assert telegram.press_answers == ["88001"]


async def test_a_mark_that_cannot_be_stopped_is_a_channel_error(telegram: FakeTelegram) -> None:
    telegram.fail_next(500)
    async with telegram.serving():
        channel = make_telegram(TOKEN, SECRET, telegram.url)
        with pytest.raises(TemporarySendError):
            await channel.acknowledge(channel.parse_update(YOUNG.presses("x"))[0])
        await channel.close()


async def test_a_reply_is_protected_and_plain(telegram: FakeTelegram) -> None:
    async with telegram.serving():
        channel = make_telegram(TOKEN, SECRET, telegram.url)
        await channel.send(PERSON, Reply("https://example.org 를 봐요"), KEY)
        await channel.close()

    assert telegram.last_message["protect_content"] == "true"
    assert "parse_mode" not in telegram.last_message
    assert telegram.last_message["link_preview_options"] == '{"is_disabled": true}'


@pytest.mark.parametrize("listed", ["blocked", "unknown"])
async def test_a_person_who_cannot_be_reached_is_gone(telegram: FakeTelegram, listed: str) -> None:
    getattr(telegram, listed).add(PERSON)
    async with telegram.serving():
        channel = make_telegram(TOKEN, SECRET, telegram.url)
        with pytest.raises(RecipientGone):
            await channel.send(PERSON, Reply("안녕"), KEY)
        await channel.close()


async def test_polling_confirms_only_what_the_caller_came_back_for(telegram: FakeTelegram) -> None:
    telegram.updates = [YOUNG.says("하나"), YOUNG.says("둘"), {"update_id": 900_000, "poll": 1}]
    async with telegram.serving():
        poller = make_poller(reader(), TOKEN, telegram.url)
        not_stored = await anext(poller.updates())
        updates = poller.updates()
        stored = await anext(updates)
        assert await anext(updates) == []
        await poller.close()

    assert [message.text for message in not_stored] == ["하나", "둘"]
    assert stored == not_stored
    assert telegram.updates == []


async def test_one_odd_update_does_not_hold_up_polling(telegram: FakeTelegram) -> None:
    odd = httpx.Response(200, json={"ok": True, "result": [7, "x", YOUNG.says("안녕")]})
    telegram.fail_next(200, odd.content)
    async with telegram.serving():
        poller = make_poller(reader(), TOKEN, telegram.url)
        messages = await anext(poller.updates())
        await poller.close()

    assert [message.text for message in messages] == ["안녕"]


@pytest.mark.parametrize(
    ("status", "body", "wait"),
    [(409, None, 60), (401, None, 60), (502, b"<html>", 1), (200, b"<html>", 1), (200, {}, 1)],
)
async def test_polling_that_is_refused_says_when_to_come_back(
    telegram: FakeTelegram, status: int, body: object, wait: float
) -> None:
    telegram.fail_next(status, body)
    async with telegram.serving():
        poller = make_poller(reader(), TOKEN, telegram.url)
        with pytest.raises(TemporarySendError) as caught:
            await anext(poller.updates())
        await poller.close()

    assert caught.value.retry_after >= wait
    assert TOKEN not in repr(caught.value)


async def test_a_group_that_adds_the_bot_is_told_so_once_and_left(telegram: FakeTelegram) -> None:
    added = YOUNG.becomes("member")
    added["my_chat_member"]["chat"] = {"id": -100777, "type": "supergroup"}
    async with telegram.serving():
        channel = make_telegram(TOKEN, SECRET, telegram.url, group_refusal="저는 나갈게요.")
        (message,) = channel.parse_update(added)
        await channel.acknowledge(message)
        await channel.close()

    assert message.kind is MessageKind.GROUP
    assert [(sent.recipient, sent.text) for sent in telegram.sent] == [
        ("-100777", "저는 나갈게요.")
    ]
    assert telegram.left == ["-100777"]


def test_being_put_out_of_a_group_is_nothing_to_us() -> None:
    removed = YOUNG.becomes("kicked")
    removed["my_chat_member"]["chat"] = {"id": -100777, "type": "supergroup"}

    assert reader().parse_update(removed) == ()


@pytest.mark.parametrize(
    ("url", "errors", "token", "wanted"),
    [
        ("https://gyeot.example/channels/telegram", {}, TOKEN, (True, True)),
        ("", {}, TOKEN, (True, False)),
        (
            "https://gyeot.example/channels/telegram",
            {"last_error_date": 1_764_000_000, "pending_update_count": 3},
            TOKEN,
            (True, False),
        ),
        ("", {}, "123:wrong", (False, None)),
    ],
)
async def test_telegram_says_whether_its_webhook_points_here(
    telegram: FakeTelegram,
    url: str,
    errors: dict[str, int],
    token: str,
    wanted: tuple[bool, bool | None],
) -> None:
    telegram.webhook_info = {**telegram.webhook_info, "url": url, **errors}
    async with telegram.serving():
        channel = make_telegram(token, SECRET, telegram.url)
        found = await channel.check("https://gyeot.example/channels/telegram")
        await channel.close()

    assert (found.token, found.webhook) == wanted

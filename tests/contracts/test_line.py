"""What only LINE does: batches, redelivery, retry keys."""

from uuid import uuid4

import pytest

from bot.channels.base import TemporarySendError
from bot.channels.line import LineChannel, make_line
from bot.messages import Reply
from tests.contracts.cases import CASES
from tests.fakes.line import PERSON, SECRET, TOKEN, FakeLine, LinePerson, signature, webhook

YOUNG = LinePerson()


def reader() -> LineChannel:
    return make_line(SECRET, TOKEN)


def test_every_good_event_of_a_batch_is_read_in_order_whatever_stands_between() -> None:
    good = [YOUNG.says("하나"), YOUNG.says("둘"), YOUNG.says("셋")]
    bad = list(CASES["line"].ignored)

    messages = reader().parse(*webhook(good[0], *bad, good[1], None, good[2]))

    assert [message.text for message in messages] == ["하나", "둘", "셋"]


def test_the_consoles_test_call_holds_nothing() -> None:
    assert reader().parse(*webhook()) == ()


def test_a_body_without_destination_is_read() -> None:
    body = b'{"events":[]}'

    assert reader().parse(body, {"x-line-signature": signature(body)}) == ()


def test_a_redelivered_event_keeps_its_id() -> None:
    event = YOUNG.says("안녕")
    again = event | {"deliveryContext": {"isRedelivery": True}}

    first, second = reader().parse(*webhook(event, again))

    assert first.event_id == second.event_id


def test_two_pictures_under_one_delivery_id_are_two_messages() -> None:
    first, second = YOUNG.sends(type="image"), YOUNG.sends(type="image")
    second["webhookEventId"] = first["webhookEventId"]

    ids = {message.event_id for message in reader().parse(*webhook(first, second))}

    assert len(ids) == 2


def test_old_events_without_a_delivery_id_are_told_apart() -> None:
    events = [YOUNG.says("안녕"), YOUNG.says("안녕"), YOUNG.presses("a"), YOUNG.does("follow")]
    events.append(events[0] | {"type": "messageEdited"})
    old = [{k: v for k, v in event.items() if k != "webhookEventId"} for event in events]

    once, twice = (
        [message.event_id for message in reader().parse(*webhook(*old))] for _ in range(2)
    )

    assert once == twice
    assert len(set(once)) == 5


def test_the_answer_ticket_is_kept() -> None:
    event = YOUNG.says("안녕")

    assert reader().parse(*webhook(event))[0].reply_token == event["replyToken"]


async def test_a_second_try_under_the_same_key_arrives_once_and_counts_as_sent() -> None:
    line, key = FakeLine(), str(uuid4())
    async with line.serving():
        channel = make_line(SECRET, TOKEN, line.url)
        first = await channel.send(PERSON, Reply("안녕"), key)
        second = await channel.send(PERSON, Reply("안녕"), key)
        other = await channel.send(PERSON, Reply("안녕"), str(uuid4()))
        await channel.close()

    assert first != ""
    assert second == ""
    assert other != ""
    assert len(line.sent) == 2


async def test_a_message_whose_yes_was_lost_is_not_shown_twice() -> None:
    line, key = FakeLine(), str(uuid4())
    line.lose_next_answer()
    async with line.serving():
        channel = make_line(SECRET, TOKEN, line.url)
        with pytest.raises(TemporarySendError):
            await channel.send(PERSON, Reply("안녕"), key)
        await channel.send(PERSON, Reply("안녕"), key)
        await channel.close()

    assert [sent.text for sent in line.sent] == ["안녕"]


async def test_a_closed_channel_can_be_closed_again() -> None:
    channel = reader()

    await channel.close()
    await channel.close()


async def test_a_fresh_reply_token_costs_nothing_of_the_quota() -> None:
    fake, reply = FakeLine(), Reply("안녕하세요", reply_token="fresh")
    fake.open_tokens["fresh"] = PERSON
    async with fake.serving():
        channel = make_line(SECRET, TOKEN, fake.url)
        await channel.send(PERSON, reply, str(uuid4()))
        await channel.close()

    assert (fake.replies, fake.calls) == (1, 1)
    assert [sent.text for sent in fake.sent] == ["안녕하세요"]


async def test_a_stale_reply_token_is_no_failure() -> None:
    fake, reply = FakeLine(), Reply("안녕하세요", reply_token="stale")
    async with fake.serving():
        channel = make_line(SECRET, TOKEN, fake.url)
        await channel.send(PERSON, reply, str(uuid4()))
        await channel.close()

    assert (fake.replies, len(fake.sent)) == (0, 1)


@pytest.mark.parametrize(
    ("registered", "active", "token", "wanted"),
    [
        ("https://gyeot.example/channels/line", True, TOKEN, (True, True)),
        ("https://gyeot.example/channels/line", False, TOKEN, (True, False)),
        ("https://elsewhere.example/", True, TOKEN, (True, False)),
        (None, True, TOKEN, (True, False)),
        ("https://gyeot.example/channels/line", True, "wrong", (False, None)),
    ],
)
async def test_line_says_whether_its_webhook_points_here(
    registered: str | None, active: bool, token: str, wanted: tuple[bool, bool | None]
) -> None:
    fake = FakeLine()
    fake.webhook, fake.webhook_active = registered, active
    async with fake.serving():
        channel = make_line(SECRET, token, fake.url)
        found = await channel.check("https://gyeot.example/channels/line")
        await channel.close()

    assert (found.token, found.webhook) == wanted

"""What only Messenger and Instagram do: handshake, batches, echoes, windows."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.channels.base import InvalidPayload, InvalidSignature, RecipientGone, WindowClosed
from bot.channels.meta import MetaChannel, make_instagram, make_messenger
from bot.messages import InboundMessage, MessageKind, Origin, QuickReply, Reply
from tests.contracts.cases import CASES
from tests.fakes import meta
from tests.fakes.meta import (
    ACCOUNT,
    PERSON,
    SECRET,
    TOKEN,
    VERIFY_TOKEN,
    FakeInstagram,
    FakeMessenger,
    FakeMeta,
    MetaPerson,
    delivery,
    webhook,
)
from tests.fakes.switchboard import FakeProvider

YOUNG = MetaPerson()
HOUR = timedelta(hours=1)
Make = Callable[..., MetaChannel]
BOTH = pytest.mark.parametrize(
    ("fake", "make"), [(FakeMessenger, make_messenger), (FakeInstagram, make_instagram)]
)
GOOD = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "115"}


def reader() -> MetaChannel:
    return make_messenger(SECRET, VERIFY_TOKEN, TOKEN)


def said(messages: Sequence[InboundMessage]) -> list[str]:
    return [message.text for message in messages]


class Webhook(FakeProvider):
    """A webhook of ours, as far as the handshake goes."""

    async def answer(self, request: Request) -> Response:
        try:
            challenge = reader().handshake(request.query_params)
        except (InvalidSignature, InvalidPayload):
            return Response(status_code=403)
        return Response(challenge.body, media_type=challenge.media_type)


async def test_meta_registers_a_webhook_that_knows_the_verify_token_and_no_other() -> None:
    ours = Webhook()
    async with ours.serving():
        known = await FakeMeta().register(f"{ours.url}/channels/messenger", VERIFY_TOKEN)
        unknown = await FakeMeta().register(f"{ours.url}/channels/messenger", "a guess")

    assert (known, unknown) == (True, False)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"hub.verify_token": "wrong"}, InvalidSignature),
        ({"hub.verify_token": ""}, InvalidSignature),
        ({"hub.verify_token": "틀림\ud800"}, InvalidSignature),
        ({"hub.mode": "unsubscribe"}, InvalidSignature),
        ({"hub.challenge": ""}, InvalidPayload),
    ],
)
def test_a_handshake_that_is_not_whole_is_refused(
    change: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        reader().handshake(GOOD | change)


def test_without_a_verify_token_no_handshake_is_believed() -> None:
    with pytest.raises(InvalidSignature):
        make_messenger(SECRET, "", TOKEN).handshake(GOOD | {"hub.verify_token": ""})


def test_without_a_secret_no_delivery_is_believed() -> None:
    body, headers = webhook("page", YOUNG.says("안녕"), secret="")

    with pytest.raises(InvalidSignature):
        make_messenger("", VERIFY_TOKEN, TOKEN).parse(body, headers)


def test_the_old_signature_alone_is_not_believed() -> None:
    body, headers = webhook("page", YOUNG.says("안녕"))

    with pytest.raises(InvalidSignature):
        reader().parse(body, {"x-hub-signature": headers["x-hub-signature"]})


def test_the_signature_is_over_the_bytes_as_they_came() -> None:
    body, headers = webhook("page", YOUNG.says("안녕"))

    with pytest.raises(InvalidSignature):
        reader().parse(body.replace(b": ", b":"), headers)


def test_every_good_event_of_every_entry_is_read_in_order_whatever_stands_between() -> None:
    good, bad = [YOUNG.says(text) for text in ("하나", "둘", "셋")], CASES["messenger"].ignored
    first = {"id": ACCOUNT, "messaging": [good[0], *bad, good[1]]}
    odd: list[object] = [None, 7, "no object", {"id": ACCOUNT}, {"messaging": "no list"}]
    last = {"id": ACCOUNT, "messaging": [None, good[2]]}

    messages = reader().parse(*delivery({"object": "page", "entry": [first, *odd, last]}))

    assert said(messages) == ["하나", "둘", "셋"]


@pytest.mark.parametrize(
    ("make", "other"), [(make_messenger, "instagram"), (make_instagram, "page")]
)
def test_a_delivery_for_the_other_product_holds_nothing(make: Make, other: str) -> None:
    channel = make(SECRET, VERIFY_TOKEN, TOKEN)

    assert channel.parse(*webhook(other, YOUNG.says("안녕"))) == ()


def test_what_another_app_answers_and_what_the_dashboard_tests_is_not_read() -> None:
    words = [YOUNG.says("안녕")]
    entries = [
        {"id": ACCOUNT, "standby": words},
        {"id": ACCOUNT, "changes": [{"field": "messages", "value": words[0]}]},
        {"id": "0", "messaging": words},
    ]

    assert reader().parse(*delivery({"object": "page", "entry": entries})) == ()


def test_a_change_has_another_event_id_than_the_message_it_changes() -> None:
    mid = {"mid": "m_1"}
    events = [
        YOUNG.does(message=mid | {"text": "하나"}),
        YOUNG.does(message_edit=mid | {"text": "둘"}),
        YOUNG.does(message_edit=mid | {"text": "셋"}),
        YOUNG.does(reaction=mid | {"action": "react", "emoji": "😢"}),
        YOUNG.does(message=mid | {"is_deleted": True}),
        YOUNG.does(postback={"payload": "menu"}),
    ]

    once, twice = (
        [message.event_id for message in reader().parse(*webhook("page", *events))]
        for _ in range(2)
    )

    assert once == twice
    assert len(set(once)) == len(events)
    assert once[0] == "m_1"


def test_seconds_and_milliseconds_are_told_apart() -> None:
    times = (1_764_000_000, "1764000000", 1_764_000_000_000, "1764000000000")
    events = [YOUNG.says("안녕") | {"timestamp": time} for time in times]

    moments = {message.sent_at for message in reader().parse(*webhook("page", *events))}

    assert moments == {datetime(2025, 11, 24, 16, 0, tzinfo=UTC)}


def test_no_address_of_a_picture_is_kept() -> None:
    events = [YOUNG.attaches("image"), YOUNG.attaches("fallback", "봐요"), YOUNG.attaches("share")]

    messages = reader().parse(*webhook("page", *events))

    kept = [getattr(m, name) for m in messages for name in InboundMessage.__slots__]
    assert len(messages) == 3
    assert not [value for value in kept if "cdn.example" in str(value)]


@pytest.mark.parametrize(
    ("origin", "after", "purpose"),
    [
        (Origin.BOT, None, {"messaging_type": "RESPONSE"}),
        (Origin.BOT, 24 * HOUR, {"messaging_type": "RESPONSE"}),
        (Origin.COUNSELOR, 24 * HOUR, {"messaging_type": "RESPONSE"}),
        (Origin.COUNSELOR, 25 * HOUR, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
        (Origin.COUNSELOR, 168 * HOUR, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}),
    ],
)
@BOTH
async def test_only_a_counselors_words_after_the_day_carry_the_tag(
    fake: type[FakeMeta],
    make: Make,
    origin: Origin,
    after: timedelta | None,
    purpose: dict[str, str],
) -> None:
    provider = fake()
    provider.silent_for[PERSON] = (after or HOUR) / HOUR
    async with provider.serving():
        channel = make(SECRET, VERIFY_TOKEN, TOKEN, provider.url)
        await channel.send(PERSON, Reply("안녕", origin=origin, after=after), str(uuid4()))
        await channel.close()

    asked = provider.last_request
    assert {key: asked[key] for key in ("messaging_type", "tag") if key in asked} == purpose


@pytest.mark.parametrize(
    ("origin", "after"),
    [(Origin.BOT, 24 * HOUR + timedelta(seconds=1)), (Origin.BOT, 100 * HOUR),
     (Origin.COUNSELOR, 169 * HOUR)],
)  # fmt: skip
async def test_outside_its_window_nothing_is_asked_of_meta(
    origin: Origin, after: timedelta
) -> None:
    provider = FakeMessenger()
    async with provider.serving():
        channel = make_messenger(SECRET, VERIFY_TOKEN, TOKEN, provider.url)
        with pytest.raises(WindowClosed) as caught:
            await channel.send(PERSON, Reply("안녕", origin=origin, after=after), str(uuid4()))
        await channel.close()

    assert (caught.value.code, provider.calls) == ("window", 0)


@BOTH
async def test_what_meta_knows_better_about_window_and_block_is_believed(
    fake: type[FakeMeta], make: Make
) -> None:
    provider = fake()
    provider.silent_for["11"], provider.blocked = 30.0, {"12"}
    async with provider.serving():
        channel = make(SECRET, VERIFY_TOKEN, TOKEN, provider.url)
        with pytest.raises(WindowClosed):
            await channel.send("11", Reply("안녕"), str(uuid4()))
        with pytest.raises(RecipientGone):
            await channel.send("12", Reply("안녕"), str(uuid4()))
        await channel.close()

    assert provider.sent == []


@pytest.mark.parametrize(
    ("fake", "make", "text"),
    [
        (FakeMessenger, make_messenger, "가" * 2000),
        (FakeInstagram, make_instagram, "가" * 333),
        (FakeInstagram, make_instagram, "a" * 1000),
    ],
)
async def test_the_longest_text_and_the_longest_choices_leave(
    fake: type[FakeMeta], make: Make, text: str
) -> None:
    provider = fake()
    choices = [QuickReply("가" * 30, f"{n}".zfill(1000)) for n in range(13)]
    async with provider.serving():
        channel = make(SECRET, VERIFY_TOKEN, TOKEN, provider.url)
        await channel.send(PERSON, Reply(text, choices), str(uuid4()))
        await channel.close()

    (sent,) = provider.sent
    assert (sent.text, len(sent.quick_replies)) == (text, 13)


async def test_a_redirect_is_not_followed_and_the_token_stands_in_no_url() -> None:
    asked: list[str] = []

    class Redirecting(FakeMessenger):
        async def receive(self, request: Request) -> Response:
            asked.append(str(request.url))
            return Response(status_code=307, headers={"location": f"{self.url}/elsewhere"})

    provider = Redirecting()
    async with provider.serving():
        channel = make_messenger(SECRET, VERIFY_TOKEN, TOKEN, provider.url)
        with pytest.raises(Exception, match="messenger: answer"):
            await channel.send(PERSON, Reply("안녕"), str(uuid4()))
        await channel.close()

    (url,) = asked
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v[\d.]+/me/messages", url)


async def test_one_connection_carries_many_messages() -> None:
    ports: set[object] = set()

    class Counting(FakeMessenger):
        async def answer(self, request: Request) -> Response:
            ports.add(request.client and request.client.port)
            return await super().answer(request)

    provider = Counting()
    async with provider.serving():
        channel = make_messenger(SECRET, VERIFY_TOKEN, TOKEN, provider.url)
        for number in range(5):
            await channel.send(PERSON, Reply(str(number)), str(uuid4()))
        await channel.close()

    assert (len(provider.sent), len(ports)) == (5, 1)


def test_a_press_is_a_button_even_when_its_label_is_shown_too() -> None:
    (message,) = reader().parse(*webhook("page", YOUNG.presses("go:scared")))

    assert (message.kind, message.text) == (MessageKind.BUTTON, "go:scared")


@pytest.mark.parametrize(
    ("token", "subscribed", "wanted"),
    [
        (meta.TOKEN, ["messages"], (True, None)),
        (meta.TOKEN, ["feed"], (True, False)),
        ("wrong", ["messages"], (False, None)),
    ],
)
async def test_meta_says_whether_our_app_hears_messages(
    token: str, subscribed: list[str], wanted: tuple[bool, bool | None]
) -> None:
    fake = FakeMessenger()
    fake.subscribed = subscribed
    async with fake.serving():
        channel = make_messenger(meta.SECRET, meta.VERIFY_TOKEN, token, fake.url)
        found = await channel.check("https://gyeot.example/channels/messenger")
        await channel.close()

    assert (found.token, found.webhook) == wanted

"""What only X does: its challenge, two generations of envelopes, profiles, long waits."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.channels.base import (
    ChannelError,
    InvalidPayload,
    InvalidSignature,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
)
from bot.channels.x import XChannel, make_x
from bot.messages import InboundMessage, QuickReply, Reply
from tests.contracts.cases import CASES
from tests.fakes import x
from tests.fakes.switchboard import FakeProvider
from tests.fakes.x import (
    ACCOUNT,
    PERSON,
    SECRET,
    TOKEN,
    FakeX,
    XPerson,
    current,
    delivery,
    envelope,
    signature,
    webhook,
)

YOUNG = XPerson()


def reader() -> XChannel:
    return make_x(SECRET, TOKEN, ACCOUNT)


async def refused(provider: FakeX, address: str = PERSON) -> ChannelError:
    async with provider.serving():
        channel = make_x(SECRET, TOKEN, ACCOUNT, provider.url)
        with pytest.raises(ChannelError) as caught:
            await channel.send(address, Reply("안녕"), str(uuid4()))
        await channel.close()
    return caught.value


class Webhook(FakeProvider):
    """A webhook of ours, as far as the challenge goes."""

    async def answer(self, request: Request) -> Response:
        challenge = reader().handshake(request.query_params)
        return Response(challenge.body, media_type=challenge.media_type)


async def test_x_finds_its_token_signed_with_the_consumer_secret() -> None:
    ours = Webhook()
    async with ours.serving():
        known = await FakeX().check(f"{ours.url}/channels/x")
        unknown = await FakeX().check(f"{ours.url}/channels/x", secret="another")

    assert (known, unknown) == (True, False)


def test_no_challenge_signs_what_could_be_a_delivery() -> None:
    body, headers = webhook(YOUNG.says("위조한 말"))
    assert len(reader().parse(body, headers)) == 1

    with pytest.raises(InvalidPayload):
        reader().handshake({"crc_token": body.decode()})
    with pytest.raises(InvalidPayload):
        reader().handshake({"crc_token": "{}"})


@pytest.mark.parametrize("query", [{}, {"crc_token": ""}, {"crc_token": "a" * 10_000}])
def test_a_challenge_without_a_plausible_token_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidPayload):
        reader().handshake(query)


def test_an_odd_token_is_signed_without_falling_over() -> None:
    assert "response_token" in json.loads(reader().handshake({"crc_token": "톡\ud800 +"}).body)


def test_without_a_secret_nothing_is_signed_and_nothing_believed() -> None:
    channel = make_x("", TOKEN, ACCOUNT)

    with pytest.raises(InvalidSignature):
        channel.handshake({"crc_token": "abc"})
    with pytest.raises(InvalidSignature):
        channel.parse(b"{}", {"x-twitter-webhooks-signature": signature(b"{}", "")})


def test_every_good_message_of_a_batch_is_read_in_order_whatever_stands_between() -> None:
    good = [YOUNG.says(text) for text in ("하나", "둘", "셋")]
    bad = [event for event in CASES["x"].ignored if not _is_activity(event)]

    messages = reader().parse(*delivery(envelope(good[0], *bad, None, good[1], good[2])))

    assert [message.text for message in messages] == ["하나", "둘", "셋"]


def test_a_message_by_both_generations_is_one_message() -> None:
    event = YOUNG.says("안녕")

    (old,) = reader().parse(*webhook(event))
    (new,) = reader().parse(*webhook(current(event)))

    assert old == new
    assert old.event_id == event["id"]


def test_two_encrypted_messages_have_two_ids_and_a_repeat_has_the_same() -> None:
    first, second = YOUNG.whispers(), YOUNG.whispers()

    ids = [reader().parse(*webhook(event))[0].event_id for event in (first, first, second)]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("event", [YOUNG.says("안녕"), current(YOUNG.says("안녕"))])
def test_a_profile_is_dropped_unread(event: dict[str, Any]) -> None:
    body, headers = webhook(event)

    (message,) = reader().parse(body, headers)

    assert b"canary-bio" in body
    kept = [str(getattr(message, name)) for name in InboundMessage.__slots__]
    assert not [value for value in kept if "canary" in value]


def test_a_delivery_for_another_account_holds_nothing() -> None:
    other = envelope(YOUNG.says("안녕")) | {"for_user_id": "3333333333333333333"}

    assert reader().parse(*delivery(other)) == ()


def test_an_envelope_that_names_no_account_is_read() -> None:
    nameless = {"direct_message_events": [YOUNG.says("안녕")]}

    assert len(reader().parse(*delivery(nameless))) == 1


@pytest.mark.parametrize(
    "content",
    [
        {"user_event": {"revoke": {"source": {"user_id": ACCOUNT}}}},
        {"for_user_id": ACCOUNT, "tweet_delete_events": [{"status": {"id": "1"}}]},
        {"for_user_id": ACCOUNT, "direct_message_indicate_typing_events": [{"sender_id": PERSON}]},
        {"replay_job_status": {"job_state": "Complete"}},
        {"data": {"no": "event type"}},
    ],
)
def test_what_is_no_message_holds_nothing(content: object) -> None:
    assert reader().parse(*delivery(content)) == ()


async def test_choices_are_left_to_whoever_wrote_the_text() -> None:
    provider = FakeX()
    async with provider.serving():
        channel = make_x(SECRET, TOKEN, ACCOUNT, provider.url)
        name = await channel.send(PERSON, Reply("1. 네", [QuickReply("네", "yes")]), str(uuid4()))
        await channel.close()

    assert (name, provider.sent[0].text, provider.sent[0].quick_replies) == ("1", "1. 네", ())


async def test_after_fifteen_messages_the_wait_is_until_xs_window_ends() -> None:
    provider = FakeX()
    provider.remaining, provider.reset = 0, int(time.time()) + 600

    error = await refused(provider)

    assert isinstance(error, TemporarySendError)
    assert error.code == "rate_limit"
    assert 590 <= error.retry_after <= 601


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"x-rate-limit-reset": "1764000300"}, 300, 300),
        ({"x-rate-limit-reset": "1763999000"}, 1, 1),
        ({"x-rate-limit-reset": "4000000000"}, 86_400, 86_400),
        ({"x-rate-limit-reset": "soon"}, 60, 60),
        ({"x-rate-limit-reset": "1764000300", "date": "no date"}, 60, 60),
        ({}, 60, 60),
        (
            {
                "x-rate-limit-reset": "1764000300",
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": "1764007200",
            },
            7200,
            7200,
        ),
        (
            {
                "x-rate-limit-reset": "1764000300",
                "x-user-limit-24hour-remaining": "5",
                "x-user-limit-24hour-reset": "1764007200",
            },
            300,
            300,
        ),
    ],
)
async def test_the_wait_is_counted_by_xs_own_clock(
    headers: dict[str, str], least: float, most: float
) -> None:
    class Limiting(FakeX):
        async def receive(self, request: Request) -> Response:
            return Response(status_code=429, headers=sent)

    sent = {"date": "Mon, 24 Nov 2025 16:00:00 GMT"} | headers

    error = await refused(Limiting())

    assert isinstance(error, TemporarySendError)
    assert least <= error.retry_after <= most


async def test_somebody_who_blocked_the_account_is_gone() -> None:
    provider = FakeX()
    provider.blocked = {PERSON}

    assert type(await refused(provider)) is RecipientGone


async def test_an_address_cannot_leave_its_place_in_the_url() -> None:
    paths: list[bytes] = []

    class Watching(FakeX):
        async def answer(self, request: Request) -> Response:
            paths.append(request.scope["raw_path"])
            return await super().answer(request)

    assert isinstance(await refused(Watching(), "../../x?y#z"), PermanentSendError)
    assert paths == [b"/2/dm_conversations/with/..%2F..%2Fx%3Fy%23z/messages"]


def _is_activity(event: object) -> bool:
    return isinstance(event, dict) and "event_type" in event


@pytest.mark.parametrize(
    ("token", "account", "wanted"),
    [(x.TOKEN, x.ACCOUNT, True), ("wrong", x.ACCOUNT, False), (x.TOKEN, "3", False)],
)
async def test_x_says_whether_the_token_is_that_of_our_account(
    token: str, account: str, wanted: bool
) -> None:
    fake = FakeX()
    async with fake.serving():
        channel = make_x(x.SECRET, token, account, fake.url)
        found = await channel.check("https://gyeot.example/channels/x")
        await channel.close()

    assert (found.token, found.webhook) == (wanted, None)

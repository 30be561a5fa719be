"""What every channel promises; a new channel adds a case, and no test."""

import json
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.channels.base import (
    Channel,
    ChannelError,
    InvalidPayload,
    InvalidSignature,
    TemporarySendError,
)
from bot.channels.line import make_line
from bot.channels.telegram import make_telegram
from bot.messages import InboundMessage, MessageKind, QuickReply, Reply
from tests.contracts.case import NOWHERE, Case, Refusal
from tests.contracts.cases import CASES
from tests.fakes.line import signature
from tests.fakes.switchboard import FakeProvider

PRIVATE = "사적인 말 canary-9f2c"
CHOICES = (QuickReply("무서워요", "topic:scared"), QuickReply("상담 선생님", "ask:person"))
REFUSALS = [
    pytest.param(case, refusal, id=f"{name}-{refusal.status}-{refusal.code}-{number}")
    for name, case in CASES.items()
    for number, refusal in enumerate(case.refusals)
]
KINDS = [(case, kind) for case in CASES.values() for kind in case.kinds]


def parse(channel: Channel, case: Case, event: object) -> Sequence[InboundMessage]:
    body = case.body(event)
    return channel.parse(body, case.proof(body))


def parse_raw(channel: Channel, case: Case, body: bytes) -> Sequence[InboundMessage]:
    return channel.parse(body, case.proof(body))


async def test_words_arrive_with_who_wrote_them_and_when(reader: Channel, case: Case) -> None:
    (message,) = parse(reader, case, case.person.says("안녕하세요"))

    assert (message.channel, message.kind) == (case.name, MessageKind.TEXT)
    assert message.text == "안녕하세요"
    assert message.account == message.address == case.person.account
    assert message.sent_at.replace(microsecond=0) == datetime(2025, 11, 24, 16, 0, tzinfo=UTC)


async def test_a_message_shows_nothing_private_when_printed(reader: Channel, case: Case) -> None:
    (message,) = parse(reader, case, case.person.says(PRIVATE))

    assert PRIVATE not in repr(message)
    assert case.person.account not in repr(message)


async def test_the_event_id_tells_a_repeat_from_a_new_message(reader: Channel, case: Case) -> None:
    hello, again = case.person.says("안녕"), case.person.says("안녕")

    first, repeat, other = (parse(reader, case, event)[0] for event in (hello, hello, again))

    assert first.event_id == repeat.event_id != other.event_id


@pytest.mark.parametrize(("case", "name"), KINDS, ids=lambda value: getattr(value, "name", value))
async def test_what_is_not_plain_words_arrives_as_what_it_is(
    reader: Channel, case: Case, name: str
) -> None:
    event, kind, text, attachment = case.kinds[name]

    (message,) = parse(reader, case, event)

    assert (message.kind, message.text, message.attachment) == (kind, text, attachment)
    assert message.account == message.address == case.person.account


async def test_an_edit_and_an_unsend_name_the_message_they_mean(
    reader: Channel, case: Case
) -> None:
    changes = [event for event, kind, *_ in case.kinds.values() if kind in ("edit", "unsend")]

    named = [parse(reader, case, event)[0].refers_to for event in changes]

    assert set(named) <= {"7"}
    assert named or not reader.capabilities.erasable


async def test_what_is_genuine_but_not_for_us_gives_nothing(reader: Channel, case: Case) -> None:
    assert [parse(reader, case, event) for event in case.ignored] == [()] * len(case.ignored)


async def test_a_call_without_proof_is_refused(reader: Channel, case: Case) -> None:
    body = case.body(case.person.says("안녕"))
    (header, proof), *_ = case.proof(body).items()

    for forged in ({}, {header: ""}, {header: "é"}, {header: proof[:-1]}, {header: proof + "="}):
        with pytest.raises(InvalidSignature):
            reader.parse(body, forged)
    with pytest.raises(InvalidSignature):
        reader.parse(body, {header: "\ud800"})


@pytest.mark.parametrize("channel", [make_telegram("1:x", ""), make_line("", "x")])
async def test_without_a_secret_no_call_is_believed(channel: Channel) -> None:
    unkeyed = {"x-telegram-bot-api-secret-token": "", "x-line-signature": signature(b"{}", "")}

    with pytest.raises(InvalidSignature):
        channel.parse(b"{}", unkeyed)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\x00", b"not json", b"\xff\xfe{}", b"9" * 10_000,
        '{"events":[]}'.encode("utf-16"), b"\xef\xbb\xbf{}",
        b"[]", b"7", b"null", b'"text"', b"[" * 100_000, b'{"events":' * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
async def test_a_genuine_call_that_cannot_be_read_says_so(
    reader: Channel, case: Case, body: bytes
) -> None:
    with pytest.raises(InvalidPayload) as caught:
        parse_raw(reader, case, body)

    assert str(caught.value) in {f"{case.name}: {code}" for code in ("json", "update", "events")}


async def test_half_an_emoji_and_nul_do_not_cost_the_other_words(
    reader: Channel, case: Case
) -> None:
    (message,) = parse(reader, case, case.person.says("도와\ud83d줘\0요"))

    assert message.text == "도와\ufffd줘\ufffd요"
    message.text.encode()


@pytest.mark.parametrize("time", [1e300, -1, "soon", None, True, [], 10**400, "9" * 400])
async def test_an_absurd_time_becomes_the_unknown_time(
    reader: Channel, case: Case, time: object
) -> None:
    event = case.person.says("안녕")
    (event["message"] if "message" in event and case.name == "telegram" else event).update(
        {"date": time, "timestamp": time, "created_timestamp": time}
    )

    (message,) = parse(reader, case, event)

    assert message.text == "안녕"
    assert message.sent_at == datetime(1970, 1, 1, tzinfo=UTC)


async def test_a_reply_arrives_whole(channel: Channel, case: Case, provider: FakeProvider) -> None:
    name = await channel.send(case.person.account, Reply("1 < 2 & *굵게* _그냥_"), str(uuid4()))

    (sent,) = provider.sent
    assert (sent.recipient, sent.text) == (case.person.account, "1 < 2 & *굵게* _그냥_")
    assert name


async def test_a_pressed_choice_comes_back_as_its_payload(
    channel: Channel, case: Case, provider: FakeProvider
) -> None:
    await channel.send(case.person.account, Reply("골라요", CHOICES), str(uuid4()))

    shown = CHOICES[: channel.capabilities.quick_replies]
    assert [label for label, _ in provider.sent[0].quick_replies] == [c.label for c in shown]
    for choice, (_, payload) in zip(shown, provider.sent[0].quick_replies, strict=True):
        (pressed,) = parse(channel, case, case.person.presses(payload))
        assert (pressed.kind, pressed.text) == (MessageKind.BUTTON, choice.payload)


async def test_a_choice_the_provider_would_refuse_does_not_cost_the_message(
    channel: Channel, case: Case, provider: FakeProvider
) -> None:
    too_many = [
        QuickReply(f"가나다라마바사아자차카타파하 번호 {n} 끝", f"n:{n}") for n in range(40)
    ]
    odd = [QuickReply("길어요", "가" * 400), QuickReply("", "empty"), QuickReply("빈", "")]

    await channel.send(case.person.account, Reply("골라요", [*odd, *too_many]), str(uuid4()))

    (sent,) = provider.sent
    assert len(sent.quick_replies) == channel.capabilities.quick_replies
    assert [payload for _, payload in sent.quick_replies[:1]] in ([], ["n:0"])


@pytest.mark.parametrize(("case", "refusal"), REFUSALS)
async def test_a_refusal_is_sorted_and_says_nothing_private(
    case: Case,
    refusal: Refusal,
    channel: Channel,
    provider: FakeProvider,
    production_log: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    provider.fail_next(refusal.status, refusal.body)

    with pytest.raises(ChannelError) as caught:
        await channel.send(case.person.account, Reply(PRIVATE, CHOICES), str(uuid4()))

    assert type(caught.value) is refusal.error
    assert caught.value.code == refusal.code
    assert getattr(caught.value, "retry_after", 0.0) >= refusal.waits
    _assert_silent(case, [*_printed(caught.value), capsys.readouterr().err])


async def test_a_message_that_left_is_not_in_the_log(
    case: Case,
    channel: Channel,
    provider: FakeProvider,
    production_log: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parse(channel, case, case.person.says(PRIVATE))
    await channel.send(case.person.account, Reply(PRIVATE, CHOICES), str(uuid4()))

    assert provider.sent
    _assert_silent(case, [capsys.readouterr().err])


async def test_a_provider_that_is_away_is_asked_again_later(case: Case) -> None:
    channel = case.build(NOWHERE, 1.0)

    with pytest.raises(TemporarySendError) as caught:
        await channel.send(case.person.account, Reply(PRIVATE), str(uuid4()))

    await channel.close()
    assert caught.value.code == "network"
    _assert_silent(case, _printed(caught.value))


async def test_a_provider_that_does_not_answer_in_time_is_asked_again_later(
    case: Case, provider: FakeProvider
) -> None:
    provider.delay = 0.5
    channel = case.build(provider.url, 0.1)

    with pytest.raises(TemporarySendError) as caught:
        await channel.send(case.person.account, Reply(PRIVATE), str(uuid4()))

    await channel.close()
    assert caught.value.code == "timeout"
    _assert_silent(case, _printed(caught.value))


async def test_a_yes_of_an_unknown_shape_is_still_a_yes(
    case: Case, channel: Channel, provider: FakeProvider
) -> None:
    provider.fail_next(200, {"ok": True, "result": {"message_id": 5}})

    assert await channel.send(case.person.account, Reply("안녕"), str(uuid4())) == ""


async def test_half_an_emoji_does_not_keep_a_reply_from_leaving(
    case: Case, channel: Channel, provider: FakeProvider
) -> None:
    await channel.send(case.person.account, Reply("괜찮아요\ud83d"), str(uuid4()))

    assert provider.sent[0].text == "괜찮아요\ufffd"


def _assert_silent(case: Case, printed: Sequence[str]) -> None:
    hidden = (*case.secrets, PRIVATE, json.dumps(PRIVATE)[1:-1], "canary", CHOICES[0].payload)
    for text in printed:
        assert not [secret for secret in hidden if secret in text]


def _printed(error: BaseException) -> Sequence[str]:
    return (repr(error), str(error), "".join(traceback.format_exception(error)))

"""What only the consultation talk does: three addresses, sessions, references, serials."""

import json
from collections.abc import AsyncIterator
from functools import cache
from uuid import uuid4

import pytest

from bot.channels.base import InvalidPayload, InvalidSignature, RecipientGone, WindowClosed
from bot.channels.kakao_consult import KakaoConsultChannel, make_kakao_consult
from bot.messages import InboundMessage, MessageKind, QuickReply, Reply
from tests.contracts.case import NOWHERE
from tests.contracts.cases_kakao import PICTURE, REFERENCE
from tests.fakes.kakao import (
    CONSULT_KEY,
    SENDER,
    TOKEN,
    USER,
    ConsultPerson,
    Event,
    FakeKakao,
    consult_headers,
)

YOUNG = ConsultPerson()


@cache
def reader() -> KakaoConsultChannel:
    return make_kakao_consult(CONSULT_KEY, TOKEN, NOWHERE)


def read(call: Event) -> InboundMessage:
    body = json.dumps(call).encode()
    (message,) = reader().parse(body, consult_headers(body))
    return message


@pytest.fixture
async def kakao() -> AsyncIterator[FakeKakao]:
    fake = FakeKakao()
    async with fake.serving():
        yield fake


@pytest.fixture
async def channel(kakao: FakeKakao) -> AsyncIterator[KakaoConsultChannel]:
    built = make_kakao_consult(CONSULT_KEY, TOKEN, f"{kakao.url}/v1")
    yield built
    await built.close()


@pytest.mark.parametrize("endpoint", ["", "elsewhere", "Message"])
def test_an_address_that_is_not_ours_is_malformed(endpoint: str) -> None:
    body = json.dumps(YOUNG.says("안녕")).encode()

    with pytest.raises(InvalidPayload):
        reader().parse(body, {"x-gyeot-consult-key": CONSULT_KEY, ":endpoint": endpoint})


def test_without_a_key_of_ours_no_call_is_believed() -> None:
    with pytest.raises(InvalidSignature):
        make_kakao_consult("", TOKEN, NOWHERE).parse(b"{}", {"x-gyeot-consult-key": ""})


@pytest.mark.parametrize(
    "broken", [{"user_key": None}, {"sender_key": None}, {"sender_key": "two/parts"}]
)
def test_a_call_that_nobody_could_be_answered_for_is_malformed(broken: Event) -> None:
    with pytest.raises(InvalidPayload):
        read(YOUNG.says("안녕") | broken)


def test_a_person_is_somebody_in_one_channel() -> None:
    elsewhere = YOUNG.says("안녕") | {"sender_key": "another"}

    assert read(YOUNG.says("안녕")).account == f"{SENDER}/{USER}"
    assert read(elsewhere).account == f"another/{USER}"


@pytest.mark.parametrize(
    "extra", [REFERENCE, {"reference": REFERENCE}, json.dumps({"reference": REFERENCE})]
)
def test_who_comes_over_brings_our_reference(extra: object) -> None:
    message = read(YOUNG.comes_over(extra))

    assert (message.kind, message.refers_to) == (MessageKind.JOIN, REFERENCE)
    assert REFERENCE not in repr(message)


@pytest.mark.parametrize(
    "extra",
    ["", "메타 정보", "short", "a" * 129, "ref with space", "ref;drop", None, 7, [], {}, "{", "{}",
     {"reference": 7}, "[" * 5000],
)  # fmt: skip
def test_what_is_not_a_reference_of_ours_opens_a_talk_of_its_own(extra: object) -> None:
    message = read(YOUNG.comes_over(extra))

    assert (message.kind, message.refers_to) == (MessageKind.START, None)


def test_meta_data_may_be_a_bare_text() -> None:
    assert read(YOUNG.comes_over("") | {"reference": REFERENCE}).refers_to == REFERENCE


def test_an_earlier_talks_reference_joins_nothing() -> None:
    call = YOUNG.comes_over(None)
    call["last_reference"]["extra"] = REFERENCE

    assert read(call).kind is MessageKind.START


def test_two_sessions_that_open_at_one_moment_are_two() -> None:
    first, second = YOUNG.comes_over(REFERENCE), YOUNG.comes_over(REFERENCE)
    second["session_id"] = "163755147"

    assert read(first).event_id == read(first).event_id != read(second).event_id


def test_a_long_text_is_marked_and_its_link_goes_no_further() -> None:
    message = read(YOUNG.sends("text", content="처음", attachment={"url": PICTURE}))

    assert (message.kind, message.text) == (MessageKind.ATTACHMENT, "처음")
    assert message.attachment == "long_text"


async def test_a_message_names_person_profile_and_serial(
    kakao: FakeKakao, channel: KakaoConsultChannel
) -> None:
    key = str(uuid4())

    name = await channel.send(YOUNG.account, Reply("선생님이에요"), key)

    assert dict(kakao.last_message) == {
        "user_key": USER, "sender_key": SENDER, "serial_number": name, "message_type": "TX",
        "message": "선생님이에요",
    }  # fmt: skip
    assert len(name) == 30
    assert name in key.replace("-", "")


async def test_a_second_try_under_one_key_arrives_once_and_counts_as_sent(
    kakao: FakeKakao, channel: KakaoConsultChannel
) -> None:
    key = str(uuid4())

    first = await channel.send(YOUNG.account, Reply("안녕"), key)
    second = await channel.send(YOUNG.account, Reply("안녕"), key)
    other = await channel.send(YOUNG.account, Reply("안녕"), str(uuid4()))

    assert first != other
    assert second == ""
    assert len(kakao.sent) == 2


async def test_choices_are_buttons_whose_press_brings_the_payload(
    kakao: FakeKakao, channel: KakaoConsultChannel
) -> None:
    many = [QuickReply(f"고르기 {n}", f"n:{n}") for n in range(9)]

    await channel.send(YOUNG.account, Reply("골라요", many), str(uuid4()))

    assert kakao.last_message["message_type"] == "LI"
    assert [link["type"] for link in kakao.last_message["links"]] == ["BK"] * 5
    assert kakao.sent[0].quick_replies[0] == ("고르기 0", "n:0")


async def test_an_ended_session_waits_and_a_block_ends_the_talk(
    kakao: FakeKakao, channel: KakaoConsultChannel
) -> None:
    kakao.ended.add(USER)
    with pytest.raises(WindowClosed):
        await channel.send(YOUNG.account, Reply("안녕"), str(uuid4()))

    kakao.ended.clear()
    kakao.blocked.add(USER)
    with pytest.raises(RecipientGone):
        await channel.send(YOUNG.account, Reply("안녕"), str(uuid4()))


async def test_a_dealer_with_two_keys_gets_both(kakao: FakeKakao) -> None:
    kakao.token = "client:secret"
    built = make_kakao_consult(CONSULT_KEY, kakao.token, kakao.url)

    await built.send(YOUNG.account, Reply("안녕"), str(uuid4()))
    await built.close()

    assert kakao.sent

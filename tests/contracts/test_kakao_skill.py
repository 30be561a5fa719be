"""What only the KakaoTalk skill does: answers inside the call, callbacks, and their bad days."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import cast

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.base import (
    AnswersInside,
    Channel,
    InvalidPayload,
    InvalidSignature,
    NotStored,
    PermanentSendError,
    WindowClosed,
)
from bot.channels.kakao_skill import CHECK, KakaoSkillChannel, Waits, make_kakao_skill
from bot.messages import InboundMessage, Kept, MessageKind, Origin, QuickReply, Reply
from tests.contracts.cases_kakao import (
    NOW,
    PICTURE,
    REFERENCE,
    TEXTS,
    Kind,
    skill_case,
    skill_kinds,
)
from tests.fakes.kakao import (
    BOT,
    PERSON,
    SKILL_KEY,
    FakeKakao,
    NothingSeen,
    Seen,
    SkillPerson,
    console_test,
    see,
    settled,
)
from tests.fakes.switchboard import FakeProvider

YOUNG = SkillPerson()
CASE = skill_case()
QUICK = Waits(answer=0.25, quiet=0.05, callback=0.3, post=0.3)
CHOICES = (QuickReply("무서워요", "topic:scared"), QuickReply("상담 선생님", "ask:person"))
CHECKING = ((TEXTS.check_label, CHECK),)
URL = f"https://bot-api.kakao.com/v1/bots/{BOT}!/callback/-damd"


@dataclass
class House(FakeProvider):
    """Our own webhook around the channel, as bare as it can be."""

    channel: KakaoSkillChannel
    replies: Sequence[tuple[float, Reply]] = ()  # seconds after the one before, reply
    stored: bool = True
    storing: float = 0.0  # seconds
    kept: Kept = Kept.ALL

    def __post_init__(self) -> None:
        super().__init__()
        self.accepted: list[InboundMessage] = []
        self.settled: list[str] = []  # how each reply ended
        self.sender: asyncio.Task[None] | None = None

    async def answer(self, request: Request) -> Response:
        try:
            messages = self.channel.parse(await request.body(), dict(request.headers))
        except InvalidSignature:
            return Response(status_code=401)
        return JSONResponse(await self.channel.exchange(messages, self.accept))

    async def accept(self, messages: Sequence[InboundMessage]) -> Kept:
        await asyncio.sleep(self.storing)
        if not self.stored:
            raise NotStored
        self.accepted += messages
        if self.sender is None:
            self.sender = asyncio.create_task(self._send(messages[0].address))
        return self.kept

    async def _send(self, address: str) -> None:
        """One reply after the other, as the sender does it: the next when this one is sent."""
        for number, (pause, reply) in enumerate(self.replies):
            await asyncio.sleep(pause)
            try:
                await self.channel.send(address, reply, f"key-{number}")
                self.settled.append("sent")
            except WindowClosed as error:
                self.settled.append(error.code)


@asynccontextmanager
async def standing(
    *, waits: Waits = QUICK, consult: bool = False, **so: object
) -> AsyncIterator[tuple[FakeKakao, House]]:
    kakao = FakeKakao()
    async with kakao.serving():
        channel = make_kakao_skill(
            SKILL_KEY, BOT, TEXTS, lambda: NOW, kakao.url, consult=consult, waits=waits
        )
        house = House(channel, **so)  # type: ignore[arg-type]  # its fields, by name
        async with house.serving():
            yield kakao, house
            if house.sender is not None:
                await house.sender
            await channel.close()


@pytest.fixture
async def reader() -> AsyncIterator[KakaoSkillChannel]:
    channel = make_kakao_skill(SKILL_KEY, BOT, TEXTS, lambda: NOW, waits=QUICK)
    yield channel
    await channel.close()


def read(channel: Channel, call: object) -> Sequence[InboundMessage]:
    return channel.parse(json.dumps(call).encode(), {"x-gyeot-skill-key": SKILL_KEY})


async def heard(_: Sequence[InboundMessage]) -> Kept:
    return Kept.ALL


async def test_it_answers_inside_and_cannot_push(reader: KakaoSkillChannel) -> None:
    assert isinstance(reader, AnswersInside)
    assert not reader.capabilities.can_push
    assert reader.capabilities.reply_deadline == 4.5


async def test_words_arrive_with_who_wrote_them_and_nothing_else(
    reader: KakaoSkillChannel,
) -> None:
    (message,) = read(reader, YOUNG.says("사적인 말 canary-9f2c"))

    assert (message.kind, message.text) == (MessageKind.TEXT, "사적인 말 canary-9f2c")
    assert message.account == message.address == PERSON
    assert message.sent_at == NOW
    assert "canary" not in repr(message)
    assert PERSON not in repr(message)
    assert "canary-plus" not in str(message.account + message.address + message.event_id)


async def test_two_equal_words_are_two_messages(reader: KakaoSkillChannel) -> None:
    first, second = (read(reader, YOUNG.says("네"))[0] for _ in range(2))

    assert first.event_id != second.event_id


@pytest.mark.parametrize("name", skill_kinds())
async def test_what_is_not_plain_words_arrives_as_what_it_is(
    reader: KakaoSkillChannel, name: str
) -> None:
    kind: Kind = skill_kinds()[name]

    (message,) = read(reader, kind[0])

    assert (message.kind, message.text, message.attachment) == kind[1:]
    assert PICTURE not in str(message.text)


@pytest.mark.parametrize("key", ["", "é", SKILL_KEY[:-1], SKILL_KEY + "x", "\ud800", None])
async def test_a_call_without_the_key_is_refused(
    reader: KakaoSkillChannel, key: str | None
) -> None:
    headers = {} if key is None else {"x-gyeot-skill-key": key}

    with pytest.raises(InvalidSignature):
        reader.parse(json.dumps(YOUNG.says("안녕")).encode(), headers)


async def test_without_a_key_of_ours_no_call_is_believed() -> None:
    channel = make_kakao_skill("", BOT, TEXTS, lambda: NOW)

    with pytest.raises(InvalidSignature):
        channel.parse(json.dumps(YOUNG.says("안녕")).encode(), {"x-gyeot-skill-key": ""})


@pytest.mark.parametrize("ours", [BOT, f"{BOT}!"])
@pytest.mark.parametrize("named", [BOT, f"{BOT}!"])
async def test_the_development_channel_is_the_same_bot(ours: str, named: str) -> None:
    channel = make_kakao_skill(SKILL_KEY, ours, TEXTS, lambda: NOW)

    assert read(channel, YOUNG.says("안녕") | {"bot": {"id": named}})


async def test_a_call_of_another_bot_is_refused(reader: KakaoSkillChannel) -> None:
    with pytest.raises(InvalidSignature) as caught:
        read(reader, YOUNG.says("안녕") | {"bot": {"id": "another"}})

    assert caught.value.code == "bot_id"


@pytest.mark.parametrize(
    "call",
    [
        {}, [], 7, {"bot": {"id": BOT}}, {"bot": {"id": BOT}, "userRequest": {"utterance": "a"}},
        YOUNG.says("안녕") | {"bot": None}, {"bot": {"id": BOT}, "userRequest": []},
    ],
)  # fmt: skip
async def test_a_call_that_names_nobody_is_malformed(
    reader: KakaoSkillChannel, call: object
) -> None:
    with pytest.raises(InvalidPayload):
        read(reader, call)


async def test_a_callback_url_of_kakao_is_kept_as_a_secret(reader: KakaoSkillChannel) -> None:
    (message,) = read(reader, YOUNG.may_be_called_back(YOUNG.says("안녕"), URL))

    assert message.reply_token == URL
    assert "callback" not in repr(message)


@pytest.mark.parametrize(
    "url",
    [
        "http://bot-api.kakao.com/x", "https://bot-api.kakao.com.evil.example/x",
        "https://evil.example/x", "https://bot-api.kakao.com@evil.example/x",
        "https://me:pass@bot-api.kakao.com/x", "https://bot-api.kakao.com:8443/x",
        "https://bot-api.kakao.com\\@evil.example/x", "https://bot-api.kakao.com./x",
        "https://169.254.169.254/x", "https://[::1]/x", "file:///etc/passwd", "//evil.example/x",
        "https://bot-api.kakao.com", "https://bot-api.kakao.com/", "https://bot-api.kakao.com/a b",
        "https://bot-api.kakao.com/" + "a" * 2000, "https://bot-api.kakao.com:99999/x", 7, None, {},
    ],
)  # fmt: skip
async def test_any_other_url_is_dropped_and_the_words_are_not(
    reader: KakaoSkillChannel, url: object
) -> None:
    (message,) = read(reader, YOUNG.may_be_called_back(YOUNG.says("안녕"), url))

    assert (message.text, message.reply_token) == ("안녕", None)


async def test_the_consoles_test_opens_nothing_and_shows_a_sentence() -> None:
    async with standing() as (kakao, house):
        seen = await kakao.ask(house.url, console_test())

    assert seen.texts == (TEXTS.test,)
    assert house.accepted == []


@pytest.mark.parametrize("change", [{"utterance": "다른 말"}, {"user": {"id": PERSON}}])
async def test_either_mark_of_the_console_is_enough(
    reader: KakaoSkillChannel, change: dict[str, object]
) -> None:
    call = console_test()
    call["userRequest"] |= change

    assert read(reader, call) == ()


async def test_the_consoles_chat_window_is_a_person(reader: KakaoSkillChannel) -> None:
    call = YOUNG.says("안녕")
    call["userRequest"]["params"] = {"surface": "Mini", "ignoreMe": "true"}

    assert read(reader, call)[0].text == "안녕"


async def test_every_reply_of_a_turn_rides_in_one_response() -> None:
    replies = [(0.02, Reply("하나")), (0.02, Reply("둘")), (0.02, Reply("셋", CHOICES))]
    async with standing(replies=replies) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("안녕"))

    assert seen.texts == ("하나", "둘", "셋")
    assert seen.quick_replies == (
        ("무서워요", "topic:scared"), ("상담 선생님", "ask:person"), *CHECKING,
    )  # fmt: skip
    assert house.settled == ["sent"] * 3


async def test_what_does_not_fit_waits_and_the_person_can_fetch_it() -> None:
    replies = [(0.0, Reply(text)) for text in "가나다라"]
    async with standing(replies=replies) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("안녕"))

    assert seen.texts == ("가", "나", "다")
    assert seen.quick_replies == CHECKING
    assert house.settled == ["sent", "sent", "sent", "no_request"]


async def test_a_pressed_choice_comes_back_as_its_payload() -> None:
    async with standing(replies=[(0.0, Reply("골라요", CHOICES))]) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("안녕"))
        label, payload = seen.quick_replies[0]
        (pressed,) = read(house.channel, YOUNG.presses(payload, label))

    assert (pressed.kind, pressed.text) == (MessageKind.BUTTON, "topic:scared")


async def test_choices_kakao_would_refuse_do_not_cost_the_message() -> None:
    odd = [QuickReply("", "empty"), QuickReply("빈", ""), QuickReply("길어요", "가" * 400)]
    many = [QuickReply(f"가나다라마바사아자차카타파하 번호 {n}", f"n:{n}") for n in range(40)]
    async with standing(replies=[(0.0, Reply("골라요", [*odd, *many]))]) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("안녕"))

    assert len(seen.quick_replies) == 10


async def test_half_an_emoji_does_not_keep_a_reply_from_leaving() -> None:
    async with standing(replies=[(0.0, Reply("괜찮아요\ud83d"))]) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("안녕"))

    assert seen.texts == ("괜찮아요\ufffd",)


@pytest.mark.parametrize("text", ["가" * 1001, "", "  "])
async def test_a_text_that_would_cost_the_whole_response_is_refused(
    reader: KakaoSkillChannel, text: str
) -> None:
    with pytest.raises(PermanentSendError) as caught:
        await reader.send(PERSON, Reply(text), "key")

    assert not isinstance(caught.value, WindowClosed)


async def test_a_slow_turn_gets_the_waiting_sentence_and_its_reply_waits() -> None:
    async with standing(replies=[(0.4, Reply("늦은 답"))]) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("안녕"))
        assert house.sender is not None
        await house.sender

    assert (seen.texts, seen.quick_replies) == ((TEXTS.waiting,), CHECKING)
    assert house.settled == ["no_request"]


async def test_the_real_waits_stay_under_the_deadline() -> None:
    waits = Waits()

    assert waits.answer + waits.quiet < 4.5
    assert waits.answer + waits.callback + waits.post < 60


async def test_nothing_can_be_sent_while_nobody_asks(reader: KakaoSkillChannel) -> None:
    with pytest.raises(WindowClosed) as caught:
        await reader.send(PERSON, Reply("선생님이에요"), "key")

    assert str(caught.value) == "kakao: no_request"


async def test_a_counselors_words_come_with_the_way_to_the_next_ones() -> None:
    words = Reply("선생님이에요", origin=Origin.COUNSELOR)
    async with standing(replies=[(0.0, words), (0.0, words)]) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.presses(CHECK))

    assert seen.texts == ("선생님이에요", "선생님이에요")
    assert seen.quick_replies == CHECKING


@pytest.mark.parametrize("consult", [True, False])
async def test_a_reference_offers_the_consultation_talk_where_there_is_one(consult: bool) -> None:
    reply = Reply("선생님과 이어 줄게요", reference=REFERENCE)
    async with standing(consult=consult, replies=[(0.0, reply)]) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("상담"))

    button = {"action": "operator", "label": "상담직원 연결", "extra": {"reference": REFERENCE}}
    assert seen.operator == (button if consult else {})
    assert seen.texts[0] == "선생님과 이어 줄게요"


async def test_what_could_not_be_kept_is_said_with_a_number() -> None:
    async with standing(stored=False) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("도와줘"))

    assert seen.texts == (TEXTS.not_stored,)


async def test_what_was_too_much_is_said_at_once_and_never_called_kept() -> None:
    async with standing(kept=Kept.UNSAID, waits=Waits(answer=9.0)) as (kakao, house):
        kakao.patience = 5.0
        seen = await kakao.ask(house.url, YOUNG.says("도와줘"))

    assert seen.texts == (TEXTS.too_much,)


async def test_where_the_bot_says_that_it_was_too_much_its_words_are_the_answer() -> None:
    replies = ((0.0, Reply("조금 천천히")),)
    async with standing(kept=Kept.SAID, replies=replies) as (kakao, house):
        seen = await kakao.ask(house.url, YOUNG.says("도와줘"))

    assert seen.texts == ("조금 천천히",)


async def test_where_the_bot_is_late_to_say_that_it_was_too_much_we_say_it() -> None:
    async with standing(kept=Kept.SAID) as (kakao, house):
        call = YOUNG.may_be_called_back(YOUNG.says("도와줘"), kakao.offer_callback())
        seen = await kakao.ask(house.url, call)

    assert (seen.texts, seen.calls_back) == ((TEXTS.too_much,), False)


async def test_storing_that_hangs_ends_in_time_with_words() -> None:
    async with standing(storing=9.0) as (kakao, house):
        kakao.patience = 1.0
        seen = await kakao.ask(house.url, YOUNG.says("도와줘"))

    assert seen.texts == (TEXTS.not_stored,)
    assert seen.seconds < 0.8


async def test_a_fault_of_ours_still_ends_in_words(reader: KakaoSkillChannel) -> None:
    async def broken(_: Sequence[InboundMessage]) -> Kept:
        raise RuntimeError("canary")

    answer = await reader.exchange(read(reader, YOUNG.says("도와줘")), broken)

    assert see(answer, 0).texts == (TEXTS.not_stored,)


async def test_replies_that_came_before_storing_failed_are_not_lost(
    reader: KakaoSkillChannel,
) -> None:
    async def meanwhile(_: Sequence[InboundMessage]) -> Kept:
        for number in range(2):
            await reader.send(PERSON, Reply("어제의 답"), f"key-{number}")
        with pytest.raises(WindowClosed):  # a place is kept for the words below
            await reader.send(PERSON, Reply("하나 더"), "key-2")
        raise NotStored

    answer = await reader.exchange(read(reader, YOUNG.says("도와줘")), meanwhile)

    assert see(answer, 0).texts == (TEXTS.not_stored, "어제의 답", "어제의 답")


async def test_a_repeat_under_one_key_is_shown_once(reader: KakaoSkillChannel) -> None:
    async def twice(messages: Sequence[InboundMessage]) -> Kept:
        for _ in range(2):
            await reader.send(messages[0].address, Reply("한 번"), "key")
        return Kept.ALL

    answer = await reader.exchange(read(reader, YOUNG.says("안녕")), twice)

    assert see(answer, 0).texts == ("한 번",)


async def test_of_two_requests_at_once_the_older_one_gets_the_reply() -> None:
    async with standing(replies=[(0.1, Reply("답"))]) as (kakao, house):
        first = asyncio.create_task(kakao.ask(house.url, YOUNG.says("안녕")))
        await asyncio.sleep(0.05)
        second = await kakao.ask(house.url, YOUNG.says("안녕?"))
        seen = await first

    assert seen.texts == ("답",)
    assert second.texts == (TEXTS.waiting,)


async def test_another_person_never_gets_the_reply() -> None:
    async with standing(replies=[(0.1, Reply("답"))]) as (kakao, house):
        mine = asyncio.create_task(kakao.ask(house.url, YOUNG.says("안녕")))
        await asyncio.sleep(0.05)
        other = await kakao.ask(house.url, SkillPerson("b" * 50).says("안녕"))
        await mine

    assert other.texts == (TEXTS.waiting,)


async def test_a_request_that_was_given_up_takes_no_reply(reader: KakaoSkillChannel) -> None:
    asking = asyncio.create_task(reader.exchange(read(reader, YOUNG.says("안녕")), heard))
    await settled()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    with pytest.raises(WindowClosed):
        await reader.send(PERSON, Reply("답"), "key")


async def test_kakao_gives_up_on_an_answer_that_is_too_late() -> None:
    async with standing(storing=0.2) as (kakao, house):
        kakao.patience = 0.1
        with pytest.raises(NothingSeen):
            await kakao.ask(house.url, YOUNG.says("안녕"))


async def slow_turn(
    pause: float, *, waits: Waits = QUICK, refuse: int = 0, dead: bool = False
) -> tuple[Seen, FakeKakao, House]:
    """A turn that is late, with a callback on offer."""
    async with standing(waits=waits, replies=[(pause, Reply("늦은 답"))]) as (kakao, house):
        kakao.callback_life = -1.0 if dead else 60.0
        url = kakao.offer_callback()
        seen = await kakao.ask(house.url, YOUNG.may_be_called_back(YOUNG.says("안녕"), url))
        if refuse:
            kakao.fail_next(refuse, headers={"location": kakao.url + "/elsewhere"})
        await asyncio.sleep(waits.callback)
    return seen, kakao, house


async def test_a_late_reply_goes_through_the_callback() -> None:
    seen, kakao, house = await slow_turn(0.35)

    assert seen == replace(seen, texts=(TEXTS.waiting,), calls_back=True)
    assert [late.texts for late in kakao.seen] == [("늦은 답",)]
    assert kakao.seen[0].quick_replies == CHECKING
    assert house.settled == ["sent"]


async def test_a_callback_is_not_used_when_the_reply_is_in_time() -> None:
    seen, kakao, _ = await slow_turn(0.05)

    assert (seen.texts, seen.calls_back) == (("늦은 답",), False)
    assert kakao.seen == []


async def test_a_callback_with_nothing_to_say_says_how_to_go_on() -> None:
    seen, kakao, house = await slow_turn(0.9)

    assert seen.calls_back
    assert [late.texts for late in kakao.seen] == [(TEXTS.waiting,)]
    assert kakao.seen[0].quick_replies == CHECKING
    assert house.settled == ["no_request"]


@pytest.mark.parametrize("status", [200, 302, 400, 500])
async def test_a_reply_whose_callback_was_refused_waits_for_the_person(status: int) -> None:
    _, kakao, house = await slow_turn(0.35, refuse=status)

    assert kakao.seen == []
    assert kakao.calls == 1
    assert house.settled == ["callback"]


async def test_a_callback_that_died_leaves_its_reply_waiting() -> None:
    _, kakao, house = await slow_turn(0.35, dead=True)

    assert (kakao.seen, house.settled) == ([], ["callback"])


async def test_closing_leaves_a_late_reply_waiting(reader: KakaoSkillChannel) -> None:
    call = YOUNG.may_be_called_back(YOUNG.says("안녕"), URL)
    answer = await reader.exchange(read(reader, call), heard)
    sending = asyncio.create_task(reader.send(PERSON, Reply("답"), "key"))
    await asyncio.sleep(0)
    await reader.close()

    assert answer["useCallback"]
    with pytest.raises(WindowClosed):
        await asyncio.wait_for(sending, 1.0)


async def test_a_secret_url_reaches_no_log(
    production_log: None, capsys: pytest.CaptureFixture[str]
) -> None:
    await slow_turn(0.35, refuse=500)

    printed = capsys.readouterr().err
    assert "callback not taken" in printed
    assert not [hidden for hidden in ("tok_", "늦은 답", PERSON, SKILL_KEY) if hidden in printed]


@pytest.mark.parametrize("field", ["waiting", "not_stored", "test", "check_label", "operator"])
@pytest.mark.parametrize("value", ["", "가" * 1001])
def test_sentences_kakao_would_refuse_are_found_at_the_start(field: str, value: str) -> None:
    with pytest.raises(ValueError, match="KakaoTalk sentence"):
        replace(TEXTS, **cast("dict[str, str]", {field: value}))

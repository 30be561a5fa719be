"""One turn: heard, understood, decided, stored."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from bot.channels.reading import UNKNOWN_TIME
from bot.messages import MessageKind
from bot.notices import ContentNotices
from handoff import queue
from storage import audit, contacts, conversations, tables, transcript
from storage.database import Database
from storage.records import AskReason, ConversationState, Risk, Speaker
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu, said, understood
from tests.factories import NOON
from tests.handoff.conftest import counselor

NOTICES = ContentNotices(CONTENT_FILES)


def greeting(_: httpx.Request) -> httpx.Response:
    return understood("greet")


async def test_a_first_word_is_answered_with_who_we_are(database: Database) -> None:
    road = Road(database, nlu(greeting))

    answers = await road.talk("안녕하세요")

    assert answers
    assert "봇" in " ".join(answers)


async def test_that_a_talk_begins_is_written_down(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("안녕하세요")
    await road.talk("저기요", now=SOON + timedelta(minutes=1))

    talk = await road.conversation()
    async with database.reading() as session:
        acts = await audit.entries(session, object_id=talk.id)
    assert [(act.action, act.staff_id, act.at) for act in acts] == [("open", None, SOON)]


async def test_an_english_word_is_answered_in_english(database: Database) -> None:
    road = Road(database, nlu(greeting))

    answers = await road.talk("hello there")

    assert "bot" in " ".join(answers).lower()


async def test_asking_for_a_person_puts_the_talk_in_line_even_without_the_language_service(
    database: Database,
) -> None:
    road = Road(database, nlu(away))

    answers = await road.talk("상담사랑 얘기하고 싶어요")

    talk = await road.conversation()
    assert answers
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.REQUESTED)


async def test_a_dead_language_service_brings_a_person(database: Database) -> None:
    road = Road(database, nlu(away))

    answers = await road.talk("어제 있었던 일인데 좀 복잡해요")

    talk = await road.conversation()
    assert answers
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.NLU_AWAY)


async def test_a_crisis_brings_a_person_and_the_numbers(database: Database) -> None:
    road = Road(database, nlu(greeting))

    answers = " ".join(await road.talk("지금 죽고 싶어요"))

    talk = await road.conversation()
    assert "109" in answers
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.CRISIS)
    assert talk.risk >= Risk.HIGH


async def test_not_being_understood_twice_brings_a_person(database: Database) -> None:
    road = Road(database, nlu(lambda _: understood("greet", 0.05)))

    first = await road.talk("그거 있잖아 그거")
    asked = (await road.conversation()).state
    second = await road.talk("아니 그거 말고", now=SOON + timedelta(minutes=1))

    talk = await road.conversation()
    assert first
    assert second
    assert asked is ConversationState.BOT
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.NOT_UNDERSTOOD)


async def test_a_burst_is_one_turn(database: Database) -> None:
    heard: list[bytes] = []

    def listening(request: httpx.Request) -> httpx.Response:
        heard.append(request.content)
        return understood("greet")

    road = Road(database, nlu(listening))
    await road.hear(said("안녕"), said("저기"), said("있잖아요"))

    assert await road.answer()
    assert not await road.answer()

    lines = await road.lines(await road.conversation())
    assert len(heard) == 1
    assert [line.text for line in lines if line.speaker is Speaker.PERSON] == [
        "안녕",
        "저기",
        "있잖아요",
    ]


async def test_danger_that_is_spread_over_a_burst_is_seen(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("나 지금"), said("죽고"), said("싶어"))

    await road.answer()

    assert (await road.conversation()).risk >= Risk.HIGH


async def test_a_repeated_delivery_is_answered_once(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("안녕", event_id="same"))
    await road.answer()

    await road.hear(said("안녕", event_id="same"))

    assert not await road.answer(SOON + timedelta(minutes=1))


async def test_the_bot_is_silent_when_a_counselor_took_over_while_it_was_thinking(
    database: Database,
) -> None:
    road = Road(database, nlu(away))
    await road.talk("상담사랑 얘기하고 싶어요")
    waiting = await road.conversation()

    async def claimed_meanwhile(_: httpx.Request) -> httpx.Response:
        await queue.claim(
            database,
            NOTICES,
            await counselor(database),
            waiting.id,
            version=waiting.version,
            now=SOON,
        )
        return understood("greet")

    before = len(road.channel.sent)
    thinking = Road(database, nlu(claimed_meanwhile), road.channel)
    await thinking.hear(said("거기 누구 있어요?"))
    await thinking.answer()
    while await thinking.deliver():
        pass

    sent = [reply.text for _, reply, _ in road.channel.sent[before:]]
    assert sent == [NOTICES.joined(waiting.language).text]


async def test_risk_is_seen_while_a_counselor_owns_the_talk(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await road.conversation()
    await queue.claim(
        database, NOTICES, await counselor(database), talk.id, version=talk.version, now=SOON
    )

    answers = await road.talk("죽고 싶어요", now=SOON + timedelta(minutes=1))

    talk = await road.conversation()
    assert talk.state is ConversationState.ACTIVE
    assert talk.risk >= Risk.HIGH
    assert answers == [NOTICES.joined(talk.language).text]


async def test_leaving_the_channel_ends_a_talk_with_the_bot(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("안녕")
    talk = await road.conversation()
    await road.hear(said("", kind=MessageKind.LEAVE))

    await road.answer()

    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)).state is ConversationState.CLOSED


async def test_a_turn_that_always_fails_is_given_to_a_person_and_said_so(
    database: Database,
) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("not what a service does")

    road = Road(database, nlu(broken))
    await road.hear(said("안녕하세요"))

    for minute in range(1, 12):
        await road.answer(NOON + timedelta(minutes=2 * minute))
    while await road.deliver(NOON + timedelta(hours=1)):
        pass

    talk = await road.conversation()
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.FAILURE)
    assert [reply.text for _, reply, _ in road.channel.sent] == [
        CONTENT_FILES.reply("failure.1", talk.language).text
    ]


async def test_a_picture_is_answered_in_words(database: Database) -> None:
    road = Road(database, nlu(away))
    await road.hear(said("", kind=MessageKind.ATTACHMENT))

    await road.answer()

    assert await road.deliver()


async def test_words_taken_back_are_gone_here_too(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(replace(said("이건 지울래요"), message_id="m1"), said("안녕"))
    await road.answer()
    await road.hear(replace(said("", kind=MessageKind.UNSEND), refers_to="m1"))

    await road.answer(SOON + timedelta(minutes=1))

    lines = await road.lines(await road.conversation())
    assert (lines[0].text, lines[0].kind) == ("", transcript.TAKEN_BACK)
    assert "안녕" in [line.text for line in lines]


async def test_words_taken_back_after_the_talk_open_no_new_one(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(replace(said("이건 지울래요"), message_id="m1"))
    await road.answer()
    talk = await road.conversation()
    await road.hear(said("", kind=MessageKind.LEAVE))
    await road.answer(SOON + timedelta(minutes=1))
    await road.hear(replace(said("", kind=MessageKind.UNSEND), refers_to="m1"))

    assert await road.answer(SOON + timedelta(minutes=2))

    assert (await road.lines(talk))[0].text == ""
    with pytest.raises(AssertionError):
        await road.conversation()


async def test_a_talk_goes_on_where_its_reference_is_brought(database: Database) -> None:
    road = Road(database, nlu(greeting), crossing=("fake",))
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await road.conversation()
    reference = road.channel.sent[-1][1].reference
    assert reference is not None
    elsewhere = replace(said("", kind=MessageKind.JOIN), channel="other", account="b", address="b")

    await road.hear(replace(elsewhere, refers_to=reference))
    await road.answer(SOON + timedelta(minutes=1))

    async with database.reading() as session:
        moved = await conversations.get(session, talk.id)
    assert (moved.channel, moved.state) == ("other", ConversationState.QUEUED)
    assert moved.queued_at == talk.queued_at


@pytest.mark.parametrize("reference", ["", "guessed", "\ud800"])
async def test_a_guessed_reference_opens_a_talk_of_its_own(
    database: Database, reference: str
) -> None:
    road = Road(database, nlu(greeting), crossing=("fake",))
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await road.conversation()
    stranger = replace(said("", kind=MessageKind.JOIN), channel="other", account="b", address="b")

    await road.hear(replace(stranger, refers_to=reference))
    await road.answer(SOON + timedelta(minutes=1))

    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)).channel == "fake"


async def test_a_reference_works_once(database: Database) -> None:
    road = Road(database, nlu(greeting), crossing=("fake",))
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await road.conversation()
    reference = road.channel.sent[-1][1].reference
    for minute, name in enumerate(("b", "c"), start=1):
        join = replace(said("", kind=MessageKind.JOIN), channel="other", account=name, address=name)
        await road.hear(replace(join, refers_to=reference))
        await road.answer(SOON + timedelta(minutes=minute))

    async with database.transaction() as session:
        person = await contacts.find_or_make(
            session, database.vault, channel="other", account="b", address="b", now=NOON
        )
        assert await conversations.open_talk(session, person.id) == await conversations.get(
            session, talk.id
        )


async def test_a_burst_is_read_in_the_order_of_its_writing(database: Database) -> None:
    road = Road(database, nlu(greeting))
    late = replace(said("둘"), sent_at=NOON + timedelta(milliseconds=2))
    early = replace(said("하나"), sent_at=NOON + timedelta(milliseconds=1))
    await road.hear(late, early)

    await road.answer()

    lines = await road.lines(await road.conversation())
    assert [line.text for line in lines if line.speaker is Speaker.PERSON] == ["하나", "둘"]


async def test_a_burst_with_an_unknown_time_keeps_the_order_of_arrival(
    database: Database,
) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("하나"), replace(said("둘"), sent_at=UNKNOWN_TIME), said("셋"))

    await road.answer()

    lines = await road.lines(await road.conversation())
    spoken = [line.text for line in lines if line.speaker is Speaker.PERSON]
    assert spoken == ["하나", "둘", "셋"]


async def test_a_cry_for_help_stays_in_line_when_its_writer_is_gone_at_once(
    database: Database,
) -> None:
    road = Road(database, nlu(greeting))
    await road.hear(said("나 오늘 죽을거야"), said("", kind=MessageKind.LEAVE))

    await road.answer()

    talk = await road.conversation()
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.CRISIS)


async def test_a_broken_memory_costs_no_crisis(database: Database) -> None:
    road = Road(database, nlu(greeting))
    await road.talk("안녕하세요")
    talk = await road.conversation()
    before = len(road.channel.sent)
    async with database.transaction() as session:
        spoiled = update(tables.conversations).where(tables.conversations.c.id == talk.id)
        await session.execute(spoiled.values(memory_ct=b"spoiled"))
    await road.hear(said("죽고 싶어요"), now=SOON)

    for minute in range(1, 12):
        await road.answer(SOON + timedelta(minutes=2 * minute))
    while await road.deliver(SOON + timedelta(hours=1)):
        pass

    talk = await road.conversation()
    assert (talk.state, talk.reason) == (ConversationState.QUEUED, AskReason.FAILURE)
    assert talk.risk >= Risk.HIGH
    assert "죽고 싶어요" in [line.text for line in await road.lines(talk)]
    assert len(road.channel.sent) == before + 1


async def test_a_turn_that_fails_under_a_counselor_is_told_to_the_counselor_only(
    database: Database,
) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("not what a service does")

    road = Road(database, nlu(greeting))
    await road.talk("상담사랑 얘기하고 싶어요")
    talk = await road.conversation()
    await queue.claim(
        database, NOTICES, await counselor(database), talk.id, version=talk.version, now=SOON
    )
    while await road.deliver():
        pass
    before = len(road.channel.sent)
    failing = Road(database, nlu(broken), road.channel)
    await failing.hear(said("거기 있어요?"), now=SOON)

    for minute in range(1, 12):
        await failing.answer(SOON + timedelta(minutes=2 * minute))

    talk = await road.conversation()
    assert talk.state is ConversationState.ACTIVE
    assert "거기 있어요?" in [line.text for line in await road.lines(talk)]
    assert not await road.deliver(SOON + timedelta(hours=1))
    assert len(road.channel.sent) == before


async def test_one_message_answers_a_turn_where_each_costs(database: Database) -> None:
    apart = await Road(database, nlu(greeting)).talk("안녕하세요")
    road = Road(database, nlu(greeting), costly=("fake",))
    await road.hear(said("", kind=MessageKind.LEAVE), now=SOON)
    await road.answer(SOON + timedelta(minutes=1))

    (together,) = await road.talk("안녕하세요", now=SOON + timedelta(minutes=2))

    assert len(apart) == 2
    assert together == "\n\n".join(apart)
    assert road.channel.sent[-1][1].quick_replies

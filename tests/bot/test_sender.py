"""The road out: sent, again later, or never."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from bot import reply_body
from bot.breaker import FIRST_PAUSE, THRESHOLD
from bot.channels.base import (
    Capabilities,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    TextUnit,
    WindowClosed,
)
from bot.messages import Reply
from bot.sender import GIVE_UP, TRIES, Sender, pause
from handoff import steps
from handoff.notices import Notice
from storage import contacts, dead, processes
from storage.database import Database
from storage.records import DeliveryState, Speaker
from tests.bot.road import PROCESS, SOON, FakeChannel, Road, nlu, said, understood
from tests.factories import NOON, talk_of


async def answered(database: Database, channel: FakeChannel | None = None) -> Road:
    road = Road(database, nlu(lambda _: understood("greet")), channel or FakeChannel())
    await road.hear(said("안녕하세요"))
    await road.answer()
    return road


async def states(road: Road) -> list[DeliveryState | None]:
    lines = await road.lines(await road.conversation())
    return [line.delivery for line in lines if line.delivery]


async def test_an_answer_goes_to_the_address_it_was_asked_from(database: Database) -> None:
    road = await answered(database)

    while await road.deliver():
        pass

    assert {address for address, _, _ in road.channel.sent} == {"canary-address"}
    assert set(await states(road)) == {DeliveryState.SENT}


async def test_what_failed_for_now_is_sent_again_under_the_same_key(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [TemporarySendError("fake", "busy")]

    await road.deliver()
    early = await road.deliver()
    late = await road.deliver(SOON + timedelta(minutes=1))

    assert (early, late) == (False, True)
    assert len(road.channel.sent) == 1


async def test_the_provider_says_how_long_to_wait(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [TemporarySendError("fake", "busy", retry_after=600)]

    await road.deliver()

    assert not await road.deliver(SOON + timedelta(seconds=599))
    assert await road.deliver(SOON + timedelta(seconds=601))


async def test_what_we_ourselves_cannot_send_is_given_up_and_holds_up_nothing(
    database: Database,
) -> None:
    road = await answered(database)
    behind = len(await states(road)) - 1
    road.channel.failures = [RuntimeError() for _ in range(TRIES)]

    for number in range(TRIES):
        await road.deliver(SOON + number * timedelta(minutes=2))
    while await road.deliver(SOON + TRIES * timedelta(minutes=2)):
        pass

    assert (await states(road)).count(DeliveryState.DEAD) == 1
    assert len(road.channel.sent) == behind


async def test_an_answer_is_tried_for_a_day_and_then_shown_as_not_delivered(
    database: Database,
) -> None:
    road = await answered(database)
    road.channel.failures = [TemporarySendError("fake", "busy")] * 2

    await road.deliver(SOON + timedelta(hours=20))
    still_tried = await states(road)
    await road.deliver(SOON + GIVE_UP + timedelta(hours=1))

    assert DeliveryState.DEAD not in still_tried
    assert DeliveryState.DEAD in await states(road)


async def test_what_waited_for_the_person_is_tried_for_a_day_from_their_return(
    database: Database,
) -> None:
    road, back = await answered(database), SOON + 2 * GIVE_UP
    road.channel.failures = [WindowClosed("fake", "window")]
    await road.deliver()
    await road.hear(said("저 왔어요"), now=back - timedelta(seconds=1))
    await road.answer(back)
    road.channel.failures = [TemporarySendError("fake", "busy")]

    await road.deliver(back)
    await road.deliver(back + timedelta(minutes=2))

    assert DeliveryState.DEAD not in await states(road)
    assert "챗봇" in road.channel.sent[0][1].text


async def test_a_dead_letter_that_is_replayed_is_tried_for_another_day(
    database: Database,
) -> None:
    road, again = await answered(database), SOON + 2 * GIVE_UP
    road.channel.failures = [PermanentSendError("fake", "refused")]
    await road.deliver()
    async with database.transaction() as session:
        (letter,) = await dead.letters(session)
        await dead.replay(session, letter.id, now=again)
    road.channel.failures = [TemporarySendError("fake", "busy")]

    await road.deliver(again)
    tried = await states(road)
    await road.deliver(again + timedelta(minutes=2))

    assert DeliveryState.DEAD not in tried
    assert "챗봇" in road.channel.sent[0][1].text


async def test_a_person_who_came_back_meanwhile_is_not_left_waiting(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [WindowClosed("fake", "offline")]
    road.channel.present = True

    await road.deliver()

    assert DeliveryState.WAITING_FOR_USER not in await states(road)
    assert await road.deliver()


async def _held_by(road: Road, process: UUID) -> None:
    talk = await road.conversation()
    async with road.database.transaction() as session:
        await contacts.hold(session, talk.contact_id, process, at=NOON)


async def _beat(road: Road, process: UUID, now: datetime) -> None:
    async with road.database.transaction() as session:
        await processes.beat(session, process, roles="web", now=now)


async def test_who_seemed_dead_and_is_not_gets_back_what_is_for_its_tabs(
    database: Database,
) -> None:
    other, later = uuid4(), SOON + processes.LIVE
    held = Capabilities(1000, TextUnit.CHARACTERS, 10, 14, 64, held=True)
    road = await answered(database, FakeChannel(capabilities=held))
    await _held_by(road, other)
    await _beat(road, other, SOON)
    (delivery,) = await road.sender.take(later, 1)
    road.channel.failures = [WindowClosed("fake", "offline")]

    await _beat(road, other, later)
    await road.sender.work(delivery, later)

    assert set(await states(road)) == {DeliveryState.PENDING}
    assert not await road.sender.take(later, 1)


async def test_who_is_nowhere_is_waited_for_even_if_another_process_held_them(
    database: Database,
) -> None:
    held = Capabilities(1000, TextUnit.CHARACTERS, 10, 14, 64, held=True)
    road = await answered(database, FakeChannel(capabilities=held))
    await _held_by(road, uuid4())
    road.channel.failures = [WindowClosed("fake", "offline")]

    await road.deliver()

    assert (await states(road))[0] is DeliveryState.WAITING_FOR_USER


async def test_words_that_waited_for_more_than_a_week_are_not_for_whoever_comes(
    database: Database,
) -> None:
    road = await answered(database)
    road.channel.failures = [WindowClosed("fake", "window")] * 2
    await road.deliver()
    await road.deliver()

    await road.talk("안녕", now=SOON + timedelta(days=8))

    assert DeliveryState.CANCELLED in await states(road)
    assert all("챗봇" not in reply.text for _, reply, _ in road.channel.sent)


async def test_a_refused_message_lets_the_next_one_go(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [PermanentSendError("fake", "refused")]
    await road.talk("저기요", now=SOON + timedelta(seconds=5))

    assert (await states(road))[0] is DeliveryState.DEAD
    assert road.channel.sent


async def test_a_closed_window_keeps_the_words_for_the_next_touch(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [WindowClosed("fake", "window")]

    await road.deliver()

    assert (await states(road))[0] is DeliveryState.WAITING_FOR_USER


async def test_a_person_who_is_gone_is_known_to_be_gone(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [RecipientGone("fake", "gone")]

    await road.deliver()

    assert (await states(road))[0] is DeliveryState.DEAD


async def test_a_long_text_goes_in_pieces_and_none_of_them_twice(database: Database) -> None:
    road = await answered(database)
    road.channel.capabilities = Capabilities(20, TextUnit.CHARACTERS, 10, 14, 64)
    road.channel.fail_at = {2: TemporarySendError("fake", "busy")}

    await road.deliver()
    interrupted = [reply.text for _, reply, _ in road.channel.sent]
    await road.deliver(SOON + timedelta(minutes=1))

    texts = [reply.text for _, reply, _ in road.channel.sent]
    keys = [key for _, _, key in road.channel.sent]
    assert len(interrupted) == 2
    assert len(texts) > 2
    assert len(set(texts)) == len(texts)
    assert len(set(keys)) == len(keys)


async def test_a_window_that_has_closed_is_seen_before_the_provider_is_asked(
    database: Database,
) -> None:
    road = await answered(database)
    hour = timedelta(hours=1)
    road.channel.capabilities = Capabilities(
        1000, TextUnit.CHARACTERS, 10, 14, 64, push_window=hour
    )

    await road.deliver(SOON + 2 * hour)

    assert road.channel.sent == []
    assert (await states(road))[0] is DeliveryState.WAITING_FOR_USER


async def test_what_waited_goes_out_when_the_person_is_heard_of_again(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [WindowClosed("fake", "window")]
    await road.deliver()

    await road.talk("저 왔어요", now=SOON + timedelta(minutes=1))

    assert DeliveryState.WAITING_FOR_USER not in await states(road)
    assert "챗봇" in road.channel.sent[0][1].text


async def test_a_one_use_way_to_answer_is_tried_once_and_only_while_it_is_fresh(
    database: Database,
) -> None:
    road = Road(database, nlu(lambda _: understood("greet")))
    await road.hear(replace(said("안녕하세요"), reply_token="once"))
    await road.answer()
    road.channel.failures = [TemporarySendError("fake", "busy")]

    await road.deliver()
    await road.deliver(SOON + timedelta(seconds=5))

    assert road.channel.tried == ["once", None]


async def test_a_trouble_that_only_an_operator_mends_is_shown_until_something_arrives(
    database: Database,
) -> None:
    road = await answered(database)
    road.channel.failures = [TemporarySendError("fake", "quota")]

    await road.deliver()
    shown = dict(road.sender.troubles)
    await road.deliver(SOON + timedelta(minutes=1))

    assert shown == {"fake": "quota"}
    assert road.sender.troubles == {}


async def test_a_send_that_took_long_is_tried_again_after_its_end(database: Database) -> None:
    road = await answered(database)
    road.channel.failures = [TemporarySendError("fake", "timeout", retry_after=10)]
    (delivery,) = await road.sender.take(SOON, 1)
    ended = road.now = SOON + timedelta(seconds=15)

    await road.sender.work(delivery, SOON)

    assert not await road.deliver(ended + timedelta(seconds=9))
    assert await road.deliver(ended + timedelta(seconds=11))


async def _of_two_people(database: Database, failures: int) -> Road:
    """Answers to two people, after this many tries that no provider answered."""
    road = await answered(database)
    await road.hear(replace(said("안녕하세요"), account="b", address="b"))
    await road.answer()
    road.channel.failures = [TemporarySendError("fake", "timeout") for _ in range(failures)]
    for number in range(failures):
        assert await road.deliver(SOON + number * timedelta(minutes=2))
    return road


async def test_a_channel_that_answers_nobody_is_left_alone_for_a_while(
    database: Database,
) -> None:
    road = await _of_two_people(database, THRESHOLD)
    assert road.sender.troubles == {"fake": "away"}


async def test_what_we_refuse_ourselves_does_not_show_that_a_provider_answers(
    database: Database,
) -> None:
    road = await _of_two_people(database, THRESHOLD)
    hour = timedelta(hours=1)
    road.channel.capabilities = Capabilities(
        1000, TextUnit.CHARACTERS, 10, 14, 64, push_window=hour
    )

    assert await road.deliver(SOON + 2 * hour)

    assert len(road.channel.tried) == THRESHOLD  # the provider was not asked
    assert road.sender.troubles == {"fake": "away"}


async def test_one_person_whom_nothing_reaches_shuts_no_channel_for_others(
    database: Database,
) -> None:
    road = await answered(database)
    road.channel.failures = [TemporarySendError("fake", "timeout") for _ in range(2 * THRESHOLD)]

    for number in range(2 * THRESHOLD):
        assert await road.deliver(SOON + number * timedelta(minutes=2))

    assert road.sender.troubles == {}


async def test_a_channel_that_is_off_keeps_nobody_busy(database: Database) -> None:
    road = await answered(database)

    assert await Sender(database, {}, PROCESS, lambda: SOON).next_due(SOON) is None
    assert await road.sender.next_due(SOON) is not None


def test_pauses_grow_and_end_at_a_minute() -> None:
    assert 0.5 <= pause(1) <= 1.0
    assert 30.0 <= pause(50) <= 60.0


async def _crowd(database: Database) -> None:
    for number in range(THRESHOLD + 3):
        talk = await talk_of(database, account=f"a{number}")
        words = Notice("안녕", reply_body.dump(Reply("안녕")))
        async with database.transaction() as session:
            await steps.send(session, database.vault, talk, words, speaker=Speaker.BOT, now=NOON)


async def test_several_are_taken_at_once_and_never_more_than_the_pace_allows(
    database: Database,
) -> None:
    await _crowd(database)
    limits = Capabilities(1000, TextUnit.CHARACTERS, 10, 14, 64, per_second=1, burst=3)
    paced = Sender(database, {"fake": FakeChannel(capabilities=limits)}, PROCESS, lambda: SOON)
    free = Sender(database, {"fake": FakeChannel()}, PROCESS, lambda: SOON)

    assert len(await paced.take(SOON, 16)) == 3
    assert len(await free.take(SOON, 2)) == 2
    assert len(await free.take(SOON, 16)) == THRESHOLD - 2


async def test_a_channel_that_does_not_answer_gets_one_probe_however_many_are_taken(
    database: Database,
) -> None:
    await _crowd(database)
    channel = FakeChannel(failures=[TemporarySendError("fake", "network")] * THRESHOLD)
    sender = Sender(database, {"fake": channel}, PROCESS, lambda: SOON)
    for delivery in await sender.take(SOON, THRESHOLD):
        await sender.work(delivery, SOON)

    assert not await sender.take(SOON, 16)
    assert len(await sender.take(SOON + 2 * FIRST_PAUSE, 16)) == 1

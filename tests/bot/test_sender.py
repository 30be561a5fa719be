"""The road out: sent, again later, or never."""

from datetime import timedelta

from bot.channels.base import PermanentSendError, RecipientGone, TemporarySendError, WindowClosed
from bot.sender import GIVE_UP_BOT, pause
from storage.database import Database
from storage.records import DeliveryState
from tests.bot.road import SOON, Road, nlu, said, understood


async def answered(database: Database) -> Road:
    road = Road(database, nlu(lambda _: understood("greet")))
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


async def test_the_bot_gives_up_after_five_minutes_and_says_so_in_the_transcript(
    database: Database,
) -> None:
    road = await answered(database)
    late = SOON + GIVE_UP_BOT + timedelta(minutes=1)
    road.channel.failures = [TemporarySendError("fake", "busy")]

    await road.deliver(late)

    assert DeliveryState.DEAD in await states(road)


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


def test_pauses_grow_and_end_at_a_minute() -> None:
    assert 0.5 <= pause(1) <= 1.0
    assert 30.0 <= pause(50) <= 60.0

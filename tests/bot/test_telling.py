"""Who waits is told what changed for them, unasked: once, and only what is true and may go out."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.channels.base import Capabilities, TextUnit
from bot.dialogue.memory import Memory
from bot.dialogue.reading_level import Band
from bot.dialogue.service import Service
from bot.notices import ContentNotices
from bot.telling import MOST, PAUSE, Telling
from handoff import queue
from handoff.errors import AlreadyClaimed
from storage import contacts, conversations
from storage.database import Database, open_database
from storage.keyring import Keyring
from storage.records import TRAINING, AskReason, Conversation, ConversationState, Language
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu, said
from tests.factories import NOON, talk_of
from tests.handoff.conftest import counselor

NOTICES = ContentNotices(CONTENT_FILES)
PLAIN = Capabilities(1000, TextUnit.CHARACTERS, 10, 14, 64)
LATER = SOON + PAUSE + timedelta(seconds=10)  # 21:03 in Seoul
MUCH_LATER = LATER + PAUSE + timedelta(seconds=10)
UNTIL_SOON = Service(hours='{"wed": [["09:00", "21:02"]], "thu": [["09:00", "21:00"]]}')
FROM_SOON = Service(hours='{"wed": [["21:02", "23:00"]]}')


@pytest.fixture
def road(database: Database) -> Road:
    """A house whose language service is dead: nothing here may need it."""
    return Road(database, nlu(away))


def telling(
    database: Database,
    limits: Capabilities = PLAIN,
    service: Service = Service(),  # noqa: B008 - frozen
) -> Telling:
    return Telling(database, CONTENT_FILES, {"fake": limits}, service=lambda: service)


async def line_of(road: Road, people: int, *, first: datetime = SOON) -> list[Conversation]:
    """So many people who asked for a person one after the other; all they were told arrived."""
    for number in range(people):
        at = first + timedelta(seconds=number)
        one = replace(said("상담사랑 얘기하고 싶어요"), account=f"a{number}", address=f"a{number}")
        await road.hear(one, now=at - timedelta(seconds=1))
        await road.answer(at)
        while await road.deliver(at):
            pass
    road.channel.sent.clear()
    async with road.database.reading() as session:
        return list(await conversations.queue(session))


async def told(road: Road, account: str, now: datetime) -> list[str]:
    """Send what is due; return what one person got of it."""
    while await road.deliver(now):
        pass
    return [reply.text for address, reply, _ in road.channel.sent if address == account]


async def claim_first(road: Road, now: datetime) -> None:
    me = await counselor(road.database, f"별-{now:%M%S}")
    assert await queue.claim_next(road.database, NOTICES, me, now=now) is not None


def group(*names: str) -> list[str]:
    groups = CONTENT_FILES.groups
    return [CONTENT_FILES.sentence(one, Language.KO) for name in names for one in groups[name]]


async def test_a_better_place_is_told_to_who_writes_nothing_and_never_twice(
    road: Road, database: Database
) -> None:
    await line_of(road, 3)
    those = telling(database)
    assert await those.look(LATER) == 3  # nobody knew their place yet
    [first] = await told(road, "a2", LATER)

    assert await those.look(MUCH_LATER) == 0
    await claim_first(road, MUCH_LATER)
    assert await those.look(MUCH_LATER) == 2
    assert await those.look(MUCH_LATER + PAUSE * 2) == 0

    _, second = await told(road, "a2", MUCH_LATER)
    assert first in group("place_two")
    assert second in group("place_one")


async def test_nothing_is_told_within_some_minutes_of_our_last_word(
    road: Road, database: Database
) -> None:
    await line_of(road, 2)
    those = telling(database)

    assert await those.look(SOON + PAUSE - timedelta(seconds=5)) == 0
    await those.look(LATER)
    await told(road, "a1", LATER)
    await claim_first(road, LATER + timedelta(seconds=5))
    assert await those.look(LATER + timedelta(seconds=10)) == 0
    assert await those.look(MUCH_LATER) == 1


async def test_what_did_not_arrive_is_followed_by_nothing_more(
    road: Road, database: Database
) -> None:
    await line_of(road, 2)
    those = telling(database)
    await those.look(LATER)
    await claim_first(road, LATER + timedelta(seconds=5))

    assert await those.look(MUCH_LATER) == 0


async def test_a_worse_place_wakes_nobody(road: Road, database: Database) -> None:
    [one] = await line_of(road, 1)
    those = telling(database)
    await those.look(LATER)
    await told(road, "a0", LATER)
    urgent = await talk_of(database, account="other", now=NOON)
    async with database.transaction() as session:
        early = one.queued_at - timedelta(minutes=1) if one.queued_at else NOON
        await queue.ask(session, urgent, reason=AskReason.REQUESTED, now=early)

    before = len(road.channel.sent)
    await telling(database).look(MUCH_LATER)
    await told(road, "a0", MUCH_LATER)

    assert all(address != "a0" for address, _, _ in road.channel.sent[before:])


@pytest.mark.parametrize(
    ("limits", "after"),
    [
        (replace(PLAIN, costly=True), LATER),
        (replace(PLAIN, can_push=False), LATER),
        (replace(PLAIN, push_window=timedelta(hours=1)), SOON + timedelta(hours=2)),
    ],
    ids=["costs", "no_push", "window_over"],
)
async def test_nothing_goes_where_it_may_not_go_now(
    road: Road, database: Database, limits: Capabilities, after: datetime
) -> None:
    await line_of(road, 1)

    assert await telling(database, limits).look(after) == 0
    assert await telling(database).look(after) == 1


@pytest.mark.parametrize("words", ["누가 보고 있어", "숙제"])
async def test_who_is_or_was_watched_in_this_talk_is_told_nothing(
    road: Road, database: Database, words: str
) -> None:
    await road.talk("상담사랑 얘기하고 싶어요")
    await road.talk("누가 보고 있어", now=SOON + timedelta(seconds=5))
    if words == "숙제":
        await road.talk("이제 갔어요", now=SOON + timedelta(seconds=9))
        assert (await road.conversation()).covered_at is None

    assert (await road.conversation()).state is ConversationState.QUEUED
    assert await telling(database).look(MUCH_LATER) == 0


async def test_who_was_asked_whether_everything_shall_go_is_asked_nothing_else(
    road: Road, database: Database
) -> None:
    await road.talk("상담사랑 얘기하고 싶어요")
    await road.talk("지워줘", now=SOON + timedelta(seconds=5))

    assert await telling(database).look(MUCH_LATER) == 0


async def test_who_left_and_who_only_practices_is_told_nothing(
    road: Road, database: Database
) -> None:
    [one] = await line_of(road, 1)
    async with database.transaction() as session:
        await contacts.mark_gone(session, one.contact_id, now=LATER)
    practice = await talk_of(database, account="practice", channel=TRAINING, now=NOON)
    async with database.transaction() as session:
        await queue.ask(session, practice, reason=AskReason.REQUESTED, now=NOON)
    those = Telling(database, CONTENT_FILES, {"fake": PLAIN, TRAINING: PLAIN})

    assert await those.look(LATER) == 0


async def test_a_practice_talk_is_before_nobody(road: Road, database: Database) -> None:
    practice = await talk_of(database, account="practice", channel=TRAINING, now=NOON)
    async with database.transaction() as session:
        await queue.ask(session, practice, reason=AskReason.REQUESTED, now=NOON)
    await line_of(road, 1)

    await telling(database).look(LATER)

    assert (await told(road, "a0", LATER))[0] in group("place_next")


async def test_that_the_service_closes_for_the_night_is_told_once(
    road: Road, database: Database
) -> None:
    await line_of(road, 2)
    those = telling(database, service=UNTIL_SOON)

    assert await those.look(LATER) == 2
    [words] = await told(road, "a0", LATER)
    assert words.startswith(CONTENT_FILES.sentence("away.1", Language.KO))
    assert "내일 오전 9시" in words
    assert await those.look(MUCH_LATER) == 0
    assert await telling(database, service=UNTIL_SOON).look(MUCH_LATER) == 0


async def test_a_young_child_is_told_in_words_for_a_young_child(
    road: Road, database: Database
) -> None:
    [child] = await line_of(road, 1)
    async with database.transaction() as session:
        memory = Memory.load(await conversations.memory(session, database.vault, child))
        named = replace(memory, mentions=("age_band:elementary",)).dump()
        await conversations.advance(session, database.vault, child, child, memory=named)

    await telling(database, service=UNTIL_SOON).look(LATER)

    [words] = await told(road, "a0", LATER)
    assert words.startswith(CONTENT_FILES.sentence("away.1", Language.KO, Band.ELEMENTARY))


async def test_that_the_service_opens_is_told_and_then_the_place(
    road: Road, database: Database
) -> None:
    await line_of(road, 1)
    those = telling(database, service=FROM_SOON)

    assert await those.look(LATER) == 1
    await told(road, "a0", LATER)
    assert await those.look(MUCH_LATER) == 1

    opened, place = await told(road, "a0", MUCH_LATER)
    assert opened in group("opened")
    assert place in group("place_next")


async def test_at_night_nobody_is_woken_for_a_place(road: Road, database: Database) -> None:
    await line_of(road, 2)
    shut = telling(database, service=Service(hours='{"thu": [["09:00", "18:00"]]}'))

    await claim_first(road, LATER)

    assert await shut.look(MUCH_LATER) == 0


async def test_two_processes_tell_each_person_once(
    road: Road, database: Database, database_url: str, keyring: Keyring
) -> None:
    await line_of(road, 6)
    other = open_database(database_url, keyring=keyring)
    looks = await asyncio.gather(
        *(telling(one).look(LATER) for one in (database, other, database, other))
    )
    await other.close()

    assert sum(looks) == 6
    for number in range(6):
        assert len(await told(road, f"a{number}", LATER)) == 1


async def test_who_is_claimed_at_that_moment_hears_of_the_counselor_alone(
    road: Road, database: Database, database_url: str, keyring: Keyring
) -> None:
    line = await line_of(road, 4)
    other = open_database(database_url, keyring=keyring)
    me = await counselor(database)

    async def claims() -> None:
        for talk in line:
            await queue.claim(other, NOTICES, me, talk.id, version=talk.version, now=LATER)

    with suppress(AlreadyClaimed):  # it was told first, so the card is another one
        await asyncio.gather(telling(database).look(LATER), claims())
    await other.close()
    while await road.deliver(LATER):
        pass

    joined = NOTICES.joined(Language.KO).text
    for number in range(4):
        words = [reply.text for address, reply, _ in road.channel.sent if address == f"a{number}"]
        assert joined not in words[:-1], "something followed the counselor"


async def test_so_many_at_one_look_and_the_others_at_the_next(
    road: Road, database: Database
) -> None:
    await line_of(road, MOST + 2, first=SOON)
    those, at = telling(database), LATER + timedelta(minutes=1)

    assert [await those.look(at), await those.look(at), await those.look(at)] == [MOST, 2, 0]


async def test_the_wait_goes_on_whatever_is_told(road: Road, database: Database) -> None:
    [before] = await line_of(road, 1)
    await telling(database, service=UNTIL_SOON).look(LATER)
    async with database.reading() as session:
        after = await conversations.get(session, before.id)

    assert (after.state, after.queued_at) == (ConversationState.QUEUED, before.queued_at)

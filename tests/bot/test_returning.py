"""Coming back by three words: from anywhere, once, and nobody else learns anything."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from bot.dialogue.codes import HIDDEN, code_in, spelled
from bot.notices import ContentNotices
from bot.returning import SPELLINGS
from handoff import queue
from handoff.earlier import open_earlier
from storage import contacts, conversations, returning
from storage.database import Database
from storage.errors import NotFound
from storage.records import Conversation, ConversationState, Language, Speaker
from storage.tables import return_codes, return_tries
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu, said
from tests.factories import talk_of
from tests.handoff.conftest import counselor
from tests.remains import everything

NOTICES = ContentNotices(CONTENT_FILES)
MINUTE = timedelta(minutes=1)
RIGHT, WRONG = (
    CONTENT_FILES.sentence(f"code_{name}.1", Language.KO) for name in ("right", "wrong")
)
SECRET = "어제 그 오빠가 학교 앞에서 기다렸어요"


@pytest.fixture
def road(database: Database) -> Road:
    """A house whose language service is dead: nothing here may need it."""
    return Road(database, nlu(away))


async def closed(road: Road, database: Database) -> tuple[Conversation, str]:
    """A talk that a counselor closed, and the words that were given with the goodbye."""
    await road.talk("상담사랑 얘기하고 싶어요")
    await road.talk(SECRET, now=SOON + MINUTE)
    me, waiting = await counselor(database), await road.conversation()
    now = SOON + 2 * MINUTE
    talk = await queue.claim(database, NOTICES, me, waiting.id, version=waiting.version, now=now)
    over = await queue.close(database, NOTICES, me, talk.id, epoch=talk.epoch, seen=99, now=now)
    while await road.deliver(now):
        pass
    return over, road.channel.sent[-1][1].text.rpartition("\n")[2]


async def typed(
    road: Road, words: str, *, account: str = "canary-other", minute: int = 10
) -> list[str]:
    """Say something from another account; return what comes back."""
    before, now = len(road.channel.sent), SOON + minute * MINUTE
    message = replace(said(words), account=account, address=account, sent_at=now)
    await road.hear(message, now=now)
    await road.answer(now + timedelta(seconds=1))
    while await road.deliver(now + timedelta(seconds=1)):
        pass
    return [reply.text for _, reply, _ in road.channel.sent[before:]]


async def talk_of_other(database: Database, now: datetime = SOON) -> Conversation:
    async with database.transaction() as session:
        person = await contacts.find_or_make(
            session, database.vault, channel="fake", account="canary-other",
            address="canary-other", now=now,
        )  # fmt: skip
        talk = await conversations.open_talk(session, person.id)
    assert talk is not None
    return talk


async def test_a_goodbye_brings_the_words_and_keeps_none_of_them(
    road: Road, database: Database, database_url: str
) -> None:
    talk, words = await closed(road, database)
    rows = await everything(database_url)

    meant, code = code_in(words, SPELLINGS)
    assert meant
    assert code is not None
    assert all(words not in line.text for line in await road.lines(talk))
    assert words not in repr(rows)
    assert str(code) not in repr(rows["return_codes"])


async def test_they_lead_back_from_anywhere_and_only_the_counselor_sees_what_was_said(
    road: Road, database: Database
) -> None:
    earlier, words = await closed(road, database)

    answers = await typed(road, words)
    await typed(road, "상담사랑 얘기하고 싶어요", minute=11)
    now = SOON + 12 * MINUTE
    card, me = await talk_of_other(database), await counselor(database, "달")
    talk = await queue.claim(database, NOTICES, me, card.id, version=card.version, now=now)
    lines = await open_earlier(database, me, talk.id, earlier.id, epoch=talk.epoch, now=now)

    assert answers == [RIGHT]
    assert SECRET in [line.text for line in lines]
    assert all(words not in line.text for line in await road.lines(talk))
    assert next(line.kind for line in await road.lines(talk)) == "code"


async def test_they_work_once(road: Road, database: Database) -> None:
    _, words = await closed(road, database)

    assert await typed(road, words) == [RIGHT]
    assert await typed(road, words, account="canary-third", minute=11) == [WRONG]


async def test_new_words_take_the_place_of_the_ones_before(road: Road) -> None:
    await road.talk("안녕하세요")
    first = (await road.talk("이어서 하고 싶어요", now=SOON + MINUTE))[-1].rpartition("\n")[2]
    second = (await road.talk("이어서 하고 싶어요", now=SOON + 2 * MINUTE))[-1].rpartition("\n")[2]

    assert await typed(road, first) == [WRONG]
    assert await typed(road, second, account="canary-third", minute=11) == [RIGHT]


async def test_an_open_talk_goes_on_where_the_words_were_typed(road: Road) -> None:
    await road.talk("상담사랑 얘기하고 싶어요")
    before = await road.conversation()
    words = (await road.talk("이어서 하고 싶어요", now=SOON + MINUTE))[-1].rpartition("\n")[2]

    assert await typed(road, words) == [RIGHT]

    after = await talk_of_other(road.database)
    assert after.id == before.id
    assert after.state is ConversationState.QUEUED


async def test_wrong_words_have_one_answer_whatever_is_wrong_with_them(
    road: Road, database: Database, database_url: str
) -> None:
    _, used = await closed(road, database)
    await typed(road, used, account="canary-first", minute=4)
    never = spelled(1, Language.KO, SPELLINGS)
    slip = " ".join([*used.split()[:2], "아무말"])
    seen = []
    for minute, words in enumerate([used, never, slip], 5):
        account = f"canary-{minute}"
        answers = await typed(road, words, account=account, minute=minute)
        rows = await everything(database_url)
        seen.append((answers, len(rows["return_tries"]), len(rows["earlier_talks"])))

    assert [answers for answers, _, _ in seen] == [[WRONG]] * 3
    assert [tries for _, tries, _ in seen] == [1, 2, 3]
    assert {ties for _, _, ties in seen} == {1}


async def test_after_five_wrong_words_the_right_ones_are_wrong_as_well(
    road: Road, database: Database
) -> None:
    _, words = await closed(road, database)
    for minute in range(returning.OWN_TRIES):
        await typed(road, spelled(minute, Language.KO, SPELLINGS), minute=5 + minute)

    assert await typed(road, words, minute=20) == [WRONG]
    assert await typed(road, words, minute=21 + 24 * 60) == [RIGHT]


async def test_the_installation_as_a_whole_has_a_limit(road: Road, database: Database) -> None:
    _, words = await closed(road, database)
    tries = [
        {"id": uuid4(), "contact_id": uuid4(), "at": SOON + 5 * MINUTE}
        for _ in range(returning.ALL_TRIES)
    ]
    async with database.transaction() as session:
        await session.execute(insert(return_tries).values(tries[:500]))
        await session.execute(insert(return_tries).values(tries[500:]))

    assert await typed(road, words, minute=20) == [WRONG]


async def test_erasing_takes_the_words_along_and_whose_the_tries_were(
    road: Road, database: Database
) -> None:
    talk, _ = await closed(road, database)
    await typed(road, spelled(1, Language.KO, SPELLINGS))
    other = await talk_of_other(database)
    async with database.transaction() as session:
        await returning.forget(session, [talk.id, other.id])
        codes = (await session.execute(select(return_codes))).all()
        whose = (await session.execute(select(return_tries.c.contact_id))).scalars().all()

    assert codes == []
    assert list(whose) == [returning.NOBODY]


async def test_who_erases_after_wrong_words_gets_no_new_tries_for_the_installation(
    road: Road, database: Database
) -> None:
    _, words = await closed(road, database)
    await typed(road, spelled(1, Language.KO, SPELLINGS))
    other = await talk_of_other(database)
    tries = [
        {"id": uuid4(), "contact_id": other.contact_id, "at": SOON + 5 * MINUTE}
        for _ in range(returning.ALL_TRIES)
    ]
    async with database.transaction() as session:
        await session.execute(insert(return_tries).values(tries[:500]))
        await session.execute(insert(return_tries).values(tries[500:]))
        await returning.forget(session, [other.id])

    assert await typed(road, words, account="canary-third", minute=20) == [WRONG]


async def test_of_two_accounts_that_type_the_same_words_at_once_one_comes_back(
    road: Road, database: Database
) -> None:
    _, words = await closed(road, database)
    meant, code = code_in(words, SPELLINGS)
    people = [await talk_of(database, account=f"canary-{n}") for n in range(4)]

    async def types(contact_id: UUID) -> bool:
        try:
            async with database.transaction() as session:
                await returning.redeem(session, database.vault, contact_id, code, now=SOON)
        except NotFound:
            return False
        return True

    assert meant
    came = await asyncio.gather(*(types(one.contact_id) for one in people))
    assert sorted(came) == [False, False, False, True]


@pytest.mark.parametrize("around", ["제 단어는 {} 이에요", "{}!! 저 또 왔어요", "음 {}"])
async def test_words_amid_other_words_stand_in_no_transcript(
    road: Road, database: Database, database_url: str, around: str
) -> None:
    _, words = await closed(road, database)

    await typed(road, around.format(words))
    talk = await talk_of_other(database)

    [said_line] = [one for one in await road.lines(talk) if one.speaker is Speaker.PERSON]
    assert not any(word in said_line.text for word in words.split())
    assert said_line.text == around.format(HIDDEN)


async def test_nothing_of_a_closed_talk_is_ever_shown_to_whoever_comes_back(
    road: Road, database: Database
) -> None:
    """P16, for the way back; see also tests/bot/test_history.py."""
    _, words = await closed(road, database)
    before = len(road.channel.sent)
    for minute, text in enumerate([words, "안녕하세요", "뭐라고 했었지", "이어서 하고 싶어요"], 10):
        await typed(road, text, minute=minute)

    shown = "".join(reply.text for _, reply, _ in road.channel.sent[before:])
    assert not any(SECRET[at : at + 8] in shown for at in range(len(SECRET) - 7))

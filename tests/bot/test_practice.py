"""Practice talks: made up, marked, last in line, and gone when they are closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.base import InvalidSignature
from bot.messages import InboundMessage, Origin, Reply
from bot.practice import PracticeChannel, load_scripts
from handoff import queue
from storage import conversations, retention
from storage.database import Database
from storage.errors import NotFound
from storage.records import TRAINING, Conversation, Language, Limits, Risk
from tests.factories import NOON
from tests.handoff.conftest import NOTICES, claimed, counselor, waiting

SCRIPTS = load_scripts()
COUNSELOR = Reply("천천히 말해도 돼요", origin=Origin.COUNSELOR)


class Kept:
    """What the channel wrote down."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []
        self.channel = PracticeChannel(SCRIPTS, self.store, lambda: NOON)

    async def store(self, messages: Sequence[InboundMessage]) -> None:
        self.messages += messages


def test_there_are_at_least_six_scripts_in_both_languages() -> None:
    assert len(SCRIPTS) >= 6
    assert {one.language for one in SCRIPTS.values()} == set(Language)


async def test_a_counselors_answer_brings_the_next_line_and_the_bots_brings_none() -> None:
    kept = Kept()
    await kept.channel.begin("game_friend")
    script = SCRIPTS["game_friend"]
    assert [one.text for one in kept.messages] == list(script.opening)

    await kept.channel.send(kept.messages[-1].address, Reply("챗봇이에요"), "k")
    assert len(kept.messages) == len(script.opening)
    for line in script.answers:
        await kept.channel.send(kept.messages[-1].address, COUNSELOR, "k")
        assert kept.messages[-1].text == line
    before = len(kept.messages)
    await kept.channel.send(kept.messages[-1].address, COUNSELOR, "k")
    assert len(kept.messages) == before


async def test_the_same_answer_twice_brings_the_same_line_under_one_name() -> None:
    kept = Kept()
    await kept.channel.begin("quiet_one")
    address = kept.messages[-1].address
    for _ in range(2):
        await kept.channel.send(address, COUNSELOR, "k")
    assert kept.messages[-1] == kept.messages[-2]


async def test_who_is_let_wait_writes_the_next_line_after_the_pause_of_the_script() -> None:
    kept = Kept()
    await kept.channel.begin("game_friend")
    script = SCRIPTS["game_friend"]
    assert script.pauses[:3] == (0, 40, 0)
    await kept.channel.go_on(NOON + timedelta(days=1))
    assert len(kept.messages) == len(script.opening)  # nobody has answered: they only wait

    await kept.channel.send(kept.messages[-1].address, COUNSELOR, "k")
    said = len(kept.messages)
    await kept.channel.go_on(NOON + timedelta(seconds=39))
    assert len(kept.messages) == said
    await kept.channel.go_on(NOON + timedelta(seconds=40))
    assert kept.messages[-1].text == script.answers[1]
    await kept.channel.go_on(NOON + timedelta(days=1))
    assert len(kept.messages) == said + 1  # the third line waits for the counselor

    await kept.channel.send(kept.messages[-1].address, COUNSELOR, "k")
    assert kept.messages[-1].text == script.answers[2]


async def test_an_answer_begins_the_pause_anew_and_brings_no_line_twice() -> None:
    kept = Kept()
    await kept.channel.begin("game_friend")
    for _ in range(2):
        await kept.channel.send(kept.messages[-1].address, COUNSELOR, "k")
    await kept.channel.go_on(NOON + timedelta(days=1))
    told = [one.text for one in kept.messages]
    assert told == [*SCRIPTS["game_friend"].opening, *SCRIPTS["game_friend"].answers[:2]]


async def test_after_a_goodbye_nobody_goes_on_writing() -> None:
    kept = Kept()
    await kept.channel.begin("game_friend")
    await kept.channel.send(kept.messages[-1].address, COUNSELOR, "k")
    said = len(kept.messages)
    await kept.channel.send(kept.messages[-1].address, Reply("잘 가요"), "k")
    await kept.channel.go_on(NOON + timedelta(days=1))
    assert len(kept.messages) == said


def test_every_pause_belongs_to_a_line() -> None:
    for script in SCRIPTS.values():
        assert len(script.pauses) <= len(script.answers)
        assert any(script.pauses)
        assert all(0 <= pause <= 600 for pause in script.pauses)
        assert script.pause(len(script.answers)) is None


def test_nobody_writes_on_it_from_outside() -> None:
    with pytest.raises(InvalidSignature):
        Kept().channel.parse(b"{}", {})


async def practice(database: Database, *, risk: Risk = Risk.NONE) -> Conversation:
    talk = await waiting(database, "practice", risk=risk)
    async with database.transaction() as session:
        return await conversations.save(session, talk, replace(talk, channel=TRAINING))


async def test_a_practice_talk_never_comes_before_anybody_and_is_taken_by_hand_only(
    database: Database,
) -> None:
    script = await practice(database, risk=Risk.HIGH)
    person = await waiting(database, "person")
    owner = await counselor(database)
    assert (await claimed(database, owner, person)).owner_id == owner.id
    assert await queue.claim_next(database, NOTICES, owner, now=NOON) is None
    assert (await claimed(database, owner, script)).owner_id == owner.id


async def test_a_practice_talk_goes_when_it_is_closed(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await practice(database))
    limits = Limits(timedelta(days=90), timedelta(days=30), timedelta(hours=72), timedelta(730))
    await retention.purge(database, limits, now=NOON)
    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)).channel == TRAINING
    await queue.close(database, NOTICES, owner, talk.id, epoch=talk.epoch, seen=9, now=NOON)
    await retention.purge(database, limits, now=NOON)
    async with database.reading() as session:
        with pytest.raises(NotFound):
            await conversations.get(session, talk.id)

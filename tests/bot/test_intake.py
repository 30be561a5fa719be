"""Accepting: kept before it is acknowledged, and nobody lost for a neighbor's sake."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from bot import event_body
from bot.channels.reading import UNKNOWN_TIME
from bot.flood import HARD, SOFT, Flood, Ruling
from bot.intake import SETTLE, SETTLE_FLOOD, SKEW, Intake, IntakeFull
from bot.messages import InboundMessage, Kept, MessageKind
from storage import inbox
from storage.database import Database, open_database
from storage.errors import DatabaseAway
from storage.keyring import Keyring
from tests.bot.road import CONTENT_FILES, said
from tests.database import ON_POSTGRESQL
from tests.factories import DUE, LEASE, NOON
from tests.handoff.conftest import HandClock


@asynccontextmanager
async def running(intake: Intake) -> AsyncGenerator[Intake]:
    task = asyncio.create_task(intake.run())
    yield intake
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


SECOND = timedelta(seconds=1)


async def due(database: Database) -> datetime | None:
    async with database.reading() as session:
        return await inbox.next_due(session)


async def kept(database: Database) -> list[InboundMessage]:
    async with database.transaction() as session:
        turns = await inbox.take_turns(session, database.vault, now=DUE, lease=LEASE)
    return [event_body.load(event.body) for turn in turns for event in turn.events]


async def test_a_message_comes_back_from_the_disk_as_it_was(database: Database) -> None:
    message = replace(said("반쪽 글자 \ud83d 와 \x00 도 그대로"), reply_token="t", refers_to="r")
    async with running(Intake(database, lambda: NOON)) as intake:
        await intake.accept([message])

    assert await kept(database) == [message]


async def test_what_comes_together_is_kept_in_order(database: Database) -> None:
    texts = [f"말 {number}" for number in range(40)]
    async with running(Intake(database, lambda: NOON)) as intake:
        await asyncio.gather(*(intake.accept([said(text)]) for text in texts))

    assert [message.text for message in await kept(database)] == texts


@ON_POSTGRESQL
async def test_one_that_cannot_be_kept_takes_no_other_with_it(database: Database) -> None:
    bad = replace(said("여기"), channel="a channel name that no column can hold" * 4)
    async with running(Intake(database, lambda: NOON)) as intake:
        results = await asyncio.gather(
            intake.accept([said("하나")]),
            intake.accept([bad]),
            intake.accept([said("둘")]),
            return_exceptions=True,
        )

    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert [message.text for message in await kept(database)] == ["하나", "둘"]


async def test_a_dead_database_is_told_to_every_caller(keyring: Keyring) -> None:
    away = open_database("postgresql+psycopg://gyeot@127.0.0.1:1/gyeot", keyring=keyring)
    async with running(Intake(away, lambda: NOON)) as intake:
        results = await asyncio.gather(
            *(intake.accept([said("하나")]) for _ in range(3)), return_exceptions=True
        )
    await away.close()

    assert all(isinstance(result, DatabaseAway) for result in results)


async def test_an_outage_uses_up_no_quota(keyring: Keyring) -> None:
    away = open_database("postgresql+psycopg://gyeot@127.0.0.1:1/gyeot", keyring=keyring)
    flood = Flood(CONTENT_FILES)
    async with running(Intake(away, lambda: NOON, flood=flood)) as intake:
        for _ in range(SOFT + 1):
            with pytest.raises(DatabaseAway):
                await intake.accept([said("하나")])
    await away.close()

    assert flood.rule(said("하나"), now=NOON) is Ruling.TAKE


async def test_more_than_can_be_kept_in_time_is_refused_at_once(database: Database) -> None:
    intake = Intake(database, lambda: NOON, capacity=1)
    waiting = asyncio.create_task(intake.accept([said("하나")]))
    await asyncio.sleep(0)

    with pytest.raises(IntakeFull):
        await intake.accept([said("둘")])
    waiting.cancel()


async def _sent(database: Database, **fields: object) -> list[InboundMessage]:
    message = replace(said("하나"), **fields)  # type: ignore[arg-type]  # names of its fields
    await Intake(database, lambda: NOON).store([message])
    return await kept(database)


async def test_a_message_is_kept_however_late_its_provider_brings_it(database: Database) -> None:
    assert len(await _sent(database, sent_at=NOON - timedelta(days=400))) == 1


async def test_a_message_without_a_time_is_kept(database: Database) -> None:
    assert len(await _sent(database, sent_at=UNKNOWN_TIME)) == 1


async def test_a_caller_with_nothing_to_keep_is_not_kept_waiting(database: Database) -> None:
    intake = Intake(database, lambda: NOON)  # nobody commits

    await asyncio.wait_for(intake.accept([]), 5)


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(days=3650)])
async def test_a_time_that_has_not_come_is_taken_for_now(
    database: Database, ahead: timedelta
) -> None:
    (message,) = await _sent(database, sent_at=NOON + ahead)
    assert message.sent_at == NOON


async def test_a_clock_that_is_a_little_ahead_keeps_its_order(database: Database) -> None:
    (message,) = await _sent(database, sent_at=NOON + SKEW)
    assert message.sent_at == NOON + SKEW


async def test_bad_signs_and_long_texts_are_kept_as_they_are(database: Database) -> None:
    texts = ["\x00", "\ud83d 반쪽", "😀" * 65_536, "줄\u2028바꿈", "\u202e거꾸로", ""]
    await Intake(database, lambda: NOON).store([said(text) for text in texts])

    assert [message.text for message in await kept(database)] == texts


async def test_the_same_id_on_two_channels_is_two_messages(database: Database) -> None:
    one = said("하나", event_id="same")
    await Intake(database, lambda: NOON).store([one, replace(one, channel="other", text="둘")])

    both = [*await kept(database), *await kept(database)]
    assert sorted(message.text for message in both) == ["둘", "하나"]


async def test_the_first_of_two_bodies_under_one_id_wins(database: Database) -> None:
    async with running(Intake(database, lambda: NOON)) as intake:
        await intake.accept([said("하나", event_id="same")])
        await intake.accept([said("둘", event_id="same")])

    assert [message.text for message in await kept(database)] == ["하나"]


async def _flooded(database: Database, *, before: int, text: str) -> Intake:
    """Somebody who wrote `before` messages this minute writes one more; only that is stored."""
    flood = Flood(CONTENT_FILES)
    for _ in range(before):
        flood.rule(said("말"), now=NOON)
    intake = Intake(database, lambda: NOON, flood=flood)
    await intake.store([replace(said(text), reply_token="token", message_id="m")])
    return intake


async def test_who_writes_much_is_answered_in_fewer_turns(database: Database) -> None:
    await _flooded(database, before=SOFT, text="말")
    assert await due(database) == NOON + SETTLE_FLOOD


async def test_who_writes_as_usual_is_answered_as_usual(database: Database) -> None:
    await _flooded(database, before=SOFT - 1, text="말")
    assert await due(database) == NOON + SETTLE


async def test_too_much_is_not_kept_but_stands_once_for_all_of_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    intake = await _flooded(database, before=HARD, text="비밀")
    await intake.store([said("비밀"), said("비밀")])

    (stands,) = await kept(database)
    assert (stands.kind, stands.text, stands.message_id) == (MessageKind.FLOOD, "", None)
    assert (stands.account, stands.reply_token) == ("canary-account", "token")
    assert [vars(record)["count"] for record in caplog.records] == [1, 2]
    assert "canary" not in caplog.text


async def test_who_brings_too_much_is_told_that_it_was_not_kept(database: Database) -> None:
    intake = await _flooded(database, before=HARD - 2, text="말")
    async with running(intake):
        told = [await intake.accept([said("말")]) for _ in range(3)]

    assert told == [Kept.ALL, Kept.SAID, Kept.UNSAID]


async def test_a_message_that_was_refused_is_new_when_it_is_sent_again(database: Database) -> None:
    clock = HandClock()
    flood = Flood(CONTENT_FILES)
    for _ in range(HARD):
        flood.rule(said("말"), now=NOON)
    async with running(Intake(database, clock, flood=flood)) as intake:
        told = [await intake.accept([said("비밀", event_id="same")])]
        clock.pass_(minutes=1)
        told.append(await intake.accept([said("비밀", event_id="same")]))

    assert told == [Kept.SAID, Kept.ALL]
    assert [message.text for message in await kept(database)] == ["", "비밀"]


async def test_danger_passes_a_flood_and_its_turn_is_first(database: Database) -> None:
    await Intake(database, lambda: NOON - timedelta(hours=1)).store(
        [replace(said("먼저"), account="b")]
    )
    await _flooded(database, before=HARD, text="지금 죽고 싶어요")

    assert [message.text for message in await kept(database)] == ["지금 죽고 싶어요"]


async def test_danger_in_the_first_words_of_somebody_is_first(database: Database) -> None:
    await Intake(database, lambda: NOON - timedelta(hours=1)).store(
        [replace(said("먼저"), account="b")]
    )
    await _flooded(database, before=0, text="지금 죽고 싶어요")

    assert [message.text for message in await kept(database)] == ["지금 죽고 싶어요"]


async def test_a_channel_that_answers_where_it_was_heard_names_its_process(
    database: Database,
) -> None:
    process = uuid4()
    intake = Intake(database, lambda: NOON, holders={"fake": process})
    await intake.store([said("하나"), replace(said("둘"), channel="other")])

    holders = {}
    for _ in range(2):
        async with database.transaction() as session:
            turns = await inbox.take_turns(session, database.vault, now=DUE, lease=LEASE)
        (turn,) = turns
        holders[turn.channel] = turn.events[0].holder
    assert holders == {"fake": process, "other": None}

"""What a console is told, beyond what its socket shows."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from handoff import look, passing, queue
from handoff.look import Look
from handoff.summaries import nothing
from handoff.view import View
from storage import audit, outbox, transcript
from storage.database import Database
from storage.records import Conversation, DeliveryState, Speaker, Staff
from storage.tables import lines
from tests.factories import NOON, delivery_claimed, said
from tests.handoff.conftest import NOTICES, audit_log_full, claimed, counselor, waiting


async def looked(
    database: Database,
    *counselors: Staff,
    before: Look | None = None,
    windows: dict[str, timedelta] | None = None,
) -> Look:
    ids = [one.id for one in counselors]
    return await look.take(database, windows or {}, before, counselors=ids, sessions=(), now=NOON)


async def told(view: View, seen: Look) -> list[dict[str, Any]]:
    """Everything a look makes a console show."""
    texts = view.heads(seen)
    for talk_id, led in view.unread(seen):
        texts += await view.lines(talk_id, led, now=NOON)
    return [json.loads(text) for text in texts]


async def taken_back(database: Database, talk: Conversation, message: str) -> None:
    async with database.transaction() as session:
        await transcript.blank(session, database.vault, talk.contact_id, ("fake", message))


async def wrote(database: Database, talk: Conversation, text: str, message: str) -> None:
    async with database.transaction() as session:
        await transcript.append(
            session, database.vault, talk.id, speaker=Speaker.PERSON, text=text, kind="text",
            at=NOON, message=("fake", message),
        )  # fmt: skip


def words(frames: Sequence[dict[str, Any]]) -> list[str]:
    return [line["text"] for one in frames if one["type"] == "lines" for line in one["lines"]]


@pytest.mark.parametrize(
    ("windows", "until"),
    [
        ({}, None),
        ({"fake": timedelta(days=7)}, NOON + timedelta(days=7)),
        ({"fake": timedelta(0)}, NOON),
        ({"another": timedelta(days=7)}, None),
    ],
)
async def test_a_card_says_until_when_its_channel_takes_an_answer(
    database: Database, windows: dict[str, timedelta], until: str | None
) -> None:
    talk = await waiting(database, "a")

    seen = await looked(database, windows=windows)

    assert seen.cards[talk.id].reply_until == until


async def test_words_taken_back_leave_the_screen_too(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    await wrote(database, talk, "이건 지울래요", "m1")
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))
    await taken_back(database, talk, "m1")

    seen = await looked(database, owner)
    frames, again = await told(view, seen), await told(view, seen)

    shown = [line for one in frames if one["type"] == "lines" for line in one["lines"]]
    assert [(line["text"], line["kind"]) for line in shown] == [("", transcript.TAKEN_BACK)]
    assert words(again) == []


async def test_a_new_line_is_told_although_the_talk_has_the_same_version(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))

    await said(database, talk.id, "거기 있어요?")

    assert words(await told(view, await looked(database, owner))) == ["거기 있어요?"]


async def test_a_talk_whose_lines_look_the_same_is_not_read_again(database: Database) -> None:
    owner = await counselor(database)
    await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))
    await waiting(database, "b")  # something else changed

    assert view.unread(await looked(database, owner)) == []


async def test_a_delivery_is_followed_to_its_end(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))

    states = []
    await settled(database, DeliveryState.WAITING_FOR_USER)
    states += deliveries(await told(view, await looked(database, owner)))
    async with database.transaction() as session:
        await outbox.release_waiting(session, talk.contact_id, now=NOON)
    states += deliveries(await told(view, await looked(database, owner)))
    await settled(database, DeliveryState.DEAD)
    states += deliveries(await told(view, await looked(database, owner)))

    assert states == ["waiting_for_user", "pending", "dead"]


async def settled(database: Database, state: DeliveryState) -> None:
    delivery = await delivery_claimed(database)
    assert delivery is not None
    async with database.transaction() as session:
        await outbox.settle(session, delivery, state, now=NOON)


def deliveries(frames: Sequence[dict[str, Any]]) -> list[str]:
    return [one["state"] for one in frames if one["type"] == "delivery"]


async def test_what_could_not_be_read_is_read_at_the_next_look(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    seen = await looked(database, owner)
    view.heads(seen)
    ((_, led),) = view.unread(seen)
    stale = replace(led, talk=replace(led.talk, epoch=led.talk.epoch + 1))

    assert await view.lines(talk.id, stale, now=NOON) == []
    assert words(await told(view, seen)) == ["joined-ko"]


async def test_lines_are_not_lost_by_a_read_that_fails_half_way(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    await wrote(database, talk, "이건 지울래요", "m1")
    await settled(database, DeliveryState.SENT)
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))
    await said(database, talk.id, "거기 있어요?")
    await taken_back(database, talk, "m1")

    whole = await swapped(database, talk, b"broken")
    refused = await told(view, await looked(database, owner))
    await swapped(database, talk, whole)
    after = await told(view, await looked(database, owner))

    assert refused[-1]["code"] == "unreadable"
    assert words(refused) == []  # no part of what could be read
    async with database.reading() as session:
        entries = await audit.entries(session, object_id=talk.id)
    assert [one.action for one in entries].count("integrity_failure") == 1
    assert words(after) == ["거기 있어요?", ""]


async def swapped(database: Database, talk: Conversation, text: bytes) -> bytes:
    """Put other bytes in the place of the line that was taken back; return the ones before."""
    its = (lines.c.conversation_id == talk.id) & (lines.c.kind == transcript.TAKEN_BACK)
    async with database.transaction() as session:
        before = (await session.execute(select(lines.c.text_ct).where(its))).scalar_one()
        await session.execute(update(lines).where(its).values(text_ct=text))
    return bytes(before)


async def test_a_slow_page_opens_no_word_of_a_talk_that_was_lost_meanwhile(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    seen = await looked(database, owner)
    await told(view, seen)
    await said(database, talk.id, "거기 있어요?")
    seen = await looked(database, owner)
    await queue.release(database, NOTICES, owner, talk.id, epoch=talk.epoch, now=NOON)

    assert words(await told(view, seen)) == []


async def test_nobody_is_shown_a_colleagues_talk(database: Database) -> None:
    owner, colleague = await counselor(database, "별"), await counselor(database, "달")
    await claimed(database, owner, await waiting(database, "a"))

    seen = await looked(database, owner, colleague)
    frames = await told(View(database, colleague, nothing), seen)

    told_of_talks = [one for one in frames if one["type"] != "colleagues"]
    assert [(one["type"], one["changed"]) for one in told_of_talks] == [
        ("queue", []),
        ("talks", []),
    ]


async def test_a_console_that_missed_looks_is_told_what_it_missed(database: Database) -> None:
    owner = await counselor(database)
    talk = await waiting(database, "a")
    first = await looked(database, owner)
    view = View(database, owner, nothing)
    await told(view, first)
    other = await waiting(database, "b")
    second = await looked(database, owner, before=first)
    await claimed(database, owner, talk)
    third = await looked(database, owner, before=second)

    (frame,) = [one for one in await told(view, third) if one["type"] == "queue"]

    assert [card["conversation"] for card in frame["changed"]] == [str(other.id)]
    assert frame["gone"] == [str(talk.id)]


async def test_who_saw_the_look_before_shares_one_text(database: Database) -> None:
    first = await looked(database)
    await waiting(database, "b")
    second = await looked(database, before=first)
    third = await looked(database, before=second)

    assert second.since(first) is second.since(first) is second.change
    assert second.since(None) is second.since(None)
    assert third.since(second) == ""


async def test_a_counselor_is_told_at_once_that_a_talk_was_erased(database: Database) -> None:
    star, moon = await counselor(database), await counselor(database, "달")
    talk = await claimed(database, star, await waiting(database))
    other = await claimed(database, star, await waiting(database, "account-2"))
    views = [
        View(database, star, nothing),
        View(database, star, nothing),
        View(database, moon, nothing),
    ]
    before = await looked(database, star, moon)
    for view in views:
        await told(view, before)
    async with database.transaction() as session:
        await queue.erase(session, talk.contact_id, now=NOON)
    await queue.release(database, NOTICES, star, other.id, epoch=other.epoch, now=NOON)

    after = await looked(database, star, moon, before=before)
    shown = [await told(view, after) for view in views]

    change = {"gone": {str(talk.id), str(other.id)}, "erased": {str(talk.id)}}
    for frames in shown[:2]:  # on every console of theirs
        (talks,) = [one for one in frames if one["type"] == "talks"]
        assert {name: set(talks[name]) for name in change} == change
    assert not [one for one in shown[2] if one["type"] == "talks"]


async def test_the_card_of_somebody_who_erased_goes(database: Database) -> None:
    star = await counselor(database)
    talk = await waiting(database)
    view, before = View(database, star, nothing), await looked(database, star)
    await told(view, before)
    async with database.transaction() as session:
        await queue.erase(session, talk.contact_id, now=NOON)

    frames = await told(view, await looked(database, star, before=before))

    assert [one["gone"] for one in frames if one["type"] == "queue"] == [[str(talk.id)]]


async def reads_of(database: Database, talk: Conversation) -> list[str]:
    async with database.reading() as session:
        acts = await audit.entries(session, object_id=talk.id)
    return [act.purpose for act in acts if act.action == "read"]


async def test_each_batch_of_lines_is_written_down_once_and_says_which(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    await said(database, talk.id, "하나")
    view, second = View(database, owner, nothing), View(database, owner, nothing)

    await told(view, await looked(database, owner))
    await told(view, await looked(database, owner))
    await said(database, talk.id, "둘")
    await said(database, talk.id, "셋")
    await told(view, await looked(database, owner))
    await told(second, await looked(database, owner))

    assert await reads_of(database, talk) == ["lines 1-2", "lines 3-4", "lines 1-4"]


async def test_a_line_that_came_after_the_look_is_not_opened_before_it_is_written_down(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    seen = await looked(database, owner)
    await said(database, talk.id, "나중 말")

    before = words(await told(view, seen))
    after = words(await told(view, await looked(database, owner)))

    assert (before, after) == (["joined-ko"], ["나중 말"])
    assert await reads_of(database, talk) == ["lines 1-1", "lines 2-2"]


async def test_no_word_is_opened_while_reads_cannot_be_written_down_and_the_page_says_so(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))
    await said(database, talk.id, "도와주세요")
    seen = await looked(database, owner)

    async with audit_log_full(database):
        refused = await told(view, seen)

    shown = await told(view, await looked(database, owner))
    assert [(one["type"], one["code"]) for one in refused] == [("refused", "not_audited")]
    assert "도와" not in json.dumps(refused, ensure_ascii=False)
    assert words(shown) == ["도와주세요"]


async def beside_reads(database: Database, talk: Conversation) -> int:
    async with database.reading() as session:
        acts = await audit.entries(session, object_id=talk.id)
    return len([act for act in acts if act.action == "read_beside"])


async def test_notes_and_summary_are_written_down_each_time_before_they_are_read(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)

    await told(view, await looked(database, owner))
    at_first = await beside_reads(database, talk)
    await told(view, await looked(database, owner))
    unchanged = await beside_reads(database, talk)
    await passing.write_note(
        database, owner, talk.id, epoch=talk.epoch, key=uuid4(), text="메모", now=NOON
    )
    shown = await told(view, await looked(database, owner))

    assert [one["type"] for one in shown] == ["notes"]
    assert (at_first, unchanged, await beside_reads(database, talk)) == (1, 1, 2)


async def test_no_note_is_opened_while_its_reading_cannot_be_written_down(
    database: Database,
) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    view = View(database, owner, nothing)
    await told(view, await looked(database, owner))
    await passing.write_note(
        database, owner, talk.id, epoch=talk.epoch, key=uuid4(), text="메모", now=NOON
    )
    seen = await looked(database, owner)

    async with audit_log_full(database):
        refused = await told(view, seen)

    shown = await told(view, await looked(database, owner))
    assert [(one["type"], one.get("code")) for one in refused] == [("refused", "not_audited")]
    assert [one["type"] for one in shown] == ["notes"]

"""What a supervisor decides about led talks, and what nobody else can."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from handoff import along, board, passing, queue, supervising, surge
from handoff.errors import (
    HandoffError,
    NotAudited,
    NotOffered,
    NotOwner,
    NotTheirs,
    Unread,
)
from storage import audit, conversations, readers
from storage.database import Database
from storage.records import (
    TRAINING,
    Conversation,
    ConversationState,
    Presence,
    Risk,
    Role,
    Speaker,
    Staff,
)
from tests.factories import NOON, said
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    audit_log_full,
    claimed,
    counselor,
    lines_of,
    member,
    row_of,
    waiting,
)

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    """A led talk, its counselor, a colleague who is here, and a supervisor."""

    database: Database
    owner: Staff
    other: Staff
    chief: Staff
    talk: Conversation

    async def take_over(self, who: Staff | None = None) -> Conversation:
        return await supervising.take_over(
            self.database, NOTICES, who or self.chief, self.talk.id,
            epoch=self.talk.epoch, now=NOON,
        )  # fmt: skip

    async def reassign(self, who: Staff | None = None, to: Staff | None = None) -> Conversation:
        return await supervising.reassign(
            self.database, NOTICES, who or self.chief, self.talk.id,
            epoch=self.talk.epoch, colleague=(to or self.other).id, now=NOON,
        )  # fmt: skip

    async def close_abuse(self, who: Staff | None = None, *, seen: int = 99) -> Conversation:
        return await supervising.close_abuse(
            self.database, NOTICES, who or self.chief, self.talk.id,
            epoch=self.talk.epoch, seen=seen, now=NOON,
        )  # fmt: skip

    async def says(self, who: Staff, epoch: int) -> None:
        await queue.say(
            self.database, NOTICES, who, self.talk.id,
            epoch=epoch, text="여기 있어요", key=uuid4(), now=NOON,
        )  # fmt: skip


@pytest.fixture
async def case(database: Database) -> Case:
    owner, other = await counselor(database, "별"), await counselor(database, "달")
    chief = (await member(database, "솔", role=Role.SUPERVISOR)).staff
    for who in (owner, other, chief):
        await queue.heartbeat(database, who, now=NOON)
    talk = await claimed(database, owner, await waiting(database))
    return Case(database, owner, other, chief, talk)


async def test_who_takes_over_speaks_and_who_led_it_does_not(case: Case) -> None:
    after = await case.take_over()

    assert (after.owner_id, after.epoch) == (case.chief.id, case.talk.epoch + 1)
    await case.says(case.chief, after.epoch)
    with pytest.raises(NotOwner):
        await case.says(case.owner, case.talk.epoch)
    assert "handed-ko" in [line.text for line in await lines_of(case.database, case.talk)]
    assert "take_over" in await acts_on(case.database, case.talk)


async def test_a_decision_gives_a_talk_to_somebody_who_is_here_and_names_them(
    case: Case,
) -> None:
    after = await case.reassign()

    assert (after.owner_id, after.epoch) == (case.other.id, case.talk.epoch + 1)
    async with case.database.reading() as session:
        act = (await audit.entries(session, object_id=case.talk.id))[-1]
    assert (act.action, act.staff_id, act.purpose) == (
        "reassign", case.chief.id, f"to {case.other.id}",
    )  # fmt: skip
    with pytest.raises(NotOwner):
        await case.says(case.owner, case.talk.epoch)


async def test_who_was_given_a_talk_and_lost_it_by_silence_takes_it_back_first(
    case: Case,
) -> None:
    await case.reassign()
    later = NOON + 2 * MINUTE
    await queue.lapse(case.database, NOTICES, now=later)
    await waiting(case.database, "account-2", risk=Risk.HIGH)
    lost = await row_of(case.database, case.talk)

    back = await queue.claim(
        case.database, NOTICES, case.other, lost.id, version=lost.version, now=later
    )

    assert back.owner_id == case.other.id


async def test_nobody_is_given_a_talk_who_is_away_or_leads_it(case: Case) -> None:
    gone = await counselor(case.database, "물")
    for to, code in ((gone, "colleague_away"), (case.owner, "leads_it")):
        with pytest.raises(NotOffered, match=code):
            await case.reassign(to=to)


async def test_a_supervisor_may_ask_a_counselor_who_then_accepts(case: Case) -> None:
    await supervising.ask_to_take(
        case.database, case.chief, case.talk.id,
        epoch=case.talk.epoch, colleague=case.other.id, now=NOON,
    )  # fmt: skip
    assert (await row_of(case.database, case.talk)).owner_id == case.owner.id

    taken = await passing.accept(
        case.database, NOTICES, case.other, case.talk.id, epoch=case.talk.epoch, now=NOON
    )

    assert taken.owner_id == case.other.id


async def test_a_talk_of_abuse_ends_with_the_neutral_sentence(case: Case) -> None:
    after = await case.close_abuse()

    assert after.state is ConversationState.CLOSED
    last = (await lines_of(case.database, case.talk))[-1]
    assert (last.text, last.speaker) == ("stopped-ko", Speaker.BOT)
    assert (await acts_on(case.database, case.talk))[-1] == "close_abuse"


async def test_a_talk_in_danger_or_with_unread_words_is_not_ended_as_abuse(case: Case) -> None:
    await said(case.database, case.talk.id, "잠깐만")
    with pytest.raises(Unread):
        await case.close_abuse(seen=0)
    await passing.judge_risk(
        case.database, case.owner, case.talk.id,
        epoch=case.talk.epoch, risk=Risk.HIGH, now=NOON,
    )  # fmt: skip

    with pytest.raises(NotTheirs, match="in_danger"):
        await case.close_abuse()


async def test_no_counselor_decides_what_a_supervisor_decides(case: Case) -> None:
    steps: tuple[Callable[[Staff], Awaitable[object]], ...] = (
        case.take_over,
        case.reassign,
        case.close_abuse,
        lambda who: along.read_along(case.database, who, case.talk.id, now=NOON),
    )
    for step in steps:
        with pytest.raises(NotTheirs, match="not_supervisor"):
            await step(case.other)
    assert (await row_of(case.database, case.talk)).owner_id == case.owner.id


async def test_what_the_supervisor_did_not_see_is_not_decided(case: Case) -> None:
    await case.reassign()
    for step in (case.take_over(), case.reassign(), case.close_abuse()):
        with pytest.raises(NotTheirs, match="talk_changed"):
            await step


async def test_reading_along_is_written_down_first_and_each_new_line_once(case: Case) -> None:
    opened = await along.read_along(case.database, case.chief, case.talk.id, now=NOON)
    await along.read_along(case.database, case.chief, case.talk.id, now=NOON)
    await said(case.database, case.talk.id, "새로운 말")
    await along.read_along(case.database, case.chief, case.talk.id, now=NOON)

    async with case.database.reading() as session:
        acts = await audit.entries(session, object_id=case.talk.id)
        seen = await readers.of_talks(session, [case.talk.id], now=NOON)
    read = [act.purpose for act in acts if act.action == "read_along"]
    assert read == [f"lines 1-{opened.seen}", f"lines {opened.seen + 1}-{opened.seen + 1}"]
    assert seen == {case.talk.id: (case.chief.id,)}


async def test_who_did_not_look_for_a_while_opens_anew_and_is_gone_meanwhile(case: Case) -> None:
    await along.read_along(case.database, case.chief, case.talk.id, now=NOON)
    later = NOON + MINUTE
    async with case.database.reading() as session:
        assert await readers.of_talks(session, [case.talk.id], now=later) == {}

    await along.read_along(case.database, case.chief, case.talk.id, now=later)

    assert (await acts_on(case.database, case.talk)).count("read_along") == 2


async def test_nothing_is_read_along_that_cannot_be_written_down_or_is_not_led(
    case: Case,
) -> None:
    async with audit_log_full(case.database):
        with pytest.raises(NotAudited):
            await along.read_along(case.database, case.chief, case.talk.id, now=NOON)
    queued = await waiting(case.database, "account-2")
    with pytest.raises(HandoffError, match="talk_changed"):
        await along.read_along(case.database, case.chief, queued.id, now=NOON)


@pytest.mark.parametrize(
    ("risk", "minutes"), [(Risk.IMMINENT, 3), (Risk.HIGH, 3), (Risk.LOW, 5), (Risk.NONE, 5)]
)
async def test_who_waits_longer_than_the_target_is_late(
    database: Database, risk: Risk, minutes: int
) -> None:
    await waiting(database, risk=risk)

    on_time = await board.read_board(database, now=NOON + minutes * MINUTE)
    late = await board.read_board(database, now=NOON + (minutes * 60 + 1) * MINUTE / 60)

    assert (on_time.late, late.late) == (0, 1)


async def test_the_board_counts_what_each_one_leads_and_who_is_here(case: Case) -> None:
    await passing.choose_presence(case.database, case.other, Presence.PAUSING, now=NOON)

    seen = await board.read_board(case.database, now=NOON)

    desks = {one.colleague.name: (one.colleague.presence, one.leads) for one in seen.desks}
    assert desks == {
        "별": (Presence.AVAILABLE, 1),
        "달": (Presence.PAUSING, 0),
        "솔": (Presence.AVAILABLE, 0),
    }
    assert [one.owner for one in seen.led] == ["별"]


async def test_the_board_shows_the_led_talk_in_most_danger_first_and_practice_last(
    case: Case,
) -> None:
    worst = await claimed(
        case.database, case.other, await waiting(case.database, "account-2", risk=Risk.IMMINENT)
    )
    script = await claimed(case.database, case.other, await waiting(case.database, "account-3"))
    async with case.database.transaction() as session:
        await conversations.save(
            session, script, replace(script, channel=TRAINING, risk=Risk.IMMINENT)
        )

    seen = await board.read_board(case.database, now=NOON)

    assert [one.talk.id for one in seen.led] == [worst.id, case.talk.id, script.id]


async def test_a_surge_is_told_once_to_who_waits_and_only_in_prepared_words(case: Case) -> None:
    first = await waiting(case.database, "account-2")
    told = [
        await surge.switch(case.database, NOTICES, case.chief, key, now=NOON)
        for key in ("surge_many.1", "surge_many.1", "")
    ]

    assert told == [1, 0, 0]
    assert [line.text for line in await lines_of(case.database, first)] == ["surge_many.1-ko"]
    assert "surge_many.1-ko" not in [one.text for one in await lines_of(case.database, case.talk)]
    for who, key in ((case.chief, "free text"), (case.other, "surge_many.1")):
        with pytest.raises(NotTheirs):
            await surge.switch(case.database, NOTICES, who, key, now=NOON)

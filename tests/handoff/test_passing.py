"""What an owner does with a talk beside talking, and what nobody else can."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from handoff import passing, queue
from handoff.errors import (
    AlreadyClaimed,
    HandoffError,
    NotOffered,
    NotOwner,
    StaleEpoch,
    TextRefused,
    TooManyTalks,
    Unread,
)
from storage import case_notes, offers, outcomes, presence
from storage.database import Database
from storage.records import (
    ConversationState,
    FollowUp,
    Outcome,
    Presence,
    Risk,
    Staff,
)
from tests.factories import NOON, said
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    claimed,
    counselor,
    lines_of,
    row_of,
    waiting,
)


async def at_the_desk(database: Database, name: str) -> Staff:
    """A counselor whose console was just heard of."""
    who = await counselor(database, name)
    await queue.heartbeat(database, who, now=NOON)
    return who


async def notes_of(database: Database, talk_id: UUID) -> list[tuple[str, str]]:
    async with database.reading() as session:
        notes = await case_notes.read(session, database.vault, talk_id)
    return [(note.kind, note.text) for note in notes]


async def test_an_offer_changes_no_owner_until_the_colleague_accepts(database: Database) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    talk = await claimed(database, one, await waiting(database))

    await passing.offer(
        database, one, talk.id, epoch=talk.epoch, colleague=two.id, note="조심스러운 분", now=NOON
    )
    still = await row_of(database, talk)
    taken = await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)

    assert (still.owner_id, still.epoch) == (one.id, talk.epoch)
    assert (taken.owner_id, taken.epoch, taken.state) == (two.id, talk.epoch + 1, talk.state)
    assert await notes_of(database, talk.id) == [("hand_over", "조심스러운 분")]
    assert [line.text for line in await lines_of(database, talk)][-1] == "handed-ko"
    assert (await acts_on(database, talk))[-2:] == ["offer", "transfer"]


async def test_who_passed_a_talk_on_can_say_nothing_in_it_any_more(database: Database) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    talk = await claimed(database, one, await waiting(database))
    await passing.offer(
        database, one, talk.id, epoch=talk.epoch, colleague=two.id, note="", now=NOON
    )
    await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)
    before = await lines_of(database, talk)

    with pytest.raises(NotOwner):
        await queue.say(
            database, NOTICES, one, talk.id, epoch=talk.epoch, text="늦은 말", key=uuid4(), now=NOON
        )
    with pytest.raises(StaleEpoch):
        await queue.say(
            database, NOTICES, two, talk.id, epoch=talk.epoch, text="옛 말", key=uuid4(), now=NOON
        )
    assert await lines_of(database, talk) == before


async def test_only_the_one_who_was_asked_can_accept_and_only_once(database: Database) -> None:
    one, two, three = [await at_the_desk(database, name) for name in ("별", "달", "해")]
    talk = await claimed(database, one, await waiting(database))
    await passing.offer(
        database, one, talk.id, epoch=talk.epoch, colleague=two.id, note="", now=NOON
    )
    for who, epoch in ((three, talk.epoch), (one, talk.epoch), (two, talk.epoch + 1)):
        with pytest.raises(NotOffered):
            await passing.accept(database, NOTICES, who, talk.id, epoch=epoch, now=NOON)
    await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)
    with pytest.raises(NotOffered):
        await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)


async def test_an_offer_ends_when_the_talk_changes_hands_or_either_says_no(
    database: Database,
) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    talk = await claimed(database, one, await waiting(database))
    ask = {"epoch": talk.epoch, "colleague": two.id, "note": "", "now": NOON}

    await passing.offer(database, one, talk.id, **ask)  # type: ignore[arg-type]
    await passing.decline(database, two, talk.id, epoch=talk.epoch, now=NOON)
    with pytest.raises(NotOffered):
        await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)

    await passing.offer(database, one, talk.id, **ask)  # type: ignore[arg-type]
    await passing.withdraw(database, one, talk.id, epoch=talk.epoch, now=NOON)
    with pytest.raises(NotOffered):
        await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)

    await passing.offer(database, one, talk.id, **ask)  # type: ignore[arg-type]
    await queue.release(database, NOTICES, one, talk.id, epoch=talk.epoch, now=NOON)
    with pytest.raises(NotOffered):
        await passing.accept(database, NOTICES, two, talk.id, epoch=talk.epoch, now=NOON)
    async with database.reading() as session:
        assert await offers.standing(session) == {}


async def test_nobody_who_is_away_is_asked(database: Database) -> None:
    one, gone, left = [await at_the_desk(database, name) for name in ("별", "달", "해")]
    talk = await claimed(database, one, await waiting(database))
    await passing.choose_presence(database, left, Presence.AWAY, now=NOON)
    later = NOON + timedelta(minutes=1)
    for who in (left, gone, one):
        with pytest.raises(NotOffered, match="colleague_away"):
            await passing.offer(
                database, one, talk.id, epoch=talk.epoch, colleague=who.id, note="", now=later
            )


async def test_a_talk_given_back_keeps_its_place_and_takes_a_note_along(
    database: Database,
) -> None:
    one = await at_the_desk(database, "별")
    before = await waiting(database, risk=Risk.LOW)
    talk = await claimed(database, one, before)

    back = await queue.release(
        database, NOTICES, one, talk.id, epoch=talk.epoch, now=NOON, note=" 밤에 쉬고 싶대요 "
    )

    assert (back.state, back.rank_at) == (ConversationState.QUEUED, before.rank_at)
    assert await notes_of(database, talk.id) == [("hand_over", "밤에 쉬고 싶대요")]


async def test_the_bot_answers_again_only_when_every_word_was_read(database: Database) -> None:
    one = await at_the_desk(database, "별")
    talk = await claimed(database, one, await waiting(database))
    line = await said(database, talk.id, "아직 있어요?")
    give = {"epoch": talk.epoch, "now": NOON}

    with pytest.raises(Unread):
        await passing.give_to_bot(
            database,
            NOTICES,
            one,
            talk.id,
            seen=line.seq - 1,
            **give,  # type: ignore[arg-type]
        )
    await passing.give_to_bot(
        database,
        NOTICES,
        one,
        talk.id,
        seen=line.seq,
        **give,  # type: ignore[arg-type]
    )

    row = await row_of(database, talk)
    assert (row.state, row.owner_id, row.queued_at) == (ConversationState.BOT, None, None)
    assert [each.text for each in await lines_of(database, talk)][-1] == "to-bot-ko"


async def test_the_owner_judges_the_risk_both_ways_and_it_is_written_down(
    database: Database,
) -> None:
    one = await at_the_desk(database, "별")
    talk = await claimed(database, one, await waiting(database, risk=Risk.LOW))
    for risk in (Risk.IMMINENT, Risk.NONE):
        await passing.judge_risk(database, one, talk.id, epoch=talk.epoch, risk=risk, now=NOON)
        assert (await row_of(database, talk)).risk is risk
    assert (await acts_on(database, talk))[-2:] == ["risk_1_to_3", "risk_3_to_0"]


async def test_a_note_is_written_once_and_its_key_is_no_other_note(database: Database) -> None:
    one = await at_the_desk(database, "별")
    talk = await claimed(database, one, await waiting(database))
    key = uuid4()
    for _ in range(2):
        await passing.write_note(
            database, one, talk.id, epoch=talk.epoch, key=key, text="다음에 물어볼 것", now=NOON
        )
    with pytest.raises(TextRefused, match="key_used"):
        await passing.write_note(
            database, one, talk.id, epoch=talk.epoch, key=key, text="다른 쪽지", now=NOON
        )
    assert await notes_of(database, talk.id) == [("note", "다음에 물어볼 것")]
    assert all("쪽지" not in line.text for line in await lines_of(database, talk))


async def test_nobody_but_the_owner_changes_anything_about_a_talk(database: Database) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    talk = await claimed(database, one, await waiting(database))
    before, acts = await row_of(database, talk), await acts_on(database, talk)
    for who, epoch in ((two, talk.epoch), (one, talk.epoch - 1)):
        own = {"epoch": epoch, "now": NOON}
        for step in (
            passing.offer(database, who, talk.id, colleague=two.id, note="", **own),  # type: ignore[arg-type]
            passing.withdraw(database, who, talk.id, **own),  # type: ignore[arg-type]
            passing.judge_risk(database, who, talk.id, risk=Risk.NONE, **own),  # type: ignore[arg-type]
            passing.write_note(database, who, talk.id, key=uuid4(), text="x", **own),  # type: ignore[arg-type]
            passing.give_to_bot(database, NOTICES, who, talk.id, seen=99, **own),  # type: ignore[arg-type]
        ):
            with pytest.raises(NotOwner):
                await step
    assert await row_of(database, talk) == before
    assert await acts_on(database, talk) == acts
    assert await notes_of(database, talk.id) == []


async def test_a_goodbye_says_how_it_ended(database: Database) -> None:
    one = await at_the_desk(database, "별")
    talk = await claimed(database, one, await waiting(database))
    await queue.close(
        database, NOTICES, one, talk.id, epoch=talk.epoch, seen=99, now=NOON,
        outcome=Outcome.REFERRED, follow_up=FollowUp.TALK_OVER,
    )  # fmt: skip
    async with database.reading() as session:
        ended = await outcomes.of_talk(session, talk.id)
    assert ended == (Outcome.REFERRED, FollowUp.TALK_OVER)


async def test_nobody_leads_more_talks_than_one_person_may(database: Database) -> None:
    one = await at_the_desk(database, "별")
    for account in ("a", "b"):
        await claimed(database, one, await waiting(database, account))
    card = await waiting(database, "c")

    with pytest.raises(TooManyTalks):
        await queue.claim(database, NOTICES, one, card.id, version=card.version, now=NOON, most=2)
    with pytest.raises(TooManyTalks):
        await queue.claim_next(database, NOTICES, one, now=NOON, most=2)
    assert (await row_of(database, card)).state is ConversationState.QUEUED


async def test_two_claims_of_one_counselor_at_once_count_in_turn(database: Database) -> None:
    one = await at_the_desk(database, "별")
    cards = [await waiting(database, account) for account in "abcd"]

    async def take(number: int) -> str:
        card = cards[number]
        try:
            await queue.claim(
                database, NOTICES, one, card.id, version=card.version, now=NOON, most=2
            )
        except HandoffError as error:
            return error.code
        return "won"

    ends = await asyncio.gather(*(take(number) for number in range(4)))
    assert sorted(ends) == ["enough_talks", "enough_talks", "won", "won"]


async def test_imminent_danger_is_taken_beyond_the_limit(database: Database) -> None:
    one = await at_the_desk(database, "별")
    await claimed(database, one, await waiting(database, "a"))
    card = await waiting(database, "b", risk=Risk.IMMINENT)
    taken = await queue.claim_next(database, NOTICES, one, now=NOON, most=1)
    assert taken is not None
    assert taken.id == card.id


async def test_a_talk_lost_by_silence_is_taken_back_beyond_the_limit(database: Database) -> None:
    one = await at_the_desk(database, "별")
    lost = await claimed(database, one, await waiting(database, "a"))
    later = NOON + timedelta(minutes=5)
    await queue.lapse(database, NOTICES, now=later)
    other = await waiting(database, "b", now=later)
    await queue.claim(database, NOTICES, one, other.id, version=other.version, now=later)
    card = await row_of(database, lost)
    await queue.claim(database, NOTICES, one, card.id, version=card.version, now=later, most=1)
    with pytest.raises(AlreadyClaimed):
        await queue.claim(database, NOTICES, one, card.id, version=card.version, now=later, most=1)


async def test_presence_is_what_they_said_until_their_console_is_silent(
    database: Database,
) -> None:
    one = await at_the_desk(database, "별")
    await passing.choose_presence(database, one, Presence.PAUSING, now=NOON)
    await queue.heartbeat(database, one, now=NOON)
    seen = {}
    for seconds in (0, 45, 46):
        now = NOON + timedelta(seconds=seconds)
        async with database.reading() as session:
            (here,) = await presence.colleagues(session, now=now)
        seen[seconds] = here.presence
    assert seen == {0: Presence.PAUSING, 45: Presence.PAUSING, 46: Presence.AWAY}

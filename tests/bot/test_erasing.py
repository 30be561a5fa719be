"""A young person wants everything gone: asked, confirmed, gone, and told so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot.channels.base import PermanentSendError, TemporarySendError
from bot.dialogue.erasing import LAST_WORD, QUESTION
from bot.flood import HARD, SOFT, Flood, Ruling
from bot.notices import ContentNotices
from handoff import queue
from handoff.errors import NotOwner
from storage import audit, conversations, erasure
from storage.database import Database, open_database
from storage.errors import KeyMissing
from storage.keyring import Keyring
from storage.ledger import Ledger
from storage.records import Conversation, ConversationState, Language, Staff
from storage.transcript import read
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu, said
from tests.factories import NOON, sent_out, talk_of
from tests.factories import said as line_said
from tests.handoff.conftest import counselor
from tests.remains import Death, Killed, everything, naming

NOTICES = ContentNotices(CONTENT_FILES)
MINUTE = timedelta(minutes=1)
TEXTS = {name: sentence.text for name, sentence in CONTENT_FILES.sentences.items()}
ASKED = {TEXTS[name][Language.KO] for name in CONTENT_FILES.groups[QUESTION]}
DONE = TEXTS[f"{LAST_WORD}.1"][Language.KO]
KEPT = {TEXTS[name][Language.KO] for name in CONTENT_FILES.groups["kept"]}


@pytest.fixture
def ledger(tmp_path: Path, keyring: Keyring) -> Ledger:
    return Ledger(tmp_path / "keyring.json.erased", keyring.id)


@pytest.fixture
async def road(database: Database, ledger: Ledger) -> Road:
    """A house whose language service is dead: nothing here may need it."""
    await erasure.prepare(database, ledger, now=NOON)
    return Road(database, nlu(away), ledger=ledger)


async def test_everything_goes_after_a_yes_and_they_are_told_so(
    road: Road, database_url: str, ledger: Ledger
) -> None:
    await road.talk("안녕하세요")
    talk = await road.conversation()

    assert set(await road.talk("지워줘", now=SOON + MINUTE)) <= ASKED
    assert await road.talk("네", now=SOON + 2 * MINUTE) == [DONE]

    rows = await everything(database_url)
    assert set(naming(rows, talk.id, talk.contact_id)) == {"erasures", "audit"}
    assert not any(rows[name] for name in ("lines", "outbox", "contacts", "receipts"))
    assert not rows["data_keys"]
    assert {one.owner for one in ledger.read()} == {talk.id, talk.contact_id}


@pytest.mark.parametrize("words", ["삭제", "기록 지워", "없던 일로", "delete", "erase my messages"])
async def test_it_is_understood_by_rule(road: Road, words: str) -> None:
    await road.talk("안녕하세요")

    answers = await road.talk(words, now=SOON + MINUTE)

    both = {text for name in CONTENT_FILES.groups[QUESTION] for text in TEXTS[name].values()}
    assert len(answers) == 1
    assert answers[0] in both


@pytest.mark.parametrize("words", ["아니요", "잠깐만", "no"])
async def test_a_no_keeps_everything(road: Road, ledger: Ledger, words: str) -> None:
    await road.talk("안녕하세요")
    await road.talk("지워줘", now=SOON + MINUTE)

    answers = await road.talk(words, now=SOON + 2 * MINUTE)

    assert set(answers) <= KEPT
    assert (await road.conversation()).state is not ConversationState.ERASED
    assert ledger.read() == ()


async def test_a_yes_long_after_the_question_erases_nothing(road: Road, ledger: Ledger) -> None:
    await road.talk("안녕하세요")
    await road.talk("지워줘", now=SOON + MINUTE)
    await road.talk("상담사랑 얘기하고 싶어요", now=SOON + 2 * MINUTE)

    await road.talk("네", now=SOON + 3 * MINUTE)

    assert ledger.read() == ()


async def test_an_old_button_asks_again(road: Road, ledger: Ledger) -> None:
    await road.talk("안녕하세요")

    assert set(await road.talk("erase:yes", now=SOON + MINUTE)) <= ASKED
    assert ledger.read() == ()
    assert await road.talk("erase:yes", now=SOON + 2 * MINUTE) == [DONE]


async def test_danger_said_with_the_yes_comes_first(road: Road, ledger: Ledger) -> None:
    await road.talk("안녕하세요")
    await road.talk("지워줘", now=SOON + MINUTE)
    await road.hear(said("죽고 싶어"), said("네"), now=SOON + 2 * MINUTE)

    await road.answer(SOON + 2 * MINUTE + timedelta(seconds=1))

    talk = await road.conversation()
    assert talk.state is ConversationState.QUEUED
    assert (await road.lines(talk))[-1].text in ASKED
    assert ledger.read() == ()


async def test_a_counselor_who_owns_the_talk_does_not_stop_it(
    road: Road, database: Database, database_url: str
) -> None:
    talk, counselor = await _led(road, database)

    assert set(await road.talk("지워줘", now=SOON + 3 * MINUTE)) <= ASKED
    assert await road.talk("네", now=SOON + 4 * MINUTE) == [DONE]

    rows = await everything(database_url)
    assert not any(repr(talk.id) in row for row in rows["conversations"])
    with pytest.raises(NotOwner):
        await queue.say(
            database, NOTICES, counselor, talk.id,
            epoch=talk.epoch, text="아직 거기 있어요?", key=uuid4(), now=SOON + 5 * MINUTE,
        )  # fmt: skip


async def test_a_yes_to_what_a_counselor_asked_since_erases_nothing(
    road: Road, database: Database, ledger: Ledger
) -> None:
    talk, counselor = await _led(road, database)
    await road.talk("지워줘", now=SOON + 3 * MINUTE)
    await queue.say(
        database, NOTICES, counselor, talk.id,
        epoch=talk.epoch, text="지금 괜찮아요?", key=uuid4(), now=SOON + 4 * MINUTE,
    )  # fmt: skip

    await road.talk("네", now=SOON + 5 * MINUTE)

    assert ledger.read() == ()
    assert (await road.conversation()).state is ConversationState.ACTIVE


@pytest.mark.parametrize("words", ["지워줘", "네", "erase:yes"])
def test_it_passes_over_every_limit(words: str) -> None:
    flood = Flood(CONTENT_FILES)
    for number in range(SOFT + 1):
        flood.rule(said(f"뭐라고 {number}"), now=NOON)
    assert flood.rule(said(words), now=NOON) is Ruling.URGENT

    for number in range(HARD):
        flood.rule(said(f"뭐라고 {number}"), now=NOON)
    assert flood.rule(said("뭐라고"), now=NOON) is Ruling.REFUSE
    assert flood.rule(said(words), now=NOON) is Ruling.URGENT


async def test_who_is_not_known_is_told_it_is_done_and_nothing_is_kept(
    road: Road, database_url: str
) -> None:
    before = await everything(database_url)

    assert await road.talk("지워줘") == [DONE]

    after = await everything(database_url)
    changed = {name for name in after if after[name] != before[name]}
    # A tombstone, the route of who wrote it, and which wrap key was used first.
    assert changed - {"wrap_keys"} == {"inbox", "routes"}


async def test_who_writes_again_starts_blank(road: Road, database: Database) -> None:
    await road.talk("안녕하세요")
    before = await road.conversation()
    await _erase(road)

    await road.talk("안녕하세요", now=SOON + 5 * MINUTE)

    after = await road.conversation()
    assert (after.id, after.contact_id) != (before.id, before.contact_id)
    assert after.contact_id != before.contact_id
    assert len([one for one in await road.lines(after) if one.text == "안녕하세요"]) == 1


@pytest.mark.parametrize("state", ["bot", "queued", "active", "wrapup", "closed"])
async def test_every_talk_goes_whatever_its_state_and_nobody_elses(
    road: Road, database: Database, database_url: str, state: str
) -> None:
    other = await talk_of(database, account="someone-else", channel="elsewhere")
    await line_said(database, other.id, "그대로 있어야 해요")
    await sent_out(database, other, "이것도")
    talk, _ = await _in_state(road, database, state)
    before = await everything(database_url)

    await _erase(road, after=10 * MINUTE)

    rows = await everything(database_url)
    assert set(naming(rows, talk.id, talk.contact_id)) == {"erasures", "audit"}
    # Counts hold nobody; they are the same whoever it was.
    counts = {"metric_counts", "metric_published"}
    for name in before.keys() - {"audit", "erasures", "inbox", "routes", "staff", *counts}:
        theirs = {row for row in before[name] if repr(other.id) in row}
        theirs |= {row for row in before[name] if repr(other.contact_id) in row}
        assert theirs <= rows[name]
        assert rows[name] <= before[name]  # nothing is new either
    assert {row for row in before["lines"] if repr(other.id) in row} == rows["lines"]


async def test_the_audit_log_says_that_it_was_erased(road: Road, database: Database) -> None:
    talk, _ = await _in_state(road, database, "closed")

    await _erase(road, after=10 * MINUTE)

    async with database.reading() as session:
        acts = await audit.entries(session, object_id=talk.id)
    assert [(act.action, act.staff_id) for act in acts][-1:] == [("erase", None)]


async def test_a_delivery_under_way_is_fenced(road: Road, database: Database) -> None:
    await road.talk("안녕하세요")
    await sent_out(database, await road.conversation(), "긴 이야기")
    (delivery,) = await road.sender.take(SOON + MINUTE, 1)
    road.channel.sent.clear()
    await road.talk("지워줘", now=SOON + 2 * MINUTE)
    await road.talk("네", now=SOON + 3 * MINUTE)
    told = [reply.text for _, reply, _ in road.channel.sent]

    await road.sender.work(delivery, SOON + 3 * MINUTE)  # its last piece cannot be called back

    assert not await road.deliver(SOON + 10 * MINUTE)
    assert told[-1] == DONE


async def test_nothing_that_was_on_its_way_goes_out_any_more(
    road: Road, database: Database
) -> None:
    talk, counselor = await _led(road, database)
    await road.talk("지워줘", now=SOON + 3 * MINUTE)
    road.channel.sent.clear()
    await road.hear(said("네"), now=SOON + 4 * MINUTE)
    road.channel.failures = [TemporarySendError("fake", "away", retry_after=60.0)]
    key = uuid4()
    await queue.say(
        database, NOTICES, counselor, talk.id,
        epoch=talk.epoch, text="잠깐만요", key=key, now=SOON + 3 * MINUTE,
    )  # fmt: skip
    assert await road.deliver(SOON + 3 * MINUTE)  # fails for now

    await road.answer(SOON + 5 * MINUTE)  # a yes after a counselor's word: asked again
    await road.talk("지워줘", now=SOON + 6 * MINUTE)
    await road.talk("네", now=SOON + 7 * MINUTE)
    road.channel.sent.clear()

    assert not await road.deliver(SOON + timedelta(days=1))


async def test_the_last_word_is_tried_again_and_leaves_nothing(
    road: Road, database_url: str
) -> None:
    await road.talk("안녕하세요")
    await road.talk("지워줘", now=SOON + MINUTE)
    road.channel.sent.clear()
    road.channel.failures = [TemporarySendError("fake", "away")]
    assert await road.talk("네", now=SOON + 2 * MINUTE) == []
    assert (await everything(database_url))["receipts"]

    assert await road.part(SOON + 4 * MINUTE)

    assert [reply.text for _, reply, _ in road.channel.sent] == [DONE]
    rows = await everything(database_url)
    assert not rows["receipts"]
    assert not rows["data_keys"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_last_word_that_cannot_arrive_leaves_nothing(
    road: Road, database_url: str, late: bool
) -> None:
    await road.talk("안녕하세요")
    await road.talk("지워줘", now=SOON + MINUTE)
    error = TemporarySendError("fake", "away") if late else PermanentSendError("fake", "refused")
    road.channel.failures = [error, error]
    await road.talk("네", now=SOON + 2 * MINUTE)
    if late:
        await road.part(SOON + timedelta(hours=2))

    rows = await everything(database_url)
    assert not rows["receipts"]
    assert not rows["data_keys"]


async def test_without_its_ledger_nothing_is_destroyed_and_it_is_finished_later(
    road: Road, database: Database, database_url: str, ledger: Ledger
) -> None:
    await road.talk("안녕하세요")
    await road.talk("지워줘", now=SOON + MINUTE)
    away_ = ledger.path.rename(ledger.path.with_suffix(".away"))
    road.channel.sent.clear()

    assert await road.talk("네", now=SOON + 2 * MINUTE) == []
    assert (await everything(database_url))["data_keys"]
    away_.rename(ledger.path)
    await erasure.finish_all(database, ledger, now=SOON + 3 * MINUTE)
    assert await road.part(SOON + 3 * MINUTE)

    assert [reply.text for _, reply, _ in road.channel.sent] == [DONE]
    assert not (await everything(database_url))["data_keys"]


async def test_killed_at_any_step_it_is_finished_at_the_next_start(
    database_url: str, keyring: Keyring, ledger: Ledger
) -> None:
    """Before each statement and each commit of the turn that holds the yes, in turn."""
    step, ended = 0, False
    first = open_database(database_url, keyring=keyring)
    await erasure.prepare(first, ledger, now=NOON)
    other = await talk_of(first, account="someone-else")
    await line_said(first, other.id, "그대로 있어야 해요")
    theirs = (await everything(database_url))["lines"]
    await first.close()
    while not ended:
        step += 1
        ended = await _die_at(step, database_url, keyring, ledger)
        rows = await everything(database_url)
        assert rows["lines"] == theirs, f"step {step}"
        assert len(rows["contacts"]) == 1, f"step {step}"
        assert not rows["receipts"], f"step {step}"
    assert step > 15


async def _die_at(step: int, url: str, keyring: Keyring, ledger: Ledger) -> bool:
    """Erase and be killed at a step; start again and see it done. True: there was no such step."""
    database = open_database(url, keyring=keyring)
    road = Road(database, nlu(away), ledger=ledger)
    began = SOON + step * timedelta(hours=1)
    await road.talk("안녕하세요", now=began)
    talk = await road.conversation()
    await road.talk("지워줘", now=began + MINUTE)
    await road.hear(said("네"), now=began + 2 * MINUTE)
    (turn,) = await road.engine.take(began + 3 * MINUTE, 1)
    killed = False
    with Death(step):
        try:
            await road.engine.work(turn, began + 3 * MINUTE)
        except Killed:
            killed = True
    await database.close()
    channel = road.channel

    database = open_database(url, keyring=keyring)
    await erasure.prepare(database, ledger, now=began + 4 * MINUTE)
    road = Road(database, nlu(away), channel=channel, ledger=ledger)
    await road.answer(began + 5 * MINUTE)  # the lease of the turn has run out
    while await road.part(began + 5 * MINUTE):
        pass
    assert channel.sent[-1][1].text == DONE, f"step {step}"
    assert {talk.id, talk.contact_id} <= {one.owner for one in ledger.read()}
    with pytest.raises(KeyMissing):
        await database.vault.data_key(talk.id)
    async with database.reading() as session:
        assert await read(session, database.vault, talk.id) == ()
    await database.close()
    return not killed


async def _erase(road: Road, *, after: timedelta = MINUTE) -> None:
    await road.talk("지워줘", now=SOON + after)
    assert (await road.talk("네", now=SOON + after + MINUTE))[-1:] == [DONE]


async def _led(road: Road, database: Database) -> tuple[Conversation, Staff]:
    await road.talk("안녕하세요")
    await road.talk("상담사랑 얘기하고 싶어요", now=SOON + MINUTE)
    me = await counselor(database)
    talk = await queue.claim_next(database, NOTICES, me, now=SOON + 2 * MINUTE)
    assert talk is not None
    while await road.deliver(SOON + 2 * MINUTE):
        pass
    return talk, me


async def _in_state(
    road: Road, database: Database, state: str
) -> tuple[Conversation, Staff | None]:
    """A talk of the young person in a state; over, for wrap-up and closed."""
    if state == "bot":
        await road.talk("안녕하세요")
        return await road.conversation(), None
    if state == "queued":
        await road.talk("상담사랑 얘기하고 싶어요")
        return await road.conversation(), None
    talk, me = await _led(road, database)
    if state != "active":
        where = (database, NOTICES, me, talk.id)
        talk = await queue.close(*where, epoch=talk.epoch, seen=1000, now=SOON + 3 * MINUTE)
        await _set_state(database, talk, state)
        while await road.deliver(SOON + 3 * MINUTE):
            pass
    return talk, me


async def _set_state(database: Database, talk: Conversation, state: str) -> None:
    async with database.transaction() as session:
        current = await conversations.get(session, talk.id)
        after = replace(current, state=ConversationState(state))
        if after != current:
            await conversations.save(session, current, after)

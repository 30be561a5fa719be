import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from storage import outbox, transcript
from storage.database import Database
from storage.errors import ConversationChanged, KeyMissing, NotFound, SealBroken
from storage.records import DeliveryState, Line, Speaker
from storage.tables import lines
from tests.factories import NOON, delivery_claimed, said, sent_out, talk_of


async def _read(database: Database, talk_id: UUID, *, after: int = 0) -> tuple[Line, ...]:
    async with database.reading() as session:
        return await transcript.read(session, database.vault, talk_id, after=after)


async def test_what_was_said_is_read_as_it_was_said(database: Database) -> None:
    talk = await talk_of(database)
    one = await said(database, talk.id, "하나", at=NOON - timedelta(microseconds=1))
    two = await said(database, talk.id, "둘", speaker=Speaker.COUNSELOR)

    assert await _read(database, talk.id) == (one, two)
    assert await _read(database, talk.id, after=1) == (two,)
    assert (one.seq, two.seq) == (1, 2)


async def test_an_empty_talk_has_no_lines(database: Database) -> None:
    assert await _read(database, (await talk_of(database)).id) == ()


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_categories=())))
async def test_every_text_is_kept_whole(database: Database, text: str) -> None:
    talk = await talk_of(database, account=str(uuid4()))
    await said(database, talk.id, text)
    assert [line.text for line in await _read(database, talk.id)] == [text]


async def test_numbers_have_no_gap_when_many_write_at_once(database: Database) -> None:
    talk = await talk_of(database)

    await asyncio.gather(*(said(database, talk.id, str(number)) for number in range(40)))

    found = await _read(database, talk.id)
    assert [line.seq for line in found] == list(range(1, 41))
    assert {line.text for line in found} == {str(number) for number in range(40)}


async def test_a_writer_that_fails_leaves_no_gap(database: Database) -> None:
    talk = await talk_of(database)
    await said(database, talk.id, "하나")
    with pytest.raises(RuntimeError):
        await _fail_after_writing(database, talk.id)
    await said(database, talk.id, "셋")

    assert [(line.seq, line.text) for line in await _read(database, talk.id)] == [
        (1, "하나"),
        (2, "셋"),
    ]


async def _fail_after_writing(database: Database, talk_id: UUID) -> None:
    async with database.transaction() as session:
        await transcript.append(
            session,
            database.vault,
            talk_id,
            speaker=Speaker.PERSON,
            text="둘",
            kind="text",
            at=NOON,
        )
        raise RuntimeError


async def test_nothing_can_be_said_in_a_talk_that_is_not_there(database: Database) -> None:
    with pytest.raises(NotFound):
        await said(database, uuid4(), "하나")


async def test_the_delivery_of_an_answer_shows_beside_it(database: Database) -> None:
    talk = await talk_of(database)
    await said(database, talk.id, "질문")
    await sent_out(database, talk, "하나")
    await sent_out(database, talk, "둘")
    delivery = await delivery_claimed(database)
    assert delivery is not None
    async with database.transaction() as session:
        await outbox.settle(session, delivery, DeliveryState.DEAD, now=NOON)

    states = [line.delivery for line in await _read(database, talk.id)]

    assert states == [None, DeliveryState.DEAD, DeliveryState.PENDING]


@pytest.mark.parametrize("change", ["speaker", "seq", "conversation", "row"])
async def test_a_line_that_was_moved_stops_the_whole_reading(
    database: Database, change: str
) -> None:
    talk, other = await talk_of(database, account="a"), await talk_of(database, account="b")
    line = await said(database, talk.id, "하나")
    await said(database, talk.id, "둘")
    values: dict[str, dict[str, object]] = {
        "speaker": {"speaker": Speaker.COUNSELOR},
        "seq": {"seq": 9},
        "conversation": {"conversation_id": other.id},
        "row": {"id": uuid4()},
    }
    async with database.transaction() as session:
        await session.execute(update(lines).where(lines.c.id == line.id).values(values[change]))

    with pytest.raises(SealBroken):
        await _read(database, other.id if change == "conversation" else talk.id)


async def test_without_its_key_a_talk_cannot_be_read_or_continued(database: Database) -> None:
    talk = await talk_of(database)
    await said(database, talk.id, "하나")
    await database.vault.destroy_data_key(talk.id)

    with pytest.raises(KeyMissing):
        await _read(database, talk.id)
    with pytest.raises(KeyMissing):
        await said(database, talk.id, "둘")


async def test_printing_a_line_does_not_show_its_words(database: Database) -> None:
    line = await said(database, (await talk_of(database)).id, "사적인 말")
    assert "사적인" not in repr(line)


async def test_a_line_is_found_again_by_the_id_its_writer_chose(database: Database) -> None:
    talk, other = await talk_of(database, account="a"), await talk_of(database, account="b")
    chosen = uuid4()
    async with database.transaction() as session:
        line = await transcript.append(
            session,
            database.vault,
            talk.id,
            speaker=Speaker.COUNSELOR,
            text="하나",
            kind="reply",
            at=NOON,
            line_id=chosen,
        )

    async with database.reading() as session:
        assert await transcript.find(session, database.vault, talk.id, chosen) == line
        assert await transcript.find(session, database.vault, other.id, chosen) is None
        assert await transcript.find(session, database.vault, talk.id, uuid4()) is None
    assert line.id == chosen


async def test_one_line_id_at_two_talks_is_refused_so_that_the_second_looks_again(
    database: Database,
) -> None:
    one, other = await talk_of(database, account="a"), await talk_of(database, account="b")
    line = await said(database, one.id, "하나")

    with pytest.raises(ConversationChanged):
        async with database.transaction() as session:
            await transcript.append(
                session, database.vault, other.id, speaker=Speaker.COUNSELOR, text="둘",
                kind="reply", at=NOON, line_id=line.id,
            )  # fmt: skip

    assert await _read(database, other.id) == ()

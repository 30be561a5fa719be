"""A colleague reads a talk along: asked, written down first, read-only, until either ends it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from handoff import company, passing, queue
from handoff.errors import NotOffered, NotOwner
from storage import companions
from storage.database import Database
from storage.records import Companion, Conversation, Role, Staff
from tests.factories import NOON, said
from tests.handoff.conftest import (
    NOTICES,
    House,
    Page,
    acts_on,
    claimed,
    counselor,
    lines_of,
    member,
    waiting,
)
from tests.handoff.test_console_socket import take
from tests.handoff.test_passing import at_the_desk


async def led_by(database: Database, owner: Staff) -> Conversation:
    return await claimed(database, owner, await waiting(database))


async def ask(database: Database, owner: Staff, talk: Conversation, who: UUID | None) -> None:
    await company.ask(database, owner, talk.id, epoch=talk.epoch, colleague=who, now=NOON)


async def standing(database: Database) -> list[Companion]:
    async with database.reading() as session:
        return list((await companions.standing(session)).values())


async def test_only_whoever_was_asked_can_read_along_and_only_under_that_epoch(
    database: Database,
) -> None:
    one, two, three = [await at_the_desk(database, name) for name in ("별", "달", "해")]
    talk = await led_by(database, one)
    await ask(database, one, talk, two.id)
    for who, epoch in ((three, talk.epoch), (one, talk.epoch), (two, talk.epoch + 1)):
        with pytest.raises(NotOffered):
            await company.join(database, who, talk.id, epoch=epoch, now=NOON)
    await company.join(database, two, talk.id, epoch=talk.epoch, now=NOON)
    with pytest.raises(NotOffered):
        await company.join(database, two, talk.id, epoch=talk.epoch, now=NOON)

    assert await standing(database) == [Companion(talk.id, talk.epoch, two.id, joined=True)]
    assert (await acts_on(database, talk))[-2:] == ["ask_along", "join_along"]


async def test_any_supervisor_means_one_supervisor_and_no_counselor(database: Database) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    chiefs = [(await member(database, name, role=Role.SUPERVISOR)).staff for name in ("솔", "샘")]
    talk = await led_by(database, one)
    await ask(database, one, talk, None)
    with pytest.raises(NotOffered):
        await company.join(database, two, talk.id, epoch=talk.epoch, now=NOON)
    await company.join(database, chiefs[0], talk.id, epoch=talk.epoch, now=NOON)
    with pytest.raises(NotOffered):
        await company.join(database, chiefs[1], talk.id, epoch=talk.epoch, now=NOON)


async def test_nobody_but_the_owner_asks_and_nobody_who_is_away_is_asked(
    database: Database,
) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    away = await counselor(database, "해")
    talk = await led_by(database, one)
    with pytest.raises(NotOwner):
        await ask(database, two, talk, one.id)
    for who in (away.id, one.id):
        with pytest.raises(NotOffered):
            await ask(database, one, talk, who)
    assert await standing(database) == []


async def test_who_reads_along_can_write_a_note_and_can_do_nothing_else(
    database: Database,
) -> None:
    one, two = await at_the_desk(database, "별"), await at_the_desk(database, "달")
    talk = await led_by(database, one)
    await ask(database, one, talk, two.id)
    where: dict[str, Any] = {"epoch": talk.epoch, "now": NOON}
    note = {"key": uuid4(), "text": "쪽지", **where}
    with pytest.raises(NotOwner):
        await passing.write_note(database, two, talk.id, **note)  # asked, and not there yet
    await company.join(database, two, talk.id, **where)
    before = await lines_of(database, talk)

    await passing.write_note(database, two, talk.id, **note)

    with pytest.raises(NotOwner):
        await queue.say(database, NOTICES, two, talk.id, text="저예요", key=uuid4(), **where)
    with pytest.raises(NotOwner):
        await queue.release(database, NOTICES, two, talk.id, **where)
    with pytest.raises(NotOwner):
        await queue.close(database, NOTICES, two, talk.id, seen=9, **where)
    with pytest.raises(NotOwner):
        await passing.give_to_bot(database, NOTICES, two, talk.id, seen=9, **where)
    assert await lines_of(database, talk) == before


async def test_it_ends_by_either_of_them_and_with_the_talks_epoch(database: Database) -> None:
    one, two, three = [await at_the_desk(database, name) for name in ("별", "달", "해")]
    talk = await led_by(database, one)
    where: dict[str, Any] = {"epoch": talk.epoch, "now": NOON}
    for who in (one, two):
        await ask(database, one, talk, two.id)
        await company.join(database, two, talk.id, **where)
        with pytest.raises(NotOwner):
            await company.end(database, three, talk.id, **where)
        await company.end(database, who, talk.id, **where)
        assert await standing(database) == []
    await ask(database, one, talk, two.id)
    await company.join(database, two, talk.id, **where)

    await queue.release(database, NOTICES, one, talk.id, **where)

    assert await standing(database) == []
    with pytest.raises(NotOwner):
        await queue.open_transcript(database, two, talk.id, epoch=talk.epoch, last=1, now=NOON)


async def test_the_page_of_who_reads_along_is_told_the_words_after_it_is_written_down(
    house: House,
) -> None:
    async with house.console("별") as owner, house.console("달") as reader:
        talk = await waiting(house.database)
        await said(house.database, talk.id, "도와주세요")
        epoch = await take(owner, talk)
        where = {"conversation": str(talk.id), "epoch": epoch}
        await owner.send("ask_along", **where, colleague=await my_id(reader))
        asked = await reader.until("along")
        assert [one["conversation"] for one in asked["talks"]] == [str(talk.id)]
        assert "lines" not in {frame["type"] for frame in reader.frames}

        await reader.send("join", **where)
        talks = await reader.until("talks")
        lines = await reader.until("lines")
        seen = await owner.until("talks")
        while not seen["changed"] or not seen["changed"][0]["company"]["reads"]:
            seen = await owner.until("talks")

        await reader.send("note", **where, key=str(uuid4()), text="여기 있어요")
        assert "여기 있어요" in str(await owner.until("notes"))
        for step in ("say", "release", "typing"):
            await reader.send(step, **where, key=str(uuid4()), text="안녕")
        assert (await reader.until("refused", action="say"))["code"] == "not_owner"
        assert (await reader.until("refused", action="release"))["code"] == "not_owner"

        await owner.send("end_along", **where)
        assert (await reader.until("talks"))["gone"] == [str(talk.id)]
        count = len(reader.frames)
        await said(house.database, talk.id, "이제 안 보여요")
        await owner.until("lines")
        await reader.until("ping")
    assert (talks["changed"][0]["along"], talks["changed"][0]["company"]["reads"]) == (True, True)
    assert "도와주세요" in str(lines)
    assert "이제 안 보여요" not in str(reader.frames[count:])
    acts = await acts_on(house.database, talk)
    assert acts.index("join_along") < acts.index("read", acts.index("join_along"))


async def my_id(page: Page) -> str:
    (hello,) = [frame for frame in page.frames if frame["type"] == "hello"]
    return str(hello["id"])

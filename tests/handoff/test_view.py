"""What a console is told, beyond what its socket shows."""

from datetime import datetime, timedelta

import pytest

from handoff.frames import Lines, QueueChange
from handoff.view import View
from storage import transcript
from storage.database import Database
from storage.records import Speaker
from tests.factories import NOON
from tests.handoff.conftest import claimed, counselor, waiting


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
    database: Database, windows: dict[str, timedelta], until: datetime | None
) -> None:
    await waiting(database, "a")

    (frame,) = (await View(database, await counselor(database), windows).changes(now=NOON))[:1]

    assert isinstance(frame, QueueChange)
    assert frame.changed[0].reply_until == until


async def test_words_taken_back_leave_the_screen_too(database: Database) -> None:
    owner = await counselor(database)
    talk = await claimed(database, owner, await waiting(database, "a"))
    async with database.transaction() as session:
        await transcript.append(
            session,
            database.vault,
            talk.id,
            speaker=Speaker.PERSON,
            text="이건 지울래요",
            kind="text",
            at=NOON,
            message=("fake", "m1"),
        )
    view = View(database, owner, {})
    await view.changes(now=NOON)
    async with database.transaction() as session:
        await transcript.blank(session, database.vault, talk.contact_id, ("fake", "m1"))

    told = [frame for frame in await view.changes(now=NOON) if isinstance(frame, Lines)]
    again = [frame for frame in await view.changes(now=NOON) if isinstance(frame, Lines)]

    assert [(line.text, line.kind) for frame in told for line in frame.lines] == [
        ("", transcript.TAKEN_BACK)
    ]
    assert again == []

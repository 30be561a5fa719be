"""What the command line says about dead letters."""

from uuid import UUID, uuid4

import pytest

from bot import dead
from storage import dead as letters
from storage import inbox
from storage.database import Database
from storage.errors import NotFound
from tests.factories import DUE, accepted, received, turn_taken


async def _dead_event(database: Database) -> UUID:
    await accepted(database, received(text="하나", account="canary-account"))
    turn = await turn_taken(database)
    assert turn is not None
    async with database.transaction() as session:
        await inbox.bury_turn(session, turn, "not_given", now=DUE)
    async with database.reading() as session:
        return (await letters.letters(session))[0].id


async def test_a_table_names_every_letter_and_says_nothing_of_it(database: Database) -> None:
    letter_id = await _dead_event(database)

    head, row = (await dead.listed(database)).splitlines()

    assert head.split() == [
        "id", "kind", "channel", "code", "tries", "received", "set", "aside", "replay",
    ]  # fmt: skip
    assert row.split() == [
        str(letter_id), "event", "fake", "not_given", "0", "2026-11-25", "12:00:00Z",
        "2026-11-25", "12:00:01Z", "yes",
    ]  # fmt: skip


async def test_no_letters_are_said_to_be_none(database: Database) -> None:
    assert await dead.listed(database) == "no dead letters"


async def test_one_letter_is_shown_a_line_each(database: Database) -> None:
    letter_id = await _dead_event(database)

    lines = (await dead.shown(database, letter_id)).splitlines()

    assert lines[0].split() == ["id", str(letter_id)]
    assert lines[3].split() == ["code", "not_given"]
    assert len(lines) == 8


async def test_a_replay_says_what_is_due_again(database: Database) -> None:
    letter_id = await _dead_event(database)

    assert await dead.replayed(database, letter_id, now=DUE) == f"event {letter_id} is due again"

    assert await turn_taken(database) is not None


async def test_an_unknown_letter_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await dead.shown(database, uuid4())
    with pytest.raises(NotFound):
        await dead.replayed(database, uuid4(), now=DUE)

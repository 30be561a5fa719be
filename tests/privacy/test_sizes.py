"""A stored size does not tell a short message from a long one."""

import pytest
from sqlalchemy import Column, func, select

from bot import event_body, reply_body
from bot.messages import InboundMessage, MessageKind, Reply
from storage import outbox, transcript
from storage.database import Database
from storage.records import Speaker
from storage.tables import inbox, lines
from storage.tables import outbox as deliveries
from storage.transcript import Words
from tests.factories import NOON, accepted, received, talk_of

LENGTHS = range(1, 201)
LETTERS = pytest.mark.parametrize("letter", ["a", "가", "💙"])
ACCOUNTS = {"line": "U" + "5a" * 16, "telegram": "7338844991"}


async def _sizes(database: Database, column: Column[bytes]) -> set[int]:
    async with database.reading() as session:
        return set((await session.execute(select(func.length(column)))).scalars())


@LETTERS
async def test_lines_of_a_transcript_have_at_most_two_sizes(
    database: Database, letter: str
) -> None:
    talk = await talk_of(database)
    words = [Words(Speaker.PERSON, letter * length, "text") for length in LENGTHS]
    async with database.transaction() as session:
        await transcript.append_all(session, database.vault, talk.id, words, at=NOON)

    assert len(await _sizes(database, lines.c.text_ct)) <= 2


@LETTERS
@pytest.mark.parametrize("channel", ACCOUNTS)
async def test_deliveries_have_at_most_two_sizes(
    database: Database, channel: str, letter: str
) -> None:
    account = ACCOUNTS[channel]
    messages = [
        InboundMessage(
            channel, f"{length:032}", account, account, MessageKind.TEXT, NOON,
            text=letter * length, message_id=f"{length:018}", reply_token="b" * 32,
        )
        for length in LENGTHS
    ]  # fmt: skip
    events = [received(account=account, text=event_body.dump(one)) for one in messages]
    await accepted(database, *events)

    assert len(await _sizes(database, inbox.c.body_ct)) <= 2


@LETTERS
async def test_answers_have_at_most_two_sizes(database: Database, letter: str) -> None:
    talk = await talk_of(database)
    words = [Words(Speaker.COUNSELOR, letter * length, "reply") for length in LENGTHS]
    async with database.transaction() as session:
        vault = database.vault
        for line in await transcript.append_all(session, vault, talk.id, words, at=NOON):
            body = reply_body.dump(Reply(line.text))
            await outbox.put(session, vault, talk, line, body, from_counselor=True, now=NOON)

    assert len(await _sizes(database, deliveries.c.body_ct)) <= 2

"""Talks and contacts that were kept long enough go, keys first, and nobody else's do."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from storage import audit, contacts, conversations, retention
from storage.database import Database
from storage.errors import KeyMissing
from storage.records import Conversation, ConversationState, Limits
from storage.retention import Due
from tests.factories import NOON, said, sent_out, talk_of
from tests.remains import everything, naming

DAY = timedelta(days=1)
LIMITS = Limits()


async def in_state(database: Database, talk: Conversation, state: str) -> Conversation:
    async with database.transaction() as session:
        current = await conversations.get(session, talk.id)
        after = replace(current, state=ConversationState(state), closed_at=NOON)
        return await conversations.save(session, current, after)


async def purged(database: Database, *, now: datetime) -> None:
    while await retention.purge(database, LIMITS, now=now):
        pass


async def due(database: Database, *, now: datetime) -> Due:
    async with database.reading() as session:
        return await retention.due(session, LIMITS, now=now)


async def test_a_closed_talk_goes_after_its_time_and_no_other(
    database: Database, database_url: str
) -> None:
    talk = await talk_of(database)
    await said(database, talk.id, "이것은 지워져요")
    await sent_out(database, talk, "이것도")
    await in_state(database, talk, "closed")
    other = await talk_of(database, account="account-2", now=NOON + 80 * DAY)
    await said(database, other.id, "이것은 남아요")
    before = await everything(database_url)

    await purged(database, now=NOON + 90 * DAY)
    assert naming(await everything(database_url), talk.id)
    assert await due(database, now=NOON + 91 * DAY) == Due(1, 0, 0, 0)
    await purged(database, now=NOON + 91 * DAY)

    rows = await everything(database_url)
    assert naming(rows, talk.id, talk.contact_id) == {}
    for name in ("lines", "conversations", "contacts", "data_keys"):
        theirs = {r for r in before[name] if repr(other.id) in r or repr(other.contact_id) in r}
        assert rows[name] == theirs


async def test_nobody_is_recognized_after_a_month_of_silence(
    database: Database, database_url: str
) -> None:
    talk = await talk_of(database)
    await said(database, talk.id, "이것은 아직 남아요")
    await sent_out(database, talk, "이것은 더 안 가요")

    await purged(database, now=NOON + 30 * DAY)
    assert await _known(database)
    assert await due(database, now=NOON + 31 * DAY) == Due(0, 1, 0, 0)
    await purged(database, now=NOON + 31 * DAY)

    assert not await _known(database)
    with pytest.raises(KeyMissing):
        await database.vault.data_key(talk.contact_id)
    rows = await everything(database_url)
    assert len(rows["lines"]) == 2
    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)).state is ConversationState.CLOSED
        acts = await audit.entries(session, object_id=talk.id)
    assert [act.action for act in acts] == ["expire"]
    assert (await talk_of(database, now=NOON + 32 * DAY)).contact_id != talk.contact_id


@pytest.mark.parametrize("state", ["queued", "active", "wrapup"])
async def test_who_waits_or_has_a_person_is_not_forgotten(database: Database, state: str) -> None:
    talk = await talk_of(database)
    await in_state(database, talk, state)

    await purged(database, now=NOON + 365 * DAY)

    assert await _known(database)
    async with database.reading() as session:
        assert (await conversations.get(session, talk.id)).state == state


async def test_many_go_in_small_bites(database: Database, database_url: str) -> None:
    for number in range(retention.BITE + 1):
        await in_state(database, await talk_of(database, account=f"a-{number}"), "closed")

    assert await retention.purge(database, LIMITS, now=NOON + 100 * DAY)
    assert len((await everything(database_url))["conversations"]) == 1
    await purged(database, now=NOON + 100 * DAY)

    rows = await everything(database_url)
    assert not rows["conversations"] | rows["contacts"] | rows["data_keys"]


async def _known(database: Database) -> bool:
    async with database.reading() as session:
        found = await contacts.find(session, database.vault, channel="fake", account="account-1")
    return found is not None

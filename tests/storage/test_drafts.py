import pytest

from storage import audit, drafts
from storage.database import Database
from storage.drafts import Draft, DraftState
from storage.errors import DraftRefused
from storage.records import Role, Staff
from tests.factories import NOON
from tests.storage.members import member


async def proposed(database: Database, by: Staff) -> Draft:
    async with database.transaction() as session:
        made = await drafts.propose(session, drafts.WORD, "{}", staff=by, now=NOON)
        return await drafts.get(session, made)


async def _decide(database: Database, draft: Draft, by: Staff, *, approve: bool = True) -> None:
    async with database.transaction() as session:
        await drafts.decide(session, draft, approve=approve, staff=by, now=NOON)


async def _end(database: Database, draft: Draft, by: Staff) -> None:
    async with database.transaction() as session:
        await drafts.end(session, draft, staff=by, now=NOON)


async def _live(database: Database) -> list[Draft]:
    async with database.reading() as session:
        return list(await drafts.live(session, drafts.WORD))


async def test_what_is_proposed_is_live_once_another_person_approved_it_and_ends_at_one_press(
    database: Database,
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    draft = await proposed(database, star)
    assert await _live(database) == []

    await _decide(database, draft, moon)
    [live] = await _live(database)
    assert (live.proposed_by, live.decided_by) == (star.name, moon.name)

    await _end(database, draft, moon)
    assert await _live(database) == []
    async with database.reading() as session:
        [ended] = await drafts.newest(session, drafts.WORD)
        acts = [one.action for one in await audit.entries(session, object_id=draft.id)]
    assert (ended.state, ended.ended_by) == (DraftState.ENDED, moon.name)
    assert acts == ["propose_word", "approve_word", "end_word"]


async def test_nobody_approves_what_they_proposed(database: Database) -> None:
    moon = await member(database, Role.SUPERVISOR)
    draft = await proposed(database, moon)
    with pytest.raises(DraftRefused, match="own_draft"):
        await _decide(database, draft, moon)
    assert await _live(database) == []


@pytest.mark.parametrize("role", [Role.COUNSELOR, Role.ADMINISTRATOR, Role.AUDITOR])
async def test_only_a_supervisor_decides_and_ends(database: Database, role: Role) -> None:
    star, other = await member(database, Role.COUNSELOR), await member(database, role)
    draft = await proposed(database, star)
    for step in (_decide, _end):
        with pytest.raises(DraftRefused, match="not_for_this_role"):
            await step(database, draft, other)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
async def test_who_talks_with_nobody_proposes_nothing(database: Database, role: Role) -> None:
    other = await member(database, role)
    with pytest.raises(DraftRefused, match="not_for_this_role"):
        await proposed(database, other)


async def test_a_draft_is_decided_once(database: Database) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    draft = await proposed(database, star)
    await _decide(database, draft, moon, approve=False)
    with pytest.raises(DraftRefused, match="decided_already"):
        await _decide(database, draft, moon)
    with pytest.raises(DraftRefused, match="decided_already"):
        await _end(database, draft, moon)
    assert await _live(database) == []

"""Sentences changed by staff: two people, one winner, a history, and a way back in one step."""

import asyncio
from dataclasses import replace

import pytest

from storage import audit, drafts, sentences
from storage.database import Database, Topic
from storage.drafts import Draft
from storage.errors import DraftRefused
from storage.records import Role, Staff
from storage.sentences import FILES, Wording
from tests.factories import NOON
from tests.storage.members import member

WORDING = Wording(
    sentence="greet.1", band="", ko="반가워요.", en="Good to see you.", source="", source_date="",
    reason="짧게", base=FILES, files=1, was_ko="안녕하세요.", was_en="Hello.",
)  # fmt: skip
WHERE = ("greet.1", "")


async def proposed(database: Database, by: Staff, wording: Wording = WORDING) -> Draft:
    async with database.transaction() as session:
        made = await sentences.propose(session, wording, staff=by, now=NOON)
        return await drafts.get(session, made)


async def approve(database: Database, draft: Draft, by: Staff) -> int:
    async with database.transaction() as session:
        return await sentences.approve(session, draft, staff=by, now=NOON)


async def go_back(database: Database, by: Staff, base: int, to: int) -> None:
    async with database.transaction() as session:
        await sentences.go_back(session, (*WHERE, base), to=to, reason="틀림", staff=by, now=NOON)


async def live(database: Database) -> dict[tuple[str, str], tuple[int, str | None]]:
    async with database.reading() as session:
        found = await sentences.live(session)
    return {
        (one.sentence, one.band): (one.number, one.wording.ko if one.wording else None)
        for one in found
    }


async def test_a_wording_holds_once_another_person_approved_it_and_says_who_when_and_why(
    database: Database,
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    draft = await proposed(database, star)
    assert await live(database) == {}

    assert await approve(database, draft, moon) == 1

    assert await live(database) == {WHERE: (1, "반가워요.")}
    async with database.reading() as session:
        [one] = await sentences.history(session, "greet.1")
        acts = [row.action for row in await audit.entries(session, object_id=draft.id)]
    assert (one.author, one.approver, one.at, one.reason) == (star.name, moon.name, NOON, "짧게")
    assert one.wording == WORDING
    assert acts == ["propose_sentence", "approve_sentence"]


async def test_nobody_approves_their_own_wording_and_no_counselor_approves_any(
    database: Database,
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    with pytest.raises(DraftRefused, match="own_draft"):
        await approve(database, await proposed(database, moon), moon)
    with pytest.raises(DraftRefused, match="not_for_this_role"):
        await approve(database, await proposed(database, moon), star)
    assert await live(database) == {}


async def test_of_two_approvals_at_once_one_holds_and_the_other_is_told(
    database: Database,
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    sun = await member(database, Role.SUPERVISOR)
    mine = await proposed(database, star)
    other = await proposed(database, star, replace(WORDING, ko="어서 와요."))

    both = await asyncio.gather(
        approve(database, mine, moon), approve(database, other, sun),
        approve(database, mine, sun), return_exceptions=True,
    )  # fmt: skip

    refused = [one.code for one in both if isinstance(one, DraftRefused)]
    assert [one for one in both if isinstance(one, int)] == [1]
    assert len(refused) == 2
    assert set(refused) <= {"decided_already", "changed_meanwhile"}
    async with database.reading() as session:
        assert len(await sentences.history(session, "greet.1")) == 1
        left = [one.state for one in await drafts.newest(session, sentences.KIND)]
    assert sorted(left) == ["live", "proposed"]  # what was refused is as it was


async def test_an_approval_that_began_before_another_was_committed_does_not_replace_it(
    database: Database,
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    mine = await proposed(database, star)
    other = await proposed(database, star, replace(WORDING, ko="어서 와요."))
    async with database.transaction() as session:
        await sentences.approve(session, mine, staff=moon, now=NOON)
        late = asyncio.create_task(approve(database, other, moon))
        await asyncio.sleep(0.3)  # PostgreSQL lets it read and wait; SQLite lets it begin later
    with pytest.raises(DraftRefused, match="changed_meanwhile"):
        await late
    assert await live(database) == {WHERE: (1, "반가워요.")}


async def test_what_was_proposed_for_another_version_is_not_approved(database: Database) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    first, late = await proposed(database, star), await proposed(database, star)
    await approve(database, first, moon)

    with pytest.raises(DraftRefused, match="changed_meanwhile"):
        await approve(database, late, moon)


async def test_any_earlier_version_holds_again_in_one_step_and_nothing_is_forgotten(
    database: Database,
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    await approve(database, await proposed(database, star), moon)
    second = replace(WORDING, ko="어서 와요.", base=1)
    await approve(database, await proposed(database, star, second), moon)
    assert await live(database) == {WHERE: (2, "어서 와요.")}

    async with database.wakeups.subscribe(Topic.SETTINGS) as bell:
        await go_back(database, moon, 2, to=1)
        assert await bell.wait(1)
    assert await live(database) == {WHERE: (3, "반가워요.")}
    await go_back(database, moon, 3, to=FILES)
    assert await live(database) == {WHERE: (4, None)}
    await go_back(database, moon, 4, to=2)
    assert await live(database) == {WHERE: (5, "어서 와요.")}

    async with database.reading() as session:
        kept = await sentences.history(session, "greet.1")
        acts = [row.action for row in await audit.entries(session)]
    assert [one.number for one in kept] == [1, 2, 3, 4, 5]
    assert [one.reason for one in kept] == ["짧게", "짧게", "틀림", "틀림", "틀림"]
    assert acts.count("back_sentence") == 3


@pytest.mark.parametrize(
    ("base", "to", "code"),
    [(0, 1, "changed_meanwhile"), (7, 1, "changed_meanwhile"), (1, 2, "unknown_version")],
)
async def test_no_way_back_from_what_does_not_hold_or_to_what_never_was(
    database: Database, base: int, to: int, code: str
) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    await approve(database, await proposed(database, star), moon)
    with pytest.raises(DraftRefused, match=code):
        await go_back(database, moon, base, to=to)
    assert await live(database) == {WHERE: (1, "반가워요.")}


@pytest.mark.parametrize("role", [Role.COUNSELOR, Role.ADMINISTRATOR, Role.AUDITOR])
async def test_only_a_supervisor_goes_back(database: Database, role: Role) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    await approve(database, await proposed(database, star), moon)
    with pytest.raises(DraftRefused, match="not_for_this_role"):
        await go_back(database, await member(database, role), 1, to=FILES)


async def test_words_for_an_age_have_versions_of_their_own(database: Database) -> None:
    star, moon = await member(database, Role.COUNSELOR), await member(database, Role.SUPERVISOR)
    await approve(database, await proposed(database, star), moon)
    simple = replace(WORDING, band="elementary", ko="안녕.")
    await approve(database, await proposed(database, star, simple), moon)
    assert await live(database) == {
        WHERE: (1, "반가워요."), ("greet.1", "elementary"): (1, "안녕."),
    }  # fmt: skip

"""Whose turn is next, and how many wait for theirs."""

from datetime import timedelta

from storage import inbox
from storage.database import Database
from storage.inbox import YIELD, Backlog
from storage.records import Lane, PendingTurn
from tests.factories import DUE, LEASE, NOON, accepted, received, turn_taken

SECOND = timedelta(seconds=1)


def _texts(turn: PendingTurn | None) -> list[str]:
    assert turn is not None
    return [event.body for event in turn.events]


async def _finish(database: Database, turn: PendingTurn | None) -> None:
    assert turn is not None
    async with database.transaction() as session:
        await inbox.finish_turn(session, turn, now=DUE)


async def _postpone(database: Database, turn: PendingTurn | None) -> None:
    assert turn is not None
    async with database.transaction() as session:
        assert await inbox.postpone_turn(session, turn, now=DUE, backoff=SECOND)


async def _next_due(database: Database) -> object:
    async with database.reading() as session:
        return await inbox.next_due(session)


async def test_someone_new_yields_to_those_whose_talk_runs_and_starves_never(
    database: Database,
) -> None:
    await accepted(database, received(account="known"))
    await _finish(database, await turn_taken(database))
    await accepted(database, received(account="new", text="new"))
    await accepted(database, received(account="known", text="known"), now=NOON + YIELD - SECOND)
    await accepted(database, received(account="later", text="later"), now=NOON + YIELD)

    much_later = DUE + 2 * YIELD
    order = [_texts(await turn_taken(database, now=much_later)) for _ in range(3)]

    assert order == [["known"], ["new"], ["later"]]


async def test_someone_new_is_not_kept_waiting_when_there_is_nobody_else(
    database: Database,
) -> None:
    await accepted(database, received())
    assert await turn_taken(database, now=DUE) is not None


async def test_a_crisis_goes_before_everybody(database: Database) -> None:
    await accepted(database, received(account="a", text="a"), now=NOON - timedelta(hours=1))
    await accepted(database, received(account="b", text="b", lane=Lane.CRISIS))

    assert _texts(await turn_taken(database)) == ["b"]


async def test_a_crisis_shortens_the_wait_of_a_burst_and_nothing_lengthens_it(
    database: Database,
) -> None:
    flood = received(text="하나", settle=timedelta(seconds=5))
    await accepted(database, flood)
    await accepted(database, received(text="둘", settle=timedelta(seconds=9)))
    assert await _next_due(database) == NOON + timedelta(seconds=5)

    await accepted(database, received(text="셋", lane=Lane.CRISIS, settle=SECOND))
    assert await _next_due(database) == NOON + SECOND

    await accepted(database, received(text="넷", lane=Lane.CRISIS, settle=5 * SECOND))
    assert await _next_due(database) == NOON + SECOND


async def test_a_crisis_keeps_its_place_when_its_turn_fails(database: Database) -> None:
    await accepted(database, received(account="b", text="b", lane=Lane.CRISIS))
    await _postpone(database, await turn_taken(database))
    await accepted(database, received(account="a", text="a"), now=NOON - timedelta(hours=1))

    assert _texts(await turn_taken(database, now=DUE + SECOND)) == ["b"]


async def test_a_crisis_in_known_company_is_still_first(database: Database) -> None:
    for account in "ab":
        await accepted(database, received(account=account))
        await _finish(database, await turn_taken(database))
    await accepted(database, received(account="a", text="a"), now=NOON - timedelta(hours=1))
    await accepted(database, received(account="b", text="b1"))
    await accepted(database, received(account="b", text="b2", lane=Lane.CRISIS))

    assert _texts(await turn_taken(database)) == ["b1", "b2"]


async def test_the_backlog_is_who_is_due_and_nobody_works_on(database: Database) -> None:
    for number, account in enumerate("abc"):
        await accepted(database, received(account=account), now=NOON + number * SECOND)
    await turn_taken(database)  # a

    async with database.reading() as session:
        before = await inbox.backlog(session, now=DUE)
        after = await inbox.backlog(session, now=DUE + timedelta(seconds=9))

    assert before == Backlog(0, timedelta(0))
    assert after == Backlog(2, timedelta(seconds=8))


async def test_several_who_are_due_are_taken_at_once_in_their_order(database: Database) -> None:
    for number, account in enumerate("abcd"):
        at = NOON - timedelta(minutes=10 - number)
        await accepted(database, received(account=account, text=account), now=at)
    await accepted(database, received(account="e", text="crisis", lane=Lane.CRISIS))

    async with database.transaction() as session:
        three = await inbox.take_turns(session, database.vault, now=DUE, lease=LEASE, most=3)
        rest = await inbox.take_turns(session, database.vault, now=DUE, lease=LEASE, most=3)

    assert [_texts(turn) for turn in three] == [["crisis"], ["a"], ["b"]]
    assert [_texts(turn) for turn in rest] == [["c"], ["d"]]

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from storage import inbox
from storage.database import Database, open_database
from storage.errors import LeaseLost
from storage.inbox import (
    MAX_ATTEMPTS,
    EventState,
)
from storage.keyring import Keyring, Purpose
from storage.records import PendingTurn
from storage.tables import inbox as table
from storage.tables import routes
from tests.factories import DUE, LEASE, NOON, accepted, received, turn_taken

SECOND = timedelta(seconds=1)


def _texts(turn: PendingTurn | None) -> list[str]:
    assert turn is not None
    return [event.body for event in turn.events]


async def _finish(database: Database, turn: PendingTurn | None, *, code: str = "") -> None:
    assert turn is not None
    async with database.transaction() as session:
        await inbox.finish_turn(session, turn, now=DUE, code=code)


async def _rows(database: Database) -> list[tuple[str, str, bool]]:
    """State, code and whether the body is gone, in order of arrival."""
    async with database.reading() as session:
        rows = await session.execute(select(table).order_by(table.c.position))
        return [(row.state, row.code, row.body_ct is None) for row in rows]


async def _postpone(
    database: Database, turn: PendingTurn | None, *, backoff: timedelta | None = None
) -> bool:
    assert turn is not None
    async with database.transaction() as session:
        return await inbox.postpone_turn(session, turn, now=DUE, backoff=backoff)


async def _next_due(database: Database) -> object:
    async with database.reading() as session:
        return await inbox.next_due(session)


async def test_a_repeated_delivery_is_answered_once(database: Database) -> None:
    assert await accepted(database, received(event_id="e", text="하나")) == 1
    assert await accepted(database, received(event_id="e", text="하나")) == 0

    turn = await turn_taken(database)
    assert _texts(turn) == ["하나"]
    await _finish(database, turn)
    assert await turn_taken(database) is None


async def test_the_first_of_several_bodies_under_one_id_wins(database: Database) -> None:
    first, second = received(event_id="e", text="하나"), received(event_id="e", text="둘")
    other = received(event_id="e", text="셋", account="account-2")

    assert await accepted(database, first, second) == 1
    assert await accepted(database, second, other) == 0

    assert _texts(await turn_taken(database)) == ["하나"]
    assert await turn_taken(database) is None


async def test_the_same_id_on_another_channel_is_another_event(database: Database) -> None:
    one, other = (received(event_id="e", channel=name) for name in ("fake", "other"))
    assert await accepted(database, one, other) == 2


async def test_a_late_repeat_after_the_answer_is_still_known(database: Database) -> None:
    await accepted(database, received(event_id="e"))
    await _finish(database, await turn_taken(database))

    assert await accepted(database, received(event_id="e")) == 0
    assert await turn_taken(database) is None


async def test_a_repeat_beside_a_new_event_makes_nobody_due(database: Database) -> None:
    await accepted(database, received(event_id="e", account="a"))
    await _finish(database, await turn_taken(database))

    await accepted(
        database, received(event_id="e", account="a"), received(account="b", text="새로")
    )

    await _finish(database, await turn_taken(database))
    assert await _next_due(database) is None


async def test_a_burst_is_one_turn_in_order_of_arrival(database: Database) -> None:
    words = [str(number) for number in range(30)]
    await accepted(database, *(received(text=word) for word in words[:20]))
    for word in words[20:]:
        await accepted(database, received(text=word), now=NOON + SECOND / 2)

    assert _texts(await turn_taken(database)) == words


async def test_a_turn_waits_for_the_burst_and_no_longer(database: Database) -> None:
    await accepted(database, received())
    await accepted(database, received(), now=NOON + SECOND / 2)

    assert await turn_taken(database, now=DUE - SECOND / 10) is None
    assert await _next_due(database) == DUE
    assert len(_texts(await turn_taken(database))) == 2


async def test_each_person_has_a_turn_of_their_own_longest_waiting_first(
    database: Database,
) -> None:
    await accepted(database, received(account="b", text="b"), now=NOON - SECOND)
    await accepted(database, received(account="a", text="a"))

    assert [_texts(await turn_taken(database)) for _ in "ab"] == [["b"], ["a"]]
    assert await turn_taken(database) is None


async def test_nothing_accepted_changes_nothing(database: Database) -> None:
    assert await accepted(database) == 0
    assert await _next_due(database) is None


async def test_a_thousand_events_at_once_are_all_kept(database: Database) -> None:
    events = [received(account=f"a{number % 100}") for number in range(1500)]
    assert await accepted(database, *events, *events) == 1500


async def test_a_leased_person_is_not_given_to_a_second_worker(database: Database) -> None:
    await accepted(database, received())
    await turn_taken(database)

    assert await turn_taken(database) is None
    assert await _next_due(database) == DUE + LEASE


async def test_a_lapsed_lease_gives_the_person_to_another_and_locks_the_first_out(
    database: Database,
) -> None:
    await accepted(database, received(text="하나"))
    first = await turn_taken(database)
    second = await turn_taken(database, now=DUE + LEASE)

    assert _texts(second) == ["하나"]
    with pytest.raises(LeaseLost):
        await _finish(database, first)
    with pytest.raises(LeaseLost):
        await _postpone(database, first)
    await _finish(database, second)


async def test_what_came_during_a_turn_is_the_next_turn(database: Database) -> None:
    await accepted(database, received(text="하나"))
    turn = await turn_taken(database)
    await accepted(database, received(text="둘"), now=DUE)

    assert await turn_taken(database) is None  # one worker at a time
    await _finish(database, turn)
    assert _texts(await turn_taken(database)) == ["둘"]


async def test_what_came_during_a_turn_of_a_worker_that_died_is_not_lost(
    database: Database,
) -> None:
    await accepted(database, received(text="하나"))
    await turn_taken(database)
    await accepted(database, received(text="둘"), now=DUE)

    assert _texts(await turn_taken(database, now=DUE + LEASE)) == ["하나", "둘"]


async def test_a_tombstone_keeps_the_hash_and_nothing_of_the_person(database: Database) -> None:
    await accepted(database, received(event_id="e"))
    await _finish(database, await turn_taken(database))

    async with database.reading() as session:
        row = (await session.execute(select(table))).one()
    assert (row.state, row.body_ct, row.route) == (EventState.DONE, None, None)
    assert row.event_hash == database.vault.event_hash("fake", "e")


async def test_a_body_that_does_not_open_is_dead_and_blocks_nobody(database: Database) -> None:
    await accepted(database, received(text="하나"), received(text="둘"), received(text="셋"))
    async with database.transaction() as session:
        rows = (await session.execute(select(table).order_by(table.c.position))).all()
        await session.execute(
            update(table).where(table.c.id == rows[1].id).values(body_ct=rows[0].body_ct)
        )

    turn = await turn_taken(database)
    assert _texts(turn) == ["하나", "셋"]
    await _finish(database, turn)
    assert await turn_taken(database) is None
    async with database.reading() as session:
        codes = await session.execute(select(table.c.state, table.c.code, table.c.body_ct))
        dead = [row for row in codes if row.state == EventState.DEAD]
    assert [(row.code, row.body_ct is None) for row in dead] == [("tag", False)]


@pytest.mark.parametrize("body", [b"", b"x" * 33, b"\1\1\0\0\0\x63" + b"x" * 60])
async def test_a_person_with_nothing_but_broken_events_is_passed_over(
    database: Database, body: bytes
) -> None:
    await accepted(database, received(account="a"), now=NOON - SECOND)
    async with database.transaction() as session:
        await session.execute(update(table).values(body_ct=body))
    await accepted(database, received(account="b", text="둘"))

    assert _texts(await turn_taken(database)) == ["둘"]
    assert await turn_taken(database, now=DUE + LEASE) is not None  # b again, not a


async def test_without_the_intake_key_an_event_is_dead_and_kept(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    await accepted(database, received())
    locked = Keyring(keyring.id, [k for k in keyring.keys if k.purpose is not Purpose.INTAKE])

    other = open_database(database_url, keyring=locked)
    assert await turn_taken(other) is None
    await other.close()

    async with database.reading() as session:
        row = (await session.execute(select(table))).one()
    assert row.state == EventState.DEAD
    assert row.body_ct is not None


async def test_a_failed_turn_comes_back_after_a_doubling_wait(database: Database) -> None:
    await accepted(database, received())
    waits = []
    now = DUE
    for _ in range(MAX_ATTEMPTS - 1):
        turn = await turn_taken(database, now=now)
        assert await _postpone(database, turn)
        due = await _next_due(database)
        assert isinstance(due, type(NOON))
        waits.append((due - DUE).total_seconds())
        now = due

    assert waits == [0.5, 1, 2, 4, 8, 16, 32]


async def test_a_failure_says_how_long_to_wait(database: Database) -> None:
    await accepted(database, received())

    await _postpone(database, await turn_taken(database), backoff=timedelta(minutes=5))

    assert await _next_due(database) == DUE + timedelta(minutes=5)


async def test_after_the_eighth_failure_the_turn_is_kept_for_a_person(database: Database) -> None:
    await accepted(database, received(text="하나"))
    for _ in range(MAX_ATTEMPTS - 1):
        turn = await turn_taken(database)
        assert await _postpone(database, turn, backoff=timedelta())
    last = await turn_taken(database)

    assert not await _postpone(database, last)

    assert await turn_taken(database) is None  # still leased
    await _finish(database, last, code="given")
    assert await _next_due(database) is None
    assert await _rows(database) == [(EventState.DONE, "given", True)]


async def test_a_turn_that_is_set_aside_keeps_its_bodies_and_lets_the_next_one_go(
    database: Database,
) -> None:
    await accepted(database, received(text="하나"), received(text="둘"))
    turn = await turn_taken(database)
    await accepted(database, received(text="셋"))
    assert turn is not None

    async with database.transaction() as session:
        await inbox.bury_turn(session, turn, "not_given", now=DUE)

    assert _texts(await turn_taken(database)) == ["셋"]
    dead = (EventState.DEAD, "not_given", False)
    assert await _rows(database) == [dead, dead, (EventState.PENDING, "", False)]


async def test_one_event_of_a_turn_is_set_aside_and_the_rest_is_finished(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await accepted(database, received(text="하나"), received(text="둘"))
    turn = await turn_taken(database)
    assert turn is not None
    async with database.transaction() as session:
        await inbox.bury(session, turn, turn.events[0].id, "body", now=DUE)

    await _finish(database, replace(turn, events=turn.events[1:]))

    assert await _rows(database) == [(EventState.DEAD, "body", False), (EventState.DONE, "", True)]
    assert [(record.levelname, record.msg) for record in caplog.records] == [
        ("ERROR", "event is dead")
    ]
    assert "하나" not in caplog.text


async def test_nothing_is_set_aside_by_a_worker_that_came_too_late(database: Database) -> None:
    await accepted(database, received())
    late = await turn_taken(database)
    await turn_taken(database, now=DUE + LEASE)
    assert late is not None

    with pytest.raises(LeaseLost):
        async with database.transaction() as session:
            await inbox.bury(session, late, late.events[0].id, "body", now=DUE)
    with pytest.raises(LeaseLost):
        async with database.transaction() as session:
            await inbox.bury_turn(session, late, "not_given", now=DUE)


async def test_events_that_another_worker_finished_cannot_be_finished_again(
    database: Database,
) -> None:
    await accepted(database, received(text="하나"))
    paused = await turn_taken(database)
    await _finish(database, paused)
    async with database.transaction() as session:  # eight days later the route was swept
        await session.execute(delete(routes))
    await accepted(database, received(text="둘"))
    second = await turn_taken(database)

    assert paused is not None
    assert second is not None
    assert second.fence == paused.fence
    with pytest.raises(LeaseLost):
        await _finish(database, paused)
    await _finish(database, second)


async def test_a_turn_says_which_process_reaches_the_person(database: Database) -> None:
    process = uuid4()
    await accepted(database, received(), received(holder=process))

    turn = await turn_taken(database)

    assert turn is not None
    assert [event.holder for event in turn.events] == [None, process]


async def test_the_fence_grows_with_every_lease(database: Database) -> None:
    await accepted(database, received())
    first = await turn_taken(database)
    second = await turn_taken(database, now=DUE + LEASE)

    assert first is not None
    assert second is not None
    assert second.fence > first.fence
    with pytest.raises(LeaseLost):
        await _finish(database, replace(second, fence=second.fence + 1))

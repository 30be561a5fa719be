"""What must be true of the stored rows after every step of the handoff machine (H1-H12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from storage import conversations
from storage.database import Database
from storage.tables import audit, lines, staff_sessions
from storage.tables import conversations as talk_rows
from tests.handoff.model import Expected, in_line


@dataclass(frozen=True)
class Rows:
    """Everything that is stored about handing over, read at one moment."""

    talks: dict[UUID, Any]
    lines: Sequence[Any]
    acts: Sequence[Any]
    shown: list[UUID]  # the queue, as consoles see it
    signed_in: set[UUID]


class Invariants:
    """Remembers what must never change again, and compares the rest with the model."""

    def __init__(self) -> None:
        self._owners: dict[tuple[UUID, int], UUID] = {}  # who had each epoch
        self._closed: dict[UUID, tuple[Any, ...]] = {}

    async def read(self, database: Database) -> Rows:
        async with database.reading() as session:
            talks = {row.id: row for row in await session.execute(select(talk_rows))}
            said = (await session.execute(select(lines).order_by(lines.c.seq))).all()
            acts = (await session.execute(select(audit).order_by(audit.c.position))).all()
            shown = [one.id for one in await conversations.queue(session)]
            signed_in = set((await session.execute(select(staff_sessions.c.staff_id))).scalars())
        return Rows(talks, said, acts, shown, signed_in)

    def compare(self, rows: Rows, talks: Sequence[Expected], away: Collection[UUID]) -> None:
        assert set(rows.talks) == {talk.id for talk in talks}
        for talk in talks:
            row = rows.talks[talk.id]
            own = [line for line in rows.lines if line.conversation_id == talk.id]
            _same_row(talk, row)
            assert [line.seq for line in own] == list(range(1, len(own) + 1))  # H4: no gap
            assert [line.speaker for line in own] == talk.speakers  # H2, H3, H7, H9
            # H12: every change has its row, and no row is of a change that was not.
            assert [act.action for act in rows.acts if act.object_id == talk.id] == talk.acts
            self._one_owner_an_epoch(row)
            self._closed_stays_closed(row, len(own))
        waiting = [talk for talk in talks if talk.state == "queued"]
        assert rows.shown == [talk.id for talk in in_line(waiting)]  # H5, H6
        led = {row.owner_id for row in rows.talks.values() if row.state == "active"}
        assert not led & set(away)  # H11
        assert not rows.signed_in & set(away)

    def _one_owner_an_epoch(self, row: Any) -> None:
        if row.state == "active":  # H1
            assert self._owners.setdefault((row.id, row.epoch), row.owner_id) == row.owner_id
            assert row.epoch == max(epoch for talk, epoch in self._owners if talk == row.id)

    def _closed_stays_closed(self, row: Any, said: int) -> None:
        if row.state == "closed":  # H9
            assert self._closed.setdefault(row.id, (tuple(row), said)) == (tuple(row), said)
        else:
            assert row.id not in self._closed


def _same_row(talk: Expected, row: Any) -> None:
    assert (row.state, row.risk, row.reason) == (talk.state, talk.risk, talk.reason)
    assert (row.epoch, row.version) == (talk.epoch, talk.version)  # H1, H2
    assert (row.queued_at, row.lease_until) == (talk.queued_at, talk.lease_until)  # H7
    assert row.owner_id == talk.owner  # H1
    assert (row.owner_id is not None) or row.state != "active"

"""What one console was told, so that it is told only what is different."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from handoff import frames, queue, steps
from handoff.errors import NotOwner
from handoff.frames import (
    Alarm,
    Card,
    Colleagues,
    Delivery,
    Lines,
    Notes,
    OffersChange,
    Refused,
    ServerFrame,
    Summary,
    Talk,
    TalksChange,
)
from handoff.look import Led, Look, difference
from handoff.summaries import Facts, Summarize
from storage import case_notes, conversations, transcript
from storage.database import Database, Session
from storage.errors import KeyMissing, SealBroken
from storage.marks import Mark
from storage.records import (
    TRAVELLING_STATES,
    CaseNote,
    DeliveryState,
    Line,
    Role,
    Staff,
)


class View:
    """Turns looks into frames for one console; opens the words of its counselor's talks only."""

    def __init__(self, database: Database, staff: Staff, summarize: Summarize) -> None:
        self._summarize = summarize
        self._notes: dict[UUID, tuple[CaseNote, ...]] = {}  # that were told
        self._facts: dict[UUID, Facts] = {}
        self._database = database
        self._staff = staff
        self._seen: Look | None = None
        self._talks: Mapping[UUID, Talk] = {}
        self._marks: dict[UUID, Mark] = {}  # of the lines that were told
        self._told: dict[UUID, dict[int, DeliveryState | None]] = {}  # by line
        self._blanked: dict[UUID, frozenset[int]] = {}  # lines known to be taken back

    def heads(self, look: Look) -> list[str]:
        """Return the frames about the queue and the talks, as JSON.

        The first call always returns both, even when they are empty.
        """
        seen, self._seen = self._seen, look
        change = look.since(seen)
        others = [*self._staff_frames(seen, look), *self._talks_change(look, first=seen is None)]
        return [*([change] if change else []), *_dumped(others)]

    def _staff_frames(self, seen: Look | None, look: Look) -> list[ServerFrame]:
        """Return what is new about colleagues, offers to this one and, for some, alarms."""
        told: list[ServerFrame] = []
        if seen is None or seen.colleagues != look.colleagues:
            told.append(Colleagues(look.colleagues))
        offers = look.offered.get(self._staff.id, ())
        if offers != (seen.offered.get(self._staff.id, ()) if seen else ()):
            told.append(OffersChange(offers))
        if seen is not None and self._staff.role is Role.SUPERVISOR:
            told += [Alarm(card, owner) for card, owner in _risen(seen, look)]
        return told

    def unread(self, look: Look) -> list[tuple[UUID, Led]]:
        """Return this counselor's talks whose lines look different than when they were told."""
        mine = look.led.get(self._staff.id, {})
        return [(one, led) for one, led in mine.items() if self._marks.get(one) != led.mark]

    async def lines(self, talk_id: UUID, led: Led, *, now: datetime) -> list[str]:
        """Return the frames about the lines of one talk, as JSON.

        What cannot be read now is tried again at the next look.

        Raises:
            DatabaseAway: try again later.
        """
        try:
            told = await self._new_lines(talk_id, led.talk.epoch, now=now)
        except NotOwner:
            return []  # lost since we looked; the next look says so
        except (SealBroken, KeyMissing):
            return _dumped([Refused("read", "unreadable", talk_id)])
        self._marks[talk_id] = led.mark
        return _dumped(told)

    def _talks_change(self, look: Look, *, first: bool) -> list[ServerFrame]:
        talks = {one: led.talk for one, led in look.led.get(self._staff.id, {}).items()}
        changed, gone = difference(self._talks, talks)
        for talk_id, talk in self._talks.items():
            if talk_id not in talks or talks[talk_id].epoch != talk.epoch:
                self._told.pop(talk_id, None)
                self._marks.pop(talk_id, None)
                self._notes.pop(talk_id, None)
                self._facts.pop(talk_id, None)
        self._talks = talks
        return [TalksChange(changed, gone)] if changed or gone or first else []

    async def _new_lines(self, talk_id: UUID, epoch: int, *, now: datetime) -> list[ServerFrame]:
        if talk_id not in self._told:
            await queue.open_transcript(self._database, self._staff, talk_id, epoch=epoch, now=now)
            self._told[talk_id], self._blanked[talk_id] = {}, frozenset()
        async with self._database.reading() as session:
            # Asked again: a page that takes its frames slowly reads long after the look.
            await steps.owned(session, self._staff, talk_id, epoch=epoch)
            lines = await self._read(session, talk_id)
            blanked = await transcript.taken_back(session, talk_id)
            again = await self._read_again(session, talk_id, blanked - self._blanked[talk_id])
            beside = await self._beside(session, talk_id)
        self._blanked[talk_id] = blanked
        return [*beside, *self._tell(talk_id, lines), *again]

    async def _beside(self, session: Session, talk_id: UUID) -> list[ServerFrame]:
        """Tell what stands beside the lines, when it is different: notes, and the summary."""
        vault = self._database.vault
        notes = await case_notes.read(session, vault, talk_id)
        talk = await conversations.get(session, talk_id)
        facts = self._summarize(await conversations.memory(session, vault, talk))
        told: list[ServerFrame] = []
        if facts != self._facts.get(talk_id, {}):
            told.append(Summary(talk_id, facts))
        if notes != self._notes.get(talk_id, ()):
            told.append(Notes(talk_id, notes))
        self._facts[talk_id], self._notes[talk_id] = facts, notes
        return told

    async def _read(self, session: Session, talk_id: UUID) -> Sequence[Line]:
        told = self._told[talk_id]
        travelling = [seq for seq, state in told.items() if state in TRAVELLING_STATES]
        after = min(travelling) - 1 if travelling else max(told, default=0)
        return await transcript.read(session, self._database.vault, talk_id, after=after)

    async def _read_again(
        self, session: Session, talk_id: UUID, fresh: frozenset[int]
    ) -> list[ServerFrame]:
        """Tell again, now without words, what its writer has unsent."""
        if not fresh:
            return []
        vault = self._database.vault
        lines = await transcript.read(session, vault, talk_id, after=min(fresh) - 1)
        return [Lines(talk_id, tuple(line for line in lines if line.seq in fresh))]

    def _tell(self, talk_id: UUID, lines: Sequence[Line]) -> list[ServerFrame]:
        told = self._told[talk_id]
        fresh = tuple(line for line in lines if line.seq not in told)
        moved = [line for line in lines if line.seq in told and told[line.seq] != line.delivery]
        told.update({line.seq: line.delivery for line in lines})
        moves: list[ServerFrame] = [
            Delivery(talk_id, line.seq, line.delivery) for line in moved if line.delivery
        ]
        return [*moves, Lines(talk_id, fresh)] if fresh else moves


def _risen(seen: Look, look: Look) -> list[tuple[Card, UUID]]:
    """Return the led talks whose risk has grown, with their owners."""
    led = [(seen.active[one][0], now) for one, now in look.active.items() if one in seen.active]
    return [now for before, now in led if now[0].risk > before.risk]


def _dumped(changes: Iterable[ServerFrame]) -> list[str]:
    return [frames.dump(change) for change in changes]

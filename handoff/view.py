"""What one console was told, so that it is told only what is different."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from handoff import earlier, frame_text, queue, steps
from handoff.errors import NotAudited, NotOwner
from handoff.frames import (
    Alarm,
    AlongChange,
    Card,
    Colleagues,
    Delivery,
    Earlier,
    Lines,
    Notes,
    OffersChange,
    Refused,
    ServerFrame,
    StoppedTexts,
    Summary,
    Talk,
    TalksChange,
)
from handoff.look import Led, Look, difference
from handoff.summaries import Facts, Summarize
from storage import audit, case_notes, conversations, stopped, transcript
from storage.database import Database, Session
from storage.errors import KeyMissing, SealBroken
from storage.marks import Mark
from storage.records import (
    TRAVELLING_STATES,
    CaseNote,
    DeliveryState,
    Line,
    Risk,
    Role,
    Staff,
    Stopped,
)


class View:
    """Turns looks into frames for one console; opens the words of its counselor's talks only."""

    def __init__(self, database: Database, staff: Staff, summarize: Summarize) -> None:
        self._summarize = summarize
        self._notes: dict[UUID, tuple[CaseNote, ...]] = {}  # that were told
        self._facts: dict[UUID, Facts] = {}
        self._stopped: dict[UUID, tuple[Stopped, ...]] = {}
        self._database = database
        self._staff = staff
        self._seen: Look | None = None
        self._talks: Mapping[UUID, Talk] = {}
        self._marks: dict[UUID, Mark] = {}  # of the lines that were told
        self._told: dict[UUID, dict[int, DeliveryState | None]] = {}  # by line
        self._earlier: dict[UUID, tuple[int, UUID]] = {}  # epoch and earlier talk that were told
        self._broken: set[UUID] = set()  # talks of which a line does not open
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
        asked = look.asked_along(self._staff)
        if asked != (seen.asked_along(self._staff) if seen else ()):
            told.append(AlongChange(asked))
        if seen is not None and self._staff.role is Role.SUPERVISOR:
            risen = _risen(seen, look)
            told += [Alarm(*one) for one in risen if not self._shows(one[0].conversation, look)]
        return told

    def _shows(self, talk_id: UUID, look: Look) -> bool:
        """Tell whether the page shows a talk before and after a look: its change is the alarm."""
        return talk_id in self._talks and talk_id in look.led.get(self._staff.id, {})

    def leads(self, talk_id: UUID) -> bool:
        """Tell whether this counselor's page shows a talk as theirs."""
        return talk_id in self._talks and not self._talks[talk_id].along

    def unread(self, look: Look) -> list[tuple[UUID, Led]]:
        """Return this counselor's talks whose lines look different than when they were told."""
        mine = look.led.get(self._staff.id, {})
        return [(one, led) for one, led in mine.items() if self._is_different(one, led)]

    def _is_different(self, talk_id: UUID, led: Led) -> bool:
        return self._marks.get(talk_id) != led.mark or self._asks_anew(talk_id, led)

    def _asks_anew(self, talk_id: UUID, led: Led) -> bool:
        return self._stopped.get(talk_id, ()) != led.stopped

    async def lines(self, talk_id: UUID, led: Led, *, now: datetime) -> list[str]:
        """Return the frames about the lines of one talk, as JSON.

        What cannot be read now is tried again at the next look.

        Raises:
            DatabaseAway: try again later.
        """
        try:
            upto = await self._written_down(talk_id, led, now=now)
            beside = await self._beside_written_down(talk_id, led, upto, now=now)
            told = await self._new_lines(talk_id, led, upto, beside=beside)
            told += await self._came_back(talk_id, led.talk.epoch, now=now)
        except NotOwner:
            return []  # lost since we looked; the next look says so
        except NotAudited as error:
            return _dumped([Refused("read", error.code, talk_id)])
        except KeyMissing:
            return _dumped([Refused("read", "unreadable", talk_id)])
        except SealBroken as error:
            await self._note_broken(talk_id, error.code, now=now)
            return _dumped([Refused("read", "unreadable", talk_id)])
        self._marks[talk_id] = led.mark
        return _dumped(told)

    async def _note_broken(self, talk_id: UUID, code: str, *, now: datetime) -> None:
        """Write down once for this console that a line of a talk does not open."""
        if talk_id in self._broken:
            return
        self._broken.add(talk_id)
        async with self._database.transaction() as session:
            await audit.note_broken(session, talk_id, purpose="transcript", code=code, now=now)

    def _talks_change(self, look: Look, *, first: bool) -> list[ServerFrame]:
        talks = {one: led.talk for one, led in look.led.get(self._staff.id, {}).items()}
        changed, gone = difference(self._talks, talks)
        for talk_id, talk in self._talks.items():
            if talk_id not in talks or talks[talk_id].epoch != talk.epoch:
                self._told.pop(talk_id, None)
                self._marks.pop(talk_id, None)
                self._notes.pop(talk_id, None)
                self._facts.pop(talk_id, None)
                self._stopped.pop(talk_id, None)
        self._talks = talks
        erased = tuple(one for one in gone if one in look.erased)
        moved = {one: look.moved[one] for one in gone if one in look.moved}
        moved = {one: who for one, who in moved.items() if who != self._staff.id}
        return [TalksChange(changed, gone, erased, moved)] if changed or gone or first else []

    async def _written_down(self, talk_id: UUID, led: Led, *, now: datetime) -> int:
        """Write down which lines this page is about to read, if any is new; return the last.

        One row for the opening of a talk and one for each batch of lines that came since. A
        line that comes after the look is of the next batch, and is not opened before.
        """
        told = max(self._told.get(talk_id, ()), default=0)
        last = led.mark.last_seq
        if last > told:
            await queue.open_transcript(
                self._database, self._staff, talk_id, epoch=led.talk.epoch,
                first=told + 1, last=last, now=now,
            )  # fmt: skip
        return max(told, last)

    async def _beside_written_down(
        self, talk_id: UUID, led: Led, upto: int, *, now: datetime
    ) -> bool:
        """Write down that the page is about to read what stands beside the lines, if it is.

        It is read at the opening, with every batch of lines, and when a note came.
        """
        fresh = upto > max(self._told.get(talk_id, ()), default=0) or talk_id not in self._facts
        noted = len(self._notes.get(talk_id, ())) != led.mark.notes
        if not fresh and not noted and not self._asks_anew(talk_id, led):
            return False
        await queue.open_beside(self._database, self._staff, talk_id, epoch=led.talk.epoch, now=now)
        return True

    async def _new_lines(
        self, talk_id: UUID, led: Led, upto: int, *, beside: bool
    ) -> list[ServerFrame]:
        told = self._told.setdefault(talk_id, {})
        known = self._blanked.setdefault(talk_id, frozenset())
        async with self._database.reading() as session:
            # Asked again: a page that takes its frames slowly reads long after the look.
            await steps.read_by(session, self._staff, talk_id, epoch=led.talk.epoch)
            lines = await self._read(session, talk_id, _first_unsettled(told), upto)
            blanked = await transcript.taken_back(session, talk_id)
            fresh = frozenset(seq for seq in blanked - known if seq <= upto)
            again = await self._read_again(session, talk_id, fresh, upto)
            around = await self._beside(session, talk_id, led) if beside else []
        self._blanked[talk_id] = known | fresh
        return [*around, *self._tell(talk_id, lines), *again]

    async def _came_back(self, talk_id: UUID, epoch: int, *, now: datetime) -> list[ServerFrame]:
        """Tell once the talk that this person came back to by their code."""
        before = await earlier.earlier_id(self._database, talk_id)
        if before is None or self._earlier.get(talk_id) == (epoch, before):
            return []
        lines = await earlier.open_earlier(
            self._database, self._staff, talk_id, before, epoch=epoch, now=now
        )
        self._earlier[talk_id] = (epoch, before)
        return [Earlier(talk_id, lines)]

    async def _beside(self, session: Session, talk_id: UUID, led: Led) -> list[ServerFrame]:
        """Tell what is different beside the lines: notes, summary, texts asked to be released."""
        vault = self._database.vault
        notes = await case_notes.read(session, vault, talk_id)
        talk = await conversations.get(session, talk_id)
        facts = self._summarize(await conversations.memory(session, vault, talk))
        told: list[ServerFrame] = []
        if facts != self._facts.get(talk_id, {}):
            told.append(Summary(talk_id, facts))
        if notes != self._notes.get(talk_id, ()):
            told.append(Notes(talk_id, notes))
        if self._asks_anew(talk_id, led):
            words = await stopped.read(session, vault, talk_id, [one.id for one in led.stopped])
            texts = tuple((one, words[one.id]) for one in led.stopped if one.id in words)
            told.append(StoppedTexts(talk_id, texts))
        self._facts[talk_id], self._notes[talk_id] = facts, notes
        self._stopped[talk_id] = led.stopped
        return told

    async def _read(self, session: Session, talk_id: UUID, first: int, upto: int) -> Sequence[Line]:
        vault = self._database.vault
        return await transcript.read(session, vault, talk_id, after=first - 1, upto=upto)

    async def _read_again(
        self, session: Session, talk_id: UUID, fresh: frozenset[int], upto: int
    ) -> list[ServerFrame]:
        """Tell again, now without words, what its writer has unsent."""
        if not fresh:
            return []
        lines = await self._read(session, talk_id, min(fresh), upto)
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
    """Return the led talks whose risk has grown to an alarm, with their owners."""
    led = [(seen.active[one][0], now) for one, now in look.active.items() if one in seen.active]
    return [now for before, now in led if now[0].risk > before.risk and now[0].risk >= Risk.HIGH]


def _first_unsettled(told: Mapping[int, DeliveryState | None]) -> int:
    """Return the first line that is new or still on its way."""
    travelling = [seq for seq, state in told.items() if state in TRAVELLING_STATES]
    return min(travelling, default=max(told, default=0) + 1)


def _dumped(changes: Iterable[ServerFrame]) -> list[str]:
    return [frame_text.dump(change) for change in changes]

"""What one console shows: the queue, its counselor's talks, and what changed since it looked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from handoff import queue
from handoff.alias import alias
from handoff.errors import NotOwner
from handoff.frames import (
    Card,
    Delivery,
    Lines,
    QueueChange,
    Refused,
    ServerFrame,
    Talk,
    TalksChange,
    card,
)
from storage import conversations, transcript
from storage.database import Database
from storage.errors import KeyMissing, SealBroken
from storage.records import Conversation, DeliveryState, Language, Line, Staff

_TRAVELLING = (DeliveryState.PENDING, DeliveryState.WAITING_FOR_USER)


class View:
    """Remembers what a console was told, so that it is told only what is different."""

    def __init__(self, database: Database, staff: Staff, windows: Mapping[str, timedelta]) -> None:
        self._database = database
        self._staff = staff
        self._windows = windows
        self._blanked: dict[UUID, frozenset[int]] = {}  # lines known to be taken back
        self._cards: dict[UUID, Card] = {}
        self._talks: dict[UUID, Talk] = {}
        self._told: dict[UUID, dict[int, DeliveryState | None]] = {}  # by line
        self._first = True

    async def changes(self, *, now: datetime) -> list[ServerFrame]:
        """Read everything this console may see; return the frames that bring it up to date.

        The first call always returns the queue and the talks, even when they are empty.

        Raises:
            DatabaseAway: try again later.
        """
        async with self._database.reading() as session:
            waiting = await conversations.queue(session)
            mine = await conversations.owned_by(session, self._staff.id)
        frames = [*self._queue_change(waiting), *self._talks_change(mine)]
        self._first = False
        for talk in mine:
            frames += await self._new_lines(talk, now=now)
        return frames

    def _queue_change(self, waiting: Sequence[Conversation]) -> list[ServerFrame]:
        cards = {one.id: self._card(one) for one in waiting}
        changed, gone = _difference(self._cards, cards)
        self._cards = cards
        return [QueueChange(changed, gone)] if changed or gone or self._first else []

    def _talks_change(self, mine: Sequence[Conversation]) -> list[ServerFrame]:
        talks = {one.id: Talk(self._card(one), one.epoch) for one in mine}
        changed, gone = _difference(self._talks, talks)
        for talk_id, talk in self._talks.items():
            if talk_id not in talks or talks[talk_id].epoch != talk.epoch:
                self._told.pop(talk_id, None)
        self._talks = talks
        return [TalksChange(changed, gone)] if changed or gone or self._first else []

    def _card(self, conversation: Conversation) -> Card:
        window = self._windows.get(conversation.channel)
        return card(conversation, _names(conversation.id), window=window)

    async def _new_lines(self, talk: Conversation, *, now: datetime) -> list[ServerFrame]:
        try:
            if talk.id not in self._told:
                await queue.open_transcript(
                    self._database, self._staff, talk.id, epoch=talk.epoch, now=now
                )
                self._told[talk.id] = {}
                self._blanked[talk.id] = frozenset()
            frames = self._tell(talk.id, await self._read(talk.id))
            return [*frames, *await self._taken_back(talk.id)]
        except NotOwner:
            return []  # lost since we looked; the next look says so
        except (SealBroken, KeyMissing):
            return [Refused("read", "unreadable", talk.id)]

    async def _read(self, talk_id: UUID) -> Sequence[Line]:
        told = self._told[talk_id]
        travelling = [seq for seq, state in told.items() if state in _TRAVELLING]
        after = min(travelling) - 1 if travelling else max(told, default=0)
        async with self._database.reading() as session:
            return await transcript.read(session, self._database.vault, talk_id, after=after)

    async def _taken_back(self, talk_id: UUID) -> list[ServerFrame]:
        """Tell again, now without words, what its writer has unsent."""
        async with self._database.reading() as session:
            blanked = await transcript.taken_back(session, talk_id)
            fresh = blanked - self._blanked[talk_id]
            self._blanked[talk_id] = blanked
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
        frames: list[ServerFrame] = [
            Delivery(talk_id, line.seq, line.delivery) for line in moved if line.delivery
        ]
        return [*frames, Lines(talk_id, fresh)] if fresh else frames


_Shown = TypeVar("_Shown")


def _difference(
    before: Mapping[UUID, _Shown], after: Mapping[UUID, _Shown]
) -> tuple[tuple[_Shown, ...], tuple[UUID, ...]]:
    changed = tuple(shown for one, shown in after.items() if before.get(one) != shown)
    return changed, tuple(one for one in before if one not in after)


def _names(conversation_id: UUID) -> Mapping[str, str]:
    return {language.value: alias(conversation_id, language) for language in Language}

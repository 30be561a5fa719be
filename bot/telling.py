"""Tells those who wait, unasked, what changed for them: a better place in line, the hours."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from bot import talks
from bot.channels.base import Capabilities
from bot.dialogue.bands import band_of
from bot.dialogue.choosing import sentences_for
from bot.dialogue.content import Content
from bot.dialogue.erasing import is_pending
from bot.dialogue.memory import Memory
from bot.dialogue.service import Service, away, is_open
from bot.dialogue.waiting import CLOSED, OPENED, PLACES, news, place_of
from bot.messages import Reply
from storage import conversations, transcript, waiting
from storage.database import Database, Session
from storage.errors import ConversationChanged, DatabaseAway, StorageError
from storage.records import TRAINING, Conversation, ConversationState, Speaker

log = logging.getLogger("gyeot.telling")

PAUSE = timedelta(minutes=3)
"""How long after our last word somebody who waits is told something unasked. Less would make a
phone ring for every claim at a busy desk, and more would leave a long wait without a sign."""

MOST = 20
"""People told at one look. Everybody learns of the hours at once, and an answer to somebody in
danger must not stand behind a thousand notices at its provider."""

LATELY = 3  # lines of ours in which the same words are not said again


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there was to tell of a talk when it was looked at last; the same again is nothing."""

    version: int
    place: str | None
    is_open: bool


class Telling:
    """Looks at the line and tells each person in it what changed, once, whoever else looks.

    Args:
        database: open.
        content: the reviewed sentences.
        channels: what each channel can carry, by name.
        service: what staff set of surge and hours.
    """

    def __init__(
        self,
        database: Database,
        content: Content,
        channels: Mapping[str, Capabilities],
        *,
        service: Callable[[], Service] = Service,
    ) -> None:
        self._database = database
        self._content = content
        self._channels = channels
        self._service = service
        self._seen: Mapping[UUID, _Seen] = {}

    def use(self, content: Content) -> None:
        """Say the sentences of another set from now on."""
        self._content = content

    async def look(self, now: datetime) -> int:
        """Tell who is to be told now, `MOST` at most; return how many were."""
        async with self._database.reading() as session:
            line = [one for one in await conversations.queue(session) if one.channel != TRAINING]
            closed = await waiting.not_now(session, since=now - PAUSE)
        opened = is_open(self._service().hours, now)
        seen = {
            talk.id: _Seen(talk.version, place_of(ahead), opened)
            for ahead, talk in enumerate(line)
            if talk.id not in closed and self._reaches(talk, now)
        }
        told = 0
        for talk in line:
            if talk.id not in seen or seen[talk.id] == self._seen.get(talk.id):
                continue
            if told == MOST:
                del seen[talk.id]  # it is looked at the next time
                continue
            told += await self._tell(talk, now)
        self._seen = seen
        return told

    def _reaches(self, talk: Conversation, now: datetime) -> bool:
        """Tell whether a message may go where this talk is, at no cost to anybody's answers."""
        limits = self._channels.get(talk.channel)
        if limits is None or not limits.can_push or limits.costly:
            return False
        return limits.push_window is None or now - talk.heard_at <= limits.push_window

    async def _tell(self, talk: Conversation, now: datetime) -> bool:
        """Tell one person; what fails, or was changed meanwhile, holds up nobody else."""
        try:
            async with self._database.reading() as session:
                if await self._news(session, talk, now) is None:
                    return False
            async with self._database.transaction() as session:
                return await self._write(session, talk, now)
        except ConversationChanged:
            return False
        except DatabaseAway:
            raise  # nobody can be told; the next look begins anew
        except StorageError as error:  # of this talk alone
            log.error("not told", extra={"conversation": talk.id, "code": error.code})
            return False

    async def _news(
        self, session: Session, talk: Conversation, now: datetime
    ) -> tuple[Memory, str] | None:
        """Return what there is to tell; nobody who was watched in this talk is told anything."""
        if talk.state is not ConversationState.QUEUED or talk.watched_at is not None:
            return None
        vault, hours = self._database.vault, self._service().hours
        memory = Memory.load(await conversations.memory(session, vault, talk))
        if is_pending(memory):
            return None
        asked_at = talk.queued_at or now
        was_open = memory.hours == OPENED if memory.hours else is_open(hours, asked_at)
        ahead = await conversations.ahead(session, talk)
        name = news(memory, ahead=ahead, was_open=was_open, is_open=is_open(hours, now))
        return None if name is None else (memory, name)

    async def _write(self, session: Session, seen: Conversation, now: datetime) -> bool:
        vault = self._database.vault
        found = await self._news(session, seen, now)
        if found is None:
            return False
        memory, reply = self._said(*found, seen, now)
        recent = await transcript.last_words(session, vault, seen.id, Speaker.BOT, most=LATELY)
        # Whoever claimed the talk, answered in it or told it meanwhile made another version.
        talk = await conversations.advance(session, vault, seen, seen, memory=memory.dump())
        if any(reply.text == words for words in recent):
            return False
        await talks.write(session, vault, talk, (), [reply], now=now)
        return True

    def _said(
        self, memory: Memory, name: str, talk: Conversation, now: datetime
    ) -> tuple[Memory, Reply]:
        memory, names = sentences_for((name,), memory, self._content)
        band = band_of(memory)
        if name == CLOSED:
            reply = away(talk.language, self._content, self._service(), now, band=band)
        else:
            reply = self._content.reply(names[-1], talk.language, waiting=True, band=band)
        return replace(
            memory,
            choices=tuple(one.payload for one in reply.quick_replies),
            place=name if name in PLACES else memory.place,
            hours=memory.hours if name in PLACES else name,
        ), reply

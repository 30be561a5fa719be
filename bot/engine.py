"""One turn: the accepted messages of one person become a decision and a stored answer."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import event_body, reply_body
from bot.dialogue.content import Content
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide, words_for_nlu
from bot.dialogue.risk import screen
from bot.dialogue.turn import Decision, Part, Turn
from bot.messages import InboundMessage, MessageKind, Reply
from bot.nlu_client import NluClient
from handoff import queue
from storage import contacts, conversations, inbox, outbox, transcript
from storage.database import Database, Session
from storage.errors import ConversationChanged, LeaseLost
from storage.records import (
    AskReason,
    Contact,
    Conversation,
    ConversationState,
    Language,
    PendingTurn,
    Speaker,
)

log = logging.getLogger("gyeot.engine")

LEASE = timedelta(seconds=15)  # many times what a turn takes; see the client's time-out
TRIES = 5  # decisions for one turn, each made anew because somebody changed the talk


@dataclass(frozen=True, slots=True)
class _Talk:
    """A conversation as it was read, with what its dialogue remembers."""

    contact: Contact
    conversation: Conversation
    memory: Memory


class Engine:
    """Takes the due turns and answers them: screen, understand, decide, store.

    The answer, the new state and the end of the turn are one transaction; a crash before
    it leaves the turn to the next worker, and nothing was said.
    """

    def __init__(
        self, database: Database, nlu: NluClient, content: Content, *, floor: float
    ) -> None:
        self._database = database
        self._vault = database.vault
        self._nlu = nlu
        self._content = content
        self._floor = floor

    async def take(self, now: datetime) -> PendingTurn | None:
        """Lease the turn that is due first."""
        async with self._database.transaction() as session:
            return await inbox.take_turn(session, self._vault, now=now, lease=LEASE)

    async def next_due(self) -> datetime | None:
        """Return when the next turn is due."""
        async with self._database.reading() as session:
            return await inbox.next_due(session)

    async def work(self, work: PendingTurn, now: datetime) -> None:
        """Answer one turn; what fails is tried again later, and given to a person at last."""
        try:
            await self._answer(work, now)
        except LeaseLost:
            log.info("lease lost", extra={"channel": work.channel})
        except Exception:
            log.exception("turn failed", extra={"channel": work.channel})
            await self._postpone(work, now)

    async def _answer(self, turn: PendingTurn, now: datetime) -> None:
        messages = [event_body.load(event.body) for event in turn.events]
        if not messages:
            await self._finish_empty(turn, now)
            return
        for _ in range(TRIES):
            try:
                await self._answer_once(turn, messages, now)
            except ConversationChanged:
                continue
            return
        raise ConversationChanged("busy")

    async def _finish_empty(self, turn: PendingTurn, now: datetime) -> None:
        async with self._database.transaction() as session:
            await inbox.finish_turn(session, turn, now=now)

    async def _answer_once(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        talk = await self._read(messages[-1], now)
        decision = await self._decide(talk, messages)
        async with self._database.transaction() as session:
            await self._write(session, talk, messages, decision, now)
            await inbox.finish_turn(session, turn, now=now)
        log.info(
            "answered",
            extra={"conversation": talk.conversation.id, "count": len(decision.replies)},
        )

    async def _read(self, message: InboundMessage, now: datetime) -> _Talk:
        """Find the person's running talk, or open one."""
        async with self._database.transaction() as session:
            contact = await contacts.find_or_make(
                session,
                self._vault,
                channel=message.channel,
                account=message.account,
                address=message.address,
                now=now,
            )
            conversation = await conversations.open_talk(session, contact.id)
            if conversation is None:
                conversation = await conversations.start(
                    session, self._vault, contact, language=Language.KO, now=now
                )
            memory = await conversations.memory(session, self._vault, conversation)
        return _Talk(contact, conversation, Memory.load(memory))

    async def _decide(self, talk: _Talk, messages: Sequence[InboundMessage]) -> Decision:
        parts = tuple(Part(m.text, m.kind, m.attachment) for m in messages)
        words = words_for_nlu(parts, self._content, talk.memory)
        turn = Turn(
            parts=parts,
            joined=words,
            nlu=await self._nlu.parse(words) if words else None,
            risk=screen([part.text for part in parts]),
            state=talk.conversation.state,
            language=talk.conversation.language,
            memory=talk.memory,
            first=talk.memory.last is None,
        )
        return decide(turn, self._content, floor=self._floor)

    async def _write(
        self,
        session: Session,
        talk: _Talk,
        messages: Sequence[InboundMessage],
        decision: Decision,
        now: datetime,
    ) -> None:
        """Store the talk's next state and every line of this turn."""
        conversation = await self._advance(session, talk, messages, decision, now)
        for message in messages:
            await transcript.append(
                session,
                self._vault,
                conversation.id,
                speaker=Speaker.PERSON,
                text=message.text,
                kind=_kind(message),
                at=now,
            )
        await self._say(session, conversation, decision.replies, now)

    async def _advance(
        self,
        session: Session,
        talk: _Talk,
        messages: Sequence[InboundMessage],
        decision: Decision,
        now: datetime,
    ) -> Conversation:
        before = talk.conversation
        after = replace(
            before,
            language=decision.language,
            topic=decision.topic or before.topic,
            risk=max(before.risk, decision.risk),
        )
        conversation = await conversations.save(session, before, after)
        await conversations.remember(session, self._vault, conversation, decision.memory.dump())
        if _left(messages):
            await contacts.mark_gone(session, talk.contact.id, now=now)
            return await queue.leave(session, self._vault, conversation, now=now)
        if decision.ask is not None:
            return await queue.ask(session, conversation, reason=decision.ask, now=now)
        if decision.cancel and conversation.state is ConversationState.QUEUED:
            return await queue.cancel(session, conversation, now=now)
        return conversation

    async def _say(
        self, session: Session, conversation: Conversation, replies: Sequence[Reply], now: datetime
    ) -> None:
        for reply in replies:
            line = await transcript.append(
                session,
                self._vault,
                conversation.id,
                speaker=Speaker.BOT,
                text=reply.text,
                kind="reply",
                at=now,
            )
            await outbox.put(
                session,
                self._vault,
                conversation,
                line,
                reply_body.dump(reply),
                from_counselor=False,
                now=now,
            )

    async def _postpone(self, turn: PendingTurn, now: datetime) -> None:
        async with self._database.transaction() as session:
            again = await inbox.postpone_turn(session, turn, now=now)
        if not again:
            log.error("turn is dead", extra={"channel": turn.channel})
            await self._give_to_a_person(turn, now)

    async def _give_to_a_person(self, turn: PendingTurn, now: datetime) -> None:
        """Say honestly that something broke, with the numbers, and put the talk in line."""
        talk = await self._read(event_body.load(turn.events[-1].body), now)
        async with self._database.transaction() as session:
            conversation = talk.conversation
            if conversation.state is ConversationState.BOT:
                conversation = await queue.ask(
                    session, conversation, reason=AskReason.FAILURE, now=now
                )
            sorry = self._content.reply("failure.1", conversation.language)
            await self._say(session, conversation, [sorry], now)


def _kind(message: InboundMessage) -> str:
    return f"{message.kind}:{message.attachment}" if message.attachment else message.kind


def _left(messages: Sequence[InboundMessage]) -> bool:
    return messages[-1].kind is MessageKind.LEAVE

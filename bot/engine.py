"""One turn: the accepted messages of one person become a decision and a stored answer."""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import event_body, reply_body
from bot.channels.reading import UNKNOWN_TIME
from bot.dialogue.content import Content
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide, words_for_nlu
from bot.dialogue.risk import screen
from bot.dialogue.turn import Decision, Part, Turn
from bot.messages import InboundMessage, MessageKind, Reply
from bot.nlu_client import NluClient
from handoff import queue
from storage import contacts, conversations, crossings, inbox, outbox, transcript
from storage.database import Database, Session
from storage.errors import ConversationChanged, LeaseLost, NotFound
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
_QUIET = (MessageKind.UNSEND, MessageKind.LEAVE)
"""What opens no talk by itself."""

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
        self,
        database: Database,
        nlu: NluClient,
        content: Content,
        *,
        floor: float,
        crossing: Collection[str] = (),
        costly: Collection[str] = (),
    ) -> None:
        self._database = database
        self._vault = database.vault
        self._nlu = nlu
        self._content = content
        self._floor = floor
        self._crossing = crossing  # channels whose talks can go on elsewhere with a counselor
        self._costly = costly  # channels where one message answers a whole turn

    async def take(self, now: datetime) -> PendingTurn | None:
        """Lease the turn that is due first."""
        async with self._database.transaction() as session:
            return await inbox.take_turn(session, self._vault, now=now, lease=LEASE)

    async def next_due(self, now: datetime) -> datetime | None:
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
        messages = in_order([event_body.load(event.body) for event in turn.events])
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
        talk = await self._read(messages, now)
        if talk is None:
            await self._take_back(turn, messages, now)
            return
        decision = await self._decide(talk, messages)
        async with self._database.transaction() as session:
            await self._write(session, talk, messages, decision, now)
            await inbox.finish_turn(session, turn, now=now)
        log.info(
            "answered",
            extra={"conversation": talk.conversation.id, "count": len(decision.replies)},
        )

    async def _read(self, messages: Sequence[InboundMessage], now: datetime) -> _Talk | None:
        """Find the person's running talk, or open one; None when nothing asks for a talk."""
        async with self._database.transaction() as session:
            contact = await self._person(session, messages[-1], now)
            conversation = await self._running(session, contact, messages, now)
            if conversation is None:
                return None
            memory = await conversations.memory(session, self._vault, conversation)
        return _Talk(contact, conversation, Memory.load(memory))

    async def _person(self, session: Session, message: InboundMessage, now: datetime) -> Contact:
        return await contacts.find_or_make(
            session,
            self._vault,
            channel=message.channel,
            account=message.account,
            address=message.address,
            now=now,
        )

    async def _running(
        self,
        session: Session,
        contact: Contact,
        messages: Sequence[InboundMessage],
        now: datetime,
    ) -> Conversation | None:
        references = [m.refers_to for m in messages if m.kind is MessageKind.JOIN and m.refers_to]
        for reference in references:
            with suppress(NotFound):  # used up or out of date: a talk of its own, then
                return await crossings.cross(session, reference, contact, now=now)
        found = await conversations.open_talk(session, contact.id)
        if found is not None or all(m.kind in _QUIET for m in messages):
            return found
        return await conversations.start(
            session, self._vault, contact, language=Language.KO, now=now
        )

    async def _take_back(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        """Finish a turn that belongs to no open talk: words taken back, or a goodbye."""
        async with self._database.transaction() as session:
            contact = await self._person(session, messages[-1], now)
            await self._blank(session, contact, messages)
            if _left(messages):
                await contacts.mark_gone(session, contact.id, now=now)
            await inbox.finish_turn(session, turn, now=now)

    async def _decide(self, talk: _Talk, messages: Sequence[InboundMessage]) -> Decision:
        parts = tuple(_part(message) for message in messages)
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
            await self._keep(session, conversation, message, now)
        await self._blank(session, talk.contact, messages)
        if not _left(messages):
            await outbox.release_waiting(session, conversation.contact_id, now=now)
        replies = await self._ready(session, conversation, messages[-1], decision, now)
        await self._say(session, conversation, replies, now)

    async def _keep(
        self, session: Session, conversation: Conversation, message: InboundMessage, now: datetime
    ) -> None:
        named = (message.channel, message.message_id) if message.message_id else None
        await transcript.append(
            session,
            self._vault,
            conversation.id,
            speaker=Speaker.PERSON,
            text=message.text,
            kind=f"{message.kind}:{message.attachment}" if message.attachment else message.kind,
            at=now,
            # An edit names the message it changes; only the first wording can be taken back.
            message=None if message.kind is MessageKind.EDIT else named,
        )

    async def _blank(
        self, session: Session, contact: Contact, messages: Sequence[InboundMessage]
    ) -> None:
        for message in messages:
            if message.kind is MessageKind.UNSEND and message.refers_to:
                named = (message.channel, message.refers_to)
                await transcript.blank(session, self._vault, contact.id, named)

    async def _ready(
        self,
        session: Session,
        conversation: Conversation,
        message: InboundMessage,
        decision: Decision,
        now: datetime,
    ) -> Sequence[Reply]:
        """Give the first reply the one-use way to answer, the last one the way across."""
        replies = list(decision.replies)
        if not replies:
            return replies
        if conversation.channel in self._costly:
            replies = [joined(replies)]
        replies[0] = replace(replies[0], reply_token=message.reply_token)
        if decision.ask is not None and conversation.channel in self._crossing:
            reference = await crossings.offer(session, conversation, now=now)
            replies[-1] = replace(replies[-1], reference=reference)
        return replies

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
            heard_at=now,
        )
        conversation = await conversations.save(session, before, after)
        await conversations.remember(session, self._vault, conversation, decision.memory.dump())
        if decision.ask is not None:
            conversation = await queue.ask(session, conversation, reason=decision.ask, now=now)
        elif decision.cancel and conversation.state is ConversationState.QUEUED:
            conversation = await queue.cancel(session, conversation, now=now)
        # After what was asked: who cries for help and is gone at once stays in line.
        if _left(messages):
            await contacts.mark_gone(session, talk.contact.id, now=now)
            conversation = await queue.leave(session, self._vault, conversation, now=now)
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
        """Try again later; the last failure and what it leads to are one transaction.

        If even that fails nothing is given up: the turn is due again when its lease ends.
        """
        async with self._database.transaction() as session:
            if not await inbox.postpone_turn(session, turn, now=now):
                log.error("turn is dead", extra={"channel": turn.channel})
                await self._give_to_a_person(session, turn, now)

    async def _give_to_a_person(self, session: Session, turn: PendingTurn, now: datetime) -> None:
        """Say honestly that something broke, with a number, and put the talk in line.

        It needs neither the dialogue's memory nor the language service: one of them may be
        what broke. While a counselor owns the talk, the words reach the counselor instead.
        """
        messages = [event_body.load(event.body) for event in turn.events]
        contact = await self._person(session, messages[-1], now)
        conversation = await self._running(session, contact, messages, now)
        if conversation is None:
            return
        risk = screen([message.text for message in messages]).level
        after = replace(conversation, risk=max(conversation.risk, risk), heard_at=now)
        conversation = await conversations.save(session, conversation, after)
        for message in messages:
            await self._keep(session, conversation, message, now)
        if conversation.state is ConversationState.ACTIVE:
            return
        conversation = await queue.ask(session, conversation, reason=AskReason.FAILURE, now=now)
        sorry = self._content.reply("failure.1", conversation.language)
        await self._say(session, conversation, [sorry], now)


def joined(replies: Sequence[Reply]) -> Reply:
    """Return one message that says what `replies` say, with the choices of the last."""
    return replace(replies[-1], text="\n\n".join(reply.text for reply in replies))


def in_order(messages: Sequence[InboundMessage]) -> Sequence[InboundMessage]:
    """Return the messages of one turn by their provider's time, where it gave one to each.

    Providers do not promise an order. Equal times keep the order of arrival.
    """
    if any(message.sent_at <= UNKNOWN_TIME for message in messages):
        return messages
    return sorted(messages, key=lambda message: message.sent_at)


def _part(message: InboundMessage) -> Part:
    """Crossing over is a beginning, as far as the dialogue is concerned."""
    kind = MessageKind.START if message.kind is MessageKind.JOIN else message.kind
    return Part(message.text, kind, message.attachment)


def _left(messages: Sequence[InboundMessage]) -> bool:
    return messages[-1].kind is MessageKind.LEAVE

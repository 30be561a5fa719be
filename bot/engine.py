"""One turn: the accepted messages of one person become a decision and a stored answer."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot import covering, erasing, event_body, last_resort, returning, talks
from bot.channels.reading import UNKNOWN_TIME
from bot.dialogue.content import Content
from bot.dialogue.erasing import is_pending, is_question
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.memory import Memory
from bot.dialogue.off import Doors, instead
from bot.dialogue.policy import decide, spoken_for_nlu
from bot.dialogue.risk import RECENT, screen
from bot.dialogue.service import Service, beside
from bot.dialogue.turn import Decision, Part, Turn
from bot.hearing import closely
from bot.lexicon_file import LexiconFile
from bot.messages import InboundMessage, MessageKind, NluResult, Reply
from bot.nlu_client import NluClient
from handoff import queue, steps
from storage import contacts, conversations, crossings, inbox, outbox, transcript
from storage.database import Database, Session
from storage.errors import DatabaseAway, LeaseLost, LedgerMissing
from storage.ledger import Ledger
from storage.records import TRAINING, Conversation, ConversationState, PendingTurn, Speaker

log = logging.getLogger("gyeot.engine")

LEASE = timedelta(seconds=5)  # several times what a turn takes; see the client's time-out
DIALOGUE_TRIES = 6
"""Leases without an end after which the dialogue is left out: it may be what kills."""


@dataclass(frozen=True, slots=True)
class _Talk:
    """A conversation as it was read, with what its dialogue remembers."""

    conversation: Conversation
    memory: Memory
    recent: Sequence[str] = field(repr=False)  # what the person said last, oldest first
    ahead: int | None = None  # people before them in line; None: they do not wait


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
        lexicon: LexiconFile | None = None,
        crossing: Collection[str] = (),
        costly: Collection[str] = (),
        pressed: Callable[[], bool] = lambda: False,
        ledger: Ledger | None = None,
        service: Callable[[], Service] = Service,
        doors: Callable[[], Doors] = Doors,
        noted: Callable[[str, NluResult | None, datetime], None] = lambda *_: None,
    ) -> None:
        self._database = database
        self._vault = database.vault
        self._nlu = nlu
        self._content = content
        self._lexicon = lexicon  # None: the one that is shipped, as it was at the start
        self._crossing = crossing  # channels whose talks can go on elsewhere with a counselor
        self._costly = costly  # channels where one message answers a whole turn
        self._pressed = pressed  # more is due than can be answered in time
        self._service = service  # what staff set of surge and hours
        self._noted = noted  # told of each text and what the language service made of it
        self._doors = doors  # which channels staff switched off
        self._ledger = ledger  # None: nobody can be erased here, so a person is asked for

    def use(self, content: Content) -> None:
        """Say the sentences of another set from now on."""
        self._content = content

    async def take(self, now: datetime, most: int) -> Sequence[PendingTurn]:
        """Lease the turns that are due first, at most `most`."""
        async with self._database.transaction() as session:
            return await inbox.take_turns(session, self._vault, now=now, lease=LEASE, most=most)

    async def next_due(self, now: datetime) -> datetime | None:
        """Return when the next turn is due."""
        async with self._database.reading() as session:
            return await inbox.next_due(session)

    async def work(self, work: PendingTurn, now: datetime) -> None:
        """Answer one turn; what fails is tried again later, and given to a person at last."""
        try:
            turn, messages = await self._read_bodies(work, now)
            await self._work(turn, messages, now)
        except LeaseLost:
            log.info("lease lost", extra={"channel": work.channel})

    async def _read_bodies(
        self, work: PendingTurn, now: datetime
    ) -> tuple[PendingTurn, Sequence[InboundMessage]]:
        """Read every event; one that cannot be read is set aside, and the rest is the turn."""
        events, messages = [], []
        for event in work.events:
            try:
                messages.append(event_body.load(event.body))
            except event_body.BodyBroken as error:
                async with self._database.transaction() as session:
                    await inbox.bury(session, work, event.id, error.code, now=now)
            else:
                events.append(event)
        return replace(work, events=tuple(events)), messages

    async def _work(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        try:
            if not messages:
                async with self._database.transaction() as session:
                    await inbox.finish_turn(session, turn, now=now)
            elif turn.tries > DIALOGUE_TRIES:
                await last_resort.give(
                    self._database,
                    self._content,
                    turn,
                    messages,
                    now=now,
                    lexicon=self._rules(now),
                )
            else:
                await self._answer(*in_order(turn, messages), now)
        except LeaseLost:
            raise
        except DatabaseAway as error:  # of the keys: it says nothing about these words
            log.warning("turn given back", extra={"channel": turn.channel, "code": error.code})
            async with self._database.transaction() as session:
                await inbox.give_back(session, turn, now=now)
        except Exception:
            log.exception("turn failed", extra={"channel": turn.channel})
            await self._postpone(turn, messages, now)

    async def _answer(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        async def step() -> None:
            await self._answer_once(turn, messages, now)

        await steps.tried(step, attempts=talks.TRIES)

    async def _answer_once(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        if await erasing.of_nobody(self._database, self._content, turn, messages, now=now):
            return
        if await returning.by_code(self._database, self._content, turn, messages, now=now):
            return
        messages = returning.without_codes(messages)
        talk = await self._read(messages, now)
        if talk is None:
            await self._take_back(turn, messages, now)
            return
        decision = await self._decide(talk, messages, now)
        if decision.erase:
            await self._erase(turn, messages, talk.conversation, now)
            return
        async with self._database.transaction() as session:
            await talks.hold(session, turn, messages, talk.conversation.contact_id)
            await talks.meet(session, self._vault, talk.conversation, messages[-1], now=now)
            await self._write(session, talk, messages, decision, now)
            await inbox.finish_turn(session, turn, now=now)
        told = {"conversation": talk.conversation.id, "count": len(decision.replies)}
        log.info("answered", extra=told)

    async def _erase(
        self,
        turn: PendingTurn,
        messages: Sequence[InboundMessage],
        conversation: Conversation,
        now: datetime,
    ) -> None:
        if self._ledger is None:
            raise LedgerMissing("ledger_missing")
        where = (self._database, self._ledger, self._content, turn, messages)
        await erasing.erase(*where, conversation, now=now)

    async def _read(self, messages: Sequence[InboundMessage], now: datetime) -> _Talk | None:
        """Find the person's running talk, or open one; None when nothing asks for a talk."""
        if all(message.kind is not MessageKind.JOIN for message in messages):
            async with self._database.reading() as session:
                found = await conversations.of_person(
                    session,
                    self._vault,
                    channel=messages[-1].channel,
                    account=messages[-1].account,
                )
                if found is not None:
                    return await self._talk(session, *found)
        return await self._open(messages, now)

    async def _open(self, messages: Sequence[InboundMessage], now: datetime) -> _Talk | None:
        async with self._database.transaction() as session:
            contact = await talks.person(session, self._vault, messages[-1], now=now)
            conversation = await talks.running(session, self._vault, contact, messages, now=now)
            if conversation is None:
                return None
            memory = await conversations.memory(session, self._vault, conversation)
            return await self._talk(session, conversation, memory)

    async def _talk(self, session: Session, conversation: Conversation, memory: str) -> _Talk:
        recent = await transcript.last_words(
            session, self._vault, conversation.id, Speaker.PERSON, most=RECENT
        )
        remembered = covering.agreed(conversation, Memory.load(memory))
        if is_pending(remembered):  # a yes to what a counselor asked since is no yes to us
            told = await transcript.last_told(session, self._vault, conversation.id)
            if not is_question(told, self._content):
                remembered = replace(remembered, choices=())
        return _Talk(conversation, remembered, recent, await _ahead(session, conversation))

    async def _take_back(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        """Finish a turn that belongs to no open talk: words taken back, or a goodbye."""
        async with self._database.transaction() as session:
            contact = await talks.person(session, self._vault, messages[-1], now=now)
            await talks.blank(session, self._vault, contact.id, messages)
            if _left(messages):
                await contacts.mark_gone(session, contact.id, now=now)
            await inbox.finish_turn(session, turn, now=now)

    async def _decide(
        self, talk: _Talk, messages: Sequence[InboundMessage], now: datetime
    ) -> Decision:
        parts = tuple(_part(message) for message in messages)
        first = talk.memory.last is None
        busy = first and self._pressed()
        spoken = spoken_for_nlu(parts, self._content, talk.memory)
        words = " ".join(spoken)
        asked = bool(words) and not busy
        nlu = await self._nlu.parse(words) if asked else None
        if asked and talk.conversation.channel != TRAINING:
            self._noted(words, nlu, now)
        nlu = await closely(self._nlu, nlu, spoken, hurried=self._pressed())
        risk = screen(
            [part.text for part in parts],
            lexicon=self._rules(now),
            nlu=nlu,
            recent=talk.recent if words else (),  # a button typed is no end of a sentence
        )
        turn = Turn(
            parts=parts,
            joined="" if busy else words,
            nlu=nlu,
            risk=risk,
            state=talk.conversation.state,
            language=talk.conversation.language,
            memory=talk.memory,
            channel=talk.conversation.channel,
            first=first,
            busy=busy,
            ahead=talk.ahead,
        )
        decision = decide(turn, self._content)
        decision = beside(decision, turn, self._content, self._service(), now)
        return instead(decision, turn, self._content, self._doors(), now)

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
        if not _left(messages):
            await outbox.release_waiting(session, conversation.contact_id, now=now)
        await covering.turn_over(session, talk.conversation, conversation, now=now)
        replies = await self._ready(session, conversation, messages[-1], decision, now)
        neutral = covering.is_neutral(decision)
        await talks.write(
            session, self._vault, conversation, messages, replies, now=now, neutral=neutral
        )
        await talks.blank(session, self._vault, conversation.contact_id, messages)

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
        replies[-1] = await returning.bring(
            session, self._vault, conversation, replies[-1], decision.gives, now=now
        )
        offers_way = decision.ask is not None and not decision.memory.covered
        if offers_way and conversation.channel in self._crossing:
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
        after = covering.marked(after, decision, now=now)
        memory = decision.memory.dump()
        conversation = await conversations.advance(
            session, self._vault, before, after, memory=memory
        )
        if decision.ask is not None:
            conversation = await queue.ask(session, conversation, reason=decision.ask, now=now)
        elif decision.cancel and conversation.state is ConversationState.QUEUED:
            conversation = await queue.cancel(session, conversation, now=now)
        # After what was asked: who cries for help and is gone at once stays in line.
        if _left(messages):
            await contacts.mark_gone(session, before.contact_id, now=now)
            conversation = await queue.leave(session, self._vault, conversation, now=now)
        return conversation

    async def _postpone(
        self, turn: PendingTurn, messages: Sequence[InboundMessage], now: datetime
    ) -> None:
        """Try again later; after the last failure it is given to a person.

        If even that fails nothing is given up: the turn is due again when its lease ends.
        """
        async with self._database.transaction() as session:
            again = await inbox.postpone_turn(session, turn, now=now)
        if not again:
            await last_resort.give_or_bury(
                self._database, self._content, turn, messages, now=now, lexicon=self._rules(now)
            )

    def _rules(self, now: datetime) -> Lexicon | None:
        return self._lexicon.current(now) if self._lexicon is not None else None


def joined(replies: Sequence[Reply]) -> Reply:
    """Return one message that says what `replies` say, with the choices of the last."""
    return replace(replies[-1], text="\n\n".join(reply.text for reply in replies))


def in_order(
    turn: PendingTurn, messages: Sequence[InboundMessage]
) -> tuple[PendingTurn, Sequence[InboundMessage]]:
    """Return the messages of one turn by their provider's time, where it gave one to each.

    Providers do not promise an order. Equal times keep the order of arrival, and each event
    of the turn stays with its message.
    """
    if any(message.sent_at <= UNKNOWN_TIME for message in messages):
        return turn, messages
    pairs = zip(messages, turn.events, strict=True)
    ordered = sorted(pairs, key=lambda pair: pair[0].sent_at)
    events = tuple(event for _, event in ordered)
    return replace(turn, events=events), [message for message, _ in ordered]


def _part(message: InboundMessage) -> Part:
    """Crossing over is a beginning, as far as the dialogue is concerned."""
    kind = MessageKind.START if message.kind is MessageKind.JOIN else message.kind
    return Part(message.text, kind, message.attachment)


async def _ahead(session: Session, talk: Conversation) -> int | None:
    if talk.state is not ConversationState.QUEUED:
        return None
    return await conversations.ahead(session, talk)


def _left(messages: Sequence[InboundMessage]) -> bool:
    return messages[-1].kind is MessageKind.LEAVE

"""What becomes of a turn that cannot be answered: a person, or set aside with an alarm."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import talks
from bot.dialogue.content import Content
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.risk import screen
from bot.messages import InboundMessage, MessageKind
from handoff import queue, steps
from storage import contacts, conversations, inbox
from storage.database import Database, Session
from storage.errors import DatabaseAway, LeaseLost, NotFound
from storage.records import AskReason, ConversationState, PendingTurn, Risk
from storage.vault import Vault

log = logging.getLogger("gyeot.engine")

GIVEN = "given"
"""The code of an event whose words went to a person without being understood."""
NOT_GIVEN = "not_given"
"""The code of an event that not even a person could be given."""


async def give_or_bury(
    database: Database,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    *,
    now: datetime,
    lexicon: Lexicon | None = None,
) -> None:
    """Give a turn to a person; what not even that can be done with is DEAD, with an alarm.

    Whatever comes after is answered in either case.

    Raises:
        LeaseLost, DatabaseAway: nothing was written; the turn is due again.
    """
    try:
        await give(database, content, turn, messages, now=now, lexicon=lexicon)
    except (LeaseLost, DatabaseAway):
        raise
    except Exception:
        log.exception("not given to a person", extra={"channel": turn.channel})
        async with database.transaction() as session:
            await inbox.bury_turn(session, turn, NOT_GIVEN, now=now)


async def give(
    database: Database,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    *,
    now: datetime,
    lexicon: Lexicon | None = None,
) -> None:
    """Say honestly that something broke, with a number, and put the talk in line.

    It needs neither the dialogue's memory nor the language service: one of them may be
    what broke. While a counselor owns the talk, the words reach the counselor instead.
    """

    async def step() -> None:
        async with database.transaction() as session:
            risk = screen([message.text for message in messages], lexicon=lexicon).level
            await _give(session, database.vault, content, turn, messages, risk, now=now)
            await inbox.finish_turn(session, turn, now=now, code=GIVEN)

    await steps.tried(step, attempts=talks.TRIES)
    log.error("given to a person", extra={"channel": turn.channel, "count": len(messages)})


async def _give(
    session: Session,
    vault: Vault,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    risk: Risk,
    *,
    now: datetime,
) -> None:
    contact = await talks.person(session, vault, messages[-1], now=now)
    await talks.hold(session, turn, messages, contact.id)
    conversation = await talks.running(session, vault, contact, messages, now=now)
    if conversation is None:
        raise NotFound("talk")  # words taken back that cannot be: an operator must look
    after = replace(conversation, risk=max(conversation.risk, risk), heard_at=now)
    conversation = await conversations.save(session, conversation, after)
    await talks.write(session, vault, conversation, messages, (), now=now)
    await talks.blank(session, vault, contact.id, messages)
    if messages[-1].kind is MessageKind.LEAVE:
        await contacts.mark_gone(session, contact.id, now=now)
    if conversation.state is ConversationState.ACTIVE:
        return
    conversation = await queue.ask(session, conversation, reason=AskReason.FAILURE, now=now)
    covered = conversation.covered_at is not None
    sorry = content.reply("watched.1" if covered else "failure.1", conversation.language)
    await talks.write(session, vault, conversation, (), [sorry], now=now, neutral=covered)

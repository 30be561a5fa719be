"""Carrying out a young person's wish that everything goes; the rule is in dialogue/erasing.py."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import reply_body, talks
from bot.dialogue.content import Content
from bot.dialogue.erasing import asks, last_word
from bot.dialogue.language import language_of
from bot.messages import InboundMessage
from handoff import queue
from storage import contacts, erasure, inbox, receipts
from storage.database import Database
from storage.erasure import LastWord
from storage.errors import StorageError
from storage.ledger import Ledger
from storage.records import Conversation, Language, PendingTurn

log = logging.getLogger("gyeot.engine")

ERASED = "erased"
"""The code of an event that asked for everything to go."""


async def erase(
    database: Database,
    ledger: Ledger,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    conversation: Conversation,
    *,
    now: datetime,
) -> None:
    """Erase a person, every talk of theirs, and say so once it is done.

    The turn ends in the transaction that makes everything inert, so a crash afterwards is
    finished by whoever starts or looks next (`loops.erasing`), and the last word goes out then.

    Raises:
        LeaseLost: another worker has this person now; nothing was done.
    """
    message, contact_id = messages[-1], conversation.contact_id
    language = conversation.language
    word = LastWord(message.channel, message.address, _body(content, message, language))
    async with database.transaction() as session:
        await talks.hold(session, turn, messages, contact_id)
        await inbox.finish_turn(session, turn, now=now, code=ERASED)
        await queue.erase(session, contact_id, now=now)
        await erasure.cut_off(session, database.vault, contact_id, turn.route, word, now=now)
    try:
        await erasure.finish(database, ledger, [contact_id], now=now)
    except StorageError as error:
        log.error("erasure is not finished", extra={"code": error.code})
    else:
        log.info("erased", extra={"channel": message.channel})


async def of_nobody(
    database: Database,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    *,
    now: datetime,
) -> bool:
    """Answer somebody nothing is kept of who wants everything gone; nothing is kept then either.

    Returns:
        False when that is not the case: the turn is to be answered as any other.

    Raises:
        LeaseLost: another worker has this person now; nothing was done.
    """
    message = messages[-1]
    if not asks(content.resolve_payload(message.text)):
        return False
    async with database.transaction() as session:
        account = {"channel": message.channel, "account": message.account}
        if await contacts.find(session, database.vault, **account) is not None:
            return False
        holder = await inbox.holder(session, turn.events[-1].id)
        await inbox.finish_turn(session, turn, now=now, code=ERASED)
        await receipts.put(
            session,
            database.vault,
            channel=message.channel,
            address=message.address,
            body=_body(content, message, language_of(message.text, Language.KO, first=True)),
            holder=holder,
            erasing=None,
            now=now,
        )
    return True


def _body(content: Content, message: InboundMessage, language: Language) -> str:
    reply = last_word(message.channel, language, content)
    return reply_body.dump(replace(reply, reply_token=message.reply_token))

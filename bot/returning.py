"""Coming back to a talk by the words the young person holds, and showing them that we are we."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import talks
from bot.dialogue.codes import code_in, hidden_in, load_spellings, spelled
from bot.dialogue.content import FOLDER, Content
from bot.messages import InboundMessage, MessageKind, Reply
from handoff import lifecycle, steps
from storage import conversations, cover, inbox, outbox, proofs, returning
from storage.database import Database, Session
from storage.errors import NotFound
from storage.records import (
    OPEN_STATES,
    Contact,
    Conversation,
    ConversationState,
    Language,
    PendingTurn,
)
from storage.vault import Vault

SPELLINGS = load_spellings(FOLDER)
"""Read once for good: what somebody holds must never mean something else."""


async def bring(
    session: Session,
    vault: Vault,
    talk: Conversation,
    reply: Reply,
    gives: str,
    *,
    now: datetime,
) -> Reply:
    """Return the reply with the code it gives, which leaves with it and is not kept."""
    if gives == "return":
        code = await returning.give(session, vault, talk.id, now=now)
        return replace(reply, aside=spelled(code, Language(reply.language), SPELLINGS))
    if gives == "proof":
        digits = await proofs.give(session, vault, now=now)
        return replace(reply, aside=f"{digits[:4]} {digits[4:]}")
    return reply


async def by_code(
    database: Database,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    *,
    now: datetime,
) -> bool:
    """Take a typed return code; whoever owns the talk, and whatever the language service does.

    A wrong code has one answer and one effect, whether it was never given, was used, is of a
    talk that is gone, or came after too many tries.

    Returns:
        False when the turn is no code: it is to be answered as any other.

    Raises:
        LeaseLost: another worker has this person now; nothing was done.
    """
    meant, code = _code(messages)
    if not meant:
        return False

    async def step() -> None:
        async with database.transaction() as session:
            await _take(session, database.vault, content, turn, messages, code, now=now)
            await inbox.finish_turn(session, turn, now=now)

    await steps.tried(step, attempts=talks.TRIES)
    return True


def without_codes(messages: Sequence[InboundMessage]) -> Sequence[InboundMessage]:
    """Return what was sent without codes in it: among other words they are not taken."""
    texts = [_without(message.text) for message in messages]
    pairs = zip(messages, texts, strict=True)
    return [one if one.text == text else replace(one, text=text) for one, text in pairs]


def _without(text: str) -> str:
    return "" if code_in(text, SPELLINGS)[0] else hidden_in(text, SPELLINGS)


def _code(messages: Sequence[InboundMessage]) -> tuple[bool, int | None]:
    if len(messages) != 1 or messages[0].kind is not MessageKind.TEXT:
        return False, None
    return code_in(messages[0].text, SPELLINGS)


async def _take(
    session: Session,
    vault: Vault,
    content: Content,
    turn: PendingTurn,
    messages: Sequence[InboundMessage],
    code: int | None,
    *,
    now: datetime,
) -> None:
    contact = await talks.person(session, vault, messages[-1], now=now)
    await talks.hold(session, turn, messages, contact.id)
    here = await talks.running(session, vault, contact, messages, now=now)
    if here is None:  # a message of text opens a talk
        raise NotFound("talk")
    talk, found = await _came_back(session, vault, contact, here, code, now=now)
    await talks.meet(session, vault, talk, messages[-1], now=now)
    await outbox.release_waiting(session, contact.id, now=now)
    name = "code_right.1" if found else "code_wrong.1"
    reply = replace(content.reply(name, talk.language), reply_token=messages[-1].reply_token)
    kept = [replace(message, text="", kind=MessageKind.CODE) for message in messages]
    await talks.write(session, vault, talk, kept, [reply], now=now, neutral=True)


async def _came_back(
    session: Session,
    vault: Vault,
    contact: Contact,
    here: Conversation,
    code: int | None,
    *,
    now: datetime,
) -> tuple[Conversation, bool]:
    try:
        earlier = await returning.redeem(session, vault, contact.id, code, now=now)
    except NotFound:
        return await _heard(session, here, now), False
    if earlier.id == here.id:
        return await _heard(session, here, now), True
    if earlier.state in OPEN_STATES and here.state is ConversationState.BOT:
        return await _moved(session, contact, here, earlier, now=now), True
    talk = await _heard(session, here, now)
    await returning.attach(session, talk.id, earlier.id, now=now)
    await steps.note(session, None, "come_back", talk, now=now)
    return talk, True


async def _heard(session: Session, talk: Conversation, now: datetime) -> Conversation:
    return await conversations.save(session, talk, replace(talk, heard_at=now))


async def _moved(
    session: Session, contact: Contact, here: Conversation, earlier: Conversation, *, now: datetime
) -> Conversation:
    """Let an open talk go on here; the old channel is released, and the new one shown nothing.

    What had not arrived there is held: whether it is right here is a person's decision.
    """
    over = lifecycle.expired(here, now=now)
    await steps.save(session, here, over, staff=None, action="expire", now=now)
    await cover.hold(session, earlier.id)
    talk = await conversations.move(session, earlier, contact)
    talk = await conversations.save(session, talk, replace(talk, heard_at=now, covered_at=None))
    await steps.note(session, None, "come_back", talk, now=now)
    return talk

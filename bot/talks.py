"""A young person's running talk: found or opened, and written into."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bot import reply_body
from bot.messages import InboundMessage, MessageKind, Reply
from handoff import steps
from handoff.referrals import names_removal
from storage import contacts, conversations, crossings, inbox, outbox, tallies, transcript
from storage.database import Session
from storage.errors import NotFound
from storage.metric_tables import BY_BOT
from storage.records import Contact, Conversation, Language, PendingTurn, Speaker
from storage.transcript import Words
from storage.vault import Vault

TRIES = 5  # of one step, each made anew because somebody changed the talk
QUIET = (MessageKind.UNSEND, MessageKind.LEAVE)
"""What opens no talk by itself."""


async def person(
    session: Session, vault: Vault, message: InboundMessage, *, now: datetime
) -> Contact:
    """Return the writer of a message, met for the first time or again."""
    return await contacts.find_or_make(
        session,
        vault,
        channel=message.channel,
        account=message.account,
        address=message.address,
        now=now,
    )


async def meet(
    session: Session,
    vault: Vault,
    conversation: Conversation,
    message: InboundMessage,
    *,
    now: datetime,
) -> None:
    """Note that the person of a talk wrote again, and where answers reach them."""
    await contacts.meet(
        session, vault, conversation.contact_id, message.channel, message.address, now=now
    )


async def hold(
    session: Session, turn: PendingTurn, messages: Sequence[InboundMessage], contact_id: UUID
) -> None:
    """Note which process reaches the person, on channels that answer only where they came.

    Their tab may be elsewhere since: what came in before that changes nothing any more.
    """
    last = turn.events[-1]
    holder = await inbox.holder(session, last.id) if last.holder is not None else None
    if holder is not None:
        await contacts.hold(session, contact_id, holder, at=messages[-1].sent_at)


async def running(
    session: Session,
    vault: Vault,
    contact: Contact,
    messages: Sequence[InboundMessage],
    *,
    now: datetime,
) -> Conversation | None:
    """Find the person's talk, bring it over, or open one; None when nothing asks for a talk."""
    references = [m.refers_to for m in messages if m.kind is MessageKind.JOIN and m.refers_to]
    for reference in references:
        with suppress(NotFound):  # used up or out of date: a talk of its own, then
            return await crossings.cross(session, reference, contact, now=now)
    found = await conversations.open_talk(session, contact.id)
    if found is not None or all(m.kind in QUIET for m in messages):
        return found
    talk = await conversations.start(session, vault, contact, language=Language.KO, now=now)
    await steps.note(session, None, "open", talk, now=now)
    return talk


async def blank(
    session: Session, vault: Vault, contact_id: UUID, messages: Sequence[InboundMessage]
) -> None:
    """Take out of the transcript what the person took back."""
    for message in messages:
        if message.kind is MessageKind.UNSEND and message.refers_to:
            named = (message.channel, message.refers_to)
            await transcript.blank(session, vault, contact_id, named)


async def write(
    session: Session,
    vault: Vault,
    conversation: Conversation,
    messages: Sequence[InboundMessage],
    replies: Sequence[Reply],
    *,
    now: datetime,
    neutral: bool = False,
) -> None:
    """Write what the person said or did, then the replies, and let those go out.

    While somebody watches only `neutral` replies leave.
    """
    words = [*map(_heard, messages), *(Words(Speaker.BOT, one.text, "reply") for one in replies)]
    lines = await transcript.append_all(session, vault, conversation.id, words, at=now)
    for line, reply in zip(lines[len(messages) :], replies, strict=True):
        if names_removal(reply.text):
            tallies.referred(session, conversation.channel, BY_BOT, now=now)
        body = reply_body.dump(spoken(reply))
        await outbox.put(
            session, vault, conversation, line, body, from_counselor=False, now=now,
            neutral=neutral,
        )  # fmt: skip


def spoken(reply: Reply) -> Reply:
    """Return the reply as it leaves: with what stands in no transcript."""
    return replace(reply, text=f"{reply.text}\n\n{reply.aside}", aside="") if reply.aside else reply


def _heard(message: InboundMessage) -> Words:
    named = (message.channel, message.message_id) if message.message_id else None
    return Words(
        Speaker.PERSON,
        message.text,
        f"{message.kind}:{message.attachment}" if message.attachment else message.kind,
        # An edit names the message it changes; only the first wording can be taken back.
        message=None if message.kind is MessageKind.EDIT else named,
    )

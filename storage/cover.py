"""What waits while somebody looks over a young person's shoulder: held, and let go by a person."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update

from storage.database import Session, Topic, wake
from storage.records import Conversation, DeliveryState
from storage.tables import outbox

_ON_THE_WAY = (DeliveryState.PENDING, DeliveryState.WAITING_FOR_USER)


async def hold(session: Session, conversation_id: UUID) -> None:
    """Stop everything of a talk that has not arrived, and keep it.

    A sender that has a message in hand loses it, so that no further piece of it goes out.
    """
    await session.execute(
        update(outbox)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.state.in_(_ON_THE_WAY))
        .values(state=DeliveryState.HELD, fence=outbox.c.fence + 1)
    )
    wake(session, Topic.QUEUE)


async def let_go(
    session: Session, talk: Conversation, *, now: datetime, seqs: Collection[int] | None = None
) -> int:
    """Let what is held go where the talk is now; return how many messages.

    Args:
        session: the open transaction.
        talk: as it is now; nobody watches any more.
        now: aware UTC time.
        seqs: numbers of the lines; None: the bot's own, which were read by nobody's choice.
    """
    which = outbox.c.from_counselor.is_(False) if seqs is None else outbox.c.seq.in_(seqs)
    values = {
        "contact_id": talk.contact_id,
        "channel": talk.channel,
        "state": DeliveryState.PENDING,
        "due_at": now,
        "again_at": now,
        "tries": 0,
    }
    return await _settle(session, talk.id, which, values)


async def drop(session: Session, talk: Conversation, seqs: Collection[int]) -> int:
    """Let these held lines never go out; the words stay in the transcript."""
    values: dict[str, object] = {"state": DeliveryState.CANCELLED, "body_ct": None}
    return await _settle(session, talk.id, outbox.c.seq.in_(seqs), values)


async def _settle(
    session: Session, talk_id: UUID, which: ColumnElement[bool], values: dict[str, object]
) -> int:
    held = (outbox.c.conversation_id == talk_id, outbox.c.state == DeliveryState.HELD, which)
    statement = update(outbox).where(*held).values(**values).returning(outbox.c.id)
    settled = (await session.execute(statement)).all()
    wake(session, Topic.OUTBOX)
    wake(session, Topic.QUEUE)
    return len(settled)

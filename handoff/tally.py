"""What a talk's change of hands counts as."""

from datetime import datetime

from storage import audit, contacts, metric_tables, outcomes, tallies
from storage.database import Session
from storage.metric_tables import BACK, ERASED, NEVER, RETURNED, UNSAID
from storage.records import OPEN_STATES, Conversation, ConversationState

State = ConversationState


async def note(
    session: Session, before: Conversation, after: Conversation, *, now: datetime
) -> None:
    """Count what a change of a talk ends and begins: a wait, the talk itself.

    Each way into the queue is one handoff and each way out of it one wait; each talk that was
    opened ends once.
    """
    was, now_is = before.state, after.state
    if was is now_is or after.channel == tallies.TRAINING:
        return
    if now_is is State.QUEUED:
        tallies.handed_off(session, after.risk, after.reason or "", now=now)
    if was is State.QUEUED:
        column = await _wait(session, before, after, now=now)
        since = before.queued_at or now
        tallies.waited(session, before.risk, column, since=since, now=now)
    if was in OPEN_STATES and now_is not in OPEN_STATES:
        tallies.ended(
            session, channel=before.channel, risk=before.risk, topic=before.topic,
            outcome=await _outcome(session, before, after), with_person=before.epoch > 0, now=now,
        )  # fmt: skip


async def _wait(
    session: Session, before: Conversation, after: Conversation, *, now: datetime
) -> str:
    """Return how a wait ended. A person who comes to somebody who left comes too late."""
    if after.state is not State.ACTIVE or await contacts.is_gone(session, before.contact_id):
        return NEVER
    if await _came_back(session, before):
        return RETURNED
    since = before.queued_at or now
    return metric_tables.wait((now - since).total_seconds() / 60)


async def _came_back(session: Session, talk: Conversation) -> bool:
    """Tell whether this wait began when a counselor was gone, not when a person was asked for."""
    came_back = False
    for act in await audit.entries(session, object_id=talk.id):
        came_back = act.action in _RETURNS or (came_back and act.action not in _TO_BOT)
    return came_back


_RETURNS = ("release", "lapse", "dismiss")
_TO_BOT = ("to_bot", "cancel")


async def _outcome(session: Session, before: Conversation, after: Conversation) -> str:
    if after.state is State.ERASED:
        return ERASED
    if before.state is State.BOT:
        return BACK
    said = await outcomes.of_talk(session, before.id)
    return said[0] if said is not None else UNSAID

"""Who answers, and when that may change: no clock, no store, no network."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from handoff.errors import IllegalTransition
from storage.records import AskReason, Conversation, ConversationState, Risk

State = ConversationState


class Event(StrEnum):
    """What can happen to a conversation."""

    ASK = "ask"  # the young person asked for a person, or the risk screen did
    CLAIM = "claim"  # a counselor took it
    RELEASE = "release"  # that counselor gave it back
    TRANSFER = "transfer"  # a named colleague took it over from that counselor
    TO_BOT = "to_bot"  # that counselor gave it back to the bot
    LAPSE = "lapse"  # that counselor was gone for longer than the lease
    DISMISS = "dismiss"  # that counselor works here no longer
    CANCEL = "cancel"  # the young person would rather talk to the bot
    CLOSE = "close"  # that counselor said goodbye
    FINISH = "finish"  # that counselor has nothing left to write down
    LEAVE = "leave"  # the young person blocked or left the channel
    EXPIRE = "expire"  # nobody wrote to the bot for long
    ERASE = "erase"  # the young person wanted everything gone


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.BOT, Event.ASK): State.QUEUED,
    (State.BOT, Event.LEAVE): State.CLOSED,
    (State.BOT, Event.EXPIRE): State.CLOSED,
    (State.QUEUED, Event.ASK): State.QUEUED,
    (State.QUEUED, Event.CLAIM): State.ACTIVE,
    (State.QUEUED, Event.CANCEL): State.BOT,
    (State.QUEUED, Event.LEAVE): State.QUEUED,
    (State.ACTIVE, Event.ASK): State.ACTIVE,
    (State.ACTIVE, Event.RELEASE): State.QUEUED,
    (State.ACTIVE, Event.TRANSFER): State.ACTIVE,
    (State.ACTIVE, Event.TO_BOT): State.BOT,
    (State.ACTIVE, Event.LAPSE): State.QUEUED,
    (State.ACTIVE, Event.DISMISS): State.QUEUED,
    (State.ACTIVE, Event.CLOSE): State.WRAPUP,
    (State.ACTIVE, Event.LEAVE): State.ACTIVE,
    (State.WRAPUP, Event.FINISH): State.CLOSED,
    **{(state, Event.ERASE): State.ERASED for state in State},
}
"""The specification: a pair that is not here cannot happen.

A block is not the end of a wait. Whoever holds the phone may have pressed it, and a child in
danger may come back, so LEAVE keeps a queued or active talk where it is; a counselor is told
and decides. A provider reporting a block is a machine, and no machine ends a wait.
"""


def after(state: ConversationState, event: Event) -> ConversationState:
    """Return the state that follows `event` in `state`.

    Raises:
        IllegalTransition: the pair is not in `TRANSITIONS`.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"{event}_in_{state}") from None


def asked(
    conversation: Conversation, reason: AskReason, *, risk: Risk, now: datetime
) -> Conversation:
    """Return the conversation with a person asked for.

    A second call keeps the place in line, never lowers the risk, and lets a crisis replace a
    lesser reason.
    """
    state = after(conversation.state, Event.ASK)
    keeps_reason = conversation.reason is not None and reason is not AskReason.CRISIS
    return replace(
        conversation,
        state=state,
        reason=conversation.reason if keeps_reason else reason,
        risk=max(conversation.risk, risk),
        queued_at=conversation.queued_at or now,
    )


def claimed(conversation: Conversation, staff_id: UUID, *, lease_until: datetime) -> Conversation:
    """Return the conversation with this counselor as its only owner, under a new epoch."""
    return replace(
        conversation,
        state=after(conversation.state, Event.CLAIM),
        owner_id=staff_id,
        epoch=conversation.epoch + 1,
        lease_until=lease_until,
    )


def transferred(
    conversation: Conversation, staff_id: UUID, *, lease_until: datetime
) -> Conversation:
    """Return the conversation with a colleague as its only owner, under a new epoch."""
    return replace(
        conversation,
        state=after(conversation.state, Event.TRANSFER),
        owner_id=staff_id,
        epoch=conversation.epoch + 1,
        lease_until=lease_until,
    )


def given_to_bot(conversation: Conversation) -> Conversation:
    """Return the conversation with the bot again; asking later starts a new wait."""
    return replace(
        conversation,
        state=after(conversation.state, Event.TO_BOT),
        owner_id=None,
        lease_until=None,
        reason=None,
        queued_at=None,
    )


def released(conversation: Conversation) -> Conversation:
    """Return the conversation given back, at the place in line it had."""
    return _back_in_line(conversation, Event.RELEASE)


def lapsed(conversation: Conversation) -> Conversation:
    """Return the conversation of a counselor who is gone, at the place in line it had."""
    return _back_in_line(conversation, Event.LAPSE)


def dismissed(conversation: Conversation) -> Conversation:
    """Return the conversation of a counselor who was dismissed, at the place in line it had."""
    return _back_in_line(conversation, Event.DISMISS)


def cancelled(conversation: Conversation) -> Conversation:
    """Return the conversation with the bot again; asking later starts a new wait."""
    state = after(conversation.state, Event.CANCEL)
    return replace(conversation, state=state, reason=None, queued_at=None)


def closed(conversation: Conversation, *, now: datetime) -> Conversation:
    """Return the conversation with goodbye said; its owner may still write things down."""
    state = after(conversation.state, Event.CLOSE)
    return replace(conversation, state=state, lease_until=None, closed_at=now)


def finished(conversation: Conversation) -> Conversation:
    """Return the conversation with nothing left to do."""
    return replace(conversation, state=after(conversation.state, Event.FINISH))


def erased(conversation: Conversation, *, now: datetime) -> Conversation:
    """Return the conversation as nobody's, with nothing left that says what it was about."""
    return replace(
        conversation,
        state=after(conversation.state, Event.ERASE),
        risk=Risk.NONE,
        topic=None,
        reason=None,
        owner_id=None,
        queued_at=None,
        lease_until=None,
        closed_at=now,
    )


def expired(conversation: Conversation, *, now: datetime) -> Conversation:
    """Return the conversation with the bot that nobody wrote in for long, ended."""
    return replace(conversation, state=after(conversation.state, Event.EXPIRE), closed_at=now)


def left(conversation: Conversation, *, now: datetime) -> Conversation:
    """Return the conversation of a person who cannot be reached any more.

    With the bot it ends; in the queue or with a counselor it stays (see `TRANSITIONS`).
    """
    state = after(conversation.state, Event.LEAVE)
    if state is State.CLOSED:
        return replace(conversation, state=state, closed_at=now)
    return replace(conversation, state=state)


def _back_in_line(conversation: Conversation, event: Event) -> Conversation:
    state = after(conversation.state, event)
    return replace(conversation, state=state, owner_id=None, lease_until=None)
